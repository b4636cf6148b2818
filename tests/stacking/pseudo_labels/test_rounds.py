"""Rounds of pseudo-labels: kept where they help, rolled back where they hurt."""

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
# In the test the classes stand elsewhere, half-way to where another class was in training.
MOVED = np.roll(CENTRES, 3, axis=1) + 0.55 * CENTRES + 0.2 * np.roll(CENTRES, 1, axis=0)


def draw(centres, y, seed, noise=1.0):
    rng = np.random.default_rng(seed)
    return centres[y] + noise * rng.standard_normal((len(y), 6))


TRAIN, TEST = np.arange(36) % 3, np.arange(240) % 3
FOLDS = np.arange(36) // 3 % 4
X = draw(CENTRES, TRAIN, 0, noise=1.5)
LIKE_TEST, X_TEST = draw(MOVED, TRAIN, 1), draw(MOVED, TEST, 2)


def score(rows, labels):
    X_more, y_more = np.concatenate([X, X_TEST[rows]]), np.concatenate([TRAIN, labels])
    said = [m.fit(X_more, y_more).predict_proba(X_TEST) for _, m in MODELS]
    return macro_f1(TEST, np.mean(said, axis=0).argmax(axis=1))


@pytest.fixture(scope="module")
def found():
    return pseudo_label(MODELS, X, TRAIN, FOLDS, X_TEST, simulated=LIKE_TEST)


def test_a_shifted_test_of_clear_classes_teaches(found):
    assert found.rounds[0].kept
    assert "kept: macro F1 on held-out songs" in str(found.rounds[0])
    assert score(found.rows, found.labels) > score([], []) + 0.03
    assert np.mean(found.labels == TEST[found.rows]) > 0.9


def test_wrong_pseudo_labels_are_rolled_back_and_said_so():
    """The test's classes stand where others stood: models are sure of them, and wrong."""
    X_wrong = draw(np.roll(CENTRES, 1, axis=0), TEST, 3, noise=0.5)
    found = pseudo_label(MODELS, X, TRAIN, FOLDS, X_wrong, simulated=LIKE_TEST)
    assert len(found.rows) == len(found.labels) == 0
    assert all(len(rows) == 0 for rows, _ in found.by_fold)
    assert len(found.rounds) == 1
    assert not found.rounds[0].kept
    assert "rolled back: macro F1 on held-out songs" in str(found.rounds[0])


def test_a_test_that_says_nothing_is_refused():
    nowhere = np.full((40, 6), 4 / 3)
    found = pseudo_label(MODELS[:1], X, TRAIN, FOLDS, nowhere, confidence=0.99)
    assert len(found.rows) == 0
    assert str(found.rounds[0]) == "refused: no clip is sure enough"
    assert found.rounds[0].by_class == {0: 0.0, 1: 0.0, 2: 0.0}


def test_only_the_last_round_can_be_one_that_was_not_kept():
    found = pseudo_label(MODELS, X, TRAIN, FOLDS, X_TEST, simulated=LIKE_TEST, n_rounds=6)
    assert all(one.kept for one in found.rounds[:-1])
    for one, next_one in zip(found.rounds[:-1], found.rounds[1:], strict=True):
        assert next_one.before == one.after


def test_what_each_fold_learnt_gives_the_score_that_was_judged(found):
    last = [one for one in found.rounds if one.kept][-1]
    said = np.empty((len(TRAIN), 3))
    for fold, (rows, labels) in enumerate(found.by_fold):
        X_more = np.concatenate([X[fold != FOLDS], X_TEST[rows]])
        y_more = np.concatenate([TRAIN[fold != FOLDS], labels])
        held_out = LIKE_TEST[fold == FOLDS]
        fitted = [m.fit(X_more, y_more) for _, m in MODELS]
        said[fold == FOLDS] = np.mean([m.predict_proba(held_out) for m in fitted], axis=0)
    # rtol: the same decisions, counted by the same code.
    np.testing.assert_allclose(macro_f1(TRAIN, said.argmax(axis=1)), last.after, rtol=1e-12)
    sizes = [len(rows) for rows, _ in found.by_fold]
    np.testing.assert_allclose(
        [sum(last.by_class.values())] * 2, [last.n_selected, np.mean(sizes)], rtol=1e-12
    )
    assert last.low <= last.high


def test_the_answer_depends_on_no_label_of_the_test_and_on_no_order_of_it():
    order = np.random.default_rng(0).permutation(len(X_TEST))
    one = pseudo_label(MODELS, X, TRAIN, FOLDS, X_TEST, simulated=LIKE_TEST, n_rounds=1)
    other = pseudo_label(MODELS, X, TRAIN, FOLDS, X_TEST[order], simulated=LIKE_TEST, n_rounds=1)
    assert sorted(order[other.rows]) == one.rows.tolist()


def test_takes_data_frames_and_labels_of_any_kind(found):
    names = np.array(["blues", "jazz", "rock"])[TRAIN]
    frames = [pd.DataFrame(x, columns=list("abcdef")) for x in (X, X_TEST, LIKE_TEST)]
    same = pseudo_label(MODELS, frames[0], names, FOLDS, frames[1], simulated=frames[2])
    assert found.rows.tolist() == same.rows.tolist()
    assert set(same.labels) == {"blues", "jazz", "rock"}


