"""Base models fitted by fold, with their predictions stored in the ledger."""

import os
from collections import deque
from dataclasses import dataclass

import numpy as np
import pandas as pd
from joblib import effective_n_jobs
from sklearn.base import clone

from ... import __version__
from ...audio import clip_key
from ...exceptions import DataError, UntrustedError, UsageError
from ...models import find_networks, set_resources
from ...models.deep.backbones.pretrained import weights_hash
from ...models.deep.training.checkpoint import defer_checkpoint_cleanup
from ...models.inspection import model_fingerprint
from ...stacking.out_of_fold import fit_fold, name_columns, predict_with, prediction_table
from ...stacking.routing import weight_parameter
from ...utils.hashing import content_key
from ...utils.parallel import parallel_map
from ..predictions import METHOD, ModelPredictions
from ..run_files import damaged
from ..training_clips import fold_columns
from .cluster import run_on_cluster
from .feature_cache import compute_features
from .self_training import label_test_clips, training_groups, with_pseudo_labels


@dataclass(frozen=True)
class Fold:
    """One fold of one table of folds.

    Attributes
    ----------
    number : int
        Unique among the folds of all tables.
    table : int
        0 for the first table, which the meta-model is scored by; then the repeats.
    held_out : ndarray of shape (n_clips,), bool
    """

    number: int
    table: int
    held_out: np.ndarray


