"""Predicting new clips with a finished run."""

from functools import partial

import pandas as pd

from ...models import device_of, find_networks, set_resources
from ...stacking import PredictionAdjuster, name_columns, predict_with, to_labels
from ...utils.parallel import parallel_map
from ..fitting.feature_cache import compute_features
from ..fitting.meta_fit import predict_stack
from ..predictions import METHOD, model_proba
from ..run import STACK
from ..stored_clips import groups_of
from .evaluate import read_test


def predict_run(run, unlabelled, *, tta=None, cache, n_jobs, progress):
    """Predict clips by the fold models of a run and its second level.

    Parameters
    ----------
    run : Run
    unlabelled : ClipList
        Usable clips.
    tta : int, optional
        Crops of each clip that nets look at; as many as they were made for by default.
    cache : Path
        Where features are kept.
    n_jobs : int or None
    progress : NullProgress

    Returns
    -------
    labels : ndarray of shape (n,)
    probabilities : DataFrame of shape (n, n_classes)
        The stack's, a column a class.
    """
    classes = run.metrics["classes"]
    parts = {}
    for name in run.model_names:
        folds = run.model_folds(name)
        calls = [(run, unlabelled.paths, cache, tta, fold) for fold in folds]
        model = run.load_model(name, folds[0])
        means = {"cache": cache, "n_jobs": n_jobs, "progress": progress}
        compute_features(name, model, unlabelled.paths, **means)
        on_gpu = device_of(model) != "cpu"
        with progress.stage(f"predicting by {name}", len(folds)) as advance:
            # A GPU is filled by one network at a time, in this process.
            how = {"n_jobs": 1} if on_gpu else {"n_jobs": n_jobs, "n_threads": 1}
            predict = partial(_predict_fold, name)
            total = sum(parallel_map(predict, *zip(*calls, strict=True), advance=advance, **how))
        mean = total / len(folds)
        parts[name] = pd.DataFrame(mean, columns=name_columns(name, classes, mean.shape[1]))
    stacked = predict_stack(run.load_model(STACK), parts, classes)[STACK]
    return to_labels(stacked, classes, METHOD), pd.DataFrame(stacked, columns=classes)


def _predict_fold(name, run, clips, cache, tta, fold):
    model = set_resources(run.load_model(name, fold), cache=cache)
    for net in find_networks(model, fitted=True) if tta else ():
        net.set_params(tta_crops=tta)
    return predict_with(model, clips, METHOD)


def adjust_test(run, probabilities):
    """Adjust all predictions of a test: calibration, label shift, class thresholds.

    Each only where it holds out of sample; see :class:`~stemstack.stacking.PredictionAdjuster`.

    Parameters
    ----------
    run : Run
        Finished; the adjuster learns from its stack's nested predictions.
    probabilities : array-like of shape (n, n_classes)
        The stack's, of all clips of a test.

    Returns
    -------
    AdjustedPredictions
    """
    oof = run.read_table("ledger/oof")
    nested = model_proba(oof, STACK, run.metrics["classes"])
    adjuster = PredictionAdjuster().fit(nested, oof["label"], oof["fold"], groups_of(run))
    return adjuster.adjust(probabilities)


def adjust_ledger(run):
    """Adjust the predictions of the run's own test clips, which its ledger holds.

    Parameters
    ----------
    run : Run
        Finished.

    Returns
    -------
    AdjustedPredictions
        What :func:`adjust_test` makes of the same clips predicted anew.

    Raises
    ------
    DataError
        The run predicted no test clips.
    """
    return adjust_test(run, model_proba(read_test(run), STACK, run.metrics["classes"]))
