"""Tempo estimates against librosa, and playback rates for each anchor."""

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemstack.mashups import AudioSource, Settings
from stemstack.mashups.tempo_sync import estimate_tempo, fold_octaves, sample_playback_rates

NAN = float("nan")
STEMS = ("drums", "vocals", "bass", "other")


def sources(*tempi, confidences=(1, 1, 1, 1)):
    return [AudioSource("", 0, t, c, "") for t, c in zip(tempi, confidences, strict=True)]


def rates(found, **settings):
    return sample_playback_rates(STEMS, found, Settings(**settings), np.random.default_rng(0))


@given(tempi=st.tuples(*[st.floats(40, 240)] * 4), seed=st.integers(0, 99))
def test_all_stems_have_the_tempo_of_the_anchor(tempi, seed):
    sampled = sample_playback_rates(STEMS, sources(*tempi), Settings(), np.random.default_rng(seed))
    # rtol: one division and one product in float64.
    np.testing.assert_allclose(sampled * tempi, (sampled * tempi)[0], rtol=1e-12)
    assert 1.0 in sampled


@pytest.mark.parametrize(
    ("anchor", "tempo"),
    [("median", 105), ("slowest", 90), ("fastest", 150), ("bass", 110)],
)
def test_anchor_sets_the_tempo(anchor, tempo):
    tempi = np.array([90, 100, 110, 150])
    # rtol: one division and one product in float64.
    np.testing.assert_allclose(rates(sources(*tempi), anchor=anchor) * tempi, tempo, rtol=1e-12)


def test_stems_without_tempo_have_rate_one():
    assert (rates(sources(NAN, NAN, NAN, NAN)) == 1).all()
    found = rates(sources(NAN, 100, 110, NAN), anchor="slowest")
    np.testing.assert_array_equal(found, [1, 1, 100 / 110, 1])


def test_anchor_without_tempo_is_replaced_at_random():
    found = rates(sources(100, 120, NAN, 130), anchor="bass") * [100, 120, 1, 130]
    assert found[0] in (100, 120, 130) and found[2] == 1


def test_tempi_of_low_confidence_are_ignored():
    found = sources(100, 200, 110, 110, confidences=(0.9, 0.1, 0.9, 0.5))
    np.testing.assert_array_equal(
        rates(found, tempo_confidence=0.5, anchor="fastest"), [1.1, 1, 1, 1]
    )


def test_rate_range_clips_rates():
    found = sources(60, 180, 120, 120)
    # rtol: one division in float64.
    np.testing.assert_allclose(rates(found, anchor="fastest"), [3, 1, 1.5, 1.5], rtol=1e-12)
    clipped = rates(found, anchor="fastest", rate_range=(0.8, 1.25))
    np.testing.assert_array_equal(clipped, [1.25, 1, 1.25, 1.25])


def test_octave_safe_corrects_octave_errors():
    found = sources(60, 120, 240, 100)
    np.testing.assert_array_equal(rates(found, anchor="vocals", octave_safe=True), [1, 1, 1, 1.2])


@given(rate=st.floats(0.05, 20))
def test_fold_octaves_brings_rate_nearest_to_one(rate):
    folded = float(fold_octaves(rate))
    octaves = np.log2(folded / rate)
    # atol: float64 logarithms.
    assert abs(octaves - round(octaves)) < 1e-12
    assert abs(np.log2(folded)) <= 0.5 + 1e-12


def test_tempo_none_has_rate_one():
    assert (rates(sources(60, 120, 240, 100), tempo="none") == 1).all()


SR = 22050


def clicks(bpm, seconds=15):
    time = np.arange(seconds * SR) / SR
    return (0.5 * np.exp(-(time % (60 / bpm)) / 0.03) * np.sin(2000 * time)).astype(np.float32)


@pytest.mark.parametrize("bpm", [80, 97, 120, 133])
def test_click_track_has_its_tempo(bpm):
    tempo = estimate_tempo(clicks(bpm), SR)
    # Or an octave of it; 3 %: the tempogram's resolution there.
    assert min(abs(tempo.bpm / (bpm * 2.0**k) - 1) for k in (-1, 0, 1)) < 0.03
    assert tempo.confidence > 0.3


def test_noise_has_low_confidence():
    noise = 0.1 * np.random.default_rng(0).standard_normal(15 * SR)
    assert estimate_tempo(noise.astype(np.float32), SR).confidence < 0.15


@pytest.mark.parametrize("level", [0.0, 1e-5])
def test_silence_has_no_tempo(level):
    noise = level * np.random.default_rng(0).standard_normal(5 * SR)
    tempo = estimate_tempo(noise.astype(np.float32), SR)
    assert np.isnan(tempo.bpm) and tempo.confidence == 0


def test_single_click_has_low_confidence():
    clip = np.zeros(5 * SR, dtype=np.float32)
    clip[2 * SR] = 0.9
    assert estimate_tempo(clip, SR).confidence < 0.1


@pytest.mark.parametrize("seconds", [0.3, 5, 20])
def test_tempo_equals_librosa(seconds):
    rng = np.random.default_rng(0)
    beats = clicks(104, 20) + 0.05 * rng.standard_normal(20 * SR).astype(np.float32)
    clip = beats[: int(seconds * SR)]
    # rtol: both choose from the same lags; another lag would differ by several percent.
    np.testing.assert_allclose(
        estimate_tempo(clip, SR).bpm, librosa.feature.tempo(y=clip, sr=SR)[0], rtol=1e-9
    )