class FoldFitter:
    """Fits models by fold into a run's ledger, except for what the ledger has already.

    Parameters
    ----------
    run : Run
    training : TrainingClips
    test : ClipList
    client : distributed.Client, optional
        A cluster to compute on, instead of worker processes on this machine.
    code_hashes : dict of str to list of str, optional
        Content hashes of the user's own code behind a model, by model.
    self_trained : collection of str, default=()
        Names of the models that are fitted on test clips too, with their own pseudo-labels.
    resources : Resources
        With a cache folder.

    Attributes
    ----------
    pseudo_labels : dict of str to PseudoLabels
        Of the self-trained models that were fitted so far.
    """

    def __init__(
        self, run, training, test, *, client=None, code_hashes=None, self_trained=(), resources
    ):
        self.run = run
        self.training = training
        self.test = test
        self._client = client
        self._code_hashes = code_hashes or {}
        self._self_trained, self.pseudo_labels = self_trained, {}
        self._resources = resources
        self._y = training.y
        self._folds = list_folds(training.table)
        self._data_keys = self._compute_data_keys()

    def __getstate__(self):
        """Return the state without what stays in the parent process."""
        return {**self.__dict__, "_client": None, "_resources": None}

    def fit(self, models, *, planned=(), on_gpu=(), limit=None):
        """Fit models on every fold that the ledger lacks.

        Parameters
        ----------
        models : dict of str to estimator
            Not changed.
        planned : iterable of estimator
            Models to be fitted later, whose features are computed by the way.
        on_gpu : collection of str
            Names of the models that are trained on a GPU.
        limit : TimeLimit, optional
            Starts no fold that would end too late; not for a cluster.

        Returns
        -------
        dict of str to ModelPredictions
            Without the models that the time limit left unfinished.

        Raises
        ------
        UsageError
            The members of a seed ensemble use early stopping, and clips share songs.
        """
        resources = self._resources
        for name, model in models.items():
            self._fit_params(name, model)
        clips = [*self.training.clips, *self.test.clips]
        options = {"others": planned, "client": self._client, "resources": resources}
        compute_features(models, clips, **options)
        # Features are cached by now: a fold needs no worker processes of its own.
        models = {
            name: set_resources(clone(model), cache=resources.cache)
            for name, model in models.items()
        }
        keys = {}
        for name, model in models.items():
            if name in self._self_trained and self.test.clips:
                self._label_test_clips(name, model)
            self._discard_other_folds(name)
            keys[name] = [(fold, self._fit_key(name, fold, model)) for fold in self._folds]
            self._discard_damaged(name, keys[name])
        if self._client is None:
            for name in models:
                self._fit_missing(f"fitting {name}", [name], models, keys, on_gpu, limit)
        else:
            # All models at a time: there may be more workers than folds.
            self._fit_missing("fitting on the cluster", models, models, keys, on_gpu)
        finished = [name for name in keys if limit is None or name not in limit.unfinished]
        return {name: self._collect(name, keys[name]) for name in finished}

    def _fit_missing(self, stage, names, models, keys, on_gpu, limit=None):
        has = self.run.ledger.has
        calls = deque(
            (name, models[name], fold, key)
            for name in names
            for fold, key in keys[name]
            if not has(name, fold.number, key)
        )
        # Processes that fill one ledger at a time start with different folds.
        calls.rotate(os.getpid())
        # A GPU trains one network at a time, in this process.
        alone = self._client is None and any(name in on_gpu for name in names)
        n_jobs = 1 if alone else self._resources.n_jobs
        batches = [calls]
        if limit is not None:
            batches = limit.batches(*names, calls, effective_n_jobs(n_jobs))
        with self._resources.progress.stage(stage, len(calls)) as advance:
            for batch in batches:
                for _ in self._map(batch, on_gpu, n_jobs, None if alone else 1):
                    advance(1)

    def _map(self, calls, on_gpu, n_jobs, n_threads):
        """Fit folds on the cluster, or in worker processes here."""
        if self._client is not None:
            gpu = [name in on_gpu for name, *_ in calls]
            return run_on_cluster(self._client, self, FoldFitter._fit_fold, calls, on_gpu=gpu)
        columns = zip(*calls, strict=True)
        return parallel_map(self._fit_fold, *columns, n_jobs=n_jobs, n_threads=n_threads)

    @defer_checkpoint_cleanup()
    def _fit_fold(self, name, model, fold, key):
        if self.run.ledger.has(name, fold.number, key):
            return  # Another process was faster.
        clips, y, train = self._fold_clips(name, fold)
        held_out = np.flatnonzero(fold.held_out)
        fitted, oof, test = fit_and_predict(
            *(name, model, clips, y, train, held_out),
            ids=self.training.table["clip"].to_numpy()[held_out],
            test=self.test,
            classes=self.training.target.classes,
            fit_params=self._fit_params(name, model),
        )
        # Entries of other data go first: the stored model is that of the entry.
        self.run.discard_fold(name, fold.number, except_key=key)
        self.run.save_model(fitted, name, fold.number)
        # The entry is written last: where it exists, the model does too.
        self.run.ledger.write(name, fold.number, key, oof=oof, test=test)

    def _label_test_clips(self, name, model):
        # Codes, so that groups may be renamed.
        groups = pd.factorize(training_groups(self.training))[0].tolist()
        key = content_key(data=self._data_keys[0], groups=groups, **self._model_inputs(name, model))
        self.pseudo_labels[name] = label_test_clips(
            *(self.run, name, model, self.training, self.test), key=key, resources=self._resources
        )

    def _labels_of_fold(self, name, fold):
        """Return the pseudo-labels of a fold: positions of test clips, and labels."""
        if name not in self.pseudo_labels:
            return np.empty(0, dtype=int), np.empty(0, dtype=object)
        numbers = [other.number for other in self._folds]
        return self.pseudo_labels[name].by_fold[numbers.index(fold.number)]

    def _fold_clips(self, name, fold):
        """Return clips and labels, pseudo-labelled ones last, and positions to train on."""
        selected = self._labels_of_fold(name, fold)
        clips, y = with_pseudo_labels(self.training.clips, self._y, self.test.clips, selected)
        return clips, y, np.setdiff1d(np.arange(len(clips)), np.flatnonzero(fold.held_out))

    def _collect(self, name, keys):
        """Read the predictions of all folds, and average them over the tables of folds."""
        entries, clips = [self._read_entry(name, *key) for key in keys], self.training.table["clip"]
        oof = [
            pd.concat(
                held_out
                for (fold, _), (held_out, _) in zip(keys, entries, strict=True)
                if fold.table == table
            )
            for table in range(keys[-1][0].table + 1)
        ]
        test = [predicted for _, predicted in entries]
        return ModelPredictions(
            sum(part.loc[clips] for part in oof) / len(oof), sum(test) / len(test), test
        )

    def _read_entry(self, name, fold, key):
        """Return a fold's predictions of the held-out clips and of the test clips."""
        held_out = self.training.table["clip"].to_numpy()[fold.held_out]
        classes, parts = self.training.target.classes, []
        # Of two classes, the probability of the second one is enough.
        is_binary = len(classes) == 2 and not self.training.target.is_multilabel
        columns = name_columns(name, classes, 1 if is_binary else len(classes))
        for split, clips in (("oof", held_out), ("test", self.test.clip_names)):
            part = self.run.ledger.read(name, fold.number, key, split)
            if len(part) != len(clips) or list(part.columns) != columns:
                path = self.run.ledger.path(name, fold.number, key)
                raise damaged(path, "its clips or classes are not those of the run")
            # Indexed again: keys are of contents and order, and clips may have been renamed.
            parts.append(part.set_axis(clips))
        return parts

    def _discard_damaged(self, name, keys):
        """Remove the folds whose predictions or model cannot be read, to be fitted again."""
        for fold, key in keys:
            if not self.run.ledger.has(name, fold.number, key):
                continue
            try:
                self._read_entry(name, fold, key)
                self.run.load_model(name, fold.number)
            except UntrustedError:
                continue  # Whole; nothing here predicts with it.
            except DataError as error:
                problem, _, _ = str(error).partition("; ")
                self._resources.progress.log(f"{problem}; fold {fold.number} is fitted again")
                self.run.discard_fold(name, fold.number)

    def _discard_other_folds(self, name):
        """Remove folds that the data no longer have: a run predicts with all stored models."""
        numbers = {fold.number for fold in self._folds}
        for fold in set(self.run.model_folds(name)) - numbers:
            self.run.discard_fold(name, fold)

    def _fit_params(self, name, model):
        """Return groups for a network with early stopping, and weights for other models.

        No song may be on both sides of early stopping. A network finds the songs of mashups itself,
        and the groups of other clips only if each clip is one. The protocol "shared" ignores the
        songs of mashups, which must be passed on. Weights are left out where a model does not take
        them.
        """
        groups, networks = self.training.table["group"], find_networks(model)
        stops_early = networks and networks[0].patience is not None
        if not stops_early or groups.is_unique != bool(self.training.recipes):
            parameter, weights = weight_parameter(model), self.training.weights
            return None if weights is None or parameter is None else {parameter: weights.tolist()}
        if model is not networks[0]:
            raise UsageError(
                f"{name}: early stopping needs to know which clips share a song, and a seed "
                "ensemble cannot pass that on to its members; leave 'patience' or 'seeds' out"
            )
        return {"groups": groups.tolist()}

    def _fit_key(self, name, fold, model):
        """Return the content key of everything that determines a fold's predictions."""
        inputs = self._model_inputs(name, model) | (self._fit_params(name, model) or {})
        rows, labels = self._labels_of_fold(name, fold)
        if len(rows):
            inputs["pseudo_labels"] = [rows.tolist(), labels.tolist()]
        return content_key(data=self._data_keys[fold.table], **inputs)

    def _model_inputs(self, name, model):
        inputs = {"model": _describe(model), "version": __version__}
        return inputs | ({"code": self._code_hashes[name]} if name in self._code_hashes else {})

    def _compute_data_keys(self):
        """Return the content key of clips, labels and folds, for each table of folds."""
        contents = {
            "clips": [clip_key(clip) for clip in self.training.clips],
            "labels": self.training.table["label"].tolist(),
            "test": [clip_key(clip) for clip in self.test.clips],
        }
        table, separator = self.training.table, self.training.target.separator
        if separator is not None:
            contents["label_separator"] = separator
        return [content_key(**contents, folds=table[c].tolist()) for c in fold_columns(table)]


