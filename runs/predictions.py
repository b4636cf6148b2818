"""Predictions of a run's models: class probabilities, in columns ``<model>__<class>``."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..stacking.out_of_fold import name_columns, to_labels

METHOD = "predict_proba"


@dataclass(frozen=True)
class ModelPredictions:
    """Predictions of one model over all folds.

    Attributes
    ----------
    oof : DataFrame of shape (n_clips, n_outputs)
        Out-of-fold, indexed by training clip in the order of the training table. With two classes
        there is one column, the probability of the second.
    test : DataFrame of shape (n_test_clips, n_outputs)
        The mean of the fold models, indexed by test clip, or by window of one.
    """

    oof: pd.DataFrame
    test: pd.DataFrame


def model_proba(table, name, classes):
    """Return the probabilities of one model from a table of predictions.

    Parameters
    ----------
    table : DataFrame
        ``ledger/oof`` or ``ledger/test`` of a run.
    name : str
        Column name of a model, or ``stack``.
    classes : list of str

    Returns
    -------
    ndarray of shape (n_clips, n_classes)
    """
    return table[name_columns(name, classes, len(classes))].to_numpy(dtype=float)


def predicted_labels(table, name, classes):
    """Return the most probable class of each clip from a table of predictions.

    Parameters
    ----------
    table : DataFrame
        ``ledger/oof`` or ``ledger/test`` of a run.
    name : str
        Column name of a model, or ``stack``.
    classes : list of str

    Returns
    -------
    ndarray of shape (n_clips,), object
    """
    return to_labels(model_proba(table, name, classes), np.asarray(classes, dtype=object), METHOD)
