"""Pseudo-labels: models trained on a run's test clips too, where held-out songs approve."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import clone

from ...exceptions import UsageError
from ...models import find_networks, set_resources
from ...models.model_name import ModelName
from ...stacking import pseudo_label
from ...stacking.out_of_fold import to_labels
from ...stacking.pseudo_labels import PseudoLabels
from ...utils.resources import DEFAULT_RESOURCES
from ...utils.threads import one_blas_thread
from ..clip_list import ClipList
from ..fitting.feature_cache import compute_features
from ..fitting.fold_fits import fit_and_predict
from ..fitting.meta_fit import fit_meta_model
from ..fitting.self_training import with_pseudo_labels
from ..predictions import METHOD, ModelPredictions, read_test
from ..run import PSEUDO_LABEL, STACK, Run
from ..stored_clips import find_test, find_training, open_data

# It agrees with no other model, so that no clip would be confident.
_EXCLUDED = "heuristic"


@dataclass(frozen=True)
class PseudoLabelResult:
    """Pseudo-labels of a run's test clips, with the models to train on them.

    Attributes
    ----------
    run : Run
        The source run.
    models : dict of str to estimator
        Unfitted, by column of the run.
    table : DataFrame
        Columns ``clip, label, fold``; one row per training clip.
    clips : list
        The training clips.
    test : ClipList
    labels : PseudoLabels
        The selected test clips and their labels, of all songs and by fold.
    settings : dict
        ``rounds`` and ``confidence``, as requested.
    """

    run: Run
    models: dict
    table: pd.DataFrame
    clips: np.ndarray
    test: ClipList
    labels: PseudoLabels
    settings: dict

    def with_test(self, rows, labels):
        """Return the training clips and labels, followed by test clips and their pseudo-labels.

        Parameters
        ----------
        rows : ndarray of shape (n_selected,), int
            Positions among the test clips.
        labels : ndarray of shape (n_selected,)

        Returns
        -------
        clips : list
        labels : ndarray of shape (n_clips + n_selected,), object
        """
        return with_pseudo_labels(self.clips, _labels(self.table), self.test.paths, (rows, labels))

    def to_dict(self):
        """Return models, rounds and the number of selected clips by class, as plain data."""
        taken = pd.Series(self.labels.labels, dtype=object).value_counts().sort_index()
        rounds = [one.to_dict() for one in self.labels.rounds]
        return {"models": list(self.models), "rounds": rounds, "taken": taken.astype(int).to_dict()}


@one_blas_thread()
def fit_pseudo_labels(
    run, data, *, noise=None, models=None, n_rounds=3, confidence=0.6, resources=DEFAULT_RESOURCES
):
    """Label a run's test clips with its models, in rounds that held-out songs must approve.

    Parameters
    ----------
    run : Run
        Finished, with test predictions.
    data : str or os.PathLike
        Path or URL of its data set. The one that the run names is not opened.
    noise : str or os.PathLike, optional
        The noise folder that was added, for a run with one.
    models : sequence of str, optional
        Two or more model names of the run; all but networks and ``heuristic`` by default.
    n_rounds : int, default=3
    confidence : float, default=0.6
        Calibrated probability in [0, 1] above which a label on which all models agree is used.
    resources : Resources
        Songs in stems need a cache folder, for converted stems.

    Returns
    -------
    PseudoLabelResult

    Raises
    ------
    DataError
        The run has no test predictions, or its data set is not available.
    UsageError
        A model is unknown, fewer than two are selected, or a network uses remix or early stopping;
        or clips have any number of labels.

    See Also
    --------
    predict_pseudo_labelled : Predicts the test clips with the result.
    write_pseudo_label_run : Writes a run with the result.
    stemstack.stacking.pseudo_label : The method, for estimators of your own.

    Examples
    --------
    >>> from stemstack.runs import Run, fit_pseudo_labels
    >>> result = fit_pseudo_labels(Run.open("RUN"), "DATA", n_rounds=2)  # doctest: +SKIP
    """
    if run.target.is_multilabel:
        raise UsageError(f"{run.path}: pseudo-labels are of one class, and its clips have several")
    ids = read_test(run)["id"].tolist()
    selected = _select_models(run, models)
    table = run.read_table("ledger/oof")[["clip", "label", "fold"]]
    _log_networks(selected, table["fold"].nunique() * (n_rounds + 2), resources.progress)
    data = open_data(run, data, noise=noise, resources=resources)
    clips = find_training(data, run.read_recipes(), table["clip"], resources=resources)
    header = ClipList.from_test_table(data).header
    test = ClipList(ids, find_test(data, ids), header, tuple(run.metrics["left_out"]))
    if resources.cache is not None:
        compute_features(selected, [*clips, *test.paths], resources=resources)
    selected = {n: set_resources(model, cache=resources.cache) for n, model in selected.items()}
    # A GPU trains one network at a time, in this process.
    n_jobs = None if any(map(find_networks, selected.values())) else resources.n_jobs
    with resources.progress.stage("pseudo-labelling"):
        labels = pseudo_label(
            *(list(selected.items()), clips, _labels(table), table["fold"], test.paths),
            groups=run.song_groups(len(table)),
            n_rounds=n_rounds,
            confidence=confidence,
            n_jobs=n_jobs,
        )
    settings = {"rounds": n_rounds, "confidence": confidence}
    return PseudoLabelResult(run, selected, table, clips, test, labels, settings)


@one_blas_thread()
def predict_pseudo_labelled(result, *, resources=DEFAULT_RESOURCES):
    """Predict the test clips with the mean of the models, each fitted on all clips.

    Parameters
    ----------
    result : PseudoLabelResult
    resources : Resources
        Its progress is used.

    Returns
    -------
    DataFrame
        One row per test clip, in the columns of the submission. If no round was accepted, of models
        without pseudo-labels.

    See Also
    --------
    fit_pseudo_labels : Returns the result.

    Examples
    --------
    >>> from stemstack.runs import predict_pseudo_labelled
    >>> predict_pseudo_labelled(result).to_csv("submission.csv", index=False)  # doctest: +SKIP
    """
    clips, y = result.with_test(result.labels.rows, result.labels.labels)
    proba = []
    with resources.progress.stage("fitting on all clips", len(result.models)) as advance:
        for model in result.models.values():
            fitted = clone(model).fit(clips, y)
            proba.append(fitted.predict_proba(result.test.paths))
            advance(1)
    return result.test.to_table(to_labels(np.mean(proba, axis=0), fitted.classes_, METHOD))


@one_blas_thread()
def write_pseudo_label_run(result, run, *, resources=DEFAULT_RESOURCES):
    """Write a run whose fold models are trained on pseudo-labels too, stacked as the source run.

    The pseudo-labels of a fold are chosen without its songs, so that out-of-fold scores are valid
    as in any run; only the number of rounds was chosen with all songs.

    Parameters
    ----------
    result : PseudoLabelResult
    run : Run
        New.
    resources : Resources
        Its progress is used.

    See Also
    --------
    fit_pseudo_labels : Returns the result.

    Examples
    --------
    >>> from stemstack.runs import Run, write_pseudo_label_run
    >>> write_pseudo_label_run(result, Run("RUN2"))  # doctest: +SKIP
    """
    with Run.create(run.path) as created:
        _write_run(result, created, resources.progress)


def _write_run(result, run, progress):
    source = result.run
    _write_inputs(result, run)
    n_fits = len(result.models) * len(result.labels.by_fold)
    with progress.stage("fitting by fold", n_fits) as advance:
        predictions = {
            name: _fit_folds(result, run, name, model, advance)
            for name, model in result.models.items()
        }
    with progress.stage("stacking"):
        final, target = clone(source.load_model(STACK)), source.target
        fit_meta_model(run, result.table, result.test, predictions, target=target, final=final)
    run.write_metrics({**run.metrics, "pseudo_labels": result.to_dict()})


def _select_models(run, names):
    """Return the requested models, unfitted, by column."""
    columns = run.model_names
    unknown = [name for name in names or () if name not in columns]
    if unknown:
        raise UsageError(
            f"{run.path}: has no model {unknown[0]!r}; its models are {', '.join(columns)}"
        )
    bases = {
        c: ModelName.parse(m).registered for c, m in zip(columns, run.config.models, strict=True)
    }
    candidates = names or [column for column in columns if bases[column] != _EXCLUDED]
    models = {name: clone(run.load_model(name, run.fitted_folds(name)[0])) for name in candidates}
    if names is None:
        models = {name: model for name, model in models.items() if not find_networks(model)}
    if len(models) < 2:
        raise UsageError(
            f"{run.path}: pseudo-labels are those that models agree on, so two or more are needed. "
            f"Got {', '.join(models) or 'none'}; choose among {', '.join(columns)} by --models"
        )
    _check_networks(models)
    return models


def _check_networks(models):
    for name, model in models.items():
        for network in find_networks(model):
            if network.weights not in ("imagenet", "none"):
                raise UsageError(
                    f"{name} was trained from the weights {network.weights!r}, which are not "
                    "opened because a run names them; choose other models by --models"
                )
            if network.remix:
                raise UsageError(
                    f"{name} samples new mashups in each epoch (remix), for which the run no "
                    "longer has the pool; choose other models by --models"
                )
            if network.patience is not None:
                raise UsageError(
                    f"{name} uses early stopping (patience) on songs set aside, and the songs of "
                    "test clips are unknown; choose other models by --models"
                )


def _log_networks(models, n_fits, progress):
    for name, model in models.items():
        if find_networks(model):
            progress.log(f"{name} is a network, trained up to {n_fits} times here: this is slow")


def _labels(table):
    return table["label"].to_numpy(dtype=object)


def _write_inputs(result, run):
    """Write the configuration with the origin of the run, folds and recipes."""
    source = result.run
    texts = dict(zip(source.model_names, source.config.models, strict=True))
    config = source.config.with_models(texts[name] for name in result.models)
    resolved = {name: source.resolved.get(name, {}) for name in result.models}
    origin = {"run": {str(source.path): source.config.as_dict()}, **result.settings}
    config.write(run.config_path, {**resolved, PSEUDO_LABEL: origin})
    run.link_samples(source)


def _fit_folds(result, run, name, model, advance):
    """Fit and save one model on every fold."""
    ids, folds = result.table["clip"].to_numpy(), result.table["fold"].to_numpy()
    oof, test = [], []
    for fold, labels in zip(np.unique(folds), result.labels.by_fold, strict=True):
        clips, y = result.with_test(*labels)
        held_out = np.flatnonzero(folds == fold)
        train = np.setdiff1d(np.arange(len(y)), held_out)
        fitted, held_out_proba, test_proba = fit_and_predict(
            *(name, model, clips, y, train, held_out),
            ids=ids[held_out],
            test=result.test,
            classes=result.run.target.classes,
        )
        oof.append(held_out_proba)
        test.append(test_proba)
        run.save_model(fitted, name, int(fold))
        advance(1)
    return ModelPredictions(pd.concat(oof).loc[ids], sum(test) / len(test), test)
