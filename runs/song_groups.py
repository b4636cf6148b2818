"""Which clips of a run are not independent: those that share a song."""

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from ..mashups import read_recipes


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
