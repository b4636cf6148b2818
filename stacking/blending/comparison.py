"""Blends by name, and their comparison by nested scores."""

from importlib import import_module

import numpy as np
import pandas as pd
from sklearn.utils import check_consistent_length

from ...exceptions import UsageError
from ...utils.threads import one_blas_thread
from ...utils.user_code import load_function, make_classifier
from ..labelwise import multilabel_final_estimator, nested_labels
from ..meta_model import check_final_estimator, nested_predictions, score_table
from ..metrics import macro_f1, paired_difference
from ..multilabel import is_indicator
from . import BLENDS


def make_blend(name):
    """Make a meta-model by name.

    Parameters
    ----------
    name : str
        A key of ``BLENDS``, or one's own class or function without required arguments, whose code
        is imported: ``my_blends.py:AccuracyBlend`` or ``package.module:AccuracyBlend``.

    Returns
    -------
    classifier
        Unfitted, over a table of out-of-fold probabilities.

    Raises
    ------
    UsageError
        There is no blend of that name, or one's own code does not return a classifier.

    See Also
    --------
    compare_blends : Scores all blends.

    Examples
    --------
    >>> from stemstack.stacking import make_blend
    >>> make_blend("geometric")
    MeanBlend(kind='geometric')
    """
    source, _, own = name.rpartition(":")
    if source:
        return make_classifier(name, load_function(source, own))
    if name not in BLENDS:
        raise UsageError(
            f"Unknown blend {name!r}. The blends are {', '.join(BLENDS)}, and classes of your own "
            "such as my_blends.py:AccuracyBlend."
        )
    module, _, factory = BLENDS[name].partition(":")
    return getattr(import_module(module, __package__), factory)()


def blend_types():
    """Return the full names of the classes of all blends, which may be loaded from files."""
    classes = {type(make_blend(name)) for name in BLENDS}
    return frozenset(f"{cls.__module__}.{cls.__qualname__}" for cls in classes)


@one_blas_thread()
def compare_blends(features, y, folds, blends=tuple(BLENDS), *, groups=None):
    """Score meta-models nested: each fold by weights that were learnt on the other folds.

    Parameters
    ----------
    features : array-like or DataFrame of shape (n, n_models * n_classes)
        Out-of-fold probabilities; of two classes possibly only the second.
    y : array-like of shape (n,), or of shape (n, n_labels)
    folds : array-like of shape (n,), int
        The folds by which the base models were fitted.
    blends : sequence of str or dict of str to classifier, default=all of ``BLENDS``
    groups : array-like of shape (n,), optional
        Songs, which the bootstrap of the intervals samples as a whole.

    Returns
    -------
    DataFrame
        One row per blend in the order given; columns ``macro_f1``, and ``low`` and ``high`` of its
        95 % interval.

    Raises
    ------
    DataError
        The folds do not fit, or one fold holds all rows of a class.

    See Also
    --------
    make_blend : Makes one of them.
    leave_one_model_out : Scores one of them without each base model.
    stemstack.stacking.nested_predictions : The predictions that are scored.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.stacking import compare_blends
    >>> y = np.arange(30) % 3
    >>> good, bad = 0.4 * np.eye(3)[y] + 0.2, np.full((30, 3), 1 / 3)
    >>> table = compare_blends(np.hstack([good, bad]), y, np.arange(30) // 3 % 5, ["mean", "nnls"])
    >>> table["macro_f1"].tolist()
    [1.0, 1.0]
    """
    features, y, folds = np.asarray(features), np.asarray(y), np.asarray(folds)
    if not hasattr(blends, "items"):
        blends = {name: make_blend(name) for name in blends}
    predictions = {
        name: _predict_nested(blend, features, y, folds) for name, blend in blends.items()
    }
    return score_table(y, predictions, groups).rename_axis("blend")


@one_blas_thread()
def leave_one_model_out(oof, y, folds, final_estimator=None, *, groups=None):
    """Score a meta-model without each base model: what each adds to the others.

    Parameters
    ----------
    oof : dict of str to array-like of shape (n, n_outputs) or (n,)
        Out-of-fold predictions by base model, two or more.
    y : array-like of shape (n,), or of shape (n, n_labels)
    folds : array-like of shape (n,), int
        The folds by which the base models were fitted.
    final_estimator : classifier, optional
        Logistic regression by default.
    groups : array-like of shape (n,), optional
        Songs, which the bootstrap of the intervals samples as a whole.

    Returns
    -------
    DataFrame
        One row per model that is left out; columns ``without``, the nested macro F1 of the others;
        ``difference``, that of all models minus this; and ``low`` and ``high`` of the 95 % interval
        of the difference, which is paired.

    Raises
    ------
    UsageError
        There are fewer than two models.
    DataError
        The folds do not fit, or one fold holds all rows of a class.

    See Also
    --------
    compare_blends : Scores several meta-models over all base models.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.stacking import leave_one_model_out, make_blend
    >>> y = np.arange(60) % 3
    >>> oof = {"good": 0.4 * np.eye(3)[y] + 0.2, "bad": np.full((60, 3), 1 / 3)}
    >>> table = leave_one_model_out(oof, y, np.arange(60) // 3 % 5, make_blend("nnls"))
    >>> table.loc["bad", "difference"].item(), bool(table.loc["good", "low"] > 0.3)
    (0.0, True)
    """
    if len(oof) < 2:
        raise UsageError(f"To leave one model out, there must be two or more. Got {list(oof)}.")
    final = check_final_estimator(final_estimator)
    y, tables = np.asarray(y), {}
    for name, table in oof.items():
        check_consistent_length(table, y)
        # Of two classes, one column is enough.
        tables[name] = np.asarray(table).reshape(len(y), -1)

    def predict_without(left_out):
        features = np.hstack([table for name, table in tables.items() if name != left_out])
        return _predict_nested(final, features, y, np.asarray(folds))

    y_all, rows = predict_without(None), {}
    for name in tables:
        y_pred = predict_without(name)
        rows[name] = (macro_f1(y, y_pred), *paired_difference(y, y_all, y_pred, groups))
    columns = ["without", "difference", "low", "high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("model")


def _predict_nested(final, features, y, folds):
    """Predict nested; of several labels the thresholds are nested, too."""
    if not is_indicator(y):
        return nested_predictions(final, features, y, folds)
    final = multilabel_final_estimator(final, passthrough=False)
    proba = nested_predictions(final, features, y, folds, method="predict_proba")
    return nested_labels(y, proba, folds)
