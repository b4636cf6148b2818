"""Duration and level of clips with known values."""

import numpy as np

from stemstack.domain_shift.gap.clip_stats import CLIP_STATS, compute_clip_stats, waveform_stats

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
