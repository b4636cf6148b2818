"""What a model says of clips, as the columns ``<model>__<class>`` of a run's tables."""

import numpy as np

from ..stacking import name_columns, to_labels

METHOD = "predict_proba"


def model_proba(table, name, classes):
    """Take what a model says out of a table of predictions.

    Parameters
    ----------
    table : DataFrame
        ``ledger/oof`` or ``ledger/test``.
    name : str
        A model, as a column, or the stack.
    classes : list of str

    Returns
    -------
    ndarray of shape (n, n_classes)
        Probabilities.
    """
    return table[name_columns(name, classes, len(classes))].to_numpy(dtype=float)


def predicted_labels(table, name, classes):
    """Decide for the most probable class of each clip.

    Parameters
    ----------
    table, name, classes
        As of :func:`model_proba`.

    Returns
    -------
    ndarray of shape (n,)
        Classes.
    """
    return to_labels(model_proba(table, name, classes), np.asarray(classes, dtype=object), METHOD)
