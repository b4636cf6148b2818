"""Measured facts against closed forms and pyloudnorm."""

from functools import partial
from itertools import groupby

import numpy as np
import pyloudnorm
import pytest
import soundfile
from helpers import signals
from hypothesis import given, settings
from hypothesis import strategies as st

from stemstack.datasets.doctor.measurements import (
    measure_clipping,
    measure_file,
    measure_loudness,
    measure_silence,
    measure_together,
)

SR = 44100


sine = partial(signals.sine, seconds=3.0, sr=SR)


@pytest.mark.parametrize("sr", [22050, 44100, 48000])
def test_loudness_of_calibration_tone(sr):
    # BS.1770-4: 0 dBFS at 997 Hz in one channel reads -3.01 LUFS. atol: the filters are designed
    # for 48 kHz and fitted at other rates.
    assert measure_loudness(sine(997, 0.1, sr=sr), sr) == pytest.approx(-23.01, abs=0.1)


def test_loudness_agrees_with_pyloudnorm():
    clip = sine(440, 0.3) + 0.05 * np.random.default_rng(0).standard_normal(3 * SR)
    expected = pyloudnorm.Meter(SR).integrated_loudness(clip)
    # atol: single against double precision.
    assert measure_loudness(clip.astype(np.float32), SR) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    "clip",
    [np.zeros(SR, np.float32), sine(997, 1e-5), sine(997, 0.5, seconds=0.399)],
    ids=["silence", "below the gate", "shorter than a block"],
)
def test_loudness_is_none_where_undefined(clip):
    assert measure_loudness(clip, SR) is None


def test_loudness_is_none_at_low_rates():
    assert measure_loudness(sine(100, 0.5, sr=4000), 4000) is None


def test_levels_of_a_sine_with_an_offset(tmp_path):
    path = tmp_path / "sine.wav"
    soundfile.write(path, sine(100, 0.5) + 0.1, SR, subtype="FLOAT")
    facts, mono = measure_file(path)
    assert (facts["sr"], facts["channels"], facts["frames"], facts["nan"]) == (SR, 1, 3 * SR, 0)
    assert facts["problem"] is None and facts["missing"] is None
    # rtol: float32 samples, none of which meets the sine's top exactly.
    np.testing.assert_allclose(facts["peak"], 0.6, rtol=1e-5)
    np.testing.assert_allclose(facts["dc"], 0.1, rtol=1e-5)
    np.testing.assert_allclose(facts["rms"], np.sqrt(0.5**2 / 2 + 0.1**2), rtol=1e-5)
    np.testing.assert_allclose(facts["channel_rms"], facts["rms"], rtol=1e-5)
    assert len(mono) == 3 * SR


def test_channels_are_measured_apart_from_their_mix(tmp_path):
    path = tmp_path / "stereo.wav"
    left = np.round(32767 * sine(100, 0.5)).astype(np.int16)
    soundfile.write(path, np.column_stack([left, -left]), SR)
    facts, _ = measure_file(path)
    assert facts["peak"] == facts["rms"] == 0.0
    # rtol: 16-bit rounding.
    np.testing.assert_allclose(facts["channel_rms"], 0.5 / np.sqrt(2), rtol=1e-4)


def test_file_with_nan_has_no_levels(tmp_path):
    path = tmp_path / "nan.wav"
    soundfile.write(path, np.array([0.1, np.nan, 0.2]), SR, subtype="FLOAT")
    facts, mono = measure_file(path)
    assert facts["nan"] == 1 and facts["frames"] == 3
    assert facts["peak"] is None and facts["content"] is None and mono is None


def test_the_sum_is_unknown_when_a_part_is(tmp_path):
    good, other_rate = tmp_path / "a.wav", tmp_path / "b.wav"
    soundfile.write(good, sine(100, 0.5), SR)
    soundfile.write(other_rate, sine(100, 0.5), 22050)
    for second in (other_rate, tmp_path / "missing.wav"):
        total = measure_together([good, second], with_sum=True)[-1]
        assert set(total.values()) == {None}
    assert measure_together([good, good], with_sum=True)[-1]["seconds"] == 3.0


@pytest.mark.parametrize(("rest", "at"), [(2.0, 0.0), (2.0, 1.0), (0.0, 0.0), (3.0, 0.0)])
def test_the_longest_silence_is_timed(rest, at):
    clip = sine(100, 0.5)
    clip[int(at * SR) : int((at + rest) * SR)] = 1e-4
    # atol: a block of 0.1 s at either end.
    assert measure_silence(clip, SR) == pytest.approx(rest, abs=0.2)


def test_rests_are_not_added_up():
    clip = sine(100, 0.5)
    for start in (0, 1, 2):
        clip[start * SR : int((start + 0.5) * SR)] = 0
    assert measure_silence(clip, SR) == pytest.approx(0.5, abs=0.2)


def test_silence_of_short_clip_is_zero():
    assert measure_silence(np.zeros(10, np.float32), SR) == 0.0


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([0, 32767, 32767, 0, 32767, 0], 0.0),
        ([0, 32767, 32767, 32767, 0, 0], 0.5),
        ([-32768, -32768, -32768, -32767, 0, 0, 0, 0], 0.5),
        ([32767] * 4, 1.0),
        ([32767] * 2, 0.0),
    ],
)
def test_clipping_counts_runs_of_three(samples, expected):
    column = np.array(samples, np.int16)[:, np.newaxis]
    assert measure_clipping(column) == expected
    assert measure_clipping((column / 32768).astype(np.float32)) == expected


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from([0, 32767, -32768]), min_size=1, max_size=40))
def test_clipping_equals_a_plain_loop(samples):
    flat = [(flag, len(list(run))) for flag, run in groupby(abs(s) >= 32767 for s in samples)]
    expected = sum(length for flag, length in flat if flag and length >= 3) / len(samples)
    column = np.array(samples, np.int16)[:, np.newaxis]
    # rtol: a mean of booleans.
    np.testing.assert_allclose(measure_clipping(column), expected, rtol=1e-12)
