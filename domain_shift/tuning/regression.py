"""Reading off a clip what was done to it, and how far two sets of clips are from each other in it.

Mashups by known recipes teach regressions from what is measured of a clip to its recipe. Two sets
of clips are close where the same is read off both, as often: that the songs differ is not in it.
"""

from dataclasses import dataclass

import numpy as np
from lightgbm import LGBMRegressor
from scipy.spatial import KDTree

from ...audio.levels import amplitude_to_db

_PITCH_MOVES = ("interpolate", "resample")
# In dB: noise below this, or none, is as good as the same.
_SILENT_NOISE = -36.0
# In dB: an overdrive this small is told from none.
_LEAST_OVERDRIVE = 0.1
_LEVELS = np.linspace(0.025, 0.975, 20)


def recipe_targets(recipe):
    """Tell what a recipe does to the sound of a mashup.

    Parameters
    ----------
    recipe : Recipe

    Returns
    -------
    list of 5 float
        Overdrive, as the binary logarithm of its dB and a little more; cutoff in octaves above
        1 Hz, half the sample rate where there is none; the sum of the noise gains in dB; and the
        standard deviation of the stems' rates in octaves, as far as it moves the pitch, and as far
        as it only moves the time.
    """
    noise = sum(part.gain for part in recipe.noises)
    spread = float(np.std(np.log2([part.rate for part in recipe.stems])))
    moved = recipe.tempo in _PITCH_MOVES
    return [
        float(np.log2(recipe.overdrive + _LEAST_OVERDRIVE)),
        float(np.log2(recipe.lowpass or recipe.sr / 2)),
        max(amplitude_to_db(noise), _SILENT_NOISE) if noise > 0 else _SILENT_NOISE,
        spread if moved else 0.0,
        0.0 if moved else spread,
    ]


@dataclass(frozen=True)
class RecipeRegressor:
    """Regressions from measurements of clips to the facts of their recipes.

    There are two of each, learnt on one half of the folds and used for the other: a song that
    taught one would be read too well by it, and test clips, whose songs taught neither, would
    differ.

    Attributes
    ----------
    halves : tuple of 2 lists of LGBMRegressor
        Those that read the clips of even folds, and of odd ones.
    errors : ndarray of shape (n_facts,)
        Root mean squares, on the other half.
    """

    halves: tuple
    errors: np.ndarray

    @classmethod
    def learn(cls, table, recipes):
        """Learn from mashups.

        Parameters
        ----------
        table : ndarray of shape (n_mashups, n_measurements)
        recipes : sequence of Recipe
            Theirs.

        Returns
        -------
        Reader
        """
        facts = _facts_of(recipes)
        half = np.array([recipe.fold % 2 for recipe in recipes])
        halves = tuple(
            [_make_regressor().fit(table[half != own], column[half != own]) for column in facts.T]
            for own in (0, 1)
        )
        reads = cls(halves, facts[0]).read(table, half)
        return cls(halves, np.sqrt(np.mean((reads - facts) ** 2, axis=0)))

    def read(self, table, folds):
        """Read clips.

        Parameters
        ----------
        table : ndarray of shape (n_clips, n_measurements)
        folds : array-like of shape (n_clips,), int
            Even or odd says which half reads a clip.

        Returns
        -------
        ndarray of shape (n_clips, n_facts)
        """
        half = np.asarray(folds, dtype=int) % 2
        reads = np.empty((len(table), len(self.errors)))
        for own in np.unique(half):
            rows = half == own
            reads[rows] = np.column_stack([m.predict(table[rows]) for m in self.halves[own]])
        return reads


class NearestRecipeSurrogate:
    """Foretells what is read off a mashup before it is rendered: what was read off its stand-in.

    The stand-in of a recipe is the mashup, of those that taught the reader, whose recipe does most
    nearly the same to it.

    Parameters
    ----------
    recipes : sequence of Recipe
    reads : ndarray of shape (n_recipes, n_facts)
        What a :class:`RecipeRegressor` read off mashups by them.
    """

    def __init__(self, recipes, reads):
        facts = _facts_of(recipes)
        scale = facts.std(axis=0)
        self._scale = np.where(scale > 0, scale, 1.0)
        self._tree = KDTree(facts / self._scale)
        self._reads = reads

    def read(self, recipes):
        """Foretell what would be read, as :meth:`RecipeRegressor.read` gives it."""
        return self._reads[self._tree.query(_facts_of(recipes) / self._scale)[1]]


def distance(ours, theirs, errors):
    """Measure how far two sets of clips are from each other in what is read off them.

    Parameters
    ----------
    ours, theirs : ndarray of shape (n_clips, n_facts)
    errors : ndarray of shape (n_facts,)
        Of reading; facts without are those that never vary, and are left out.

    Returns
    -------
    float
        Sum over the facts of the mean difference of the quantiles, in errors of reading: the
        distributions' 1-Wasserstein distance.
    """
    apart = np.mean(np.abs(_quantiles(ours) - _quantiles(theirs)), axis=0)
    known = errors > 0
    return float(np.sum(apart[known] / errors[known]))


def _facts_of(recipes):
    return np.array([recipe_targets(recipe) for recipe in recipes])


def _quantiles(reads):
    return np.quantile(reads, _LEVELS, axis=0)


def _make_regressor():
    return LGBMRegressor(
        n_estimators=120,
        learning_rate=0.08,
        num_leaves=15,
        colsample_bytree=0.3,
        subsample=0.8,
        subsample_freq=1,
        random_state=0,
        deterministic=True,
        force_row_wise=True,
        n_jobs=1,
        verbose=-1,
    )
