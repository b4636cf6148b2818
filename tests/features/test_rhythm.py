"""Onsets and tempo of a pulse."""

import librosa
import numpy as np
import pytest

from stemstack.features.rhythm import mean_tempogram, onset_strength, tempo, tempogram_window

WINDOW = tempogram_window(22050)


def _pulse(bpm, n_frames=1292, seed=0):
    onsets = 0.01 * np.random.default_rng(seed).random(n_frames)
    beats = np.arange(0, n_frames / 43.07, 60 / bpm) * 43.07
    onsets[beats.astype(int)] += 1
    return onsets.astype(np.float32)


def test_a_step_up_is_an_onset_and_a_step_down_none():
    log_mel = np.zeros((128, 20), np.float32)
    log_mel[:64, 5:10] = 10
    strength = onset_strength(log_mel)
    # Half of the bands rise by 10 dB between frames 4 and 5; three frames of delay.
    assert strength.tolist() == [0] * 7 + [5.0] + [0] * 12


@pytest.mark.parametrize("bpm", [75, 100, 120, 150])
def test_tempo_of_a_pulse(bpm):
    # Lags are whole frames: at 150 BPM one more is 6 %.
    assert abs(tempo(mean_tempogram(_pulse(bpm), WINDOW), 22050) / bpm - 1) < 0.06


def test_no_onsets_have_a_tempo_near_the_preferred_one():
    assert abs(tempo(mean_tempogram(np.zeros(100, np.float32), WINDOW), 22050) - 120) < 5


@pytest.mark.parametrize("n_frames", [1, 2, 3, 50, 344, 1292])
def test_mean_tempogram_is_librosas(n_frames):
    onsets = _pulse(110, n_frames)
    onsets[n_frames // 3 : n_frames // 2] = 0
    expected = librosa.feature.tempogram(onset_envelope=onsets, win_length=WINDOW).mean(axis=1)
    # librosa's autocorrelation goes through an FFT, ours through running sums: 1e-9 of lag 0.
    np.testing.assert_allclose(mean_tempogram(onsets, WINDOW), expected, atol=1e-9)


def test_mean_tempogram_survives_frames_nearly_silent():
    onsets = _pulse(110)
    onsets[200:1000] = 1e-9 * np.random.default_rng(1).random(800)
    expected = librosa.feature.tempogram(onset_envelope=onsets, win_length=WINDOW).mean(axis=1)
    # The faint frames are correlated one by one; as above.
    np.testing.assert_allclose(mean_tempogram(onsets, WINDOW), expected, atol=1e-7)
