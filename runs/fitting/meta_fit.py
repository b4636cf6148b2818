"""The meta-model of a run, its nested scores, and the submission."""

import numpy as np
import pandas as pd

from ...stacking import default_final_estimator, nested_predictions
from ...stacking.labelwise import multilabel_final_estimator
from ...stacking.out_of_fold import prediction_table
from ..prediction.expected import write_expected
from ..predictions import METHOD
from ..run import STACK


def fit_meta_model(run, table, test, predictions, *, target, final=None):
    """Fit the meta-model, and write it with its predictions, the scores and the submission.

    Parameters
    ----------
    run : Run
    table : DataFrame
        Columns ``clip, label, fold``; one row per training clip.
    test : ClipList
    predictions : dict of str to ModelPredictions
        Of the base models.
    target : ClassTarget or LabelTarget
    final : classifier, optional
        The unfitted meta-model, which is fitted for each of several labels; logistic regression by
        default.
    """
    y, folds, classes = target.encode(table["label"]), table["fold"].to_numpy(), target.classes
    X = meta_features(predictions)
    final = default_final_estimator() if final is None else final
    if target.is_multilabel:
        final = multilabel_final_estimator(final, passthrough=False)
    nested = nested_predictions(final, X, y, folds, method=METHOD)
    final.fit(X, y)
    run.save_model(final, STACK)
    proba = {name: all_columns(p.oof, classes) for name, p in predictions.items()}
    proba[STACK] = nested
    oof = _format(table[["clip", "label", "fold"]], proba, classes)
    run.write_table("ledger/oof", oof)
    thresholds = {name: target.thresholds(y, values) for name, values in proba.items()}
    if test.ids:
        test_proba = _predict_test(final, {n: p.test for n, p in predictions.items()}, test, target)
        ids = pd.DataFrame({"id": test.ids})
        run.write_table("ledger/test", _format(ids, test_proba, classes))
        _write_test_folds(run, final, predictions, test, target)
        labels = target.decode(target.predict(test_proba[STACK], thresholds[STACK]))
        run.write_submission(test.to_table(labels))
    else:
        _remove_test_predictions(run)
    scores = {
        name: target.score(y, target.predict_out_of_fold(y, values, folds), values)
        for name, values in proba.items()
    }
    metrics = {"classes": classes, "out_of_fold": scores, "left_out": list(test.problems)}
    if target.is_multilabel:
        metrics["thresholds"] = thresholds
    run.write_metrics(metrics)
    write_expected(run)


def _remove_test_predictions(run):
    """Remove what a resumed run has of a test that its data set no longer has."""
    for name in ("submission.csv", "ledger/test.parquet", "ledger/test_folds.parquet"):
        (run.path / name).unlink(missing_ok=True)


def _predict_test(final, parts, test, target):
    """Return the probabilities of all models for the test clips, of several windows their mean."""
    proba = predict_stack(final, parts, target.classes)
    return {name: test.average(values, target.is_multilabel) for name, values in proba.items()}


def _write_test_folds(run, final, predictions, test, target):
    """Write what the models of each fold predict by themselves, to estimate the test score."""
    n_folds = {len(part.test_folds) for part in predictions.values()}
    # Runs of an earlier version that are stacked again have means only.
    if n_folds == {0} or len(n_folds) > 1:
        return
    tables = []
    for number, folds in enumerate(zip(*(p.test_folds for p in predictions.values()), strict=True)):
        proba = _predict_test(final, dict(zip(predictions, folds, strict=True)), test, target)
        ids = pd.DataFrame({"id": test.ids, "fold": number})
        tables.append(_format(ids, proba, target.classes))
    run.write_table("ledger/test_folds", pd.concat(tables, ignore_index=True))


def meta_features(predictions):
    """Return the meta-model's input: the out-of-fold predictions of all base models.

    Parameters
    ----------
    predictions : dict of str to ModelPredictions

    Returns
    -------
    ndarray of shape (n_clips, total n_outputs)
    """
    return pd.concat([part.oof for part in predictions.values()], axis=1).to_numpy()


def predict_stack(final, parts, classes):
    """Return the probabilities of every base model and of the stack.

    Parameters
    ----------
    final : classifier
        The fitted meta-model.
    parts : dict of str to DataFrame of shape (n_clips, n_outputs)
        Predictions by base model, in the order of the fit.
    classes : list of str

    Returns
    -------
    dict of str to ndarray of shape (n_clips, n_classes)
    """
    X = pd.concat(list(parts.values()), axis=1).to_numpy()
    proba = {name: all_columns(part, classes) for name, part in parts.items()}
    return proba | {STACK: final.predict_proba(X)}


def all_columns(part, classes):
    """Return one column per class, also where two classes are stored as one column."""
    values = part.to_numpy()
    return values if values.shape[1] == len(classes) else np.hstack([1 - values, values])


def _format(table, proba, classes):
    blocks = [prediction_table(name, values, classes) for name, values in proba.items()]
    return pd.concat([table.reset_index(drop=True), *blocks], axis=1)
