"""Mixing: sums, speeds and signal-to-noise ratios with known results."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemstack.exceptions import DataError
from stemstack.mashups import NoisePart
from stemstack.mashups.rendering.kernels import active_rms
from stemstack.mashups.rendering.mixing import mix_sources

SR = 22050
TIME = np.arange(4 * SR) / SR


def level(clip):
    return 20 * np.log10(np.sqrt(np.mean(np.square(clip, dtype=np.float64))))


def peak_frequency(clip):
    spectrum = np.abs(np.fft.rfft(clip * np.hanning(len(clip)), 8 * len(clip)))
    return np.argmax(spectrum) * SR / (8 * len(clip))


def hiss(seed=0, seconds=2):
    return 0.1 * np.random.default_rng(seed).standard_normal(seconds * SR).clip(-4, 4)


@given(
    rate=st.floats(0.3, 3.0),
    gain=st.floats(0.0, 2.0),
    start=st.integers(0, 100),
    length=st.integers(1, 200),
)
def test_varispeed_ramp_is_a_ramp(make_source, make_recipe, rate, gain, start, length):
    source = make_source("ramp", np.arange(1000))
    recipe = make_recipe(length, rates=(rate,), gains=[gain], start=start)
    expected = gain * rate * (start + np.arange(length)) / 32768
    # atol: float32 of values up to 2000/32768, interpolated.
    np.testing.assert_allclose(mix_sources(recipe, (source,)), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("rate", [0.8, 1.3])
@pytest.mark.parametrize("tempo", ["interpolate", "resample"])
def test_interpolation_moves_pitch_with_speed(make_source, make_recipe, rate, tempo):
    source = make_source("sine", 0.5 * np.sin(2 * np.pi * 440 * TIME))
    recipe = make_recipe(2 * SR, rates=(rate,), start=SR // 2, tempo=tempo)
    mix = mix_sources(recipe, (source,))
    # atol: the width of a bin of the padded transform.
    np.testing.assert_allclose(peak_frequency(mix), 440 * rate, rtol=0, atol=0.1)
    # atol: in dB; linear interpolation dulls 440 Hz by less.
    np.testing.assert_allclose(level(mix), level(0.5 * np.sin(TIME * 2764.6)), rtol=0, atol=0.1)


@pytest.mark.parametrize("rate", [0.8, 1.3])
@pytest.mark.parametrize("tempo", ["stretch", "wsola"])
def test_stretch_keeps_pitch(make_source, make_recipe, rate, tempo):
    source = make_source("sine", 0.5 * np.sin(2 * np.pi * 440 * TIME))
    mix = mix_sources(make_recipe(2 * SR, rates=(rate,), tempo=tempo), (source,))
    assert len(mix) == 2 * SR
    # atol: a tenth of a semitone is 2.5 Hz.
    np.testing.assert_allclose(peak_frequency(mix), 440, rtol=0, atol=0.5)


@pytest.mark.parametrize("start", [0, 12345])
@pytest.mark.parametrize("rate", [0.8, 1.0, 1.25])
@pytest.mark.parametrize("tempo", ["interpolate", "resample", "stretch", "wsola"])
def test_clicks_are_at_scaled_times(make_source, make_recipe, tempo, rate, start):
    clicks = np.zeros(4 * SR)
    clicks[SR::SR] = 0.9
    length = int(4 * SR / rate) - start - SR // 2
    recipe = make_recipe(length, rates=(rate,), start=start, tempo=tempo)
    mix = np.abs(mix_sources(recipe, (make_source("clicks", clicks),)))
    for expected in np.arange(SR, 3 * SR, SR) / rate - start:
        around = int(expected) - SR // 10
        found = around + np.argmax(mix[around : around + SR // 5])
        # WSOLA searches within 12 ms of the source.
        assert abs(found - expected) <= (0.016 if tempo == "wsola" else 0.001) * SR


@pytest.mark.parametrize("tempo", ["stretch", "wsola"])
def test_stretch_is_repeatable(make_source, make_recipe, tempo):
    source = make_source("hiss", hiss())
    recipe = make_recipe(SR, rates=(1.1,), tempo=tempo)
    first = mix_sources(recipe, (source,))
    np.testing.assert_array_equal(first, mix_sources(recipe, (source,)))


def test_mix_is_sum_of_scaled_parts(make_source, make_recipe):
    stem, noise = make_source("stem", np.full(100, 1000)), make_source("short", np.full(10, 3000))
    recipe = make_recipe(50, gains=[0.5], noises=(NoisePart("noise", 45, 2.0),))
    expected = np.r_[np.full(45, 500), np.full(5, 6500)] / 32768
    # rtol: float32 products.
    np.testing.assert_allclose(mix_sources(recipe, (stem, noise)), expected, rtol=1e-6)


@given(snr=st.floats(-20, 30), start=st.integers(0, SR), tile=st.booleans(), banded=st.booleans())
def test_snr_of_noise_is_as_in_recipe(make_source, make_recipe, snr, start, tile, banded):
    sources = (make_source("stem", hiss(1)), make_source("noise", hiss(2, seconds=1)))
    band = (500.0, 2000.0) if banded else None
    recipe = make_recipe(2 * SR, noises=(NoisePart("n", start % SR, None, snr, tile, band),))
    stems = mix_sources(replace(recipe, noises=()), sources[:1])
    noise = mix_sources(recipe, sources) - stems
    audible = noise if tile else noise[start % SR : start % SR + SR]
    # atol: in dB; rounding of the subtraction in float32.
    np.testing.assert_allclose(level(stems) - level(audible), snr, rtol=0, atol=0.1)


def test_tiled_noise_repeats(make_source, make_recipe):
    sources = (make_source("zeros", np.zeros(100)), make_source("four", np.arange(4) * 1000))
    recipe = make_recipe(10, noises=(NoisePart("n", 3, 1.0, tile=True),))
    # rtol: float32 products.
    np.testing.assert_allclose(
        mix_sources(recipe, sources) * 32.768, [3, 0, 1, 2, 3, 0, 1, 2, 3, 0], rtol=1e-6
    )


def test_banded_noise_has_power_in_its_band(make_source, make_recipe):
    sources = (make_source("zeros", np.zeros(2 * SR)), make_source("noise", hiss()))
    recipe = make_recipe(2 * SR, noises=(NoisePart("n", 0, 1.0, band=(500.0, 2000.0)),))
    power = np.abs(np.fft.rfft(mix_sources(recipe, sources))) ** 2
    hertz = np.fft.rfftfreq(2 * SR, 1 / SR)
    within = (hertz > 250) & (hertz < 4000)
    assert power[~within].sum() < 1e-4 * power[within].sum()


@pytest.mark.parametrize("silent", ["stem", "noise"])
def test_snr_is_ignored_for_silence(make_source, make_recipe, silent):
    names = {"stem": hiss(1), "noise": hiss(2)} | {silent: 2 / 32768 * np.sign(hiss(3))}
    sources = [make_source(f"{silent}-{name}", samples) for name, samples in names.items()]
    recipe = make_recipe(SR, noises=(NoisePart("n", 0, None, 0.0),))
    expected = sources[0].read(0, SR) + sources[1].read(0, SR)
    # rtol: float32 sums.
    np.testing.assert_allclose(mix_sources(recipe, sources), expected, rtol=1e-6)


def half_silent(amplitude, hz, floor=0.0):
    """A tone of 2 s whose second half is silent, or fainter by a factor."""
    time = TIME[: 2 * SR]
    return amplitude * np.sin(2 * np.pi * hz * time) * np.where(time < 1, 1, floor)


@pytest.mark.parametrize(("floor", "power"), [(0.0, 1.0), (0.009, 1.0), (0.1, (1 + 0.01) / 2)])
def test_active_level_leaves_out_silent_half(floor, power):
    clip = half_silent(0.5, 500, floor).astype(np.float32)
    # The level of the first half, or of both where the second is less than 40 dB fainter. rel:
    # float32; frames of 20 ms hold ten periods.
    assert active_rms(clip, SR) ** 2 == pytest.approx(power * 0.5**2 / 2, rel=1e-4)
    assert active_rms(clip[:0], SR) == 0.0


@pytest.mark.parametrize("tile", [False, True])
def test_active_snr_ignores_silence(make_source, make_recipe, tile):
    sources = (make_source("gap", half_silent(0.4, 500)), make_source("dog", half_silent(0.1, 900)))

    def noise_level(active):
        part = NoisePart("n", 0, None, 12.0, tile, active=active)
        recipe = make_recipe(2 * SR, noises=(part,))
        stems = mix_sources(replace(recipe, noises=()), sources[:1])
        return level((mix_sources(recipe, sources) - stems)[: SR // 2])

    # Both halves are silent, so the ratio of the sounding halves is the same. atol: 16 bits.
    expected = level(0.4 * np.sin(2 * np.pi * 500 * TIME)) - 12
    np.testing.assert_allclose([noise_level(a) for a in (0, 1)], expected, rtol=0, atol=0.01)
    # A noise clip without silence is 3 dB fainter where half of the stems' mix counts as silence.
    sources = (sources[0], make_source("rain", 0.1 * np.sin(2 * np.pi * 900 * TIME[: 2 * SR])))
    np.testing.assert_allclose(
        [noise_level(False), noise_level(True)], [expected - 3.0103, expected], rtol=0, atol=0.01
    )


@pytest.mark.parametrize("fields", [{"start": 51}, {"start": -1}, {"rates": (2.05,)}])
def test_too_short_stem_raises(make_source, make_recipe, fields):
    source = make_source("hundred", np.arange(100))
    with pytest.raises(
        DataError, match=r"path0: the recipe reads samples .* there are 100; render"
    ):
        mix_sources(make_recipe(50, **fields), (source,))
