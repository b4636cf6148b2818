"""Duration, level, tuning and decay of clips with known values."""

import numpy as np
import pytest

from stemstack.domain_shift.gap.clip_stats import (
    CLIP_STATS,
    compute_clip_stats,
    decay_rate,
    waveform_stats,
)
from stemstack.mashups.rendering.effects import reverberate

SR = 22050


def test_stats_of_square_wave():
    square = np.tile(np.array([0.5, -0.5], np.float32), SR)
    # rtol: decibels of exact amplitudes.
    np.testing.assert_allclose(
        waveform_stats(square, SR), [2.0, -6.02, 20 * np.log10(0.5), 0.0], rtol=1e-6
    )
    clipped = np.array([1.0, -1.0, 0.0, 0.0], np.float32)
    assert waveform_stats(clipped, SR)[3] == 0.25
    assert waveform_stats(np.zeros(9, np.float32), SR)[1:] == (-120.0, -120.0, 0.0)


def test_one_row_per_clip_for_any_jobs():
    clips = [np.full(SR * n, 0.1 * n, np.float32) for n in (1, 2, 3)]
    advanced = []
    table = compute_clip_stats(clips, n_jobs=2, advance=advanced.append)
    assert list(table) == list(CLIP_STATS) and sum(advanced) == 3
    np.testing.assert_array_equal(table, [waveform_stats(clip, SR) for clip in clips])


def test_detuning_is_the_distance_to_tempered_pitches():
    time = np.arange(SR) / SR
    cents = [0, 30, -20]
    clips = [np.sin(2 * np.pi * 440 * 2 ** (c / 1200) * time).astype(np.float32) for c in cents]
    detuning = compute_clip_stats(clips, tuning=True)["detuning"]
    # atol: the parabola through three bins of the spectrum is off by up to 5 cents.
    np.testing.assert_allclose(detuning, [0, 30, 20], rtol=0, atol=5.5)


def struck(carrier, rate):
    """Strike a carrier twice a second: each stroke falls by a rate in dB/s."""
    since = np.arange(len(carrier)) / SR % 0.5
    return (0.1 * 10 ** (-rate * since / 20) * carrier).astype(np.float32)


def hiss(seconds, seed):
    return np.random.default_rng(seed).standard_normal(seconds * SR)


@pytest.mark.parametrize("rate", [30.0, 60.0, 120.0])
def test_decay_rate_is_that_of_struck_notes(rate):
    time = np.arange(4 * SR) / SR
    # A tone in each octave, so that the clicks of the strokes are faint in comparison.
    notes = struck(sum(np.sin(2 * np.pi * hz * time) for hz in (180, 360, 720)), rate)
    # rel: the top of each stroke is rounded by the average over 40 ms.
    assert decay_rate(notes, SR) == pytest.approx(rate, rel=0.1)
    assert decay_rate(0.01 * notes, SR) == pytest.approx(decay_rate(notes, SR), rel=0.01)


def test_reverberation_slows_decay_and_noise_does_not():
    dry = struck(hiss(8, seed=0), 300.0)
    wet = [reverberate(dry, SR, 0.6, level) for level in (-15.0, -10.0, -5.0, 0.0)]
    rates = [decay_rate(clip, SR) for clip in (dry, *wet)]
    assert rates == sorted(rates, reverse=True) and rates[-1] < 0.6 * rates[0]
    # 50 and 40 dB below the strokes.
    noisy = [decay_rate(dry + level * struck(hiss(8, seed=1), 0.0), SR) for level in (0.003, 0.01)]
    # rel: a tenth of the difference that the reverberation makes.
    assert noisy == pytest.approx([rates[0]] * 2, rel=0.04)


def test_clips_that_never_fall_have_no_decay():
    for clip in (np.zeros(SR), np.zeros(9), np.sin(2 * np.pi * 440 * np.arange(SR) / SR)):
        assert decay_rate(clip.astype(np.float32), SR) == 0.0
    table = compute_clip_stats([struck(hiss(1, seed=0), 100.0)], tuning=True, decay=True)
    assert list(table) == [*CLIP_STATS, "detuning", "decay_rate"]
