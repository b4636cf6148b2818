"""Harmonic and percussive parts against librosa, and signals that have only one of them."""

import librosa
import numpy as np
from helpers.signals import sine
from signals import music_like

from stemstack.features import FAMILIES, ClipDescriptors
from stemstack.features.descriptors.hpss import compute_hpss, separate


def test_parts_equal_librosa():
    magnitude = np.sqrt(librosa.feature.melspectrogram(y=music_like(seconds=5.0)))
    expected = librosa.decompose.hpss(magnitude, kernel_size=17)
    for part, other in zip(separate(magnitude), expected, strict=True):
        # Masks in float32, scaled differently before they are squared.
        np.testing.assert_allclose(part, other, rtol=1e-4, atol=1e-6)


def test_parts_sum_to_the_whole():
    magnitude = np.random.default_rng(0).uniform(0, 1, (40, 50)).astype(np.float32)
    # One float32 rounding.
    np.testing.assert_allclose(sum(separate(magnitude)), magnitude, rtol=1e-6)


def test_tone_is_harmonic_and_click_percussive():
    clicks = np.zeros(44100, np.float32)
    clicks[11025::11025] = 0.9
    tone = FAMILIES["hpss"](ClipDescriptors(sine(440, seconds=2.0), 22050))[0]
    click = FAMILIES["hpss"](ClipDescriptors(clicks, 22050))[0]
    # Without the edges of the tone, which are clicks.
    assert tone[10:-10].min() > 0.95
    assert click.max() < 0.05


def test_silence_has_zero_rows():
    np.testing.assert_array_equal(compute_hpss(np.zeros((128, 20), np.float32)), np.zeros((15, 20)))
