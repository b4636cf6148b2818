"""Tuning, pitch classes and tonnetz of pure tones."""

import librosa
import numpy as np
import pytest
from helpers.signals import sine

from stemstack.features.descriptors.chroma import (
    compute_chroma,
    compute_tonnetz,
    estimate_tuning,
    pitch_class_filters,
)
from stemstack.features.kernels.spectrum import magnitude_spectrogram


@pytest.mark.parametrize("semitones", [-0.4, -0.1, 0.0, 0.25])
def test_tuning_of_a_mistuned_tone(semitones):
    magnitude = magnitude_spectrogram(sine(440 * 2 ** (semitones / 12)))
    # The parabola through three bins of power is off by some hundredths of a semitone.
    assert abs(estimate_tuning(magnitude, 22050) - semitones) < 0.05


@pytest.mark.parametrize(("frequency", "pitch_class"), [(440, 9), (261.63, 0), (783.99, 7)])
def test_tone_is_loudest_in_its_class(frequency, pitch_class):
    rows = compute_chroma(magnitude_spectrogram(sine(frequency)), 22050)
    assert (rows[:, 4:-4].argmax(axis=0) == pitch_class).all()
    np.testing.assert_array_equal(rows.max(axis=0), 1)


@pytest.mark.parametrize("sr", [8000, 22050, 48000])
@pytest.mark.parametrize("semitones", [-0.5, 0.0, 0.37])
def test_filters_equal_librosa(sr, semitones):
    expected = librosa.filters.chroma(sr=sr, n_fft=2048, tuning=semitones)
    np.testing.assert_allclose(pitch_class_filters(sr, semitones), expected, rtol=1e-6)


def test_silence_has_neither_pitch_nor_tuning():
    magnitude = np.zeros((1025, 5), np.float32)
    assert estimate_tuning(magnitude, 22050) == 0
    assert not compute_chroma(magnitude, 22050).any()
    assert not compute_tonnetz(compute_chroma(magnitude, 22050)).any()


def test_tonnetz_of_one_class_lies_on_the_circles():
    rows = compute_tonnetz(np.eye(12, dtype=np.float32))
    radii = np.hypot(rows[::2], rows[1::2])
    # Fifths and minor thirds have radius 1, major thirds 0.5; float32.
    np.testing.assert_allclose(radii, np.repeat([[1], [1], [0.5]], 12, axis=1), rtol=1e-5)
