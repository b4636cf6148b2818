"""Reading recipes off clips: what is told by them is found, on songs that taught nothing of it."""

from dataclasses import replace

import numpy as np
import pytest

from stemstack.domain_shift.tuning.regression import (
    NearestRecipeSurrogate,
    RecipeRegressor,
    distance,
    recipe_targets,
)
from stemstack.domain_shift.tuning.sampler import FAMILIES, compute_fast_features
from stemstack.mashups.recipes import NoisePart, Recipe, StemPart

N_SONG = 20
STEM = StemPart(stem="drums", song="a", path="a.wav", rate=1.0, gain=1.0)
PLAIN = Recipe("m", "rock", 0, 22050, 0, 22050, (STEM, STEM))


@pytest.fixture(scope="module")
def world():
    """Draw recipes by an overdrive, and measurements that tell it beside what is the songs'."""
    rng = np.random.default_rng(0)

    def draw(n, most):
        recipes = [replace(PLAIN, fold=i % 4, overdrive=rng.uniform(0, most)) for i in range(n)]
        told = np.array([[recipe.overdrive] for recipe in recipes]) + 0.2 * rng.normal(size=(n, 3))
        return recipes, np.hstack([told, rng.normal(size=(n, N_SONG))])

    recipes, table = draw(400, 12)
    return draw, recipes, table, RecipeRegressor.learn(table, recipes)


def test_a_recipe_tells_what_it_does_to_the_sound():
    assert recipe_targets(PLAIN) == [np.log2(0.1), np.log2(11025), -36.0, 0.0, 0.0]
    fast = replace(STEM, rate=2.0)
    noise = NoisePart("n.wav", start=0, gain=0.25)
    full = replace(PLAIN, stems=(STEM, fast), noises=(noise, noise), lowpass=4096.0, overdrive=7.9)
    # rtol: exact but for the logarithms.
    np.testing.assert_allclose(recipe_targets(full), [3, 12, -6.0206, 0.5, 0], rtol=1e-5)
    assert recipe_targets(replace(full, tempo="stretch"))[3:] == [0.0, 0.5]
    faint = replace(noise, gain=1e-6)
    assert recipe_targets(replace(PLAIN, noises=(faint,)))[2] == -36.0


def test_it_reads_what_measurements_tell(world):
    draw, _, _, reader = world
    recipes, table = draw(200, 12)
    reads = reader.read(table, np.arange(200))
    truth = np.array([recipe_targets(recipe) for recipe in recipes])
    assert np.corrcoef(reads[:, 0], truth[:, 0])[0, 1] > 0.9
    error = np.sqrt(np.mean((reads - truth) ** 2, axis=0))
    # rtol: the error was measured on 400 clips of the other half, this on 200 new ones.
    np.testing.assert_allclose(reader.errors[0], error[0], rtol=0.4)
    # atol: what never varies is read without error, but for rounding.
    np.testing.assert_allclose(reader.errors[1:], 0, rtol=0, atol=1e-5)


def test_each_half_is_read_by_what_the_other_taught(world):
    _, recipes, table, reader = world
    folds = np.array([recipe.fold for recipe in recipes])
    strange = np.where(folds[:, None] % 2 == 0, table, 0.0)
    learnt = RecipeRegressor.learn(strange, recipes)
    np.testing.assert_array_equal(learnt.read(table, folds + 1), learnt.read(table, folds % 2 + 1))
    # The regressors of odd clips learnt on even ones, which are as they were.
    np.testing.assert_array_equal(
        learnt.read(table[folds % 2 == 1], np.ones(200)),
        reader.read(table[folds % 2 == 1], np.ones(200)),
    )


def test_the_distance_is_that_of_the_settings(world):
    draw, _, _, reader = world
    target, same, other = (
        reader.read(draw(200, most)[1], np.arange(200)) for most in (3.0, 3.0, 9.0)
    )
    assert distance(target, target, reader.errors) == 0
    assert distance(same, target, reader.errors) < 0.2 * distance(other, target, reader.errors)
    errors = np.array([0.5, 2.0, 0.0, 0.0, 0.0])
    # rtol: a shift of two facts by an error of reading each; rounding only.
    assert distance(target + errors, target, errors) == pytest.approx(2.0, rel=1e-9)


def test_stand_ins_foretell_what_would_be_read(world):
    draw, recipes, table, reader = world
    folds = [recipe.fold for recipe in recipes]
    stand_ins = NearestRecipeSurrogate(recipes, reader.read(table, folds))
    np.testing.assert_array_equal(stand_ins.read(recipes), reader.read(table, folds))
    fresh, rendered = draw(200, 5.0)
    target = reader.read(rendered, np.arange(200))
    near = distance(stand_ins.read(fresh), target, reader.errors)
    far = distance(stand_ins.read(draw(200, 12.0)[0]), target, reader.errors)
    assert near < 0.2 * far


def test_quick_descriptions_are_of_the_beginning():
    rng = np.random.default_rng(0)
    loud = 0.1 * rng.standard_normal(22050 * 10).astype(np.float32)
    longer = np.concatenate([loud, np.zeros(22050 * 2, np.float32)])
    table = compute_fast_features([loud, longer])
    assert table["duration"].tolist() == [10.0, 12.0]
    features = table.drop(columns=["duration", "rms_dbfs"])
    np.testing.assert_array_equal(features.iloc[0], features.iloc[1])
    assert all(any(name.startswith(family[:4]) for name in table) for family in FAMILIES[:-1])
