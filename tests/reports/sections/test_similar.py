"""Nearest training clips and tags: found by the embedding, across folds, and rendered."""

import numpy as np
import pandas as pd
import pytest
import soundfile
from helpers.nets import LevelNetwork

from stemstack.exceptions import UsageError
from stemstack.models import AudioEmbedding, make_model
from stemstack.models.deep.embeddings import extractor
from stemstack.reports.sections.similar import SIMILAR
from stemstack.reports.sections.tags import TAGS, find_embedding

pytest.importorskip("torch", reason="needs the deep extra")

CLIPS = [f"{label}/{i}.wav" for label in ("loud", "soft") for i in range(4)]
LABELS = ["loud"] * 4 + ["soft"] * 4
# The first clip of each class is taken for the other class.
STACK = np.array([[0.1, 0.9], [0.8, 0.2], [0.7, 0.3], [0.9, 0.1], [0.6, 0.4], *[[0.2, 0.8]] * 3])


@pytest.fixture
def levels(tmp_path):
    """Two classes of four clips each, and two of the test, which differ in level."""
    for i, name in enumerate(CLIPS):
        path = tmp_path / "DATA" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        level = (0.2 if name.startswith("loud") else 0.02) * (1 + i % 4 / 10)
        soundfile.write(path, level * np.resize([-1, 1], 8000), 8000)
    test = pd.DataFrame({"id": ["007", "010"], "filename": [CLIPS[1], CLIPS[6]]})
    test.to_csv(tmp_path / "DATA/test.csv", index=False)
    return tmp_path / "DATA"


@pytest.fixture
def inputs(levels, make_run, make_inputs, monkeypatch):
    monkeypatch.setattr(extractor, "load_network", lambda model, **options: LevelNetwork())
    proba = {"lr": STACK, "stack": STACK}
    test_proba = {name: np.array([[0.9, 0.1], [0.45, 0.55]]) for name in proba}
    run = make_run(levels, CLIPS, LABELS, proba, test_ids=["007", "010"], test_proba=test_proba)

    def make(**options):
        return make_inputs(run, **{"embedding": AudioEmbedding(pool="mean"), **options})

    return make


def test_nearest_clips_are_of_other_folds(inputs):
    clips = SIMILAR.collect(inputs())["clips"]["Most confident mistakes out of fold"]
    assert [one.title for one in clips] == [
        "loud taken for soft, 90 %: loud/0.wav",
        "soft taken for loud, 60 %: soft/0.wav",
    ]
    found = [one.title.split(": ")[-1] for one in clips[0].nearest]
    # By level; clips with even numbers are of the fold of loud/0.wav.
    assert {*found[:2]} == {"loud/1.wav", "loud/3.wav"} and found[2] in CLIPS[5::2]
    assert [one.title.split(",")[0] for one in clips[0].nearest] == ["loud", "loud", "soft"]


def test_least_certain_test_clips_without_labels(inputs):
    clips = SIMILAR.collect(inputs(), n_clips=1)["clips"]
    (uncertain,) = clips["Test clips predicted with the least confidence"]
    assert uncertain.title == "predicted as soft, 55 %: 010"
    assert uncertain.nearest[0].title.startswith("soft, distance 0.00: soft/")
    labelled = SIMILAR.collect(inputs(test_labels={"007": "soft", "010": "soft"}))["clips"]
    (mistake,) = labelled["Most confident mistakes on the test clips"]
    assert mistake.title == "soft taken for loud, 90 %: 007" and len(labelled) == 2


def test_every_clip_has_a_player(inputs):
    body = SIMILAR.body(inputs())
    # Two mistakes and two test clips, with three nearest clips each.
    assert body.count("<audio") == 4 * (1 + 3)
    assert body.count("Sounds like: ") == 4 * (1 + 3)
    assert "<audio" not in SIMILAR.body(inputs(audio=False))


def test_tags_by_class_and_predicted_class(inputs):
    data = TAGS.collect(inputs())
    assert data["n_clips"] == {"training clips": 8, "test clips predicted": 2}
    table = data["tags"]
    # The deviation of the level, which is the tag "low", is larger for loud clips.
    assert table.loc["loud", "training clips"] == "low"
    assert "low" in table.loc["loud", "training clips: more than other classes"]
    assert pd.isna(table.loc["soft", "training clips: more than other classes"])
    assert "low" in table.loc["loud", "test clips predicted: more than other classes"]
    assert "musicnn" in TAGS.render(data)


def test_classes_have_equally_many_clips(inputs):
    data = TAGS.collect(inputs(), n_clips=4)
    assert data["n_clips"]["training clips"] == 4


def test_network_without_tags_has_no_table(inputs, monkeypatch):
    monkeypatch.setattr(LevelNetwork, "tags", ())
    assert TAGS.body(inputs()) is None
    assert "Sounds like" not in SIMILAR.body(inputs())


def test_run_without_embedding_has_neither_section(inputs):
    assert TAGS.body(inputs(embedding=None)) is None
    assert SIMILAR.body(inputs(embedding=None)) is None


@pytest.fixture
def embedding_run(inputs, make_run, levels):
    """A run without test clips whose first model has an embedding."""
    (levels / "test.csv").unlink()
    (levels.parent / "RUN/ledger/test.parquet").unlink()
    run = make_run(levels, CLIPS, LABELS, {"embed": STACK, "stack": STACK})
    paths = [str(levels / clip) for clip in CLIPS]
    model = make_model("embed(head=knn, n_neighbors=2)", sr=8000).fit(paths, LABELS)
    run.save_model(model, "embed", 0)
    return run


def test_embedding_of_the_run_is_used(embedding_run, make_inputs, monkeypatch):
    inputs = make_inputs(embedding_run)
    assert find_embedding(inputs).local_files_only
    assert "By the embedding of musicnn" in SIMILAR.body(inputs)

    def missing(model, **options):
        raise UsageError("The weights of musicnn are not installed")

    monkeypatch.setattr(extractor, "load_network", missing)
    for section in (SIMILAR, TAGS):
        assert "cannot be computed here. The weights of musicnn" in section.body(inputs)