def test_takes_lists_as_arrays(found):
    lists = [x.tolist() for x in (X, X_TEST, LIKE_TEST)]
    same = pseudo_label(MODELS, lists[0], TRAIN.tolist(), FOLDS, lists[1], simulated=lists[2])
    assert found.rows.tolist() == same.rows.tolist()


def test_what_does_not_fit_is_refused():
    with pytest.raises(DataError, match=r"one length\. Got 36, 35, 36 and 36"):
        pseudo_label(MODELS, X, TRAIN, FOLDS, X_TEST, simulated=LIKE_TEST[1:])
    with pytest.raises(UsageError, match="n_rounds must be a whole number, 1 or more"):
        pseudo_label(MODELS, X, TRAIN, FOLDS, X_TEST, n_rounds=0)
    with pytest.raises(UsageError, match=r"Got 1\.5"):
        pseudo_label(MODELS, X, TRAIN, FOLDS, X_TEST, n_rounds=1.5)
    with pytest.raises(UsageError, match="SVC has no method 'predict_proba'"):
        pseudo_label([("svc", SVC())], X, TRAIN, FOLDS, X_TEST)
    with pytest.raises(DataError, match="no clip to label"):
        pseudo_label(MODELS, X, TRAIN, FOLDS, X_TEST[:0])
    with pytest.raises(UsageError, match="at least one"):
        pseudo_label([], X, TRAIN, FOLDS, X_TEST)
    with pytest.raises(DataError, match="must all be DataFrames, or none"):
        pseudo_label(MODELS, pd.DataFrame(X), TRAIN, FOLDS, X_TEST)
    with pytest.raises(DataError, match="Class 0 is missing from the training side of a fold"):
        pseudo_label(MODELS, X, TRAIN, TRAIN, X_TEST)
    with pytest.raises(DataError, match=r"shape \(36,\), and two or more distinct values"):
        pseudo_label(MODELS, X, TRAIN, np.zeros(36), X_TEST)
    with pytest.raises(DataError, match="Row 0 has no group"):
        pseudo_label(MODELS, X, TRAIN, FOLDS, X_TEST, groups=[None] * 36)


def say(codes, sure):
    """Give three-class probabilities of a model that says ``codes``, that sure."""
    sure = np.broadcast_to(sure, np.shape(codes))[:, None]
    return np.where(np.eye(3)[codes] > 0, sure, (1 - sure) / 2)


def test_models_must_agree():
    said = [say([0, 1, 2, 0], 0.9), say([0, 1, 2, 1], 0.9)]
    rows, codes = select_confident(said)
    assert rows.tolist() == [0, 1, 2]
    assert codes.tolist() == [0, 1, 2]


def test_the_mean_must_be_sure():
    said = [say([0, 1, 2], [0.9, 0.5, 0.9]), say([0, 1, 2], [0.9, 0.65, 0.4])]
    assert select_confident(said, confidence=0.6)[0].tolist() == [0, 2]
    assert select_confident(said, confidence=0.5)[0].tolist() == [0, 1, 2]


def test_no_class_gives_more_than_twice_the_scarcest_and_one():
    codes = np.repeat([0, 1, 2], [50, 20, 3])
    sure = np.linspace(0.7, 0.99, 73)
    rows, said = select_confident([say(codes, sure)])
    assert np.bincount(said).tolist() == [8, 8, 3]
    # The surest of each class.
    assert rows.tolist() == [*range(42, 50), *range(62, 70), *range(70, 73)]


def test_a_share_bounds_every_class():
    codes = np.tile([0, 1, 2], 20)
    _, said = select_confident([say(codes, 0.9)], share=0.25)
    assert np.bincount(said).tolist() == [5, 5, 5]


@given(seed=st.integers(0, 999), n_models=st.integers(1, 3), share=st.floats(0.01, 1))
def test_whatever_is_selected_passes_the_gate(seed, n_models, share):
    said = np.random.default_rng(seed).dirichlet(np.full(3, 0.3), size=(n_models, 40))
    rows, codes = select_confident(said, share=share)
    assert (np.diff(rows) > 0).all()
    assert (said[:, rows].argmax(axis=2) == codes).all()
    assert (said[:, rows].mean(axis=0).max(axis=1) >= 0.6).all()
    assert (np.bincount(codes, minlength=3) <= np.ceil(share * 40 / 3)).all()


def test_settings_out_of_range_are_refused():
    with pytest.raises(UsageError, match=r"share in \(0, 1\]\. Got 0.6 and 0"):
        select_confident([say([0], 0.9)], share=0)


def test_what_is_no_table_a_model_is_refused():
    with pytest.raises(DataError, match=r"Got shape \(1, 3\) and 0 NaN"):
        select_confident(say([0], 0.9))
    with pytest.raises(DataError, match=r"Got shape \(1, 1, 3\) and 3 NaN"):
        select_confident([say([0], np.nan)])