def fit_and_predict(name, model, clips, y, train, held_out, *, ids, test, classes, fit_params=None):
    """Fit one fold's model, and predict its held-out clips and the test clips.

    Parameters
    ----------
    name : str
        Column name of the model.
    model : estimator
        Not changed.
    clips : sequence of clips
    y : ndarray of shape (n_clips,) or (n_clips, n_labels)
    train, held_out : ndarray of int
        Positions of the clips.
    ids : sequence of str
        Of the held-out clips.
    test : ClipList
    classes : list of str
        Sorted; or the labels, in the order of the columns of ``y``.
    fit_params : dict, optional
        Passed to ``fit``, cut to the training clips.

    Returns
    -------
    fitted : estimator
        Without cache and worker processes.
    oof : DataFrame of shape (n_held_out, n_outputs)
    test : DataFrame of shape (n_test_clips, n_outputs) or None
        None without test clips.
    """
    fold = fit_fold(model, clips, y, train, held_out, method=METHOD, fit_params=fit_params)
    predicted = None
    if test.clips:
        proba = predict_with(fold.estimator, test.clips, METHOD, multilabel=y.ndim == 2)
        predicted = prediction_table(name, proba, classes, test.clip_names)
    oof = prediction_table(name, fold.predictions, classes, ids)
    return set_resources(fold.estimator), oof, predicted


def list_folds(table):
    """Return the folds of all tables of folds.

    Parameters
    ----------
    table : DataFrame
        Column ``fold``, and ``repeat1`` and so on for repeats.

    Returns
    -------
    list of Fold
    """
    tables = [table[column].to_numpy() for column in fold_columns(table)]
    size = max(assigned.max() for assigned in tables) + 1
    return [
        Fold(int(t * size + fold), t, assigned == fold)
        for t, assigned in enumerate(tables)
        for fold in np.unique(assigned)
    ]


def _describe(model):
    """Return the parameters that determine a model's predictions, as plain data."""
    model = set_resources(clone(model))
    for network in find_networks(model):
        network.set_params(weights=weights_hash(network.weights))
    return model_fingerprint(model)
