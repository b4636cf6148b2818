"""Beat histogram and ratios of tempograms and clicks with a known period."""

import numpy as np

from stemstack.features.beat import HISTOGRAM_BPM, PERIODS, beat_histogram, beat_ratios
from stemstack.features.rhythm import mean_tempogram, tempo, tempogram_window

RATE = 22050 / 512


def _clicks(frames_apart, n_frames=1292):
    onsets = np.zeros(n_frames, np.float32)
    onsets[::frames_apart] = 1
    return mean_tempogram(onsets, tempogram_window(22050))


def test_values_are_read_between_lags():
    tempogram = np.arange(100) / 100
    # Lag 60 · 40 / bpm, linearly interpolated: the tempogram is its lag in hundredths.
    np.testing.assert_allclose(beat_histogram(tempogram, 40.0), 24 / HISTOGRAM_BPM, rtol=1e-12)
    expected = np.array(PERIODS) * 20 / 100
    np.testing.assert_allclose(beat_ratios(tempogram, 40.0, 120.0), expected, rtol=1e-12)


def test_beyond_the_last_lag_nothing_repeats():
    assert beat_ratios(np.ones(41), 40.0, 120.0).tolist() == [1] * 7 + [0] * 2


def test_clicks_repeat_every_beat_and_not_between():
    # 20 frames are 129.2 beats a minute.
    ratios = dict(zip(PERIODS, beat_ratios(_clicks(20), RATE, 60 * RATE / 20), strict=True))
    # librosa ramps the onsets down beyond the ends of the clip, which blurs them there.
    assert ratios[1 / 2] < 0.1
    assert ratios[1.0] > ratios[2.0] > ratios[3.0] > 0.5


def test_the_ratios_do_not_know_the_tempo():
    slow, fast = _clicks(24), _clicks(12)
    for_slow = beat_ratios(slow, RATE, tempo(slow, 22050))
    # The slower clicks' tempogram fades within its 8 s at twice the lag.
    half_time = beat_ratios(fast, RATE, 60 * RATE / 12)
    np.testing.assert_allclose(for_slow[:5], half_time[:5], atol=0.1)


def test_silence_repeats_nothing():
    tempogram = mean_tempogram(np.zeros(50, np.float32), tempogram_window(22050))
    assert not beat_histogram(tempogram, RATE).any()
