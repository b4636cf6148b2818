"""What several pipelines begin with and learn nothing in, computed once for all of them.

A step that needs no fit (scikit-learn's ``requires_fit`` tag is false, as for spectral features)
and describes each row by itself gives the same output in every fold of every model. It is taken off
the pipelines, applied to each clip once, and put back in front of what was fitted.
"""

import joblib
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags


class SharedSteps:
    """Outputs of leading steps over one set of clips, each computed on first use.

    Parameters
    ----------
    X : sequence of clips or array-like
    """

    def __init__(self, X):
        self._X = X
        self._outputs = {}

    def fit_apply(self, estimator):
        """Take the leading steps off an unfitted estimator, and apply them.

        Parameters
        ----------
        estimator : estimator

        Returns
        -------
        head : list of (str, transformer)
            Fitted clones; the same objects for equal steps of different pipelines.
        tail : estimator
            What is left to fit; the estimator itself when it has no such steps.
        output
            What the tail is to be fitted on.
        """
        steps, tail = _split(estimator)
        if not steps:
            return [], tail, self._X
        key = joblib.hash([step for _, step in steps])
        if key not in self._outputs:
            head = Pipeline([(name, clone(step)) for name, step in steps])
            self._outputs[key] = head.steps, head.fit_transform(self._X)
        fitted, output = self._outputs[key]
        named = [(name, step) for (name, _), (_, step) in zip(steps, fitted, strict=True)]
        return named, tail, output

    def apply(self, estimator):
        """Take the leading steps off a fitted estimator, and apply them.

        Returns
        -------
        tail : estimator
        output
            What the tail is to predict from.
        """
        steps, tail = _split(estimator)
        if not steps:
            return tail, self._X
        key = tuple(id(step) for _, step in steps)
        if key not in self._outputs:
            self._outputs[key] = Pipeline(steps).transform(self._X)
        return tail, self._outputs[key]


def join_steps(head, tail):
    """Put leading steps back in front of a fitted tail."""
    return Pipeline([*head, *tail.steps], memory=tail.memory) if head else tail


def _split(estimator):
    """Split a pipeline's steps into those that learn nothing, and a pipeline of the rest."""
    if type(estimator) is not Pipeline:
        return [], estimator
    n = 0
    while n < len(estimator.steps) - 1 and _learns_nothing(estimator.steps[n][1]):
        n += 1
    tail = Pipeline(estimator.steps[n:], memory=estimator.memory) if n else estimator
    return estimator.steps[:n], tail


def _learns_nothing(step):
    # A FunctionTransformer's function may look at all rows, held-out ones among them.
    if isinstance(step, FunctionTransformer):
        return False
    return hasattr(step, "transform") and not get_tags(step).requires_fit
