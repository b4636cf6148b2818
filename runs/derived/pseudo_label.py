"""Learning from a run's own test clips: pseudo-labels that held-out songs must approve."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import clone

from ...exceptions import UsageError
from ...models import find_networks, set_resources
from ...models.model_name import ModelName
from ...stacking import fit_fold, name_columns, predict_with, pseudo_label, to_labels
from ...stacking.pseudo_labels import PseudoLabels
from ..fitting.feature_cache import compute_features, widest_first
from ..fitting.fold_fits import ModelPredictions
from ..fitting.meta_fit import fit_meta_model
from ..prediction.evaluate import read_test
from ..predictions import METHOD
from ..run import PSEUDO_LABEL, STACK, Run, link_draws
from ..stored_clips import find_test, find_training, groups_of, open_data, recipes_of
from ..test_clips import ClipList, from_test_table

# It would agree with no other model, so that none could ever be sure.
_NEVER_ASKED = "heuristic"


@dataclass(frozen=True)
class PseudoLabelResult:
    """What models could learn from the test.

    Attributes
    ----------
    run : Run
        The one that was learnt for.
    models : dict of str to estimator
        Unfitted, by column of the run.
    table : DataFrame
        Columns ``clip, label, fold`` of the training clips.
    clips : ndarray of shape (n,), object
        The training clips.
    test : ClipList
    found : PseudoLabels
    settings : dict
        ``rounds`` and ``confidence``, as asked for.
    """

    run: Run
    models: dict
    table: pd.DataFrame
    clips: np.ndarray
    test: ClipList
    found: PseudoLabels
    settings: dict

    def with_test(self, rows, labels):
        """Give the training clips and their labels, with clips of the test and theirs after them.

        Parameters
        ----------
        rows : ndarray of shape (n_selected,), int
            Positions in the test.
        labels : ndarray of shape (n_selected,)

        Returns
        -------
        clips, labels : ndarray of shape (n + n_selected,), object
        """
        more = _objects(self.test.paths)[rows]
        return np.concatenate([self.clips, more]), np.append(_labels(self.table), labels)

    def to_dict(self):
        """Give models, rounds and ``taken``, the clips learnt from by class, as plain data."""
        taken = pd.Series(self.found.labels, dtype=object).value_counts().sort_index()
        rounds = [one.to_dict() for one in self.found.rounds]
        return {"models": list(self.models), "rounds": rounds, "taken": taken.astype(int).to_dict()}


def fit_pseudo_labels(run, *, models=None, n_rounds=3, confidence=0.6, cache, n_jobs, progress):
    """Let models of a run label its test clips, in rounds that its held-out songs must approve.

    Parameters
    ----------
    run : Run
        Finished, with test clips and the data set still there.
    models : sequence of str, optional
        Columns of the run, two or more; all but nets and ``heuristic`` by default.
    n_rounds : int, default=3
    confidence : float, default=0.6
        As in :func:`~stemstack.stacking.pseudo_label`.
    cache : Path
        Where converted stems and features are kept.
    n_jobs : int or None
    progress : NullProgress

    Returns
    -------
    PseudoLabelResult
        For :func:`~stemstack.runs.predict_pseudo_labelled` and
        :func:`~stemstack.runs.write_pseudo_label_run`.

    Raises
    ------
    DataError
        The run predicted no test clips, or its data set is gone.
    UsageError
        The run has no such model, fewer than two are there to agree, or a net draws its mashups
        anew or stops early.
    """
    ids = read_test(run)["id"].tolist()
    chosen = _choose(run, models)
    table = run.read_table("ledger/oof")[["clip", "label", "fold"]]
    _warn_of_nets(chosen, table["fold"].nunique() * (n_rounds + 2), progress)
    data = open_data(run, cache=cache, progress=progress)
    means = {"cache": cache, "n_jobs": n_jobs, "progress": progress}
    clips = _objects(find_training(data, recipes_of(run), table["clip"], **means))
    left_out = tuple(run.metrics["left_out"])
    test = ClipList(ids, find_test(data, ids), from_test_table(data).header, left_out)
    for name, model in widest_first(chosen):
        compute_features(name, model, [*clips, *test.paths], **means)
    chosen = {name: set_resources(model, cache=cache) for name, model in chosen.items()}
    with progress.stage("learning from the test"):
        found = pseudo_label(
            *(list(chosen.items()), clips, _labels(table), table["fold"], _objects(test.paths)),
            groups=groups_of(run),
            n_rounds=n_rounds,
            confidence=confidence,
        )
    settings = {"rounds": n_rounds, "confidence": confidence}
    return PseudoLabelResult(run, chosen, table, clips, test, found, settings)


def _choose(run, wanted):
    """Give the models asked for, unfitted, by column."""
    bases = {
        column: ModelName.parse(text).base
        for column, text in zip(run.model_names, run.config.models, strict=True)
    }
    strange = [name for name in wanted or () if name not in bases]
    if strange:
        raise UsageError(
            f"{run.path}: has no model {strange[0]!r}; its models are {', '.join(bases)}"
        )
    asked = wanted or [column for column in bases if bases[column] != _NEVER_ASKED]
    made = {name: clone(run.load_model(name, run.model_folds(name)[0])) for name in asked}
    if wanted is None:
        made = {name: model for name, model in made.items() if not find_networks(model)}
    if len(made) < 2:
        raise UsageError(
            f"{run.path}: clips are learnt from that models agree on, so two or more are needed. "
            f"Got {', '.join(made) or 'none'}; choose among {', '.join(bases)} by --models"
        )
    _check_nets(made)
    return made


def _check_nets(models):
    for name, model in models.items():
        for net in find_networks(model):
            if net.remix:
                raise UsageError(
                    f"{name} draws its mashups anew in each epoch (remix), for which the run no "
                    "longer has the pool; choose other models by --models"
                )
            if net.patience is not None:
                raise UsageError(
                    f"{name} stops early (patience) by songs set apart, and clips of the test have "
                    "none that is known; choose other models by --models"
                )


def _warn_of_nets(models, n_fits, progress):
    for name, model in models.items():
        if find_networks(model):
            progress.log(f"{name} is a net, trained up to {n_fits} times here: this is slow")


def _labels(table):
    return table["label"].to_numpy(dtype=object)


def _objects(clips):
    """Lay clips into an array that can be indexed; numpy would take paths and mashups apart."""
    array = np.empty(len(clips), dtype=object)
    array[:] = clips
    return array


def predict_pseudo_labelled(learnt, *, progress):
    """Answer for the test by the mean of the models, each fitted once on all there is.

    Parameters
    ----------
    learnt : PseudoLabelResult
    progress : NullProgress

    Returns
    -------
    DataFrame
        A row a test clip, as a submission; where no round was kept, without pseudo-labels.
    """
    clips, y = learnt.with_test(learnt.found.rows, learnt.found.labels)
    said = []
    with progress.stage("fitting on all clips", len(learnt.models)) as advance:
        for model in learnt.models.values():
            fitted = clone(model).fit(clips, y)
            said.append(fitted.predict_proba(learnt.test.paths))
            advance(1)
    return learnt.test.answer(to_labels(np.mean(said, axis=0), fitted.classes_, METHOD))


def write_pseudo_label_run(learnt, run, *, progress):
    """Write a run whose fold models learnt from the test, too, stacked as those of the first run.

    The models of a fold learn from what they chose without its songs, so that scores out of fold
    hold as in any run. Only the choice of how many rounds to keep has seen all songs.

    Parameters
    ----------
    learnt : PseudoLabelResult
    run : Run
        Vacant.
    progress : NullProgress
    """
    source = learnt.run
    _write_beginnings(learnt, run)
    n_fits = len(learnt.models) * len(learnt.found.by_fold)
    with progress.stage("fitting by fold", n_fits) as advance:
        parts = {
            name: _fit_folds(learnt, run, name, model, advance)
            for name, model in learnt.models.items()
        }
    with progress.stage("stacking"):
        final, classes = clone(source.load_model(STACK)), source.metrics["classes"]
        fit_meta_model(run, learnt.table, learnt.test, parts, classes=classes, final=final)
    run.write_metrics({**run.metrics, "pseudo_labels": learnt.to_dict()})


def _write_beginnings(learnt, run):
    """Write what a run begins with, and what it comes from."""
    source = learnt.run
    texts = dict(zip(source.model_names, source.config.models, strict=True))
    config = source.config.with_models(texts[name] for name in learnt.models)
    resolved = {name: source.resolved.get(name, {}) for name in learnt.models}
    origin = {"run": {str(source.path): source.config.as_dict()}, **learnt.settings}
    config.write(run.config_path, {**resolved, PSEUDO_LABEL: origin})
    link_draws(source, run)


def _fit_folds(learnt, run, name, model, advance):
    """Fit and keep one model of every fold."""
    ids, folds = learnt.table["clip"].to_numpy(), learnt.table["fold"].to_numpy()
    oof, test = [], []
    for fold, taken in zip(np.unique(folds), learnt.found.by_fold, strict=True):
        clips, y = learnt.with_test(*taken)
        held_out = np.flatnonzero(folds == fold)
        train = np.setdiff1d(np.arange(len(y)), held_out)
        fitted = fit_fold(model, clips, y, train, held_out, method=METHOD)
        columns = name_columns(name, fitted.estimator.classes_, fitted.predictions.shape[1])
        oof.append(pd.DataFrame(fitted.predictions, ids[held_out], columns))
        test.append(predict_with(fitted.estimator, learnt.test.paths, METHOD))
        run.save_model(set_resources(fitted.estimator), name, int(fold))
        advance(1)
    mean = pd.DataFrame(np.mean(test, axis=0), learnt.test.ids, columns)
    return ModelPredictions(pd.concat(oof).loc[ids], mean)
