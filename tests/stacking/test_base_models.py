"""Stateless steps are computed once per clip, and predictions do not change."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.datasets import load_wine
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler, scale

from stemstack import SpectralFeatures
from stemstack.exceptions import DataError
from stemstack.stacking import OutOfFoldStacker, oof_predictions
from stemstack.stacking.base_models import SharedTransformers, join_steps

X, Y = load_wine(return_X_y=True)
rows_seen = []


class Costly(TransformerMixin, BaseEstimator):
    """A stateless transformer that records the number of rows of each call."""

    def __init__(self, factor=2.0):
        self.factor = factor

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        rows_seen.append(len(X))
        return X * self.factor

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags


def models(costly=Costly):
    return [
        ("lr", make_pipeline(costly(), StandardScaler(), LogisticRegression())),
        ("nb", Pipeline([("other name", costly()), ("bayes", GaussianNB())])),
    ]


def test_shared_step_computes_each_row_once():
    rows_seen.clear()
    stack = OutOfFoldStacker(models(), cv=3, random_state=0).fit(X, Y)
    assert rows_seen == [len(X)]
    stack.predict_proba(X[:20])
    assert rows_seen == [len(X), 20]


def test_predictions_equal_those_of_whole_pipelines():
    stack = OutOfFoldStacker(models(), cv=3, random_state=0).fit(X, Y)
    fold = stack.folds_ == 0
    for (name, pipeline), fitted in zip(models(), stack.estimators_, strict=True):
        pipeline.fit(X[~fold], Y[~fold])
        expected = pipeline.predict_proba(X[fold])
        columns = [f"{name}__{label}" for label in range(3)]
        np.testing.assert_array_equal(stack.oof_.loc[fold, columns], expected)
        np.testing.assert_array_equal(fitted[0].predict_proba(X[fold]), expected)
        assert list(fitted[0].named_steps) == list(pipeline.named_steps)


def test_steps_with_different_parameters_are_not_shared():
    rows_seen.clear()
    two = [
        ("a", make_pipeline(Costly(), GaussianNB())),
        ("b", make_pipeline(Costly(3.0), GaussianNB())),
    ]
    OutOfFoldStacker(two, cv=3, random_state=0).fit(X, Y)
    assert rows_seen == [len(X), len(X)]


def test_steps_stay_shared_after_pickling():
    stack = pickle.loads(pickle.dumps(OutOfFoldStacker(models(), cv=3).fit(X, Y)))
    rows_seen.clear()
    stack.predict(X)
    assert rows_seen == [len(X)]


def test_steps_that_need_fit_are_not_shared():
    pipeline = make_pipeline(StandardScaler(), GaussianNB())
    head, tail, output = SharedTransformers(X).fit_apply(pipeline)
    assert head == [] and tail is pipeline and output is X
    assert join_steps(head, tail) is pipeline


def test_spectral_features_are_shared():
    clips = np.random.default_rng(0).standard_normal((4, 4096)).astype(np.float32)
    pipeline = make_pipeline(SpectralFeatures(families="rms"), GaussianNB())
    head, tail, output = SharedTransformers(clips).fit_apply(pipeline)
    assert [name for name, _ in head] == ["spectralfeatures"]
    assert isinstance(output, pd.DataFrame) and list(tail.named_steps) == ["gaussiannb"]


def test_function_transformers_are_not_shared():
    models = [("lr", make_pipeline(FunctionTransformer(scale), LogisticRegression()))]
    final, cv = LogisticRegression(max_iter=1000), StratifiedKFold(4)
    stack = OutOfFoldStacker(models, final, cv=cv, refit=True).fit(X, Y)
    reference = StackingClassifier(models, final, cv=cv).fit(X, Y)
    # atol: the same arithmetic on the same numbers.
    np.testing.assert_allclose(
        stack.predict_proba(X), reference.predict_proba(X), rtol=0, atol=1e-9
    )


def test_oof_predictions_are_those_of_the_stacker():
    stack = OutOfFoldStacker(models(), cv=3, random_state=0).fit(X, Y)
    rows_seen.clear()
    pd.testing.assert_frame_equal(oof_predictions(models(), X, Y, stack.folds_), stack.oof_)
    assert rows_seen == [len(X)]


def test_oof_predictions_have_the_index_of_a_table():
    names = [f"clip{i}" for i in range(len(X))]
    folds = np.arange(len(X)) % 3
    found = oof_predictions(models(), pd.DataFrame(X, index=names), Y, folds)
    assert found.index.tolist() == names
    expected = oof_predictions(models(), X, Y, folds)
    # rtol: the same sums over another memory layout.
    np.testing.assert_allclose(found.to_numpy(), expected.to_numpy(), rtol=1e-9)


def test_groups_are_those_of_the_folds():
    models, X, y = [("nb", GaussianNB())], np.arange(24).reshape(12, 2), np.arange(12) % 2
    folds = np.arange(12) // 2 % 3
    found = oof_predictions(models, X, y, folds, groups=folds)
    pd.testing.assert_frame_equal(found, oof_predictions(models, X, y, folds))
    with pytest.raises(DataError, match="group 0 is in 3 folds"):
        oof_predictions(models, X, y, folds, groups=np.zeros(12, dtype=int))
    with pytest.raises(DataError, match="groups"):
        oof_predictions(models, X, y, folds, groups=["a"])
