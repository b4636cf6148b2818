"""Recipe regression: cross-fitting, errors, distances, and the surrogate."""

from dataclasses import replace

import numpy as np
import pytest

from stemstack.domain_shift.tuning.regression import (
    NearestRecipeSurrogate,
    RecipeRegressor,
    prediction_distance,
    recipe_targets,
)
from stemstack.mashups.recipes import NoisePart, Recipe, StemPart

N_SONG_FEATURES = 20
STEM = StemPart(stem="drums", song="a", path="a.wav", rate=1.0, gain=1.0)
PLAIN = Recipe("m", "rock", 0, 22050, 0, 22050, (STEM, STEM))


@pytest.fixture(scope="module")
def simulation():
    """Recipes of random overdrive, with features that depend on it and features of the song."""
    rng = np.random.default_rng(0)

    def sample(n, most):
        recipes = [replace(PLAIN, fold=i % 4, overdrive=rng.uniform(0, most)) for i in range(n)]
        informative = np.array([[r.overdrive] for r in recipes]) + 0.2 * rng.normal(size=(n, 3))
        return recipes, np.hstack([informative, rng.normal(size=(n, N_SONG_FEATURES))])

    recipes, X = sample(400, 12)
    return sample, recipes, X, RecipeRegressor().fit(X, recipes)


def test_targets_of_recipes():
    assert recipe_targets(PLAIN) == [np.log2(0.1), np.log2(11025), -36.0, 0.0, 0.0]
    fast = replace(STEM, rate=2.0)
    noise = NoisePart("n.wav", start=0, gain=0.25)
    full = replace(PLAIN, stems=(STEM, fast), noises=(noise, noise), lowpass=4096.0, overdrive=7.9)
    # rtol: rounding of the logarithms.
    np.testing.assert_allclose(recipe_targets(full), [3, 12, -6.0206, 0.5, 0], rtol=1e-5)
    assert recipe_targets(replace(full, tempo="stretch"))[3:] == [0.0, 0.5]
    faint = replace(noise, gain=1e-6)
    assert recipe_targets(replace(PLAIN, noises=(faint,)))[2] == -36.0


def test_informative_features_predict_their_target(simulation):
    sample, _, _, regressor = simulation
    recipes, X = sample(200, 12)
    predictions = regressor.predict(X, np.arange(200))
    y_true = np.array([recipe_targets(recipe) for recipe in recipes])
    assert np.corrcoef(predictions[:, 0], y_true[:, 0])[0, 1] > 0.9
    error = np.sqrt(np.mean((predictions - y_true) ** 2, axis=0))
    # rtol: errors_ is of 400 cross-fitted clips, this error of 200 new ones.
    np.testing.assert_allclose(regressor.errors_[0], error[0], rtol=0.4)
    # atol: constant targets are predicted without error, except for rounding.
    np.testing.assert_allclose(regressor.errors_[1:], 0, rtol=0, atol=1e-5)


def test_odd_folds_are_predicted_from_even_folds(simulation):
    _, recipes, X, regressor = simulation
    folds = np.array([recipe.fold for recipe in recipes])
    # Without the features of odd folds, the regressors fitted on even folds are the same.
    changed = RecipeRegressor().fit(np.where(folds[:, None] % 2 == 0, X, 0.0), recipes)
    odd = X[folds % 2 == 1]
    np.testing.assert_array_equal(
        changed.predict(odd, np.ones(200)), regressor.predict(odd, np.ones(200))
    )
    assert (changed.predict(odd, np.zeros(200)) != regressor.predict(odd, np.zeros(200))).any()
    np.testing.assert_array_equal(regressor.predict(X, folds + 2), regressor.predict(X, folds))


def test_distance_follows_the_settings(simulation):
    sample, _, _, regressor = simulation
    target, same, other = (
        regressor.predict(sample(200, most)[1], np.arange(200)) for most in (3.0, 3.0, 9.0)
    )
    errors = regressor.errors_
    assert prediction_distance(target, target, errors) == 0
    near, far = (prediction_distance(one, target, errors) for one in (same, other))
    assert near < 0.2 * far
    errors = np.array([0.5, 2.0, 0.0, 0.0, 0.0])
    # rtol: rounding; two targets shifted by one error each.
    assert prediction_distance(target + errors, target, errors) == pytest.approx(2.0, rel=1e-9)


def test_surrogate_estimates_predictions_of_new_recipes(simulation):
    sample, recipes, X, regressor = simulation
    predictions = regressor.predict(X, [recipe.fold for recipe in recipes])
    surrogate = NearestRecipeSurrogate(recipes, predictions)
    np.testing.assert_array_equal(surrogate.predict(recipes), predictions)
    new, rendered = sample(200, 5.0)
    target = regressor.predict(rendered, np.arange(200))
    near, far = (
        prediction_distance(surrogate.predict(one), target, regressor.errors_)
        for one in (new, sample(200, 12.0)[0])
    )
    assert near < 0.2 * far
