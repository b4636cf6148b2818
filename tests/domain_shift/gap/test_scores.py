"""Scores and AUC against scikit-learn, permutations, and the interval against a textbook."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score

from stemstack.domain_shift.gap.scores import (
    auc_interval,
    family_kernels,
    fold_auc,
    held_out_scores,
    normal_scores,
    permute_labels,
)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_normal_scores_have_mean_0_and_deviation_1(rng):
    scores = normal_scores(rng.normal(size=(999, 1)) ** 3)
    # atol: the distribution is represented by a thousand quantiles.
    np.testing.assert_allclose([scores.mean(), scores.std()], [0, 1], rtol=0, atol=0.01)
    assert not normal_scores(np.ones((5, 2))).any()
    assert not family_kernels(pd.DataFrame(np.zeros((5, 2)), columns=["a", "b"]))["other"].any()


def test_held_out_scores_equal_ridge_regression(rng):
    X, labels = rng.normal(size=(40, 7)), rng.random((40, 3)) < 0.5
    folds = np.arange(40) % 4
    scores = held_out_scores(X @ X.T, folds, labels, penalty=0.1)
    for fold in range(4):
        out = folds == fold
        target = labels[~out] - labels[~out].mean(axis=0)
        ridge = Ridge(alpha=0.1 * 30, fit_intercept=False).fit(X[~out], target)
        # rtol: the same solution by another factorisation.
        np.testing.assert_allclose(scores[out], ridge.predict(X[out]), rtol=1e-8, atol=1e-10)


def test_fold_auc_equals_roc_auc_score(rng):
    scores, labels = rng.integers(0, 9, (50, 2)).astype(float), rng.random((50, 2)) < 0.4
    got = fold_auc(scores, labels, np.zeros(50, dtype=int))
    expected = [roc_auc_score(labels[:, i], scores[:, i]) for i in range(2)]
    np.testing.assert_allclose(got, expected, rtol=1e-12)  # counts, but for one division
    folds = np.arange(50) % 5
    # A constant added to all scores of a fold has no effect.
    np.testing.assert_array_equal(
        fold_auc(scores, labels, folds), fold_auc(scores + 100 * folds[:, None], labels, folds)
    )


def test_permutations_split_at_most_one_group_per_fold(rng):
    is_b, groups = np.repeat([False, True], [55, 45]), np.repeat(np.arange(20), 5)
    folds = np.repeat([0, 1], 10)[groups % 10 + 10 * (groups % 2)]
    permuted = permute_labels(is_b, groups, folds, 30, rng)
    for labels in permuted.T:
        for fold in (0, 1):
            assert labels[folds == fold].sum() == is_b[folds == fold].sum()
            inside = np.unique(groups[folds == fold])
            mixed = [0 < labels[groups == group].mean() < 1 for group in inside]
            assert sum(mixed) <= 1
    assert len({labels.tobytes() for labels in permuted.T}) == 30


def test_interval_agrees_with_hanley_and_mcneil(rng):
    # Normal distributions with means 1 apart: AUC 0.76.
    scores = np.concatenate([rng.normal(size=400), rng.normal(size=400) + 1])
    is_b, one_fold = np.arange(800) >= 400, np.zeros(800, dtype=int)
    auc = fold_auc(scores[:, None], is_b[:, None], one_fold)[0]
    low, high = auc_interval(
        scores, is_b, one_fold, np.arange(800), level=0.95, n_resamples=2000, rng=rng
    )
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + 399 * (q1 - auc**2) + 399 * (q2 - auc**2)
    # rtol: a bootstrap of 2000 against an approximation.
    np.testing.assert_allclose(high - low, 2 * 1.96 * np.sqrt(variance) / 400, rtol=0.1)
