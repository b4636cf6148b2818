"""WSOLA: pitch, times and levels in closed form, and bounds in the interpreter."""

import numpy as np
import pytest
from helpers.signals import sine
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from stemstack.mashups.rendering import wsola as module
from stemstack.mashups.rendering.wsola import wsola

SR = 22050
KERNELS = ("_overlap_add", "_most_similar", "_block_means", "_best_lag", "_correlate")


def hiss(n_samples, seed=0):
    return np.float32(0.1) * np.random.default_rng(seed).standard_normal(n_samples, np.float32)


def peak_frequency(clip, sr):
    spectrum = np.abs(np.fft.rfft(clip * np.hanning(len(clip)), 4 * len(clip)))
    return np.argmax(spectrum) * sr / (4 * len(clip))


@pytest.mark.parametrize("sr", [8000, 22050, 44100])
@pytest.mark.parametrize("rate", [0.5, 0.8, 1.25, 2.0])
@pytest.mark.parametrize("hz", [55.0, 440.0, 1760.0])
def test_sine_has_its_frequency_and_level(hz, rate, sr):
    clip = wsola(sine(hz, seconds=4.0, sr=sr), rate, sr)
    assert clip.shape == (round(4 * sr / rate),) and clip.dtype == np.float32
    # The last frame fades out.
    middle = clip[sr // 10 : -sr // 10]
    # rel: frames are joined at the nearest sample, which shifts 55 Hz at 8 kHz by 0.25 %.
    assert peak_frequency(middle, sr) == pytest.approx(hz, rel=0.001 if sr > 8000 else 0.003)
    # abs: in dB.
    assert 20 * np.log10(np.std(middle) / 0.5 * np.sqrt(2)) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("rate", [0.5, 0.8, 1.25, 2.0])
def test_clicks_are_at_scaled_times(rate):
    times = np.arange(SR // 2, 20 * SR, SR // 2)
    # Noise, in which the search finds other positions than the nominal ones.
    clicks = np.float32(0.01) * hiss(20 * SR)
    clicks[times] = 0.9
    clip = np.abs(wsola(clicks, rate, SR))
    # The search and half a frame; where a click has more than half of its level, half as much.
    for level, seconds in ((0.03, 0.023), (0.45, 0.0115)):
        found = np.flatnonzero(clip > level) * rate
        distances = np.abs(found[:, None] - times) / SR
        bound = 0.0122 + seconds * abs(rate - 1)
        assert distances.min(axis=1).max() <= bound
        # At higher rates, cross-fades lose clicks.
        if rate < 1:
            assert distances.min(axis=0).max() <= bound


@given(n_samples=st.integers(0, 5000), sr=st.sampled_from([1000, 8000, SR, 48000]))
def test_rate_of_one_returns_input(n_samples, sr):
    clip = hiss(n_samples)
    np.testing.assert_array_equal(wsola(clip, 1.0, sr), clip)


@pytest.mark.parametrize("rate", [0.7, 0.9, 1.1, 1.4])
def test_noise_keeps_its_level(rate):
    clip = hiss(10 * SR)
    change = 20 * np.log10(np.std(wsola(clip, rate, SR)) / np.std(clip))
    # Half a dB is lost in cross-fades of what does not correlate.
    assert -1 < change < 0.1


@given(
    n_samples=st.integers(0, 3000),
    rate=st.floats(0.01, 100) | st.sampled_from([0.5, 1.0, 2.0]),
    sr=st.integers(1, 400_000),
    silent=st.booleans(),
)
def test_any_input_has_its_length(n_samples, rate, sr, silent):
    clip = np.zeros(n_samples, np.float32) if silent else hiss(n_samples)
    found = wsola(clip, rate, sr)
    assert found.shape == (round(n_samples / rate),)
    # Cross-fades do not exceed what they join.
    assert np.abs(found).max(initial=0) <= np.abs(clip).max(initial=0) * (1 + 1e-6)


def check_bounds(clip, rate, sr):
    compiled = wsola(clip, rate, sr)
    with pytest.MonkeyPatch.context() as patch:
        for name in KERNELS:
            patch.setattr(module, name, getattr(module, name).py_func)
        # NumPy checks the bounds of indices; slices that are too short fail at the next index.
        interpreted = wsola(clip, rate, sr)
    # atol: float32 products are rounded alike, but for the types of intermediate sums.
    np.testing.assert_allclose(interpreted, compiled, rtol=0, atol=1e-6)


@given(
    n_samples=st.integers(0, 200),
    rate=st.floats(0.2, 5) | st.floats(1, 300),
    sr=st.integers(1, 12_000),
)
@hypothesis_settings(max_examples=60)
def test_interpreted_kernels_stay_within_bounds(n_samples, rate, sr):
    check_bounds(hiss(n_samples), rate, sr)


@pytest.mark.parametrize(("sr", "rate"), [(SR, 0.8), (SR, 1.7), (48000, 1.25)])
def test_common_rates_stay_within_bounds(sr, rate):
    # A search on means of four and of eight samples; the last frame is not full.
    check_bounds(hiss(sr // 10), rate, sr)


def test_silence_is_read_at_the_rate():
    clip = np.zeros(SR, np.float32)
    clip[:10] = 0.5
    # Nothing is to be matched, so the search for similarity moves nothing.
    assert not wsola(clip, 1.3, SR)[round(0.05 * SR) :].any()
