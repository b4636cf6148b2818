"""The leak guard speaks up where something leaks, and is silent on clean data."""

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
from stemstack.stacking import OutOfFoldStacker, assign_folds
from stemstack.stacking.leakage import (
    check_shuffled_labels,
    check_stack,
    check_unique_tones,
    tone_clips,
)

SONGS = np.repeat(np.arange(60), 4)
Y = np.array(["blues", "jazz", "rock"])[SONGS % 3]
FOLDS, PARTED = assign_folds(Y, SONGS, seed=0), assign_folds(Y, seed=0)
# Clips of one song are alike, so a model that has seen some knows the others.
X = np.random.default_rng(0).standard_normal((60, 8))[SONGS]
X = X + 0.1 * np.random.default_rng(1).standard_normal(X.shape)
NEAREST = KNeighborsClassifier(1)


def spectrum(clips):
    return np.abs(np.fft.rfft(clips))


def test_shuffled_labels_stay_at_chance_where_songs_are_kept_together():
    verdicts = [check_shuffled_labels(NEAREST, X, Y, FOLDS, SONGS, seed=s) for s in range(5)]
    assert not any(verdict.leaks for verdict in verdicts)
    assert all(0.25 < verdict.chance < verdict.limit < 0.5 for verdict in verdicts)
    assert str(verdicts[0]).startswith("clean: labels shuffled among songs: macro F1 0.")


def test_shuffled_labels_are_learnt_where_a_split_parts_songs():
    verdict = check_shuffled_labels(NEAREST, X, Y, PARTED, SONGS)
    assert verdict.leaks
    assert verdict.score > 0.95
    assert str(verdict).startswith("LEAKS: labels shuffled")


def test_few_parted_songs_are_enough():
    folds = FOLDS.copy()
    first_clips = np.arange(0, 240, 4)[:30]
    folds[first_clips] = (folds[first_clips] + 1) % 5
    assert check_shuffled_labels(NEAREST, X, Y, folds, SONGS).leaks


def test_tones_help_only_where_groups_are_ignored():
    hears = make_pipeline(FunctionTransformer(spectrum), KNeighborsClassifier(1))
    clips = tone_clips(SONGS, seconds=0.1)
    clean = check_unique_tones(hears, Y, FOLDS, SONGS, clips=clips)
    assert not clean.leaks
    assert not clean.blind
    assert clean.control > 0.95
    leaky = check_unique_tones(hears, Y, PARTED, SONGS, clips=clips)
    assert leaky.leaks
    assert str(clean).endswith(f"groups ignored {clean.control:.3f}")


def test_a_model_that_hears_no_tone_makes_the_check_blind():
    verdict = check_unique_tones(DummyClassifier(), Y, FOLDS, SONGS)
    assert verdict.blind
    assert str(verdict).startswith("blind: songs known by a tone only")


def test_tones_are_of_one_frequency_a_song_and_of_none_twice():
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


def honest(X, y, folds):
    rows = [np.flatnonzero(folds == fold) for fold in np.unique(folds)]
    splits = [(np.setdiff1d(np.arange(len(y)), held_out), held_out) for held_out in rows]
    return OutOfFoldStacker(MODELS, cv=splits).fit(X, y).oof_


def in_sample(X, y, folds):
    return np.hstack([model.fit(X, y).predict_proba(X) for _, model in MODELS])


def test_an_honest_stack_is_clean():
    final = LogisticRegression(max_iter=500)
    verdicts = [check_stack(honest, final, X, Y, SONGS, n_shuffles=2, seed=s) for s in range(3)]
    assert not any(verdict.leaks for verdict in verdicts)


def test_a_stack_fed_with_what_models_say_of_their_own_training_clips_leaks():
    verdict = check_stack(in_sample, LogisticRegression(max_iter=500), X, Y, SONGS)
    assert verdict.leaks
    assert verdict.score > 0.95


def cells(seed):
    """Clips described by one of few values, and labels that it knows nothing of."""
    rng = np.random.default_rng(seed)
    return rng.integers(12, size=(400, 1)), rng.permutation(400) % 2


def test_a_flexible_second_level_takes_labels_back_out_of_the_other_folds():
    """The published failure: nested, the stack looks skilled; on fresh clips it is at chance."""

    def with_features(X, y, folds):
        tree, said = DecisionTreeClassifier(random_state=0), np.empty(len(y))
        for fold in np.unique(folds):
            tree.fit(X[folds != fold], y[folds != fold])
            said[folds == fold] = tree.predict_proba(X[folds == fold])[:, 1]
        return np.c_[said, X]

    X, y = cells(0)
    forest = RandomForestClassifier(50, random_state=0)
    assert check_stack(with_features, forest, X, y, np.arange(400)).leaks
    without_features = check_stack(
        lambda *data: with_features(*data)[:, :1], forest, X, y, np.arange(400)
    )
    assert not without_features.leaks


def test_groups_of_two_classes_cannot_be_shuffled():
    with pytest.raises(DataError, match=r"holds clips of .*blues.* and .*jazz.*; labels can only"):
        check_shuffled_labels(NEAREST, X, Y, FOLDS, SONGS // 2)


def test_what_can_prove_nothing_is_refused():
    with pytest.raises(DataError, match="Row 239 has no group"):
        check_shuffled_labels(NEAREST, X, Y, FOLDS, [*SONGS[1:], None])
    with pytest.raises(DataError, match=r"shape \(240,\), and two or more distinct values"):
        check_shuffled_labels(NEAREST, X, Y, np.zeros(240), SONGS)
    with pytest.raises(DataError, match=r"shape \(240,\), and two or more distinct values"):
        check_unique_tones(NEAREST, Y, np.zeros(240), SONGS)
