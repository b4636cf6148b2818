"""Shared parts of the studies on the demo data: clips, features and scores of models."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.metrics import f1_score

from stemstack.datasets import DEFAULT_STEMS, read_data
from stemstack.features import extract
from stemstack.mashups import Mashup
from stemstack.models import make_lgbm, make_lr
from stemstack.runs import Config
from stemstack.runs.training_clips import labelled_clips, sample_training
from stemstack.stacking import assign_folds
from stemstack.utils.parallel import parallel_map
from stemstack.utils.resources import Resources


def heads():
    """Return the models without their feature extractors, for tables of features."""
    return {"lr": make_lr()[1:], "lgbm": make_lgbm()[1:]}


def sample_clips(data, *, seed, per_class, cache, folds=4, settings=None, stems=DEFAULT_STEMS):
    """Sample training mashups within folds.

    Parameters
    ----------
    data : str or os.PathLike
        A data set of songs in stems.
    seed, per_class, folds : int
    cache : str or os.PathLike
    settings : dict, optional
        Mashup settings; missing ones have their defaults.
    stems : sequence of str

    Returns
    -------
    clips : list of Mashup
    labels, fold : ndarray of shape (n_clips,)
    """
    config = Config(
        str(data), folds=folds, mashups_per_genre=per_class, seed=seed, settings=settings or {}
    )
    dataset = read_data(data, stems=stems)
    sampled = sample_training(dataset, config, resources=Resources(Path(cache), n_jobs=2))
    clips = [Mashup.from_recipe(recipe, sampled.pool.source_store) for recipe in sampled.recipes]
    labels = np.array([recipe.label for recipe in sampled.recipes], dtype=object)
    return clips, labels, np.array([recipe.fold for recipe in sampled.recipes])


def first_of_each(y, fold, number):
    """Return the positions of the first mashups of each class and fold, ``number`` per class."""
    places = pd.Series(y).groupby([y, fold]).cumcount().to_numpy()
    return np.flatnonzero(places < number // len(np.unique(fold)))


def song_clips(data, *, seed, cache, folds=4):
    """Return whole songs, the plain sums of their stems, in the form of :func:`sample_clips`."""
    dataset = read_data(data)
    _, clips = labelled_clips(dataset, resources=Resources(Path(cache), n_jobs=2))
    songs = dataset.train
    fold = assign_folds(songs["label"], songs["group"], n_folds=folds, seed=seed)
    return clips[: len(songs)], songs["label"].to_numpy(dtype=object), np.asarray(fold)


def answered_clips(data, answers):
    """Return the test clips of a data set, and their labels from the file ``answers``."""
    dataset = read_data(data)
    labels = pd.read_csv(answers, dtype=str).set_index("id").iloc[:, 0]
    clips = [str(Path(data, path)) for path in dataset.test["path"]]
    return clips, labels.loc[dataset.test["id"].astype(str)].to_numpy(dtype=object)


def features_of(clips, cache, families="all"):
    """Compute the features of clips, or read them from ``cache``."""
    table, _ = extract(clips, families=families, n_jobs=2, cache=Path(cache, "features"))
    return table


def score(model, X, y, fold, X_test, y_test):
    """Return macro F1 out of fold, and of the mean of the fold models on test clips."""
    held_out, mean = np.empty(len(y), dtype=object), 0.0
    for f in np.unique(fold):
        fitted = clone(model).fit(X[fold != f], y[fold != f])
        held_out[fold == f] = fitted.predict(X[fold == f])
        mean = mean + fitted.predict_proba(X_test)
    predicted = fitted.classes_[mean.argmax(axis=1)]
    macro_f1 = partial(f1_score, average="macro")
    return macro_f1(y, held_out), macro_f1(y_test, predicted)


def score_all(function, calls, n_jobs=2):
    """Return the results of independent calls, computed in processes of one thread each."""
    return list(parallel_map(function, *zip(*calls, strict=True), n_jobs=n_jobs, n_threads=1))


def fold_probabilities(model, X, y, fold, X_test):
    """Return out-of-fold probabilities, and the mean of the fold models for the test clips."""
    oof, mean = np.empty((len(y), len(np.unique(y)))), 0.0
    for f in np.unique(fold):
        fitted = clone(model).fit(X[fold != f], y[fold != f])
        oof[fold == f] = fitted.predict_proba(X[fold == f])
        mean = mean + fitted.predict_proba(X_test) / len(np.unique(fold))
    return oof, mean
