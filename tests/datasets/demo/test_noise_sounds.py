"""Building blocks of noise, on signals with known properties."""

import numpy as np
import pytest

from stemstack.datasets.demo.noise_sounds import (
    band,
    coloured,
    decay,
    drift,
    mix_events,
    scattered,
    steady,
    tone,
)

SR = 8000


@pytest.mark.parametrize("slope", [0.0, 3.0, 6.0])
def test_coloured_noise_falls_by_its_slope(slope):
    power = np.abs(np.fft.rfft(coloured(2**17, np.random.default_rng(0), slope))) ** 2
    octaves = [power[2**k : 2 ** (k + 1)].mean() for k in range(10, 16)]
    falls = -np.diff(10 * np.log10(octaves))
    # The lowest octave averages 1024 bins: 3 % of power, 0.14 dB, twice; three sigmas of it.
    np.testing.assert_allclose(falls, slope, atol=0.6)


def test_tone_has_its_frequency():
    spectrum = np.abs(np.fft.rfft(tone(440.0, SR, SR)))
    assert spectrum.argmax() == 440


def test_decay_falls_by_60_db():
    np.testing.assert_allclose(decay(SR + 1, SR, 1.0)[[0, -1]], [1, 1e-3], rtol=1e-9)


@pytest.mark.parametrize(("low", "high"), [(None, 500), (500, None), (500, 9999), (500, 1000)])
def test_band_attenuates_outside_its_limits(low, high):
    power = np.abs(np.fft.rfft(band(np.random.default_rng(0).standard_normal(SR), SR, low, high)))
    inside = power[(low or 0) + 100 : min(high or SR, SR // 2) - 100].mean()
    outside = power[:150].mean() if low else power[2000:].mean()
    assert inside > 3 * outside


def test_events_are_mixed_and_cut_at_end():
    mixed = mix_events(
        10, 1, [(2.0, np.ones(3)), (4.0, np.ones(2)), (9.0, np.ones(5)), (12.0, np.ones(1))]
    )
    assert mixed.tolist() == [0, 0, 1, 1, 2, 1, 0, 0, 0, 1]


@pytest.mark.parametrize("seconds", [0.1, 1.0, 5.0])
def test_there_is_always_an_event(seconds):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        for starts in (steady(seconds, 1.0, rng), scattered(seconds, 0.1, rng)):
            assert len(starts)
            assert (starts >= 0).all()
            assert (starts < seconds).all()


def test_drift_stays_between_0_and_1():
    curve = drift(SR, SR, np.random.default_rng(0), 5)
    assert 0 <= curve.min() < curve.max() <= 1
