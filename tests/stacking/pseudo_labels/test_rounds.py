"""Rounds of pseudo-labels: kept where they help, rolled back where they hurt."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC

from stemstack.errors import DataError, UsageError
from stemstack.stacking import macro_f1
from stemstack.stacking.pseudo_labels import pseudo_label

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
    with pytest.raises(DataError, match=r"shape \(36,\), and two values or more"):
        pseudo_label(MODELS, X, TRAIN, np.zeros(36), X_TEST)
    with pytest.raises(DataError, match="Row 0 has no group"):
        pseudo_label(MODELS, X, TRAIN, FOLDS, X_TEST, groups=[None] * 36)
