"""What the studies on the demo data share: clips as tables of features, models scored on them."""

from functools import partial
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.metrics import f1_score

from stemstack.datasets import DEFAULT_STEMS, read_data
from stemstack.features import extract
from stemstack.mashups import Mashup
from stemstack.models import make_lgbm, make_lr
from stemstack.runs import Config, labelled_clips, sample_training
from stemstack.stacking import assign_folds
from stemstack.utils.progress import NullProgress


def heads():
    """Give the models without their feature extractor: they take tables."""
    return {"lr": make_lr()[1:], "lgbm": make_lgbm()[1:]}


def draw_clips(data, *, seed, per_class, cache, folds=4, settings=None, stems=DEFAULT_STEMS):
    """Draw training mashups within folds.

    Parameters
    ----------
    data : str or os.PathLike
        A data set of songs in stems.
    seed, per_class, folds : int
    cache : str or os.PathLike
    settings : dict, optional
        Mashup settings; the defaults where left out.
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
    draw = sample_training(dataset, config, cache=Path(cache), n_jobs=2, progress=NullProgress())
    clips = [Mashup.from_recipe(recipe, draw.pool.source_store) for recipe in draw.recipes]
    labels = np.array([recipe.label for recipe in draw.recipes], dtype=object)
    return clips, labels, np.array([recipe.fold for recipe in draw.recipes])


def lay_songs(data, *, seed, cache, folds=4):
    """Take every song as it is, the plain sum of its stems, with folds; as :func:`draw_clips`."""
    dataset = read_data(data)
    _, clips = labelled_clips(dataset, cache=Path(cache), n_jobs=2, progress=NullProgress())
    songs = dataset.train
    fold = assign_folds(songs["label"], songs["group"], n_folds=folds, seed=seed)
    return clips[: len(songs)], songs["label"].to_numpy(dtype=object), np.asarray(fold)


def answered_clips(data, answers):
    """List the test clips of a data set, and their labels from ``answers`` (id, label)."""
    dataset = read_data(data)
    truth = pd.read_csv(answers, dtype=str).set_index("id").iloc[:, 0]
    clips = [str(Path(data, path)) for path in dataset.test["path"]]
    return clips, truth.loc[dataset.test["id"].astype(str)].to_numpy(dtype=object)


def features_of(clips, cache, families="all"):
    """Describe clips, through the feature table in ``cache``."""
    table, _ = extract(clips, families=families, n_jobs=2, cache=Path(cache, "features"))
    return table


def score(model, X, y, fold, X_test, y_test):
    """Fit a model by fold; macro F1 out of fold, and of the fold models' mean on test clips."""
    held_out, mean = np.empty(len(y), dtype=object), 0.0
    for f in np.unique(fold):
        fitted = clone(model).fit(X[fold != f], y[fold != f])
        held_out[fold == f] = fitted.predict(X[fold == f])
        mean = mean + fitted.predict_proba(X_test)
    predicted = fitted.classes_[mean.argmax(axis=1)]
    macro_f1 = partial(f1_score, average="macro")
    return macro_f1(y, held_out), macro_f1(y_test, predicted)


def side_by_side(function, calls, n_jobs=2):
    """Make independent calls in processes of one thread each; results in order."""
    with joblib.parallel_config("loky", inner_max_num_threads=1):
        return joblib.Parallel(n_jobs=n_jobs)(joblib.delayed(function)(*call) for call in calls)
