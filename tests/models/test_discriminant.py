"""Discriminant analysis of components: scikit-learn's own, in the coefficients of features."""

import numpy as np
import pandas as pd
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from stemstack.models.discriminant import ComponentsLDA
from stemstack.models.importance import feature_contributions


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=60)
    X = pd.DataFrame(rng.normal(size=(60, 8)), columns=[f"mfcc_{i:02d}_mean" for i in range(8)])
    X.iloc[:, 0] += 4 * y
    return X, np.array(["a", "b", "c"])[y]


@pytest.mark.parametrize("n_classes", [2, 3])
def test_all_components_equal_plain_analysis(table, n_classes):
    X, y = (part[table[1] < "abcd"[n_classes]] for part in table)
    model = ComponentsLDA(shrinkage=0.3, variance=None).fit(X, y)
    plain = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.3).fit(X, y)
    # A rotation changes no distance, and shrinkage is the same in all directions.
    np.testing.assert_allclose(model.predict_proba(X), plain.predict_proba(X), atol=1e-10)
    # Logits are defined up to a number that all classes share.
    coefs = (part.coef_ - (part.coef_[0] if n_classes > 2 else 0) for part in (model, plain))
    np.testing.assert_allclose(*coefs, atol=1e-10)
    assert model.feature_names_in_.tolist() == list(X)


def test_components_stand_in_for_many_features(table):
    X, y = table
    wide = np.hstack([X, X @ np.random.default_rng(1).normal(size=(8, 200))])
    model = ComponentsLDA().fit(wide[:40], y[:40])
    assert model.coef_.shape == (3, 208) and model.n_features_in_ == 208
    assert (model.predict(wide[40:]) == y[40:]).mean() >= 0.8


def test_contributions_sum_to_the_logits(table):
    X, y = table
    model = ComponentsLDA().fit(X, y)
    added = feature_contributions(model, X[:1])
    np.testing.assert_allclose(added.sum(axis=1), model.decision_function(X[:1])[0])
