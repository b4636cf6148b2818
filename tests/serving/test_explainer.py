"""Single clips are explained, several predicted; unreadable files are refused by name."""

import copy

import numpy as np
import pandas as pd
import pytest
import soundfile
from helpers.nets import LevelNetwork

from stemstack.audio import read_clip
from stemstack.exceptions import AudioError, DataError
from stemstack.features import Extractor, log_mel
from stemstack.models import AudioEmbedding
from stemstack.models.deep.embeddings import extractor
from stemstack.runs import STACK
from stemstack.serving import ClipExplainer, Limits
from stemstack.utils.resources import Resources


@pytest.fixture(scope="module")
def explanation(explainer, song):
    return explainer.explain(song)


def test_most_probable_class_comes_first(explanation):
    stacked = explanation.probabilities[STACK]
    assert explanation.label == stacked.index[0] == "blues"
    assert explanation.runner_up == stacked.index[1]
    assert stacked.is_monotonic_decreasing
    # rtol: probabilities in single precision.
    np.testing.assert_allclose(explanation.probabilities.sum(), 1, rtol=1e-6)


def test_confidence_is_that_of_nested_predictions(explainer, explanation):
    oof = explainer.run.read_table("ledger/oof")
    proba = oof[[f"{STACK}__{name}" for name in explainer.classes]].to_numpy()
    is_blues = proba.argmax(axis=1) == explainer.classes.index("blues")
    assert explanation.confidence.n_predicted == is_blues.sum()
    assert explanation.confidence.n_correct == (oof["label"][is_blues] == "blues").sum()
    assert 1 / 3 < explanation.confidence.probability <= 1


def test_spectrogram_is_the_log_mel(explanation, song):
    # rtol: the same function on the same samples.
    np.testing.assert_allclose(explanation.log_mel, log_mel(read_clip(song)), rtol=1e-6)
    assert explanation.seconds == 4.0


def test_long_clip_has_a_narrow_spectrogram(explainer, tmp_path):
    soundfile.write(tmp_path / "long.wav", np.zeros(22050 * 60), 22050)
    assert explainer.explain(tmp_path / "long.wav").log_mel.shape[1] <= 1201


def test_without_training_clips_none_is_nearest(explainer, song):
    alone = copy.copy(explainer)
    alone.nearest_clips = None
    assert alone.explain(song).nearest == ()


@pytest.fixture
def with_embedding(served_run, stem_data, shared_cache, monkeypatch):
    """Explainer with a small network in place of a pretrained one."""
    pytest.importorskip("torch", reason="needs the deep extra")
    monkeypatch.setattr(extractor, "load_network", lambda model, **options: LevelNetwork())
    explainer = ClipExplainer(served_run, embedding=AudioEmbedding())
    explainer.load_training_clips(stem_data, resources=Resources(shared_cache))
    return explainer


def test_nearest_clips_and_tags_by_embedding(with_embedding, song):
    search = with_embedding.nearest_clips
    assert search.extractor.names[0] == "level_0000_mean"
    name = with_embedding.run.read_table("ledger/oof")["clip"][4]
    first = with_embedding.explain(search.sound(name)).nearest[0]
    # atol: mashups and the file have 16 bits.
    assert first.clip == name and first.distance == pytest.approx(0, abs=1e-3)
    # The deviation of the level of the song is the larger "probability".
    assert with_embedding.explain(song).tags == ("low",)


def test_explainer_without_embedding_has_no_tags(explainer, explanation):
    assert explanation.tags == () and isinstance(explainer.nearest_clips.extractor, Extractor)


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"", "empty"), (b"not a sound", "not audio"), (b"RIFF\0\0\0\0WAVE", "audio")],
)
def test_unreadable_file_is_refused_by_its_name(explainer, tmp_path, content, problem):
    path = tmp_path / "0a1b2c.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError, match=rf"^my song\.wav: .*{problem}"):
        explainer.explain(path, "my song.wav")


def test_missing_file_is_refused(explainer, tmp_path):
    with pytest.raises(AudioError, match="no such file"):
        explainer.explain(tmp_path / "gone.wav")


def test_truncated_file_gives_a_warning(explainer, song, tmp_path):
    path = tmp_path / "0a1b2c.wav"
    path.write_bytes(song.read_bytes()[:-20000])
    (warning,) = explainer.explain(path, "my song.wav").warnings
    assert warning.startswith("my song.wav: cut short (20000 bytes")


def test_several_files_with_an_unreadable_one(explainer, song, tmp_path):
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"no")
    steps = []
    predictions = explainer.predict_many([song, bad, song], advance=steps.append)
    expected = explainer.explain(song).probabilities[STACK]
    row = predictions.table.iloc[0]
    assert predictions.table.columns.tolist() == ["path", "label", *explainer.classes]
    assert (row["path"], row["label"]) == (str(song), "blues")
    # rtol: the same computation twice.
    np.testing.assert_allclose(row[expected.index].astype(float), expected, rtol=1e-9)
    assert len(predictions.table) == 2 and steps == [1, 1, 1]
    assert len(predictions.problems) == 1 and predictions.problems[0].startswith(
        f"{bad}: is not audio"
    )


def test_only_unreadable_files_give_an_empty_table(explainer, tmp_path):
    predictions = explainer.predict_many([tmp_path / "gone.wav"])
    assert predictions.table.empty and "label" in predictions.table
    pd.testing.assert_index_equal(predictions.table.columns[2:], pd.Index(explainer.classes))


def test_clip_beyond_the_limits_is_refused(explainer, song):
    strict = copy.copy(explainer)
    strict.limits = Limits(max_seconds=3)
    with pytest.raises(AudioError, match="4 s long; the limit is 3 s"):
        strict.explain(song)


def test_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(DataError, match="holds no run"):
        ClipExplainer(tmp_path)


@pytest.fixture
def one_second(tmp_path):
    soundfile.write(tmp_path / "x.wav", np.zeros(22050), 22050)
    return tmp_path / "x.wav"


def test_file_within_the_limits_passes(one_second):
    Limits(max_mb=0.045).check(one_second, "x.wav")


def test_too_large_file_raises(one_second):
    with pytest.raises(AudioError, match=r"x\.wav: is 0\.0 MB; the limit is 0\.04 MB"):
        Limits(max_mb=0.04).check(one_second, "x.wav")


def test_limits_leave_unreadable_files_to_the_reader(tmp_path):
    (tmp_path / "x.wav").write_bytes(b"no")
    Limits().check(tmp_path / "x.wav", "x.wav")


def test_limits_leave_missing_files_to_the_reader(tmp_path):
    Limits().check(tmp_path / "x.wav", "x.wav")
