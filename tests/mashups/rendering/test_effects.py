"""Effects: tilt, compression and reverberation against closed forms."""

import numpy as np
import pytest
from helpers.signals import sine
from hypothesis import given
from hypothesis import strategies as st

from stemstack.exceptions import DataError
from stemstack.mashups import AudioSource, Effect, Mashup, NoisePart, Recipe, Settings, StemPart
from stemstack.mashups.rendering.effects import (
    EFFECTS,
    apply_effects,
    compress,
    convolve,
    reverberate,
    tilt,
)
from stemstack.mashups.rendering.kernels import frame_power, hold_peaks, scale_smoothly
from stemstack.mashups.settings_checks import EFFECT_LIMITS

SR = 22050


def middle_rms(clip):
    """RMS without the ends, where filters have edges."""
    return np.sqrt(np.mean(clip[SR // 2 : -SR // 2] ** 2))


@pytest.mark.parametrize("slope", [-6.0, 3.0])
@pytest.mark.parametrize(
    ("hz", "octaves"), [(1000, 0.0), (250, -2.0), (4000, 2.0), (10000, 3.0), (30, np.log2(0.06))]
)
def test_tilt_changes_a_sine_by_slope(slope, hz, octaves):
    clip = sine(hz, seconds=3.0, sr=SR)
    change = 20 * np.log10(middle_rms(tilt(clip, SR, slope)) / middle_rms(clip))
    # atol: the slope changes within the width of the line of a sine of 3 s.
    assert change == pytest.approx(slope * octaves, abs=0.15)


def test_compression_halves_the_rise_of_levels():
    quiet, loud = (
        sine(500, seconds=2.0, sr=SR, amplitude=0.05),
        sine(500, seconds=2.0, sr=SR, amplitude=0.5),
    )
    clip = np.concatenate([quiet, loud])
    found = compress(clip, SR, ratio=2.0, threshold=-10.0)
    level = 20 * np.log10(np.sqrt(np.mean(clip**2)))
    for part, seconds in ((quiet, 1.0), (loud, 3.0)):
        rise = max(0.0, 20 * np.log10(middle_rms(part)) - (level - 10))
        at = slice(round((seconds - 0.3) * SR), round((seconds + 0.3) * SR))
        gain = 20 * np.log10(np.sqrt(np.mean(found[at] ** 2)) / middle_rms(part))
        # abs: the 5 ms blocks hold two and a half periods, so their level moves by 0.3 dB.
        assert gain == pytest.approx(-rise / 2, abs=0.4)


def test_compression_recovers_at_its_release():
    loud, quiet = (
        sine(1000, seconds=1.0, sr=SR, amplitude=0.5),
        sine(1000, seconds=1.0, sr=SR, amplitude=0.005),
    )
    clip = np.concatenate([loud, quiet])
    gain = compress(clip, SR, ratio=4.0, threshold=-6.0) / np.where(clip == 0, np.nan, clip)
    reduction = -20 * np.log10(gain)
    after = [np.nanmedian(reduction[SR + round(t * SR) + np.arange(110)]) for t in (0.05, 0.15)]
    # A tenth of a second is the time constant.
    assert after[1] / after[0] == pytest.approx(np.exp(-1), rel=0.1)


@given(n_samples=st.integers(1, 300), size=st.integers(1, 40))
def test_kernels_of_compression_equal_numpy(n_samples, size):
    rng = np.random.default_rng(n_samples)
    clip = rng.uniform(-1, 1, n_samples).astype(np.float32)
    frames = np.split(clip, range(size, n_samples, size))
    # rtol: sums in another order.
    np.testing.assert_allclose(
        frame_power(clip, size), [np.mean(np.square(f, dtype=float)) for f in frames], rtol=1e-12
    )
    gains = rng.uniform(0, 1, len(frames)).astype(np.float32)
    middles = np.arange(len(frames)) * size + size // 2
    # atol: float32.
    np.testing.assert_allclose(
        scale_smoothly(clip, gains, size),
        clip * np.interp(np.arange(n_samples), middles, gains),
        rtol=0,
        atol=1e-6,
    )
    # In the interpreter, which checks bounds.
    np.testing.assert_array_equal(
        scale_smoothly.py_func(clip, gains, size), scale_smoothly(clip, gains, size)
    )


def test_peaks_are_held():
    values = np.array([0.0, 4.0, 0.0, 3.0, 1.0, 0.0])
    hold_peaks(values, 0.5)
    np.testing.assert_array_equal(values, [0, 4, 2, 3, 1.5, 0.75])


def test_silence_stays_silent():
    silence = np.zeros(SR, np.float32)
    for name, values in (("tilt", (3.0,)), ("compression", (4.0, 0.0)), ("reverb", (0.5, -6.0))):
        assert not apply_effects(silence, SR, [Effect(name, values)]).any()


def test_reverb_has_its_level_and_decay():
    impulse = np.zeros(2 * SR, np.float32)
    impulse[0] = 1.0
    tail = reverberate(impulse, SR, seconds=1.0, level=-6.0)
    tail[0] -= 1.0
    assert 10 * np.log10(np.sum(tail**2)) == pytest.approx(-6.0, abs=0.01)
    # Schroeder's backward integration: from 5 to 25 dB below the start within a third of RT60.
    decay = 10 * np.log10(np.cumsum(tail[:SR][::-1] ** 2)[::-1] / np.sum(tail**2))
    seconds = (np.argmax(decay < -25) - np.argmax(decay < -5)) / SR
    assert 60 * seconds / 20 == pytest.approx(1.0, abs=0.05)


def impulse_response(*samples, length=SR):
    """An impulse response from pairs of a time in s and a value."""
    response = np.zeros(length, np.float32)
    for seconds, value in samples:
        response[round(seconds * SR)] = value
    return response


@pytest.mark.parametrize("response", [[(0.0, 1.0)], [(0.1, -0.3)], [(0.1, 0.5), (0.102, 0.2)], []])
def test_impulse_response_without_tail_changes_nothing(response):
    clip = sine(440, seconds=0.5, sr=SR)
    assert convolve(clip, SR, -6.0, impulse_response(*response)) is clip
    assert convolve(clip, SR, -6.0, np.zeros(0, np.float32)) is clip


@pytest.mark.parametrize(("direct", "echo"), [(0.9, 0.1), (-0.6, 0.6)])
def test_delayed_impulse_is_an_echo_at_the_level(direct, echo):
    clip = np.random.default_rng(0).uniform(-0.5, 0.5, SR).astype(np.float32)
    # Whatever precedes the direct sound, by a tenth of a second here, is left out.
    response = impulse_response((0.05, 0.01), (0.1, direct), (0.35, echo))
    found = convolve(clip, SR, -6.0, response)
    delay, gain = round(0.35 * SR) - round(0.1 * SR), 10 ** (-6 / 20) * np.sign(echo / direct)
    expected = clip + gain * np.r_[np.zeros(delay), clip[:-delay]]
    # atol: float32.
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_unknown_effects_are_refused():
    clip = np.zeros(10, np.float32)
    for effect in (Effect("convolution", (-6.0,)), Effect("tilt", (1.0,), "room.wav")):
        with pytest.raises(DataError, match="A convolution takes the path of an impulse response"):
            apply_effects(clip, SR, [effect])
    with pytest.raises(DataError, match="has the effect 'chorus'; the effects are tilt"):
        apply_effects(clip, SR, [Effect("chorus", ())])
    for values in ((1e9, 0.0), (1.0,), (float("nan"), 0.0)):
        with pytest.raises(DataError, match="'reverb' takes values within"):
            apply_effects(clip, SR, [Effect("reverb", values)])


def test_settings_stay_within_the_limits():
    settings = Settings()
    ranges = {
        "tilt": [settings.tilt],
        "compression": [settings.compression, settings.compression_threshold],
        "reverb": [settings.reverb, settings.reverb_level],
        "convolution": [settings.reverb_level],
    }
    assert set(ranges) == set(EFFECTS) == set(EFFECT_LIMITS)
    for name, pairs in ranges.items():
        for pair, (low, high) in zip(pairs, EFFECT_LIMITS[name], strict=True):
            assert low <= pair[0] <= pair[1] <= high


@pytest.fixture
def parts(make_source):
    stem = make_source("effects-stem", sine(250, seconds=2.0, sr=SR, amplitude=0.25))
    noise = make_source("effects-noise", sine(4000, seconds=1.0, sr=SR, amplitude=0.25))
    return stem, noise


def render(parts, *, stem_tilt=None, noise_tilt=None, effects=()):
    stem = StemPart("bass", "a", "a.wav", rate=1.0, gain=0.5, tilt=stem_tilt)
    noise = NoisePart("n.wav", 0, gain=0.5, tilt=noise_tilt)
    recipe = Recipe(
        "x", "rock", 0, SR, start=0, length=2 * SR, stems=(stem,), noises=(noise,), effects=effects
    )
    return Mashup(recipe, parts).load(SR)


def amplitude(clip, hz):
    """Amplitude of a frequency in the second half of the first second."""
    part, t = clip[SR // 4 : 3 * SR // 4], np.arange(SR // 2) / SR
    return 2 * abs(np.mean(part[: len(t)] * np.exp(-2j * np.pi * hz * t[: len(part)])))


def test_tilts_of_parts_change_their_part(parts):
    tilted = render(parts, stem_tilt=3.0, noise_tilt=3.0)
    # Two octaves below and above 1 kHz: 6 dB each. rel: edges of the filters.
    assert amplitude(tilted, 250) == pytest.approx(0.125 * 10 ** (-6 / 20), rel=0.02)
    assert amplitude(tilted, 4000) == pytest.approx(0.125 * 10 ** (6 / 20), rel=0.02)
    assert amplitude(render(parts), 250) == pytest.approx(0.125, rel=0.02)


def test_recipes_apply_effects_in_order(parts):
    effects = (Effect("tilt", (2.0,)), Effect("compression", (3.0, -6.0)))
    plain = render(parts)
    expected = compress(tilt(plain, SR, 2.0), SR, 3.0, -6.0)
    # atol: two quantisations to 16 bits.
    np.testing.assert_allclose(render(parts, effects=effects), expected, rtol=0, atol=2e-4)


def test_keys_without_effects_do_not_change():
    stem, noise = StemPart("drums", "a", "a.wav", 1.25, 0.5), NoisePart("n.wav", 7, 0.3)
    recipe = Recipe(
        *("x", "rock", 0, 22050),
        start=5,
        length=1000,
        stems=(stem,),
        noises=(noise,),
        normalize="peak",
        level=0.9,
        lowpass=5000.0,
    )
    sources = tuple(AudioSource("f", 5000, 120.0, 1.0, content=p) for p in ("a.wav", "n.wav"))
    # New fields of recipes leave it as it is, so that caches of features stay valid.
    assert Mashup(recipe, sources).key() == "191b8b7df2f20c704e25cc3781916f10"
