"""The data set and the clips of a finished run, found again for its report."""

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from ..datasets import local_data, read_data
from ..exceptions import DataError
from ..mashups import Mashup, Settings, load_mashups, read_recipes, song_recipes
from ..utils.resources import Resources
from .test_clips import from_test_table
from .training_clips import convert_sources


def data_path(run, *, cache, progress):
    """Say where the data set of a run is.

    Parameters
    ----------
    run : Run
    cache : Path
    progress : NullProgress

    Returns
    -------
    Path
        Where it was at the fit; of a URL, where it is mirrored in the cache.

    Raises
    ------
    DataError
        It is not there.
    """
    path = local_data(run.config.data, cache, progress=progress)
    if not path.exists():
        raise DataError(
            f"The data set {path.absolute()} is not there: put it back, or set 'data' in "
            f"{run.config_path} to where it is."
        )
    return path


def open_data(run, *, cache, progress):
    """Read the data set of a run: a DataSet.

    Raises
    ------
    DataError
        It is not there, or no longer what it was.
    """
    config = run.config
    path = data_path(run, cache=cache, progress=progress)
    return read_data(path, stems=config.stems, allow_missing_stems=config.allow_missing_stems)


def recipes_of(run):
    """Read the recipes of a run's mashups.

    Parameters
    ----------
    run : Run

    Returns
    -------
    dict of str to Recipe
        By id; empty for a run on clips as they are.

    Raises
    ------
    DataError
        They are of another version.
    """
    path = run.path / "recipes.parquet"
    return {recipe.id: recipe for recipe in read_recipes(path)} if path.exists() else {}


def find_training(data, recipes, ids, *, cache, n_jobs, progress):
    """Find training clips, converting no more files than they are made of.

    Parameters
    ----------
    data : DataSet
    recipes : dict of str to Recipe
    ids : sequence of str
        As in the table of out-of-fold predictions.
    cache : Path
    n_jobs : int or None
    progress : NullProgress

    Returns
    -------
    list of clips

    Raises
    ------
    DataError
        A clip, or a file it is made of, is not there.
    """
    if not recipes:
        paths = dict(zip(data.train["clip"], data.train["path"], strict=True))
        return [str(data.root / _take(paths, i, data)) for i in ids]
    wanted = [_take(recipes, i, data) for i in ids]
    return load_mashups(wanted, data.root, Resources(cache, n_jobs, progress))


def find_test(data, ids):
    """Find test clips by their ids: a list of paths.

    Raises
    ------
    DataError
        A clip is not in ``test.csv``.
    """
    test = from_test_table(data)
    paths = dict(zip(test.ids, test.paths, strict=True))
    return [_take(paths, i, data) for i in ids]


def _take(known, name, data):
    try:
        return known[name]
    except KeyError:
        raise DataError(f"{data.root}: knows no clip {name!r}; it has changed") from None


def labelled_clips(data, *, cache, n_jobs, progress):
    """List the training clips of a data set and its test clips.

    Songs in stems come as the plain sum of their stems.

    Parameters
    ----------
    data : DataSet
    cache : Path
    n_jobs : int or None
    progress : NullProgress

    Returns
    -------
    table : DataFrame
        Columns ``clip, label, split`` (``train`` or ``test``); test clips have no label.
    clips : list of clips
    """
    if data.has_stems:
        settings = Settings(stems=data.stems)
        source_store = convert_sources(
            data, settings, cache=cache, n_jobs=n_jobs, progress=progress
        )
        recipes = song_recipes(data.train, source_store, settings)
        clips = [Mashup.from_recipe(recipe, source_store) for recipe in recipes]
        train = data.train[["song", "label"]].rename(columns={"song": "clip"})
    else:
        clips = [str(data.root / path) for path in data.train["path"]]
        train = data.train[["clip", "label"]]
    tables = [train.assign(split="train")]
    if data.test is not None:
        clips += [str(data.root / path) for path in data.test["path"]]
        tables.append(pd.DataFrame({"clip": data.test["path"], "label": None, "split": "test"}))
    return pd.concat(tables, ignore_index=True), clips


def groups_of(run):
    """Number the groups of a run's training clips that share songs.

    Parameters
    ----------
    run : Run

    Returns
    -------
    ndarray of shape (n,)
    """
    recipes = run.path / "recipes.parquet"
    known = read_recipes(recipes) if recipes.exists() else []
    # Clips that are no mashups stand in folds.parquet themselves, with their groups.
    return clip_groups(run.read_table("folds"), known)


def clip_groups(table, recipes):
    """Number the groups of clips that share songs, directly or through other clips.

    Parameters
    ----------
    table : DataFrame
        Column ``group``, looked at where there are no recipes.
    recipes : sequence of Recipe
        Of the clips in order; empty where they are no mashups.

    Returns
    -------
    ndarray of shape (n,)
    """
    if not recipes:
        return table["group"].to_numpy()
    pairs = [(i, part.song) for i, recipe in enumerate(recipes) for part in recipe.stems]
    rows, songs = zip(*pairs, strict=True)
    _, columns = np.unique(songs, return_inverse=True)
    shape = len(recipes), columns.max() + 1
    holds = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=shape).tocsr()
    return connected_components(holds @ holds.T, directed=False)[1]
