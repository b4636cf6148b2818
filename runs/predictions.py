"""What a model says of clips, as the columns ``<model>__<class>`` of a run's tables."""

import numpy as np

from ..stacking import decide, name_columns

METHOD = "predict_proba"


def said_by(table, name, classes):
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


def decided_by(table, name, classes):
    """Decide for the most probable class of each clip.

    Parameters
    ----------
    table, name, classes
        As of :func:`said_by`.

    Returns
    -------
    ndarray of shape (n,)
        Classes.
    """
    return decide(said_by(table, name, classes), np.asarray(classes, dtype=object), METHOD)
