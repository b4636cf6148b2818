"""Each estimator gets what it requested, with scikit-learn's metadata routing or without."""

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_wine
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, TunedThresholdClassifierCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from sklearn.tree import DecisionTreeClassifier

from stemstack.exceptions import UsageError, WeightsError
from stemstack.stacking import BLENDS, OutOfFoldStacker, make_blend
from stemstack.stacking.routing import weight_parameter

X, Y = load_wine(return_X_y=True)
X = scale(X)
MODELS = [("lr", LogisticRegression()), ("tree", DecisionTreeClassifier(random_state=0))]
PLAIN_SPLIT = GroupKFold.split


def test_routed_sample_weight_reaches_estimators():
    weights = np.random.default_rng(0).uniform(0.1, 3, len(Y))
    with config_context(enable_metadata_routing=True):
        models = [
            ("lr", LogisticRegression().set_fit_request(sample_weight=True)),
            ("tree", DecisionTreeClassifier(random_state=0).set_fit_request(sample_weight=False)),
        ]
        stack = OutOfFoldStacker(
            models, LogisticRegression().set_fit_request(sample_weight=True), cv=3, refit=True
        )
        stack.fit(X, Y, groups=np.arange(len(Y)), sample_weight=weights)
        alone = LogisticRegression().fit(X, Y, sample_weight=weights)
        # atol: the same fit.
        np.testing.assert_allclose(stack.estimators_[0].coef_, alone.coef_, rtol=0, atol=1e-12)
        without_request = OutOfFoldStacker(MODELS)
        with pytest.raises(ValueError, match="not explicitly set as requested"):
            without_request.fit(X, Y, sample_weight=weights)


def test_groups_reach_a_search_that_splits_by_them(monkeypatch):
    requested, groups = [], np.arange(len(Y)) // 3

    def split(self, X, y=None, groups=None):
        requested.append(groups)
        return PLAIN_SPLIT(self, X, y, groups)

    monkeypatch.setattr(GroupKFold, "split", split)
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=GroupKFold(3))
    with config_context(enable_metadata_routing=True):
        stack = OutOfFoldStacker([("search", search), *MODELS], cv=3, random_state=0)
        stack.fit(X, Y, groups=groups)
    assert [len(part) for part in requested] == [np.sum(stack.folds_ != fold) for fold in range(3)]
    assert all(np.isin(part, groups[stack.folds_ != f]).all() for f, part in enumerate(requested))


@pytest.mark.parametrize("routing", [False, True])
def test_groups_reach_a_stacker_within_a_stacker(routing):
    groups = np.arange(len(Y)) // 3
    inner = OutOfFoldStacker(MODELS, cv=3, random_state=0)
    if not routing:
        inner = make_pipeline(StandardScaler(), inner)
    with config_context(enable_metadata_routing=routing):
        stack = OutOfFoldStacker([("inner", inner), *MODELS], cv=3, random_state=0)
        stack.fit(X, Y, groups=groups)
    for fold, fitted in enumerate(stack.estimators_[0]):
        fitted = fitted if routing else fitted[-1]
        songs = groups[stack.folds_ != fold]
        assert pd.Series(fitted.folds_).groupby(songs).nunique().max() == 1


@pytest.mark.parametrize("name", BLENDS)
def test_weights_reach_every_blend(name):
    weights = np.where(Y == 0, 100.0, 1.0)
    stack = OutOfFoldStacker(MODELS, make_blend(name), cv=3, random_state=0)
    stack.fit(X, Y, sample_weight=weights)
    again = make_blend(name).fit(stack.oof_.to_numpy(), Y, sample_weight=weights)
    oof = stack.transform(X)
    np.testing.assert_array_equal(stack.final_estimator_.predict(oof), again.predict(oof))


def test_weights_reach_the_last_step_of_pipelines():
    weights = np.where(Y == 0, 100.0, 1.0)
    piped = [("lr", make_pipeline(StandardScaler(), LogisticRegression()))]
    plain = [("lr", LogisticRegression())]
    kwargs = {"cv": 3, "random_state": 0}
    one = OutOfFoldStacker(piped, **kwargs).fit(X, Y, sample_weight=weights)
    other = OutOfFoldStacker(piped, **kwargs).fit(X, Y)
    assert np.abs(one.oof_ - other.oof_).to_numpy().max() > 0.01
    with pytest.raises(WeightsError, match="knn: KNeighborsClassifier does not support sample"):
        OutOfFoldStacker([*plain, ("knn", KNeighborsClassifier())]).fit(X, Y, sample_weight=weights)
    with pytest.raises(
        UsageError, match="fit got 'sample_weights', but passes on only sample_weight"
    ):
        OutOfFoldStacker(plain).fit(X, Y, sample_weights=weights)


def test_weights_have_the_prefix_of_their_step():
    scaled = make_pipeline(StandardScaler(), LogisticRegression())
    assert weight_parameter(LogisticRegression()) == "sample_weight"
    assert weight_parameter(scaled) == "logisticregression__sample_weight"
    nested = make_pipeline(StandardScaler(), scaled)
    assert weight_parameter(nested) == "pipeline__logisticregression__sample_weight"
    assert weight_parameter(make_pipeline(StandardScaler(), KNeighborsClassifier())) is None


KNN, LR = KNeighborsClassifier(), LogisticRegression(max_iter=1000)


@pytest.mark.parametrize(
    "estimator",
    [
        MultiOutputClassifier(LR),
        MultiOutputClassifier(KNN),
        MultiOutputClassifier(make_pipeline(LR)),
        MultiOutputClassifier(GridSearchCV(LR, {"C": [1]})),
        OneVsRestClassifier(LR),
        OneVsRestClassifier(KNN),
        CalibratedClassifierCV(KNN),
        CalibratedClassifierCV(LR),
        BaggingClassifier(KNN),
        GridSearchCV(LR, {"C": [1]}),
        GridSearchCV(make_pipeline(LR), {"logisticregression__C": [1]}),
        VotingClassifier([("lr", LR), ("knn", KNN)]),
        VotingClassifier([("lr", LR), ("tree", DecisionTreeClassifier())]),
        StackingClassifier([("lr", LR), ("knn", KNN)]),
        TunedThresholdClassifierCV(LR),
        FrozenEstimator(LogisticRegression().fit(X, Y > 0)),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore")
def test_weights_go_where_fit_takes_them(estimator):
    y = np.column_stack([Y > 0, Y > 1]) if isinstance(estimator, MultiOutputClassifier) else Y > 0
    try:
        clone(estimator).fit(X, y, sample_weight=np.ones(len(X)))
        takes_weights = True
    except (TypeError, ValueError):
        takes_weights = False
    assert (weight_parameter(estimator) == "sample_weight") is takes_weights
