"""Mastering: levels, silence, cutoffs, and alignment of codecs."""

import numpy as np
import pyloudnorm
import pytest
import scipy.signal
import soundfile
from helpers.signals import sine
from hypothesis import given, settings
from hypothesis import strategies as st

from stemstack.mashups.rendering.kernels import rms
from stemstack.mashups.rendering.mastering import (
    apply_codec,
    low_pass,
    master,
    normalise,
    quantise,
)
from stemstack.mashups.rendering.mixing import band_pass

SR = 22050


def hiss(seconds=2.0, level=0.05, seed=0):
    noise = level * np.random.default_rng(seed).standard_normal(round(seconds * SR))
    return noise.astype(np.float32)


@given(peak=st.floats(0.1, 1), level=st.floats(0.001, 0.3))
def test_peak_is_normalised(peak, level):
    clip = normalise(hiss(0.1, level), "peak", peak, SR)
    # rtol: float32.
    np.testing.assert_allclose(np.abs(clip).max(), peak, rtol=1e-6)


@given(target=st.floats(-40, -3), level=st.floats(0.001, 0.3))
def test_rms_is_normalised(target, level):
    clip = normalise(hiss(0.2, level), "rms", target, SR)
    # atol: in dB, of float32.
    np.testing.assert_allclose(20 * np.log10(rms(clip)), target, rtol=0, atol=1e-4)


@pytest.mark.parametrize("seconds", [0.5, 3])
def test_loudness_is_normalised(seconds):
    clip = normalise(hiss(seconds), "lufs", -20.0, SR)
    found = pyloudnorm.Meter(SR).integrated_loudness(clip.astype(np.float64))
    # atol: in LU; rounding may move a block across the relative gate.
    np.testing.assert_allclose(found, -20, rtol=0, atol=0.01)


@pytest.mark.parametrize("level", [0, 1e-5, 6e-5])
@pytest.mark.parametrize("how", ["peak", "rms", "lufs", "none"])
def test_silence_is_not_amplified(how, level):
    clip = level * np.sign(hiss())
    np.testing.assert_array_equal(normalise(clip.copy(), how, -1.0 + 2 * (how == "peak"), SR), clip)


def test_faint_click_is_not_amplified_by_rms():
    clip = np.zeros(2 * SR, dtype=np.float32)
    clip[SR] = 0.01
    np.testing.assert_array_equal(normalise(clip.copy(), "rms", -17.0, SR), clip)


def test_quantise_clips_and_rounds():
    np.testing.assert_array_equal(
        quantise(np.float32([-2, -1, -0.5, 0, 1e-9, 0.5, 1, 2])),
        [-32767, -32767, -16384, 0, 0, 16384, 32767, 32767],
    )


def test_overdrive_clips_a_sine(make_recipe):
    clip = sine(100, 0.3)
    plain = master(clip, make_recipe(SR, normalize="peak", level=1.0))
    driven = master(clip, make_recipe(SR, normalize="peak", level=1.0, overdrive=6.0206))
    assert np.mean(plain == 32767) < 0.01
    # A sine of amplitude 2 is beyond 1 in a third of each half. atol: of a period of 220 samples.
    np.testing.assert_allclose(np.mean(driven == 32767), 1 / 3, rtol=0, atol=0.02)


@pytest.mark.parametrize("cutoff", [2000.0, 4567.0, 8000.0])
def test_low_pass_removes_frequencies_above_cutoff(cutoff):
    clip, window = hiss(), np.hanning(2 * SR)
    power = np.abs(np.fft.rfft(window * low_pass(clip, SR, cutoff))) ** 2
    before = np.abs(np.fft.rfft(window * clip)) ** 2
    hertz = np.fft.rfftfreq(len(clip), 1 / SR)
    above, below = hertz > 1.02 * cutoff, hertz < 0.85 * cutoff
    assert power[above].sum() < 1e-6 * before[above].sum()
    # rtol: the passband's ripple.
    np.testing.assert_allclose(power[below].sum(), before[below].sum(), rtol=0.001)


def test_low_pass_at_nyquist_returns_clip():
    assert low_pass(clip := hiss(), SR, SR / 2) is clip


def test_band_pass_edges_beyond_nyquist():
    assert not band_pass(hiss(), SR, (20000.0, 30000.0)).any()
    power = np.abs(np.fft.rfft(band_pass(hiss(), SR, (4000.0, 20000.0)))) ** 2
    hertz = np.fft.rfftfreq(2 * SR, 1 / SR)
    assert power[hertz < 2000].sum() < 1e-4 * power[hertz > 8000].sum()


