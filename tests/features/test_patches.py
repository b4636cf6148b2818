"""Patches of the log-mel spectrogram."""

import numpy as np
import pytest
import scipy.fft
from sklearn.utils.estimator_checks import parametrize_with_checks

from stemstack.exceptions import UsageError
from stemstack.features import PatchFeatures, extract_batches
from stemstack.features.descriptors.mel import mel_spectrogram, power_to_db
from stemstack.features.kernels.spectrum import magnitude_spectrogram
from stemstack.features.patches import N_PATCHES, PatchExtractor

SR = 22050


@parametrize_with_checks([PatchFeatures()])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def noise():
    return 0.1 * np.random.default_rng(0).standard_normal(3 * SR).astype(np.float32)


def test_patches_are_those_of_the_spectrogram(noise):
    rows = PatchExtractor()(noise).reshape(N_PATCHES, 95)
    log_mel = power_to_db(mel_spectrogram(magnitude_spectrogram(noise, "fast"), SR, n_mels=40))
    for row, patch in ((rows[0], log_mel[:, :16]), (rows[-1], log_mel[:, -16:])):
        expected = scipy.fft.dctn(patch, norm="ortho")[:16, :6].ravel()[1:]
        # atol: float32 sums of numbers around 100.
        np.testing.assert_allclose(row, expected, atol=1e-2)


def test_gain_changes_nothing(noise):
    assert np.abs(PatchExtractor()(noise) - PatchExtractor()(noise[::-1])).max() > 1
    # atol: rounding of float32 decibels.
    np.testing.assert_allclose(PatchExtractor()(noise), PatchExtractor()(0.25 * noise), atol=1e-2)


@pytest.mark.parametrize("n_samples", [1, 100, 8000])
def test_short_and_silent_clips_have_finite_patches(n_samples, noise):
    extractor = PatchExtractor()
    assert np.isfinite(extractor(noise[:n_samples])).all() and extractor(noise[:n_samples]).any()
    assert not extractor(np.zeros(n_samples, np.float32)).any()


def test_patches_are_the_same_stored_and_shared(noise, tmp_path):
    clips, extractor = [noise[1000 * i :] for i in range(12)], PatchExtractor()
    tables = [
        next(extract_batches(clips, extractor, n_jobs=jobs, cache=cache))[0]
        for jobs, cache in ((1, None), (2, tmp_path), (1, tmp_path))
    ]
    assert all(table.equals(tables[0]) for table in tables[1:])
    assert not tables[0].duplicated().any()
    assert list(tmp_path.glob("patches-v1-22050hz/*"))


def test_wrong_rate_is_named(noise):
    with pytest.raises(UsageError, match=r"'sr' parameter must be a rate in Hz\. Got -1"):
        PatchFeatures(sr=-1).fit([noise])
