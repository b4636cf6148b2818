"""Loudness from the spectrum against pyloudnorm, which filters the samples."""

import numpy as np
import pyloudnorm
import pytest
from helpers.signals import sine
from signals import music_like

from stemstack.features import FAMILIES, ClipDescriptors
from stemstack.features.descriptors.loudness_range import k_weights


@pytest.mark.parametrize("sr", [16000, 22050, 44100])
def test_k_weighting_equals_pyloudnorm(sr):
    noise = 0.1 * np.random.default_rng(0).standard_normal(10 * sr)
    clip = ClipDescriptors(noise.astype(np.float32), sr)
    loudness = -0.691 + 10 * np.log10((k_weights(sr) @ clip.power).mean())
    # The first and last frames are half outside of the clip: 2 of 200 or more.
    assert loudness == pytest.approx(pyloudnorm.Meter(sr).integrated_loudness(noise), abs=0.1)


@pytest.mark.parametrize("sr", [50, 1000, 1500, 3000, 3001, 4000])
def test_low_rates_have_plausible_loudness(sr):
    weights = k_weights(sr)
    # By Parseval, a flat weighting is 2 / (2048 * 768); the pre-filter adds 4 dB at most.
    assert (weights >= 0).all() and weights.max() * 1024 * 768 <= 10**0.4 * (1 + 1e-6)
    tone = sine(sr / 5, amplitude=0.5, seconds=10.0, sr=sr)
    loudness_range, peak_to_loudness = FAMILIES["dynamics"](ClipDescriptors(tone, sr))
    # A sine's peak is 3 dB over its RMS, the offset 0.7 dB, and the filters are within -3 to 4 dB.
    assert loudness_range == pytest.approx(0, abs=0.2)
    assert -2 < peak_to_loudness < 8


def test_loudness_range_equals_pyloudnorm():
    music = music_like(seconds=30.0)
    music *= np.repeat([0.1, 0.5, 1.0], len(music) // 3).astype(np.float32)
    measured, _ = FAMILIES["dynamics"](ClipDescriptors(music, 22050))
    expected = pyloudnorm.Meter(22050).loudness_range(music)
    # Windows end on frames, 23 ms apart; pyloudnorm's every 90 ms, and in the silence appended.
    assert measured == pytest.approx(expected, abs=1.0)


def test_dynamics_of_a_steady_tone():
    loudness_range, peak_to_loudness = FAMILIES["dynamics"](
        ClipDescriptors(sine(997, seconds=10.0), 22050)
    )
    assert loudness_range == pytest.approx(0, abs=0.05)
    # A sine's peak is 3.01 dB over its RMS, and the weighting is 0 dB at 997 Hz.
    assert peak_to_loudness == pytest.approx(3.01, abs=0.1)


def test_silence_has_zero_dynamics():
    clip = ClipDescriptors(np.zeros(22050, np.float32), 22050)
    assert FAMILIES["dynamics"](clip).tolist() == [0, 0]
