"""The first level of a run: each model fitted once a fold, predictions entered in the ledger."""

import os
from collections import deque
from dataclasses import dataclass

import numpy as np
import pandas as pd
from joblib import effective_n_jobs
from sklearn.base import clone

from ... import __version__
from ...audio import clip_key
from ...exceptions import UsageError
from ...models import defer_checkpoint_cleanup, find_networks, set_resources, weights_hash
from ...models.inspection import model_fingerprint
from ...stacking import fit_fold, name_columns, predict_with
from ...utils.hashing import content_key
from ...utils.parallel import parallel_map
from ..predictions import METHOD
from ..training_clips import fold_columns
from .cluster import run_on_cluster
from .feature_cache import compute_features, widest_first


@dataclass(frozen=True)
class ModelPredictions:
    """What one model says, over all folds.

    Attributes
    ----------
    oof : DataFrame
        Indexed by training clip, in the order of the training table; columns ``<model>__<class>``.
    test : DataFrame
        Indexed by test clip: the mean of the fold models.
    """

    oof: pd.DataFrame
    test: pd.DataFrame


@dataclass(frozen=True)
class Fold:
    """One fold of one table.

    Attributes
    ----------
    number : int
        Its name among the folds of all tables.
    table : int
        0 for the first, which the second level is scored by.
    held_out : ndarray of shape (n,), bool
    """

    number: int
    table: int
    held_out: np.ndarray


