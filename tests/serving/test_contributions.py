"""Contributions are exact: they sum to the logits of the classifier itself."""

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from stemstack.models import make_baseline
from stemstack.serving.contributions import contributions, members_of, sum_by_family

COLUMNS = ["mfcc_03_mean", "mfcc_delta_00_std", "tempo", "centroid_max"]


def make_table(n_classes):
    rng = np.random.default_rng(n_classes)
    X = pd.DataFrame(rng.standard_normal((60, 4)), columns=COLUMNS)
    y = np.array(["blues", "jazz", "rock"])[np.arange(60) % n_classes]
    return X + pd.factorize(y)[0][:, None] * [1.0, -1.0, 0.5, 0.0], y


def logits_of(classifier, row):
    if isinstance(classifier, LogisticRegression):
        values = classifier.decision_function(row)
    else:
        values = classifier.predict_proba(row, raw_score=True)
    values = np.atleast_2d(values)
    return values[0] if values.size > 1 else np.array([0.0, values.item()])


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(
    "classifier",
    [LogisticRegression(), LGBMClassifier(n_estimators=5, min_child_samples=2, verbose=-1)],
    ids=["linear", "trees"],
)
def test_rows_sum_to_the_logits(classifier, n_classes):
    X, y = make_table(n_classes)
    row = X.iloc[[7]]
    logits = logits_of(classifier.fit(X, y), row)
    sums = contributions(classifier, row).sum(axis=1)
    # rtol, atol: sums of float64 in another order.
    np.testing.assert_allclose(sums - sums[0], logits - logits[0], rtol=1e-9, atol=1e-9)


def test_a_linear_contribution_is_coefficient_times_value():
    X, y = make_table(3)
    classifier = LogisticRegression().fit(X, y)
    added = contributions(classifier, X.iloc[[0]])
    # rtol: one product of float64.
    np.testing.assert_allclose(added[1, 2], classifier.coef_[1, 2] * X.iloc[0, 2], rtol=1e-12)
    np.testing.assert_allclose(added[:, -1], classifier.intercept_, rtol=1e-12)


def test_families_add_up_their_features_and_come_by_size():
    values = pd.Series({"mfcc_03_mean": 1.0, "mfcc_11_std": 2.0, "mfcc_delta_00_max": -5.0})
    assert sum_by_family(values).to_dict() == {"mfcc_delta": -5.0, "mfcc": 3.0}
    assert sum_by_family(values).index[0] == "mfcc_delta"


def test_members_are_found_in_bags_and_not_where_there_is_nothing_to_split():
    X, y = make_table(2)
    bag = VotingClassifier([("a", LogisticRegression()), ("b", LogisticRegression())]).fit(X, y)
    assert len(members_of(Pipeline([("classifier", bag)]))) == 2
    assert members_of(make_baseline()) == []
    assert members_of(LogisticRegression()) == []
