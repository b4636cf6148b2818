"""The meta-model gets chosen columns, or the output of a transformer, in addition."""

import numpy as np
import pytest
from sklearn.datasets import load_iris, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from stemstack.exceptions import UsageError
from stemstack.stacking import OutOfFoldStacker

MODELS = [
    ("lr", LogisticRegression(max_iter=500)),
    ("tree", DecisionTreeClassifier(max_depth=3, random_state=0)),
]


def test_passthrough_by_name_position_and_transformer_agree():
    X, y = load_wine(return_X_y=True, as_frame=True)
    X = (X - X.mean()) / X.std()
    names, positions = ["hue", "proline"], [10, 12]
    settings = {"cv": 3, "random_state": 0}
    by_name = OutOfFoldStacker(MODELS, passthrough=names, **settings).fit(X, y)
    by_position = OutOfFoldStacker(MODELS, passthrough=positions, **settings).fit(X.to_numpy(), y)
    chooser = FunctionTransformer(lambda table: table[names])
    by_transformer = OutOfFoldStacker(MODELS, passthrough=chooser, **settings).fit(X, y)
    assert by_name.final_estimator_.coef_.shape == (3, 6 + 2)
    expected = by_name.predict_proba(X)
    np.testing.assert_array_equal(by_position.predict_proba(X.to_numpy()), expected)
    np.testing.assert_array_equal(by_transformer.predict_proba(X), expected)
    with pytest.raises(UsageError, match="columns that X does not have"):
        OutOfFoldStacker(MODELS, passthrough=["taste"], **settings).fit(X, y)


def test_invalid_passthrough_is_refused():
    X, y = load_iris(return_X_y=True)
    with pytest.raises(UsageError, match="'passthrough' must be True, False, a list of columns"):
        OutOfFoldStacker(MODELS, passthrough=None).fit(X, y)


def test_passthrough_of_clips_needs_a_transformer():
    clips, y = ["a" * n for n in range(1, 41)], ["short"] * 20 + ["long"] * 20
    measure = FunctionTransformer(lambda clips: np.array([[len(clip)] for clip in clips]))
    models = [("length", make_pipeline(measure, GaussianNB()))]
    with pytest.raises(UsageError, match="use a transformer over clips"):
        OutOfFoldStacker(models, passthrough=True).fit(clips, y)
    stack = OutOfFoldStacker(models, passthrough=measure, cv=4, random_state=0).fit(clips, y)
    assert stack.final_estimator_.coef_.shape == (1, 2)
