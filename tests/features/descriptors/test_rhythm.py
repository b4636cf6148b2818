"""Onset strength, tempo and beat histogram of signals with a known period."""

import librosa
import numpy as np
import pytest

from stemstack.features.descriptors.rhythm import (
    HISTOGRAM_BPM,
    PERIODS,
    compute_beat_histogram,
    compute_beat_ratios,
    compute_onset_strength,
    estimate_tempo,
    mean_tempogram,
    tempogram_window,
)

RATE = 22050 / 512


def _clicks(frames_apart, n_frames=1292):
    onsets = np.zeros(n_frames, np.float32)
    onsets[::frames_apart] = 1
    return mean_tempogram(onsets, tempogram_window(22050))


def test_autocorrelation_is_interpolated_between_lags():
    tempogram = np.arange(100) / 100
    # Lag 60 · 40 / bpm, linearly interpolated: the tempogram is the lag in hundredths.
    histogram = compute_beat_histogram(tempogram, 40.0)
    np.testing.assert_allclose(histogram, 24 / HISTOGRAM_BPM, rtol=1e-12)
    expected = np.array(PERIODS) * 20 / 100
    np.testing.assert_allclose(compute_beat_ratios(tempogram, 40.0, 120.0), expected, rtol=1e-12)


def test_lags_beyond_the_last_are_zero():
    assert compute_beat_ratios(np.ones(41), 40.0, 120.0).tolist() == [1] * 7 + [0] * 2


def test_clicks_correlate_at_whole_beats_only():
    # 20 frames are 129.2 beats a minute.
    ratios = dict(zip(PERIODS, compute_beat_ratios(_clicks(20), RATE, 60 * RATE / 20), strict=True))
    # librosa ramps the onset strength down beyond the ends of the clip, which blurs it there.
    assert ratios[1 / 2] < 0.1
    assert ratios[1.0] > ratios[2.0] > ratios[3.0] > 0.5


def test_ratios_do_not_depend_on_tempo():
    slow, fast = _clicks(24), _clicks(12)
    for_slow = compute_beat_ratios(slow, RATE, estimate_tempo(slow, 22050))
    # At twice the lag, the tempogram of the slower clicks decreases within its 8 s.
    half_time = compute_beat_ratios(fast, RATE, 60 * RATE / 12)
    np.testing.assert_allclose(for_slow[:5], half_time[:5], atol=0.1)


def test_silence_has_zero_histogram():
    tempogram = mean_tempogram(np.zeros(50, np.float32), tempogram_window(22050))
    assert not compute_beat_histogram(tempogram, RATE).any()


WINDOW = tempogram_window(22050)


def _pulse(bpm, n_frames=1292, seed=0):
    onsets = 0.01 * np.random.default_rng(seed).random(n_frames)
    beats = np.arange(0, n_frames / 43.07, 60 / bpm) * 43.07
    onsets[beats.astype(int)] += 1
    return onsets.astype(np.float32)


def test_only_rising_levels_are_onsets():
    log_mel = np.zeros((128, 20), np.float32)
    log_mel[:64, 5:10] = 10
    strength = compute_onset_strength(log_mel)
    # Half of the bands rise by 10 dB between frames 4 and 5; three frames of delay.
    assert strength.tolist() == [0] * 7 + [5.0] + [0] * 12


@pytest.mark.parametrize("bpm", [75, 100, 120, 150])
def test_tempo_of_a_pulse(bpm):
    # Lags are whole frames: at 150 BPM one more is 6 %.
    assert abs(estimate_tempo(mean_tempogram(_pulse(bpm), WINDOW), 22050) / bpm - 1) < 0.06


def test_tempo_without_onsets_is_near_prior():
    assert abs(estimate_tempo(mean_tempogram(np.zeros(100, np.float32), WINDOW), 22050) - 120) < 5


@pytest.mark.parametrize("n_frames", [1, 2, 3, 50, 344, 1292])
def test_mean_tempogram_equals_librosa(n_frames):
    onsets = _pulse(110, n_frames)
    onsets[n_frames // 3 : n_frames // 2] = 0
    expected = librosa.feature.tempogram(onset_envelope=onsets, win_length=WINDOW).mean(axis=1)
    # librosa computes it by an FFT, the kernel by running sums: 1e-9 of lag 0.
    np.testing.assert_allclose(mean_tempogram(onsets, WINDOW), expected, atol=1e-9)


def test_mean_tempogram_with_nearly_silent_frames():
    onsets = _pulse(110)
    onsets[200:1000] = 1e-9 * np.random.default_rng(1).random(800)
    expected = librosa.feature.tempogram(onset_envelope=onsets, win_length=WINDOW).mean(axis=1)
    # Faint frames are correlated one by one.
    np.testing.assert_allclose(mean_tempogram(onsets, WINDOW), expected, atol=1e-7)