@pytest.mark.parametrize(("frequency", "gain"), [(1000, 0.5), (2000, 1.0), (4000, 0.5)])
def test_band_pass_halves_amplitude_at_edges(frequency, gain):
    clip = sine(frequency)
    found = band_pass(clip, SR, (1000.0, 4000.0))
    # Without delay. rtol: 2000 Hz is the centre; the ends, where the filter settles, are left out.
    np.testing.assert_allclose(found[2000:-2000], gain * clip[2000:-2000], rtol=0, atol=1e-3)


@pytest.mark.parametrize("band", [(1000.0, 6000.0), (200.0, 900.0), (8000.0, 11000.0), (60.0, 2e4)])
def test_band_pass_equals_scipy_away_from_the_ends(band):
    clip = hiss()
    edges, kind = (band[0], "highpass") if band[1] > SR / 2 else (band, "bandpass")
    sections = scipy.signal.butter(4, edges, kind, fs=SR, output="sos")
    expected = scipy.signal.sosfiltfilt(sections, clip.astype(float))
    inside = slice(SR // 4, -SR // 4)
    # atol: float32 of a level of 0.05.
    np.testing.assert_allclose(band_pass(clip, SR, band)[inside], expected[inside], atol=3e-7)


@pytest.mark.parametrize("n_samples", [1, 2, 5, 4000])
def test_band_pass_of_an_impulse_is_symmetric(n_samples):
    impulse = np.zeros(2 * n_samples + 1, np.float32)
    impulse[n_samples] = 1.0
    found = band_pass(impulse, SR, (1000.0, 4000.0))
    assert found.dtype == np.float32 and found.argmax() == n_samples
    np.testing.assert_allclose(found, found[::-1], atol=1e-6)
    if n_samples == 4000:
        # Of all frequencies a sixth and a half, as the response at the edges is a half.
        hertz = np.fft.rfftfreq(len(found), 1 / SR)
        gains = np.interp([200, 1000, 2000, 4000, 9000], hertz, np.abs(np.fft.rfft(found)))
        np.testing.assert_allclose(gains, [0, 0.5, 1, 0.5, 0], atol=0.002)


@pytest.mark.parametrize("codec", ["mp3", "ogg"])
@pytest.mark.parametrize("n_samples", [1, 1000, 2 * SR + 1])
def test_codec_keeps_length_and_alignment(codec, n_samples):
    clip = hiss(3)[:n_samples].copy()
    clip[n_samples // 2] = 0.9
    coded = apply_codec(clip, SR, codec, 0.9)
    assert len(coded) == n_samples and coded.dtype == np.float32
    np.testing.assert_array_equal(coded, apply_codec(clip, SR, codec, 0.9))
    if n_samples > 1000:
        assert np.argmax(np.correlate(coded, clip[100:-100], "valid")) == 100
        assert np.argmax(coded) == n_samples // 2


@settings(deadline=None, max_examples=30)
@given(
    sr=st.sampled_from([8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000]),
    n_samples=st.integers(1, 30_000),
    quality=st.floats(0, 1),
)
def test_mp3_of_any_rate_is_aligned_and_complete(sr, n_samples, quality):
    clip = 0.3 * np.sin(np.arange(n_samples, dtype=np.float32) * 0.2)
    coded = apply_codec(clip, sr, "mp3", quality)
    assert coded.shape == clip.shape
    # A shift by one sample would leave an error of -14 dB.
    middle = slice(n_samples // 4, None)
    if n_samples > 4000:
        assert rms(coded[middle] - clip[middle]) < 0.1 * rms(clip[middle])


@pytest.mark.parametrize("quality, kbps", [(0, 24), (0.5, 56), (1, 80)])
def test_mp3_has_a_constant_bit_rate(quality, kbps, monkeypatch):
    files, read = [], soundfile.read
    monkeypatch.setattr(
        soundfile, "read", lambda file, **kw: files.append(len(file.getvalue())) or read(file, **kw)
    )
    apply_codec(hiss(8), SR, "mp3", quality)
    assert files[0] * 8 / (8 * 1000) == pytest.approx(kbps, rel=0.02)


@pytest.mark.parametrize("codec", ["mp3", "ogg"])
def test_codec_error_falls_with_quality(codec):
    clip = hiss()
    errors = [rms(apply_codec(clip, SR, codec, quality) - clip) for quality in (0.0, 0.5, 1.0)]
    assert errors[0] > errors[1] > errors[2] > 0
