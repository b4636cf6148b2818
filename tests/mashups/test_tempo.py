"""Tempo: found on a click track, uncertain on noise, absent in silence."""

import librosa
import numpy as np
import pytest

from stemstack.mashups.tempo import estimate_tempo

SR = 22050


def clicks(bpm, seconds=15):
    time = np.arange(seconds * SR) / SR
    return (0.5 * np.exp(-(time % (60 / bpm)) / 0.03) * np.sin(2000 * time)).astype(np.float32)


@pytest.mark.parametrize("bpm", [80, 97, 120, 133])
def test_a_click_track_is_certain(bpm):
    tempo = estimate_tempo(clicks(bpm), SR)
    # Or an octave of it; 3 %: the tempogram's resolution there.
    assert min(abs(tempo.bpm / (bpm * 2.0**k) - 1) for k in (-1, 0, 1)) < 0.03
    assert tempo.confidence > 0.3


def test_noise_is_uncertain():
    noise = 0.1 * np.random.default_rng(0).standard_normal(15 * SR)
    assert estimate_tempo(noise.astype(np.float32), SR).confidence < 0.15


@pytest.mark.parametrize("level", [0.0, 1e-5])
def test_silence_has_no_tempo(level):
    noise = level * np.random.default_rng(0).standard_normal(5 * SR)
    tempo = estimate_tempo(noise.astype(np.float32), SR)
    assert np.isnan(tempo.bpm) and tempo.confidence == 0


def test_one_click_is_no_beat():
    clip = np.zeros(5 * SR, dtype=np.float32)
    clip[2 * SR] = 0.9
    assert estimate_tempo(clip, SR).confidence < 0.1


@pytest.mark.parametrize("seconds", [0.3, 5, 20])
def test_the_tempo_is_librosas(seconds):
    rng = np.random.default_rng(0)
    beats = clicks(104, 20) + 0.05 * rng.standard_normal(20 * SR).astype(np.float32)
    clip = beats[: int(seconds * SR)]
    # Both pick from the same lags: the same one, or the test fails by several percent.
    np.testing.assert_allclose(
        estimate_tempo(clip, SR).bpm, librosa.feature.tempo(y=clip, sr=SR)[0], rtol=1e-9
    )
