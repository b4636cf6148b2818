"""The first level of a run: each model fitted once a fold, predictions entered in the ledger."""

import os
from collections import deque
from dataclasses import dataclass

import joblib
import numpy as np
import pandas as pd
from sklearn.base import clone

from .. import __version__
from ..audio import clip_key
from ..features import Extractor, extract_batches
from ..models import set_means
from ..stacking import content_key, fit_fold, name_columns, predict_with
from .side_by_side import run_side_by_side

METHOD = "predict_proba"


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


class FirstLevel:
    """Fits models by fold into a run's ledger, skipping what is there.

    Parameters
    ----------
    run : Run
    training : TrainingClips
    test_clips : list of clips
    cache : Path
    n_jobs : int or None
    """

    def __init__(self, run, training, test_clips, *, cache, n_jobs):
        self.run = run
        self.training = training
        self.test_clips = test_clips
        self._means = {"cache": cache, "n_jobs": n_jobs}
        self._y = training.table["label"].to_numpy(dtype=object)
        self._folds = training.table["fold"].to_numpy()
        self._data_key = self._name_data()

    def fit(self, name, model, *, on_gpu, progress):
        """Fit one model on every fold that the ledger lacks.

        Parameters
        ----------
        name : str
        model : estimator
            Settled; not changed.
        on_gpu : bool
        progress : Quiet

        Returns
        -------
        ModelPredictions
        """
        key = content_key(data=self._data_key, model=_describe(model), version=__version__)
        clips = [*self.training.clips, *self.test_clips]
        compute_features(name, model, clips, **self._means, progress=progress)
        # The features are in the table by now: a fold needs no processes of its own.
        model = set_means(clone(model), cache=self._means["cache"])
        folds = np.unique(self._folds)
        todo = [f for f in folds if not self.run.ledger.has(name, f, key)]
        calls = deque((name, model, fold, key) for fold in todo)
        # Processes that fill one ledger at a time begin with different folds.
        calls.rotate(os.getpid())
        n_jobs = self._means["n_jobs"]
        with progress.stage(f"fitting {name}", len(todo)) as advance:
            for _ in run_side_by_side(self._fit_fold, calls, n_jobs=n_jobs, on_gpu=on_gpu):
                advance(1)
        return self._gather(name, folds, key)

    def _fit_fold(self, name, model, fold, key):
        if self.run.ledger.has(name, fold, key):
            return  # Another process was quicker.
        train, held_out = np.flatnonzero(self._folds != fold), np.flatnonzero(self._folds == fold)
        fitted = fit_fold(model, self.training.clips, self._y, train, held_out, method=METHOD)
        ids = self.training.table["clip"].to_numpy()[held_out]
        columns = name_columns(name, fitted.estimator.classes_, fitted.predictions.shape[1])
        oof = pd.DataFrame(fitted.predictions, index=ids, columns=columns)
        test = None
        if self.test_clips:
            predictions = predict_with(fitted.estimator, self.test_clips, METHOD)
            test = pd.DataFrame(predictions, index=self._test_ids(), columns=columns)
        self.run.save_model(set_means(fitted.estimator), name, fold)
        # The entry comes last: where it is, the model is too.
        self.run.ledger.write(name, fold, key, oof=oof, test=test)

    def _gather(self, name, folds, key):
        read = self.run.ledger.read
        oof = pd.concat([read(name, fold, key, "oof") for fold in folds])
        test = [read(name, fold, key, "test") for fold in folds]
        return ModelPredictions(oof.loc[self.training.table["clip"]], sum(test) / len(test))

    def _test_ids(self):
        return [str(clip) for clip in self.test_clips]

    def _name_data(self):
        """Name the data by content: what the clips sound like, their labels and folds."""
        return content_key(
            clips=[clip_key(clip) for clip in self.training.clips],
            labels=self._y.tolist(),
            folds=self._folds.tolist(),
            test=[clip_key(clip) for clip in self.test_clips],
        )


def compute_features(name, model, clips, *, cache, n_jobs, progress):
    """Fill the feature table ahead of a model, in one pass that can show how far it is.

    Parameters
    ----------
    name : str
    model : estimator
        Nothing is done for one without handcrafted features.
    clips : sequence of clips
    cache : Path
    n_jobs : int or None
    progress : Quiet
    """
    spectral = getattr(model, "named_steps", {}).get("spectral")
    if spectral is None:
        return
    extractor = Extractor(spectral.sr, spectral.families, spectral.statistics, spectral.precision)
    with progress.stage(f"features for {name}", len(clips)) as advance:
        for _ in extract_batches(
            clips, extractor, n_jobs=n_jobs, cache=cache / "features", progress=advance
        ):
            pass  # Only the table is wanted.


def _describe(model):
    """Name a model by the parameters that decide what it predicts."""
    return joblib.hash(set_means(clone(model)))
