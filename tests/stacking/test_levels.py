"""A stacker within a stacker: what leaks inside does not reach the scores outside."""

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from stemstack.stacking import OutOfFoldStacker


def test_leak_of_inner_meta_model_is_not_scored():
    """Out-of-fold predictions hold labels of the other folds, which a flexible model recovers."""
    rng = np.random.default_rng(0)
    # Few distinct values, and labels that are independent of them.
    X, y = rng.integers(12, size=(400, 1)), rng.permutation(400) % 2
    tree = ("tree", DecisionTreeClassifier(random_state=0))
    forest = RandomForestClassifier(10, random_state=0)
    inner = OutOfFoldStacker([tree], forest, passthrough=True, random_state=0)
    outer = OutOfFoldStacker([("inner", inner), tree], cv=4, random_state=0).fit(X, y)
    chance = outer.scores_.loc[["inner", "stack"], "macro_f1"]
    assert inner.fit(X, y).scores_.loc["stack", "macro_f1"] > 0.57
    # Four standard errors of the accuracy of 400 clips by chance are 0.1.
    assert (chance < 0.55).all() and (outer.scores_["high"].loc[["inner", "stack"]] < 0.6).all()


def test_inner_meta_model_distrusts_memory_of_songs():
    rng = np.random.default_rng(0)
    songs = np.repeat(np.arange(200), 2)
    y = rng.permutation(200)[songs] % 2
    identity = rng.standard_normal((200, 4))[songs]
    hint = (y + rng.standard_normal(200)[songs])[:, None]
    X = np.hstack([identity + 0.01 * rng.standard_normal(identity.shape), hint])
    memory = make_pipeline(FunctionTransformer(without_hint), KNeighborsClassifier(1))
    honest = make_pipeline(FunctionTransformer(hint_only), LogisticRegression())
    models = [("memory", memory), ("honest", honest)]
    inner = OutOfFoldStacker(models, cv=3, random_state=0)
    outer = OutOfFoldStacker([("inner", inner)], cv=3, random_state=0).fit(X, y, songs)
    for fitted in outer.estimators_[0]:
        assert weight_of_memory(fitted) < 0.3
    assert weight_of_memory(inner.fit(X, y)) > 0.7
    assert outer.scores_.loc["inner", "macro_f1"] > 0.65


def without_hint(X):
    return X[:, :-1]


def hint_only(X):
    return X[:, -1:]


def weight_of_memory(stack):
    memory, honest = np.abs(stack.final_estimator_.coef_[0])
    return memory / honest
