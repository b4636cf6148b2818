"""One clip explained, several predicted, and what is no clip refused in words."""

import copy

import numpy as np
import pandas as pd
import pytest
import soundfile

from stemstack.audio import read_clip
from stemstack.exceptions import AudioError, DataError
from stemstack.features import log_mel
from stemstack.runs import STACK
from stemstack.serving import ClipExplainer, Limits


@pytest.fixture(scope="module")
def explanation(explainer, song):
    return explainer.explain(song)


def test_the_class_is_found_and_the_likeliest_comes_first(explanation):
    stacked = explanation.probabilities[STACK]
    assert explanation.label == stacked.index[0] == "blues"
    assert explanation.runner_up == stacked.index[1]
    assert stacked.is_monotonic_decreasing
    # rtol: each column sums to one by its model's own doing.
    np.testing.assert_allclose(explanation.probabilities.sum(), 1, rtol=1e-6)


def test_sureness_is_read_off_the_nested_predictions(explainer, explanation):
    oof = explainer.run.read_table("ledger/oof")
    said = oof[[f"{STACK}__{name}" for name in explainer.classes]].to_numpy().argmax(axis=1)
    is_blues = said == explainer.classes.index("blues")
    assert explanation.sureness.n_said == is_blues.sum()
    assert explanation.sureness.n_right == (oof["label"][is_blues] == "blues").sum()
    assert 1 / 3 < explanation.sureness.confidence <= 1


def test_the_picture_is_the_log_mel(explanation, song):
    # rtol: the same function on the same samples.
    np.testing.assert_allclose(explanation.picture, log_mel(read_clip(song)), rtol=1e-6)
    assert explanation.seconds == 4.0


def test_a_long_clip_has_a_picture_of_bounded_width(explainer, tmp_path):
    soundfile.write(tmp_path / "long.wav", np.zeros(22050 * 60), 22050)
    assert explainer.explain(tmp_path / "long.wav").picture.shape[1] <= 1201


def test_without_training_clips_there_are_no_neighbours(explainer, song):
    alone = copy.copy(explainer)
    alone.neighbourhood = None
    assert alone.explain(song).neighbours == ()


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"", "empty"), (b"not a sound", "not audio"), (b"RIFF\0\0\0\0WAVE", "not audio")],
)
def test_what_is_no_audio_is_refused_under_its_own_name(explainer, tmp_path, content, problem):
    path = tmp_path / "0a1b2c.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError, match=rf"^my song\.wav: .*{problem}"):
        explainer.explain(path, "my song.wav")


def test_a_missing_file_is_refused(explainer, tmp_path):
    with pytest.raises(AudioError, match="no such file"):
        explainer.explain(tmp_path / "gone.wav")


def test_a_file_cut_short_is_answered_with_a_warning(explainer, song, tmp_path):
    path = tmp_path / "0a1b2c.wav"
    path.write_bytes(song.read_bytes()[:-20000])
    (warning,) = explainer.explain(path, "my song.wav").warnings
    assert warning.startswith("my song.wav: cut short (20000 bytes")


def test_several_are_predicted_and_bad_ones_named(explainer, song, tmp_path):
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"no")
    done = []
    answers = explainer.predict_many([song, bad, song], progress=lambda: done.append(1))
    expected = explainer.explain(song).probabilities[STACK]
    row = answers.table.iloc[0]
    assert answers.table.columns.tolist() == ["path", "label", *explainer.classes]
    assert (row["path"], row["label"]) == (str(song), "blues")
    # rtol: the same computation twice.
    np.testing.assert_allclose(row[expected.index].astype(float), expected, rtol=1e-9)
    assert len(answers.table) == 2 and len(done) == 3
    assert len(answers.problems) == 1 and answers.problems[0].startswith(f"{bad}: is not audio")


def test_only_bad_ones_give_an_empty_table(explainer, tmp_path):
    answers = explainer.predict_many([tmp_path / "gone.wav"])
    assert answers.table.empty and "label" in answers.table
    pd.testing.assert_index_equal(answers.table.columns[2:], pd.Index(explainer.classes))


def test_a_clip_beyond_the_limits_is_refused(explainer, song):
    strict = copy.copy(explainer)
    strict.limits = Limits(max_seconds=3)
    with pytest.raises(AudioError, match="4 s long; the limit is 3 s"):
        strict.explain(song)


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(DataError, match="holds no run"):
        ClipExplainer(tmp_path)
