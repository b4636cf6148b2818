"""Rounds of pseudo-labels are accepted where they help, and rolled back where they hurt."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC

from stemstack.exceptions import DataError, UsageError
from stemstack.stacking import macro_f1
from stemstack.stacking.pseudo_labels import pseudo_label, select_confident

MODELS = [("lr", LogisticRegression(max_iter=500)), ("nb", GaussianNB())]
CENTRES = 4.0 * np.eye(3, 6)
# In the test each class is moved half-way to where another class was in training.
MOVED = np.roll(CENTRES, 3, axis=1) + 0.55 * CENTRES + 0.2 * np.roll(CENTRES, 1, axis=0)


def sample(centres, y, seed, noise=1.0):
    rng = np.random.default_rng(seed)
    return centres[y] + noise * rng.standard_normal((len(y), 6))


TRAIN, TEST = np.arange(36) % 3, np.arange(240) % 3
FOLDS = np.arange(36) // 3 % 4
X = sample(CENTRES, TRAIN, 0, noise=1.5)
LIKE_TEST, X_TEST = sample(MOVED, TRAIN, 1), sample(MOVED, TEST, 2)


def score(rows, labels):
    X_more, y_more = np.concatenate([X, X_TEST[rows]]), np.concatenate([TRAIN, labels])
    proba = [m.fit(X_more, y_more).predict_proba(X_TEST) for _, m in MODELS]
    return macro_f1(TEST, np.mean(proba, axis=0).argmax(axis=1))


@pytest.fixture(scope="module")
def result():
    return pseudo_label(MODELS, X, TRAIN, FOLDS, X_TEST, simulated=LIKE_TEST)


def test_shifted_test_of_separable_classes_helps(result):
    assert result.rounds[0].accepted
    assert "kept: macro F1 on held-out songs" in str(result.rounds[0])
    assert score(result.rows, result.labels) > score([], []) + 0.03
    assert np.mean(result.labels == TEST[result.rows]) > 0.9


def test_wrong_pseudo_labels_are_rolled_back():
    """Each test class is where another was in training: models are confident and wrong."""
    X_wrong = sample(np.roll(CENTRES, 1, axis=0), TEST, 3, noise=0.5)
    result = pseudo_label(MODELS, X, TRAIN, FOLDS, X_wrong, simulated=LIKE_TEST)
    assert len(result.rows) == len(result.labels) == 0
    assert all(len(rows) == 0 for rows, _ in result.by_fold)
    assert len(result.rounds) == 1
    assert not result.rounds[0].accepted
    assert "rolled back: macro F1 on held-out songs" in str(result.rounds[0])


def test_uncertain_test_is_refused():
    nowhere = np.full((40, 6), 4 / 3)
    result = pseudo_label(MODELS[:1], X, TRAIN, FOLDS, nowhere, confidence=0.99)
    assert len(result.rows) == 0
    assert str(result.rounds[0]) == "refused: no clip is confident enough"
    assert result.rounds[0].by_class == {0: 0.0, 1: 0.0, 2: 0.0}


def test_only_the_last_round_can_be_rejected():
    result = pseudo_label(MODELS, X, TRAIN, FOLDS, X_TEST, simulated=LIKE_TEST, n_rounds=6)
    assert all(one.accepted for one in result.rounds[:-1])
    for one, next_one in zip(result.rounds[:-1], result.rounds[1:], strict=True):
        assert next_one.before == one.after


def test_selection_of_each_fold_reproduces_the_score(result):
    last = [one for one in result.rounds if one.accepted][-1]
    proba = np.empty((len(TRAIN), 3))
    for fold, (rows, labels) in enumerate(result.by_fold):
        X_more = np.concatenate([X[fold != FOLDS], X_TEST[rows]])
        y_more = np.concatenate([TRAIN[fold != FOLDS], labels])
        held_out = LIKE_TEST[fold == FOLDS]
        fitted = [m.fit(X_more, y_more) for _, m in MODELS]
        proba[fold == FOLDS] = np.mean([m.predict_proba(held_out) for m in fitted], axis=0)
    # rtol: the same decisions, counted by the same code.
    np.testing.assert_allclose(macro_f1(TRAIN, proba.argmax(axis=1)), last.after, rtol=1e-12)
    sizes = [len(rows) for rows, _ in result.by_fold]
    np.testing.assert_allclose(
        [sum(last.by_class.values())] * 2, [last.n_selected, np.mean(sizes)], rtol=1e-12
    )
    assert last.low <= last.high


def test_order_of_test_clips_does_not_matter():
    order = np.random.default_rng(0).permutation(len(X_TEST))
    one = pseudo_label(MODELS, X, TRAIN, FOLDS, X_TEST, simulated=LIKE_TEST, n_rounds=1)
    other = pseudo_label(MODELS, X, TRAIN, FOLDS, X_TEST[order], simulated=LIKE_TEST, n_rounds=1)
    assert sorted(order[other.rows]) == one.rows.tolist()


def test_data_frames_and_string_labels_are_accepted(result):
    names = np.array(["blues", "jazz", "rock"])[TRAIN]
    frames = [pd.DataFrame(x, columns=list("abcdef")) for x in (X, X_TEST, LIKE_TEST)]
    same = pseudo_label(MODELS, frames[0], names, FOLDS, frames[1], simulated=frames[2])
    assert result.rows.tolist() == same.rows.tolist()
    assert set(same.labels) == {"blues", "jazz", "rock"}


def test_lists_are_accepted(result):
    lists = [x.tolist() for x in (X, X_TEST, LIKE_TEST)]
    same = pseudo_label(MODELS, lists[0], TRAIN.tolist(), FOLDS, lists[1], simulated=lists[2])
    assert result.rows.tolist() == same.rows.tolist()


def test_invalid_arguments_are_refused():
    with pytest.raises(DataError, match=r"the same length\. Got 36, 35, 36 and 36"):
        pseudo_label(MODELS, X, TRAIN, FOLDS, X_TEST, simulated=LIKE_TEST[1:])
    with pytest.raises(UsageError, match="n_rounds must be a whole number, 1 or more"):
        pseudo_label(MODELS, X, TRAIN, FOLDS, X_TEST, n_rounds=0)
    with pytest.raises(UsageError, match=r"Got 1\.5"):
        pseudo_label(MODELS, X, TRAIN, FOLDS, X_TEST, n_rounds=1.5)
    with pytest.raises(UsageError, match="SVC does not implement the method predict_proba"):
        pseudo_label([("svc", SVC())], X, TRAIN, FOLDS, X_TEST)
    with pytest.raises(DataError, match="no clip to label"):
        pseudo_label(MODELS, X, TRAIN, FOLDS, X_TEST[:0])
    with pytest.raises(UsageError, match="at least one"):
        pseudo_label([], X, TRAIN, FOLDS, X_TEST)
    with pytest.raises(DataError, match="must all be DataFrames, or none"):
        pseudo_label(MODELS, pd.DataFrame(X), TRAIN, FOLDS, X_TEST)
    with pytest.raises(DataError, match="Class 0 is missing from the training rows of a fold"):
        pseudo_label(MODELS, X, TRAIN, TRAIN, X_TEST)
    with pytest.raises(DataError, match=r"shape \(36,\), and two or more distinct values"):
        pseudo_label(MODELS, X, TRAIN, np.zeros(36), X_TEST)
    with pytest.raises(DataError, match="Row 0 has no group"):
        pseudo_label(MODELS, X, TRAIN, FOLDS, X_TEST, groups=[None] * 36)


def predict(codes, confidence):
    """Return three-class probabilities of a model that predicts ``codes``."""
    confidence = np.broadcast_to(confidence, np.shape(codes))[:, None]
    return np.where(np.eye(3)[codes] > 0, confidence, (1 - confidence) / 2)


def test_selected_models_agree():
    proba = [predict([0, 1, 2, 0], 0.9), predict([0, 1, 2, 1], 0.9)]
    rows, codes = select_confident(proba)
    assert rows.tolist() == [0, 1, 2]
    assert codes.tolist() == [0, 1, 2]


def test_mean_must_reach_the_confidence():
    proba = [predict([0, 1, 2], [0.9, 0.5, 0.9]), predict([0, 1, 2], [0.9, 0.65, 0.4])]
    assert select_confident(proba, confidence=0.6)[0].tolist() == [0, 2]
    assert select_confident(proba, confidence=0.5)[0].tolist() == [0, 1, 2]


def test_rarest_class_limits_the_others():
    codes = np.repeat([0, 1, 2], [50, 20, 3])
    confidences = np.linspace(0.7, 0.99, 73)
    rows, selected = select_confident([predict(codes, confidences)])
    assert np.bincount(selected).tolist() == [8, 8, 3]
    # The most confident of each class.
    assert rows.tolist() == [*range(42, 50), *range(62, 70), *range(70, 73)]


def test_share_limits_every_class():
    codes = np.tile([0, 1, 2], 20)
    _, selected = select_confident([predict(codes, 0.9)], share=0.25)
    assert np.bincount(selected).tolist() == [5, 5, 5]


@given(seed=st.integers(0, 999), n_models=st.integers(1, 3), share=st.floats(0.01, 1))
def test_selected_clips_meet_all_conditions(seed, n_models, share):
    proba = np.random.default_rng(seed).dirichlet(np.full(3, 0.3), size=(n_models, 40))
    rows, codes = select_confident(proba, share=share)
    assert (np.diff(rows) > 0).all()
    assert (proba[:, rows].argmax(axis=2) == codes).all()
    assert (proba[:, rows].mean(axis=0).max(axis=1) >= 0.6).all()
    assert (np.bincount(codes, minlength=3) <= np.ceil(share * 40 / 3)).all()


def test_share_out_of_range_is_refused():
    with pytest.raises(UsageError, match=r"share in \(0, 1\]\. Got 0.6 and 0"):
        select_confident([predict([0], 0.9)], share=0)


def test_probabilities_of_wrong_shape_are_refused():
    with pytest.raises(DataError, match=r"Got shape \(1, 3\) and 0 NaN"):
        select_confident(predict([0], 0.9))
    with pytest.raises(DataError, match=r"Got shape \(1, 1, 3\) and 3 NaN"):
        select_confident([predict([0], np.nan)])


def test_round_is_written_as_plain_data(result):
    first = result.rounds[0].to_dict()
    assert first["verdict"] == "kept" and first["kept"] is True
    assert first["in_words"] == str(result.rounds[0])
    assert json.loads(json.dumps(first))["low"] == result.rounds[0].low


def test_folds_that_split_songs_are_refused():
    with pytest.raises(DataError, match=r"group 0 is in \d folds; give folds that keep"):
        pseudo_label(MODELS, X, TRAIN, FOLDS, X_TEST, groups=np.zeros(len(X), dtype=int))
