"""CosineNeighborsClassifier compared with scikit-learn's brute-force search."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from stemstack.models.neighbors import CosineNeighborsClassifier


@parametrize_with_checks([CosineNeighborsClassifier()])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    y = np.array(["a", "b", "c"])[np.arange(90) % 3]
    return rng.normal(size=(90, 6)) + np.eye(6)[np.arange(90) % 3], y


@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_probabilities_are_smoothed_votes(rows, weights):
    X, y = rows
    params = {"n_neighbors": 7, "weights": weights}
    proba = CosineNeighborsClassifier(**params).fit(X[:60], y[:60]).predict_proba(X[60:])
    reference = KNeighborsClassifier(algorithm="brute", metric="cosine", **params).fit(
        X[:60], y[:60]
    )
    # rtol: the distances are computed in another order.
    expected = (7 * reference.predict_proba(X[60:]) + 1 / 3) / 8
    np.testing.assert_allclose(proba, expected, rtol=1e-9)


def test_length_of_rows_does_not_matter(rows):
    X, y = rows
    model = CosineNeighborsClassifier(3).fit(X, y)
    scaled = CosineNeighborsClassifier(3).fit(X * np.arange(1, 91)[:, None], y)
    np.testing.assert_allclose(model.predict_proba(7 * X), scaled.predict_proba(X), rtol=1e-6)


def test_few_rows_are_all_neighbors():
    model = CosineNeighborsClassifier(40, weights="uniform").fit([[1.0], [-1.0], [2.0]], [0, 1, 1])
    assert model.predict_proba([[3.0]]).tolist() == [pytest.approx([1 / 3, 2 / 3])]


def test_many_rows_are_predicted_in_parts(rows):
    X, y = rows
    model = CosineNeighborsClassifier().fit(X, y)
    many = np.tile(X, (7, 1))
    np.testing.assert_allclose(
        model.predict_proba(many), np.tile(model.predict_proba(X), (7, 1)), rtol=1e-12
    )
