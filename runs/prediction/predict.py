"""Predictions of new clips with a finished run."""

from functools import partial

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from ...audio import validate_clips
from ...exceptions import UsageError
from ...models import device_of, find_networks, set_resources
from ...stacking import PredictionAdjuster
from ...stacking.out_of_fold import predict_with, prediction_table
from ...utils.parallel import parallel_map
from ...utils.resources import DEFAULT_RESOURCES
from ...utils.threads import one_blas_thread
from ..fitting.feature_cache import compute_features, ensure_cache
from ..fitting.meta_fit import predict_stack
from ..predictions import METHOD, model_proba, read_test
from ..run import STACK


@one_blas_thread()
def predict_run(run, clips, *, tta=None, resources=DEFAULT_RESOURCES):
    """Predict clips with the fold models and the meta-model of a run.

    Parameters
    ----------
    run : Run
        Finished.
    clips : sequence of clips
        Paths, arrays of samples at 22,050 Hz, ``(samples, rate)`` pairs or mashups. All must be
        readable; see :meth:`ClipList.usable`.
    tta : int, optional
        Test-time crops per clip, for networks; by default each network's own number.
    resources : Resources
        Without a cache folder a temporary one is used.

    Returns
    -------
    labels : ndarray of shape (n_clips,)
    proba : DataFrame of shape (n_clips, n_classes)
        Of the stack, in [0, 1]; one column per class.

    See Also
    --------
    adjust_test : Adjusts the predictions of a whole test set.
    ClipList : Lists files and folders, and leaves out unreadable clips.

    Examples
    --------
    >>> from stemstack.runs import Run, predict_run
    >>> labels, proba = predict_run(Run.open("RUN"), ["song.wav"])  # doctest: +SKIP
    """
    clips = validate_clips(BaseEstimator(), clips, reset=True)
    classes, parts = run.target.classes, {}
    with ensure_cache(resources) as resources:
        for name in run.model_names:
            mean = _predict_model(run, name, clips, tta, resources)
            with run.using_model(name):
                parts[name] = prediction_table(name, mean, classes)
    with run.using_model(STACK):
        proba = predict_stack(run.load_model(STACK), parts, classes)[STACK]
        return stack_labels(run, proba), pd.DataFrame(proba, columns=classes)


def stack_labels(run, proba):
    """Return the labels of probabilities, as text for a table.

    Parameters
    ----------
    run : Run
        Finished.
    proba : array-like of shape (n_clips, n_classes)
        Of the stack.

    Returns
    -------
    ndarray of shape (n_clips,)
        The most probable class; or all labels from their thresholds on, joined by the separator.
    """
    target = run.target
    return target.decode(target.predict(np.asarray(proba), run.thresholds(STACK)))


def _predict_model(run, name, clips, tta, resources):
    """Return the mean prediction of a model's folds."""
    folds = run.fitted_folds(name)
    model = run.load_model(name, folds[0])
    with run.using_model(name, folds[0]):
        compute_features({name: model}, clips, resources=resources)
    # A GPU runs one network at a time, in this process.
    on_gpu = device_of(model) != "cpu"
    options = {"n_jobs": 1} if on_gpu else {"n_jobs": resources.n_jobs, "n_threads": 1}
    predict = partial(_predict_fold, run, name, clips, resources.cache, tta)
    with resources.progress.stage(f"predicting by {name}", len(folds)) as advance:
        return sum(parallel_map(predict, folds, advance=advance, **options)) / len(folds)


def _predict_fold(run, name, clips, cache, tta, fold):
    model = run.load_model(name, fold)
    with run.using_model(name, fold):
        set_resources(model, cache=cache)
        for network in find_networks(model, fitted=True) if tta else ():
            network.set_params(tta_crops=tta)
        return predict_with(model, clips, METHOD, multilabel=run.target.is_multilabel)


@one_blas_thread()
def adjust_test(run, proba):
    """Adjust the predictions of a whole test set together.

    Probabilities are calibrated, corrected for class frequencies that differ from those of the
    training clips, and weighted by class, each only where it improves held-out predictions.

    Parameters
    ----------
    run : Run
        Finished; the adjuster is fitted on its nested predictions.
    proba : array-like of shape (n_clips, n_classes)
        Of the stack, for all test clips.

    Returns
    -------
    AdjustedPredictions

    Raises
    ------
    UsageError
        Clips of the run have any number of labels.

    See Also
    --------
    stemstack.stacking.PredictionAdjuster : Is fitted for this.

    Examples
    --------
    >>> from stemstack.runs import Run, adjust_test, predict_run
    >>> run = Run.open("RUN")  # doctest: +SKIP
    >>> labels, proba = predict_run(run, test_clips)  # doctest: +SKIP
    >>> labels = adjust_test(run, proba).labels  # doctest: +SKIP
    """
    if run.target.is_multilabel:
        raise UsageError(
            "--decode adjusts the frequencies of classes, of which each clip has one; leave it out"
        )
    oof = run.read_table("ledger/oof")
    nested = model_proba(oof, STACK, run.metrics["classes"])
    adjuster = PredictionAdjuster().fit(
        nested, oof["label"], oof["fold"], run.song_groups(len(oof))
    )
    return adjuster.adjust(proba)


@one_blas_thread()
def adjust_ledger(run):
    """Adjust the run's own test predictions, read from its ledger.

    Parameters
    ----------
    run : Run
        Finished.

    Returns
    -------
    AdjustedPredictions

    Raises
    ------
    DataError
        The run has no test predictions.
    """
    return adjust_test(run, model_proba(read_test(run), STACK, run.metrics["classes"]))
