"""Leakage checks find leaks, and pass clean data."""

from functools import partial

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from stemstack.exceptions import DataError
from stemstack.stacking import assign_folds, oof_predictions
from stemstack.stacking.leakage import (
    check_shuffled_labels,
    check_stack,
    check_unique_tones,
    tone_clips,
)

SONGS = np.repeat(np.arange(60), 4)
Y = np.array(["blues", "jazz", "rock"])[SONGS % 3]
FOLDS, LEAKY_FOLDS = assign_folds(Y, SONGS, seed=0), assign_folds(Y, seed=0)
# Clips of one song are alike, so a model trained on some recognises the others.
X = np.random.default_rng(0).standard_normal((60, 8))[SONGS]
X = X + 0.1 * np.random.default_rng(1).standard_normal(X.shape)
NEAREST = KNeighborsClassifier(1)


def spectrum(clips):
    return np.abs(np.fft.rfft(clips))


def test_shuffled_labels_stay_at_chance_without_leak():
    results = [check_shuffled_labels(NEAREST, X, Y, FOLDS, SONGS, seed=s) for s in range(5)]
    assert not any(result.leaks for result in results)
    assert all(0.25 < result.chance < result.limit < 0.5 for result in results)
    assert str(results[0]).startswith("clean: labels shuffled among songs: macro F1 0.")


def test_shuffled_labels_find_separated_songs():
    result = check_shuffled_labels(NEAREST, X, Y, LEAKY_FOLDS, SONGS)
    assert result.leaks
    assert result.score > 0.95
    assert str(result).startswith("LEAKS: labels shuffled")


def test_shuffled_labels_find_few_separated_songs():
    folds = FOLDS.copy()
    first_clips = np.arange(0, 240, 4)[:30]
    folds[first_clips] = (folds[first_clips] + 1) % 5
    assert check_shuffled_labels(NEAREST, X, Y, folds, SONGS).leaks


def test_unique_tones_find_separated_songs():
    model = make_pipeline(FunctionTransformer(spectrum), KNeighborsClassifier(1))
    clips = tone_clips(SONGS, seconds=0.1)
    clean = check_unique_tones(model, Y, FOLDS, SONGS, clips=clips)
    assert not clean.leaks
    assert not clean.inconclusive
    assert clean.control > 0.95
    leaky = check_unique_tones(model, Y, LEAKY_FOLDS, SONGS, clips=clips)
    assert leaky.leaks
    assert str(clean).endswith(f"groups ignored {clean.control:.3f}")


def test_model_insensitive_to_tones_is_inconclusive():
    result = check_unique_tones(DummyClassifier(), Y, FOLDS, SONGS)
    assert result.inconclusive
    assert str(result).startswith("inconclusive: songs known by a tone only")


def test_each_song_has_its_own_tone():
    clips = tone_clips(["b", "a", "b"], sr=8000)
    assert clips.shape == (3, 8000)
    assert clips.dtype == np.float32
    # One second: bin k of the spectrum is k Hz.
    peaks = spectrum(clips).argmax(axis=1)
    assert peaks[0] == peaks[2] != peaks[1]
    assert set(peaks) == {100, 1600}


MODELS = [
    ("nearest", KNeighborsClassifier(1)),
    ("tree", DecisionTreeClassifier(random_state=0)),
]
MAKE_OOF = partial(oof_predictions, MODELS)


def in_sample(X, y, folds):
    return np.hstack([model.fit(X, y).predict_proba(X) for _, model in MODELS])


def test_stack_of_oof_predictions_is_clean():
    final = LogisticRegression(max_iter=500)
    results = [check_stack(MAKE_OOF, final, X, Y, SONGS, n_shuffles=2, seed=s) for s in range(3)]
    assert not any(result.leaks for result in results)


def test_stack_of_in_sample_predictions_leaks():
    result = check_stack(in_sample, LogisticRegression(max_iter=500), X, Y, SONGS)
    assert result.leaks
    assert result.score > 0.95


def cells(seed):
    """Return a feature of few distinct values, and labels independent of it."""
    rng = np.random.default_rng(seed)
    return rng.integers(12, size=(400, 1)), rng.permutation(400) % 2


@pytest.mark.slow
def test_flexible_meta_model_with_features_leaks():
    """The published failure: the nested score is high, but new clips are predicted at chance."""

    def with_features(X, y, folds):
        return np.c_[oof_predictions(MODELS[1:], X, y, folds), X]

    X, y = cells(0)
    forest = RandomForestClassifier(50, random_state=0)
    assert check_stack(with_features, forest, X, y, np.arange(400)).leaks
    without_features = check_stack(
        lambda *data: with_features(*data)[:, :1], forest, X, y, np.arange(400)
    )
    assert not without_features.leaks


def test_groups_of_two_classes_are_refused():
    with pytest.raises(DataError, match=r"holds clips of .*blues.* and .*jazz.*; labels can only"):
        check_shuffled_labels(NEAREST, X, Y, FOLDS, SONGS // 2)


def test_missing_groups_and_single_folds_are_refused():
    with pytest.raises(DataError, match="Row 239 has no group"):
        check_shuffled_labels(NEAREST, X, Y, FOLDS, [*SONGS[1:], None])
    with pytest.raises(DataError, match=r"shape \(240,\), and two or more distinct values"):
        check_shuffled_labels(NEAREST, X, Y, np.zeros(240), SONGS)
    with pytest.raises(DataError, match=r"shape \(240,\), and two or more distinct values"):
        check_unique_tones(NEAREST, Y, np.zeros(240), SONGS)
