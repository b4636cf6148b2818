"""The dictionary of patterns, and the model over it."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_limits

from stemstack.models import Codebook, load_model, make_codebook, save_model
from stemstack.models.inspection import find_extractors


@parametrize_with_checks([Codebook(random_state=0)])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def patterned_rows(rng, pattern, n=30, n_patches=8):
    """Rows whose patches are noise and, every second one, a pattern."""
    patches = rng.normal(size=(n, n_patches, len(pattern)))
    patches[:, ::2] += 6 * pattern
    return patches.reshape(n, -1)


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    parts = [patterned_rows(rng, pattern) for pattern in np.eye(10)[:2]]
    return np.vstack(parts)


def test_patterns_separate_rows_that_hold_them(rows):
    encoded = Codebook(4, n_patches=8, random_state=0).fit_transform(rows)
    means = encoded[:, :4]
    # Some pattern resembles the rows of each half most: each is larger in all of them.
    assert any(means[:30, i].min() > means[30:, i].max() for i in range(4))
    assert any(means[30:, i].min() > means[:30, i].max() for i in range(4))


def test_means_and_deviations_are_those_of_the_patches(rows):
    codebook = Codebook(4, n_patches=8, random_state=0).fit(rows)
    patches = rows[:3].reshape(-1, 10) - codebook.mean_
    similarity = np.maximum(patches @ codebook.projection_, 0).reshape(3, 8, 4)
    expected = np.hstack([similarity.mean(axis=1), similarity.std(axis=1)])
    # rtol, atol: the mean is subtracted after the product.
    np.testing.assert_allclose(codebook.transform(rows[:3]), expected, rtol=1e-9, atol=1e-12)


def test_order_of_patches_does_not_matter(rows):
    codebook = Codebook(4, n_patches=8, random_state=0).fit(rows)
    encoded, turned = codebook.transform(rows), np.roll(rows, 30, axis=1)
    np.testing.assert_allclose(codebook.transform(turned), encoded, rtol=1e-9)
    assert (encoded.std(axis=0) > 0).all()


def test_fewer_patches_than_codes_are_all_patterns():
    X = np.random.default_rng(0).normal(size=(3, 20))
    assert Codebook(500, n_patches=2, random_state=0).fit_transform(X).shape == (3, 2 * 6)


def test_columns_must_divide_into_patches(rows):
    with pytest.raises(ValueError, match="80 features are not those of 7 patches"):
        Codebook(n_patches=7).fit(rows)


def test_dictionary_does_not_depend_on_threads(rows):
    found = []
    for limit in (1, 2):
        with threadpool_limits(limit):
            found.append(Codebook(4, n_patches=8, random_state=0).fit(rows).projection_)
    np.testing.assert_array_equal(*found)
    assert len(np.unique(found[0])) == found[0].size


def test_rows_alike_are_finite():
    encoded = Codebook(4, n_patches=2, random_state=0).fit_transform(np.ones((6, 20)))
    assert np.isfinite(encoded).all()


def test_saved_model_predicts_the_same(tmp_path):
    rng = np.random.default_rng(0)
    low = [np.repeat(rng.normal(size=2000), 4).astype(np.float32) for _ in range(6)]
    high = [rng.normal(size=8000).astype(np.float32) for _ in range(6)]
    model = make_codebook(sr=8000, n_codes=64).fit(low + high, ["low"] * 6 + ["high"] * 6)
    save_model(model, tmp_path / "model")
    loaded = load_model(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict_proba(low), model.predict_proba(low))
    assert loaded.predict(low + high).tolist() == ["low"] * 6 + ["high"] * 6
    assert [extractor.sr for extractor in find_extractors(loaded)] == [8000]
