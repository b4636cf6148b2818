"""Predictions of a run's models: class probabilities, in columns ``<model>__<class>``."""

from dataclasses import dataclass

import pandas as pd

from ..exceptions import DataError
from ..stacking.out_of_fold import name_columns

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
    test_folds : list of DataFrame of shape (n_test_clips, n_outputs)
        Of each fold's model; empty where a run of an earlier version is stacked again.
    """

    oof: pd.DataFrame
    test: pd.DataFrame
    test_folds: list


def model_proba(table, name, classes):
    """Return the probabilities of one model from a table of predictions.

    Parameters
    ----------
    table : DataFrame
        ``ledger/oof``, ``ledger/test`` or ``ledger/test_folds`` of a run.
    name : str
        Column name of a model, or ``stack``.
    classes : list of str

    Returns
    -------
    ndarray of shape (n_clips, n_classes)
    """
    return table[name_columns(name, classes, len(classes))].to_numpy(dtype=float)


def predict_y(run, table, name):
    """Return what a model predicts for each clip of a table of predictions.

    Parameters
    ----------
    run : Run
    table : DataFrame
        ``ledger/oof`` or ``ledger/test`` of the run.
    name : str
        Column name of a model, or ``stack``.

    Returns
    -------
    ndarray of shape (n_clips,) or (n_clips, n_labels)
        The most probable class; of several labels zeros and ones, out of fold by the thresholds of
        other folds.
    """
    target = run.target
    proba = model_proba(table, name, target.classes)
    if "fold" in table:
        return target.predict_out_of_fold(target.encode(table["label"]), proba, table["fold"])
    return target.predict(proba, run.thresholds(name))


def read_test(run):
    """Read the test predictions of a run.

    Parameters
    ----------
    run : Run

    Returns
    -------
    DataFrame
        One row per test clip: column ``id``, and ``<model>__<class>`` for every base model and the
        stack.

    Raises
    ------
    DataError
        The run has no test predictions.
    """
    if not (run.path / "ledger" / "test.parquet").exists():
        left_out = run.metrics["left_out"]
        reason = (
            f"all were left out, first {left_out[0]}" if left_out else "its data has no test.csv"
        )
        raise DataError(f"{run.path}: the run predicted no test clips; {reason}")
    return run.read_table("ledger/test")
