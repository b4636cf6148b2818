"""Every blend by its name, and all of them compared without looking at themselves."""

import numpy as np

from ...exceptions import UsageError
from ..meta_model import default_final_estimator, nested_predictions, score_table
from .greedy import GreedyBlend
from .mean import MeanBlend
from .nonnegative import NonNegativeBlend

BLENDS = {
    "logistic": default_final_estimator,
    "greedy": GreedyBlend,
    "nnls": NonNegativeBlend,
    "mean": MeanBlend,
    "geometric": lambda: MeanBlend("geometric"),
    "rank": lambda: MeanBlend("rank"),
}


def make_blend(name):
    """Make a second level by name.

    Parameters
    ----------
    name : str
        A key of ``BLENDS``.

    Returns
    -------
    classifier
        Unfitted, over an out-of-fold matrix.

    Raises
    ------
    UsageError
        There is none of that name.
    """
    if name not in BLENDS:
        raise UsageError(f"There is no blend {name!r}; the blends are {', '.join(BLENDS)}")
    return BLENDS[name]()


def compare_blends(features, y, folds, blends=tuple(BLENDS), *, groups=None):
    """Score second levels nested: each fold by weights learnt on the others.

    Parameters
    ----------
    features : array-like or DataFrame of shape (n, n_models * n_classes)
        Out-of-fold probabilities; of two classes perhaps only the second.
    y : array-like of shape (n,)
    folds : array-like of shape (n,), int
        The folds the first level was fitted by.
    blends : sequence of str or dict of str to classifier, default=all of ``BLENDS``
    groups : array-like of shape (n,), optional
        Songs, which the intervals draw as wholes.

    Returns
    -------
    DataFrame
        Indexed by blend in the order given: ``macro_f1``, and ``low`` and ``high`` of its 95 %
        interval.

    Raises
    ------
    DataError
        The folds do not fit, or one holds a whole class: the second level would not know it.
    """
    features, y, folds = np.asarray(features), np.asarray(y), np.asarray(folds)
    if not hasattr(blends, "items"):
        blends = {name: make_blend(name) for name in blends}
    guesses = {
        name: nested_predictions(blend, features, y, folds) for name, blend in blends.items()
    }
    return score_table(y, guesses, groups).rename_axis("blend")
