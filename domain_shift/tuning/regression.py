"""Regression of recipes from features, and the distance of two sets of clips in the predictions.

Regressors are fitted on mashups of known recipes. Two sets of clips are close if the predictions
for both have the same distribution, which does not depend on the songs in them.
"""

import numpy as np
from lightgbm import LGBMRegressor
from scipy.spatial import KDTree

from ...audio.levels import amplitude_to_db

_PITCH_MOVES = ("interpolate", "resample")
# In dB: the target for noise with a lower gain, and for no noise.
_SILENT_NOISE = -36.0
# In dB: added to the overdrive, so that its logarithm is finite.
_LEAST_OVERDRIVE = 0.1
_LEVELS = np.linspace(0.025, 0.975, 20)


def recipe_targets(recipe):
    """Return the targets of the regression: the audible parameters of a recipe.

    Parameters
    ----------
    recipe : Recipe

    Returns
    -------
    list of 5 float
        log2 of the overdrive in dB plus 0.1; log2 of the cutoff in Hz, half of the sample rate if
        there is none; the sum of the noise gains in dB, at least -36; and the standard deviation
        of log2 of the stems' rates, first if it moves the pitch, then if it moves the time only.
    """
    noise = sum(part.gain for part in recipe.noises)
    spread = float(np.std(np.log2([part.rate for part in recipe.stems])))
    moves_pitch = recipe.tempo in _PITCH_MOVES
    return [
        float(np.log2(recipe.overdrive + _LEAST_OVERDRIVE)),
        float(np.log2(recipe.lowpass or recipe.sr / 2)),
        max(amplitude_to_db(noise), _SILENT_NOISE) if noise > 0 else _SILENT_NOISE,
        spread if moves_pitch else 0.0,
        0.0 if moves_pitch else spread,
    ]


class RecipeRegressor:
    """Cross-fitted LightGBM regressors from features of clips to the targets of their recipes.

    One set of regressors is fitted on the mashups of even folds and predicts those of odd folds,
    and vice versa: predictions for mashups are as uncertain as those for test clips, whose songs
    are in no training mashup either.

    Attributes
    ----------
    halves_ : tuple of 2 lists of LGBMRegressor
        Those that predict the clips of even folds, and of odd folds; one per target.
    errors_ : ndarray of shape (n_targets,)
        Root mean squared errors of the cross-fitted predictions.
    """

    def fit(self, X, recipes):
        """Fit on mashups.

        Parameters
        ----------
        X : ndarray of shape (n_mashups, n_features)
        recipes : sequence of Recipe
            Of the mashups.

        Returns
        -------
        RecipeRegressor
            Itself.
        """
        y = _targets(recipes)
        parity = np.array([recipe.fold % 2 for recipe in recipes])
        self.halves_ = tuple(
            [_make_regressor().fit(X[parity != own], column[parity != own]) for column in y.T]
            for own in (0, 1)
        )
        self.errors_ = np.sqrt(np.mean((self.predict(X, parity) - y) ** 2, axis=0))
        return self

    def predict(self, X, folds):
        """Predict the targets of clips.

        Parameters
        ----------
        X : ndarray of shape (n_clips, n_features)
        folds : array-like of shape (n_clips,), int
            Clips of even folds are predicted by the regressors fitted on odd folds. Any numbers
            for clips that were not fitted on.

        Returns
        -------
        ndarray of shape (n_clips, n_targets)
        """
        parity = np.asarray(folds, dtype=int) % 2
        predictions = np.empty((len(X), len(self.halves_[0])))
        for own in np.unique(parity):
            rows = parity == own
            columns = [regressor.predict(X[rows]) for regressor in self.halves_[own]]
            predictions[rows] = np.column_stack(columns)
        return predictions


class NearestRecipeSurrogate:
    """Surrogate that predicts for a recipe what was predicted for the nearest rendered mashup.

    Distances are Euclidean, between standardised targets of the recipes.

    Parameters
    ----------
    recipes : sequence of Recipe
        Of the rendered mashups.
    predictions : ndarray of shape (n_recipes, n_targets)
        Of a :class:`RecipeRegressor` for these mashups.
    """

    def __init__(self, recipes, predictions):
        targets = _targets(recipes)
        scale = targets.std(axis=0)
        self._scale = np.where(scale > 0, scale, 1.0)
        self._tree = KDTree(targets / self._scale)
        self._predictions = predictions

    def predict(self, recipes):
        """Predict for recipes without rendering them: (n_recipes, n_targets)."""
        return self._predictions[self._tree.query(_targets(recipes) / self._scale)[1]]


def prediction_distance(predictions, target, errors):
    """Compute the distance of two sets of clips by their predicted targets.

    Parameters
    ----------
    predictions, target : ndarray of shape (n_clips, n_targets)
    errors : ndarray of shape (n_targets,)
        Of the regressor. Targets with error 0 are constant and are left out.

    Returns
    -------
    float
        Sum over the targets of the 1-Wasserstein distance, in units of the error.
    """
    differences = np.mean(np.abs(_quantiles(predictions) - _quantiles(target)), axis=0)
    varies = errors > 0
    return float(np.sum(differences[varies] / errors[varies]))


def _targets(recipes):
    return np.array([recipe_targets(recipe) for recipe in recipes])


def _quantiles(predictions):
    return np.quantile(predictions, _LEVELS, axis=0)


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