class FoldFitter:
    """Fits models by fold into a run's ledger, skipping what is there.

    Parameters
    ----------
    run : Run
    training : TrainingClips
    test : ClipList
        The test clips; their ids, not where they lie, go to the ledger.
    cache : Path
    n_jobs : int or None
    client : distributed.Client, optional
        Of a cluster that does the work instead of processes here.
    code_hashes : dict of str to list of str, optional
        Content hashes of the user's own code behind a model, by model.
    """

    def __init__(self, run, training, test, *, cache, n_jobs, client=None, code_hashes=None):
        self.run = run
        self._code_hashes = code_hashes or {}
        self.training = training
        self.test = test
        self._means = {"cache": cache, "n_jobs": n_jobs}
        self._client = client
        self._y = training.table["label"].to_numpy(dtype=object)
        self._folds = list_folds(training.table)
        self._data_keys = self._name_data()

    def fit(self, models, *, on_gpu=(), clock=None, progress):
        """Fit models on every fold that the ledger lacks.

        Parameters
        ----------
        models : dict of str to estimator
            Settled; not changed.
        on_gpu : collection of str
            Those that compute on a GPU.
        clock : Clock, optional
            Begins no fold that would end too late; not for a cluster.
        progress : NullProgress

        Returns
        -------
        dict of str to ModelPredictions
            Models that the clock gave no time to finish are not there.

        Raises
        ------
        UsageError
            Members of a bag should stop early by songs, which they cannot be told.
        """
        for name, model in models.items():
            self._songs_for(name, model)
        clips = [*self.training.clips, *self.test.paths]
        for name, model in widest_first(models):
            compute_features(
                name, model, clips, **self._means, client=self._client, progress=progress
            )
        # The features are in the table by now: a fold needs no processes of its own.
        models = {
            name: set_resources(clone(model), cache=self._means["cache"])
            for name, model in models.items()
        }
        for name in models:
            self._forget_other_folds(name)
        named = {
            name: [(fold, self._name_fit(name, fold, model)) for fold in self._folds]
            for name, model in models.items()
        }
        if self._client:
            self._fit_on_cluster(models, named, on_gpu, progress)
        else:
            self._fit_here(models, named, on_gpu, clock, progress)
        return {
            name: self._gather(name, entries)
            for name, entries in named.items()
            if clock is None or name not in clock.unfinished
        }

    def _fit_here(self, models, named, on_gpu, clock, progress):
        for name, model in models.items():
            calls = self._missing(name, model, named[name])
            # Processes that fill one ledger at a time begin with different folds.
            calls.rotate(os.getpid())
            n_jobs, alone = self._means["n_jobs"], name in on_gpu
            waves = [calls]
            if clock:
                waves = clock.waves(name, calls, 1 if alone else effective_n_jobs(n_jobs))
            with progress.stage(f"fitting {name}", len(calls)) as advance:
                # A GPU is filled by one network at a time, in this process.
                how = {"n_jobs": 1} if alone else {"n_jobs": n_jobs, "n_threads": 1}
                for wave in waves:
                    columns = zip(*wave, strict=True)
                    for _ in parallel_map(self._fit_fold, *columns, advance=advance, **how):
                        pass

    def _fit_on_cluster(self, models, named, on_gpu, progress):
        """Fit all folds of all models at a time."""
        calls = [
            (name in on_gpu, call)
            for name, model in models.items()
            for call in self._missing(name, model, named[name])
        ]
        with progress.stage("fitting on the cluster", len(calls)) as advance:
            for _ in run_on_cluster(self._client, self, FoldFitter._fit_fold, calls):
                advance(1)

    def _forget_other_folds(self, name):
        """Remove folds that the data had before: a run predicts by all models that are there."""
        numbers = {fold.number for fold in self._folds}
        for fold in set(self.run.model_folds(name)) - numbers:
            self.run.forget_fold(name, fold)

    def _missing(self, name, model, entries):
        """List the calls of :meth:`_fit_fold` that the ledger lacks."""
        has = self.run.ledger.has
        return deque((name, model, f, key) for f, key in entries if not has(name, f.number, key))

    def __getstate__(self):
        """Leave the connection out on the way to a worker."""
        return {**self.__dict__, "_client": None}

    @defer_checkpoint_cleanup()
    def _fit_fold(self, name, model, fold, key):
        if self.run.ledger.has(name, fold.number, key):
            return  # Another process was quicker.
        train, held_out = np.flatnonzero(~fold.held_out), np.flatnonzero(fold.held_out)
        fitted = fit_fold(
            *(model, self.training.clips, self._y, train, held_out),
            method=METHOD,
            fit_params=self._songs_for(name, model),
        )
        ids = self.training.table["clip"].to_numpy()[held_out]
        columns = name_columns(name, fitted.estimator.classes_, fitted.predictions.shape[1])
        oof = pd.DataFrame(fitted.predictions, index=ids, columns=columns)
        test = None
        if self.test.paths:
            predictions = predict_with(fitted.estimator, self.test.paths, METHOD)
            test = pd.DataFrame(predictions, index=self.test.ids, columns=columns)
        # What other data left goes first: beside an entry stands the model that it is of.
        self.run.forget_fold(name, fold.number, but=key)
        self.run.save_model(set_resources(fitted.estimator), name, fold.number)
        # The entry comes last: where it is, the model is too.
        self.run.ledger.write(name, fold.number, key, oof=oof, test=test)

    def _gather(self, name, named):
        """Put the folds of each table together, and average over tables."""
        read, clips = self.run.ledger.read, self.training.table["clip"].to_numpy()
        # Named anew: the keys hold contents and order, and clips may be called otherwise since.
        oof = [
            pd.concat(
                read(name, fold.number, key, "oof").set_axis(clips[fold.held_out])
                for fold, key in named
                if fold.table == table
            )
            for table in range(named[-1][0].table + 1)
        ]
        test = [read(name, fold.number, key, "test").set_axis(self.test.ids) for fold, key in named]
        return ModelPredictions(
            sum(part.loc[clips] for part in oof) / len(oof), sum(test) / len(test)
        )

    def _songs_for(self, name, model):
        """Give a net that sets clips apart the groups it must not part; mashups know theirs."""
        groups, nets = self.training.table["group"], find_networks(model)
        stops_early = nets and nets[0].patience is not None
        if not stops_early or self.training.recipes or groups.is_unique:
            return None
        if model is not nets[0]:
            raise UsageError(
                f"{name}: the members of a bag cannot be told which clips share a song, which "
                "stopping early needs; leave 'patience' or 'seeds' out"
            )
        return {"groups": groups.tolist()}

    def _name_fit(self, name, fold, model):
        """Name a fit by what decides its predictions."""
        more = self._songs_for(name, model) or {}
        if self._code_hashes.get(name):
            more["code"] = self._code_hashes[name]
        return content_key(
            data=self._data_keys[fold.table], model=_describe(model), version=__version__, **more
        )

    def _name_data(self):
        """Name the data by content, for each table of folds: clips, labels and folds."""
        made_from = {
            "clips": [clip_key(clip) for clip in self.training.clips],
            "labels": self._y.tolist(),
            "test": [clip_key(clip) for clip in self.test.paths],
        }
        tables = fold_columns(self.training.table)
        folds = [self.training.table[column].tolist() for column in tables]
        return [content_key(**made_from, folds=table) for table in folds]


def list_folds(table):
    """List the folds of all tables.

    Parameters
    ----------
    table : DataFrame
        Column ``fold``, and perhaps ``repeat1`` and so on.

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
    """Return the parameters that decide what a model predicts, as plain data."""
    described = set_resources(clone(model))
    for net in find_networks(described):
        net.set_params(weights=weights_hash(net.weights))
    return model_fingerprint(described)
