"""The first level of a run: each model fitted once a fold, predictions entered in the ledger."""

from dataclasses import dataclass

import joblib
import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from .. import __version__
from ..audio import clip_key
from ..features import extract
from ..models import make_model, set_means
from ..stacking import content_key, fit_fold, name_columns, predict_with

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
    config : Config
    training : TrainingClips
    test_clips : list of clips
    cache : Path
    n_jobs : int or None

    Attributes
    ----------
    resolved : dict
        What ``auto`` stood for, by model.
    """

    def __init__(self, run, config, training, test_clips, *, cache, n_jobs):
        self.run = run
        self.training = training
        self.test_clips = test_clips
        self.resolved = {}
        self._means = {"cache": cache, "n_jobs": n_jobs}
        self._y = training.table["label"].to_numpy(dtype=object)
        self._folds = training.table["fold"].to_numpy()
        self._options = {
            "random_state": config.seed,
            "backbone": config.backbone,
            "weights": config.weights,
            "device": config.device,
        }
        if config.epochs is not None:
            self._options["epochs"] = config.epochs
        self._data_key = self._name_data()

    def fit(self, name, progress):
        """Fit one model on every fold that the ledger lacks.

        Returns
        -------
        ModelPredictions
        """
        model = set_means(make_model(name, **self._options), **self._means)
        self._compute_features(name, model, progress)
        key = content_key(data=self._data_key, model=_describe(model), version=__version__)
        folds = np.unique(self._folds)
        todo = [fold for fold in folds if not self.run.ledger.has(name, fold, key)]
        with progress.stage(f"fitting {name}", len(todo)) as advance:
            for _ in self._fit_folds(name, model, todo, key):
                advance(1)
        self._resolve(name, folds[0])
        return self._gather(name, folds, key)

    def _fit_folds(self, name, model, folds, key):
        """Fit folds side by side on one thread each; a net, which fills the machine, in turn."""
        if _spectral(model) is None:
            return (self._fit_fold(name, model, fold, key) for fold in folds)
        # The features are in the table by now: what is left is arithmetic on small matrices, which
        # several threads a fold would only slow down.
        alone = set_means(clone(model), cache=self._means["cache"])
        return Parallel(self._means["n_jobs"], return_as="generator_unordered")(
            delayed(_on_one_thread)(self._fit_fold, name, alone, fold, key) for fold in folds
        )

    def _compute_features(self, name, model, progress):
        """Fill the feature table ahead of the folds, in one pass that can show how far it is."""
        spectral = _spectral(model)
        if spectral is None:
            return
        clips = [*self.training.clips, *self.test_clips]
        with progress.stage(f"features for {name}", len(clips)) as advance:
            extract(clips, **spectral.get_params(), progress=advance)

    def _fit_fold(self, name, model, fold, key):
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

    def _resolve(self, name, fold):
        """Note what the backbone and weights of a deep model came to."""
        if name == "effnet":
            net = self.run.load_model(name, fold)
            self.resolved[name] = {"backbone": net.backbone_, "weights": net.weights_}

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


def _spectral(model):
    """Give the step that computes handcrafted features; None for a net."""
    return getattr(model, "named_steps", {}).get("spectral")


def _on_one_thread(function, *args):
    with threadpool_limits(1):
        return function(*args)


def _describe(model):
    """Name a model by the parameters that decide what it predicts."""
    return joblib.hash(set_means(clone(model)))
