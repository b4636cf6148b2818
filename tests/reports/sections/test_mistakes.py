"""The most confident mistakes are found, with excerpts where the data set is there."""

import re

import numpy as np
import pandas as pd
import pytest
import soundfile

from stemstack.datasets import read_data
from stemstack.mashups import write_recipes
from stemstack.reports.sections.mistakes import MISTAKES, find_mistakes
from stemstack.runs import Config
from stemstack.runs.training_clips import sample_training
from stemstack.utils.resources import Resources


@pytest.fixture
def tones(tmp_path):
    """One folder per class, of two tones of 12 s each."""
    times = np.arange(12 * 8000) / 8000
    for label, pitch in {"high": 1000, "low": 200}.items():
        (tmp_path / "DATA" / label).mkdir(parents=True)
        for i in range(2):
            tone = 0.5 * np.sin(2 * np.pi * pitch * (1 + i / 10) * times)
            soundfile.write(tmp_path / "DATA" / label / f"{i}.wav", tone, 8000)
    return tmp_path / "DATA"


CLIPS, LABELS = ["high/0.wav", "high/1.wav", "low/0.wav", "low/1.wav"], ["high"] * 2 + ["low"] * 2
STACK = np.array([[0.2, 0.8], [0.9, 0.1], [0.7, 0.3], [0.1, 0.9]])
PROBA = {"lr": np.array([[0.6, 0.4], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7]]), "stack": STACK}


def test_most_confident_mistakes_come_first(make_run, tones):
    run = make_run(tones, CLIPS, LABELS, PROBA)
    first, second = find_mistakes(run)
    assert (first.clip, first.y_true, first.y_pred) == ("high/0.wav", "high", "low")
    assert (first.confidence, second.confidence) == (0.8, 0.7)
    assert first.by_model.to_dict("index") == {
        "lr": {"high (true)": 0.6, "low (predicted)": 0.4, "prediction": "high"},
        "stack": {"high (true)": 0.2, "low (predicted)": 0.8, "prediction": "low"},
    }
    assert [mistake.clip for mistake in find_mistakes(run, n_mistakes=1)] == ["high/0.wav"]


def test_labelled_test_clips_are_searched_too(make_run, make_inputs, tones):
    pd.DataFrame({"id": ["007", "010"], "filename": CLIPS[1:3]}).to_csv(
        tones / "test.csv", index=False
    )
    test_proba = {"lr": STACK[:2], "stack": STACK[:2]}
    run = make_run(tones, CLIPS, LABELS, PROBA, test_ids=["007", "010"], test_proba=test_proba)
    inputs = make_inputs(run, test_labels={"007": "high", "010": "high"})
    (mistake,) = MISTAKES.collect(inputs)["mistakes"]["on the test clips"]
    assert (mistake.clip, mistake.y_true, mistake.y_pred) == ("007", "high", "low")
    body = MISTAKES.body(inputs)
    assert body.count("<audio") == 3
    assert "high taken for low, 80\N{NO-BREAK SPACE}%: 007" in body and ": 010" not in body


def test_excerpt_is_the_middle_of_a_clip(make_run, make_inputs, tones):
    data = MISTAKES.collect(make_inputs(make_run(tones, CLIPS, LABELS, PROBA)))
    assert data["problem"] is None
    for mistake in data["mistakes"]["out of fold"]:
        assert mistake.excerpt.seconds == (1.5, 10.5)
        assert mistake.excerpt.log_mel.shape == (64, 1 + len(mistake.excerpt.samples) // 1024)
        # The tone is the loudest band; the bands are some 100 Hz apart.
        loudest = mistake.excerpt.bands[mistake.excerpt.log_mel.mean(axis=1).argmax()]
        assert loudest == pytest.approx(1000 if mistake.y_true == "high" else 200, abs=60)


def test_every_excerpt_has_a_player_and_figure(make_run, make_inputs, tones):
    body = MISTAKES.body(make_inputs(make_run(tones, CLIPS, LABELS, PROBA)))
    assert body.count("<audio") == body.count("<svg") == 2
    assert body.count("seconds 1.5 to 10.5") == 2 * 3
    names = re.findall(r' id="([^"]+)"', body)
    assert len(names) == len(set(names))


def test_without_audio_nothing_is_read(make_run, make_inputs, tones):
    run = make_run(tones.parent / "gone", CLIPS, LABELS, PROBA)
    data = MISTAKES.collect(make_inputs(run, audio=False))
    assert data["problem"] is None and data["mistakes"]["out of fold"][0].excerpt is None


def test_missing_data_set_leaves_the_players_out(make_run, make_inputs, tones):
    inputs = make_inputs(make_run(tones.parent / "gone", CLIPS, LABELS, PROBA))
    assert f"{tones.parent / 'gone'} is not there" in MISTAKES.collect(inputs)["problem"]
    body = MISTAKES.body(inputs)
    assert "<audio" not in body and "high taken for low" in body


def test_missing_clip_is_named(make_run, make_inputs, tones):
    (tones / CLIPS[0]).rename(tones / "high/other.wav")
    data = MISTAKES.collect(make_inputs(make_run(tones, CLIPS, LABELS, PROBA)))
    assert "'high/0.wav'" in data["problem"]


def test_no_mistake_is_stated(make_run, make_inputs, tones):
    run = make_run(tones, CLIPS, LABELS, {"lr": STACK, "stack": STACK[[1, 1, 3, 3]]})
    data = MISTAKES.collect(make_inputs(run))
    assert data["mistakes"]["out of fold"] == []
    assert "Every clip is classified correctly." in MISTAKES.render(data)


def test_mashup_has_its_parts(make_run, make_inputs, stem_data, shared_cache):
    config = Config(str(stem_data), folds=2, mashups_per_genre=2)
    resources = Resources(cache=shared_cache, n_jobs=1)
    recipes = sample_training(read_data(stem_data), config, resources=resources).recipes
    labels = [recipe.label for recipe in recipes]
    proba = np.full((len(recipes), 3), 1 / 3)
    proba[0] = [0, 0, 1]
    run = make_run(
        stem_data, [r.id for r in recipes], labels, {"lr": proba, "stack": proba}, folds=[0] * 6
    )
    write_recipes(recipes, run.path / "recipes.parquet")
    data = MISTAKES.collect(make_inputs(run, resources=resources), n_mistakes=1)
    (mistake,) = data["mistakes"]["out of fold"]
    stems = mistake.parts.iloc[: len(recipes[0].stems)]
    assert stems["from"].tolist() == [part.song for part in recipes[0].stems]
    assert stems["tempo"].tolist() == [f"× {part.rate:.2f}" for part in recipes[0].stems]
    noises = mistake.parts.loc[mistake.parts.index == "noise", "from"]
    assert noises.tolist() == [noise.path.split("/")[-1][:-4] for noise in recipes[0].noises]
    assert len(mistake.excerpt.samples) > 0


def test_unreadable_recipes_leave_the_players_out(make_run, make_inputs, tones):
    run = make_run(tones, CLIPS, LABELS, PROBA)
    pd.DataFrame({"id": ["a"], "peak": [1.0]}).to_parquet(run.path / "recipes.parquet")
    data = MISTAKES.collect(make_inputs(run))
    assert "cannot be read as recipes" in data["problem"]
    assert data["mistakes"]["out of fold"][0].excerpt is None
