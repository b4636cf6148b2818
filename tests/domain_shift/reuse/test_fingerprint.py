"""Spectral peaks of known tones, and invariance of landmarks to changes of speed."""

import numpy as np
import pytest
import soxr
from hypothesis import given
from hypothesis import strategies as st
from python_stretch import Signalsmith

from stemstack.domain_shift.reuse.fingerprint import (
    HOP,
    LandmarkIndex,
    Peaks,
    find_peaks,
    pair_peaks,
)
from stemstack.exceptions import UsageError

SR = 22050
BIN = SR / 2048


def burst(frequency, at, n, width=0.05):
    """Return a tone with a Gaussian envelope around ``at`` s."""
    time = np.arange(n) / SR
    return np.exp(-(((time - at) / width) ** 2)) * np.sin(2 * np.pi * frequency * time)


def melody(seed, n_peaks=200):
    """Return random peaks."""
    rng = np.random.default_rng(seed)
    time = np.sort(rng.uniform(0, 1000, n_peaks)).astype(np.float32)
    return Peaks(time, rng.uniform(4, 9, n_peaks).astype(np.float32))


def test_peaks_of_two_tones():
    clip = burst(440, 0.5, 2 * SR) + 0.5 * burst(1234.5, 1.2, 2 * SR)
    # Frames are not centred: the middle of the first one is at sample 1024.
    times = [(0.5 * SR - 1024) / HOP, (1.2 * SR - 1024) / HOP]
    peaks = find_peaks(clip.astype(np.float32), per_second=1)
    # atol: a tenth of a hop and of a bin, since a parabola approximates a Gaussian.
    np.testing.assert_allclose(peaks.time, times, rtol=0, atol=0.1)
    np.testing.assert_allclose(2**peaks.pitch, [440 / BIN, 1234.5 / BIN], rtol=0, atol=0.1)


def test_most_prominent_peaks_are_selected():
    rng = np.random.default_rng(0)
    clip = burst(1000, 1.0, 2 * SR) + 0.02 * rng.standard_normal(2 * SR)
    peaks = find_peaks(clip.astype(np.float32), per_second=0.5)
    # atol: as above.
    np.testing.assert_allclose(2**peaks.pitch, [1000 / BIN], rtol=0, atol=0.1)
    assert len(find_peaks(clip.astype(np.float32), per_second=10).time) == 20


@pytest.mark.parametrize("clip", [np.zeros(SR), np.ones(100), np.zeros(0)])
def test_silence_and_short_clips_have_no_peaks(clip):
    peaks = find_peaks(clip.astype(np.float32))
    assert len(peaks.time) == len(peaks.pitch) == 0
    assert len(pair_peaks(peaks).key) == 0


@given(rate=st.floats(0.75, 1.33), seed=st.integers(0, 50))
def test_keys_are_invariant_to_resampling(rate, seed):
    peaks = melody(seed)
    faster = Peaks(peaks.time / np.float32(rate), peaks.pitch + np.float32(np.log2(rate)))
    assert_keys_recur(pair_peaks(peaks), pair_peaks(faster), rate)


@given(rate=st.floats(0.75, 1.33), seed=st.integers(0, 50))
def test_keys_are_invariant_to_time_stretch(rate, seed):
    peaks = melody(seed)
    faster = Peaks(peaks.time / np.float32(rate), peaks.pitch)
    assert_keys_recur(pair_peaks(peaks, moves="time"), pair_peaks(faster, moves="time"), rate)


def assert_keys_recur(landmarks, others, rate):
    """Check that most keys are in both, and that the differences in speed are the rate."""
    pairs = set(zip(landmarks.key.tolist(), np.round(landmarks.time, 1).tolist(), strict=True))
    recurs = [
        (key, time) in pairs
        for key, time in zip(others.key.tolist(), np.round(others.time * rate, 1), strict=True)
    ]
    # Pairs at the limits of distance differ, and rounding moves some keys.
    assert np.mean(recurs) > 0.5
    first = dict(zip(landmarks.key, landmarks.speed, strict=True))
    moved = [
        speed - first[key]
        for key, speed, found in zip(others.key, others.speed, recurs, strict=True)
        if found
    ]
    # atol: in octaves; the median is robust to keys that two pairs share.
    np.testing.assert_allclose(np.median(moved), np.log2(rate), rtol=0, atol=1e-3)


def test_fan_out_limits_pairs_per_peak():
    few, more = (pair_peaks(melody(0), fan_out=n) for n in (1, 3))
    assert len(few.key) <= 200
    assert len(few.key) < len(more.key) <= 600


def test_unknown_moves_raises():
    with pytest.raises(UsageError, match="moves must be one of pitch, time"):
        pair_peaks(melody(0), moves="tempo")


@pytest.fixture(scope="module")
def stems(random_notes):
    """Return six stems of 12 s."""
    return [random_notes(seed, 12.0) for seed in range(6)]


@pytest.fixture(scope="module")
def index(stems):
    return LandmarkIndex([find_peaks(stem) for stem in stems])


def peaks_of(clip):
    return find_peaks(clip.astype(np.float32), per_second=40)


@pytest.mark.parametrize("stem", [0, 3])
def test_noisy_excerpt_is_found_at_its_position(index, stems, stem):
    cut = stems[stem][3 * SR + 123 : 10 * SR]
    noise = np.random.default_rng(0).standard_normal(len(cut))
    best = index.search(peaks_of(cut + 0.5 * cut.std() * noise))[0]
    assert best.stem == stem
    # atol: half a hop of 512 samples. rtol: the corresponding drift.
    np.testing.assert_allclose(best.start, 3 * SR + 123, rtol=0, atol=256)
    np.testing.assert_allclose(best.rate, 1, rtol=1e-3)


@pytest.mark.parametrize("rate", [0.7, 0.95, 1.31])
def test_resampled_excerpt_is_found_with_its_rate(index, stems, rate):
    cut = soxr.resample(stems[2], rate, 1.0)[SR : 9 * SR]
    best = index.search(peaks_of(cut))[0]
    assert best.stem == 2
    # rtol, atol: as above.
    np.testing.assert_allclose(best.rate, rate, rtol=1e-3)
    np.testing.assert_allclose(best.start, rate * SR, rtol=0, atol=512)


def test_stretched_excerpt_is_found_by_time_index(stems):
    stretch = Signalsmith.Stretch(0)
    stretch.preset(1, float(SR), True)
    stretch.setTimeFactor(1.2)
    cut = stretch.process(stems[4][None])[0][SR : 9 * SR]
    index = LandmarkIndex([find_peaks(stem) for stem in stems], moves="time")
    best = index.search(peaks_of(cut))[0]
    assert best.stem == 4
    # rtol: a stretch blurs onsets.
    np.testing.assert_allclose(best.rate, 1.2, rtol=5e-3)


def test_both_stems_of_a_mix_are_found(index, stems):
    found = index.search(peaks_of(stems[1] + stems[5]))
    assert {candidate.stem for candidate in found[:2]} == {1, 5}


def test_excluded_stem_is_not_found(index, stems):
    found = index.search(peaks_of(stems[1]), without=[1])
    assert 1 not in {candidate.stem for candidate in found}
    assert max(candidate.votes for candidate in found) < index.search(peaks_of(stems[1]))[0].votes


def test_candidates_are_ordered_by_votes(index, stems):
    found = index.search(peaks_of(stems[1] + stems[5]), count=3)
    votes = [candidate.votes for candidate in found]
    assert votes == sorted(votes, reverse=True)
    assert len({candidate.stem for candidate in found}) == len(found) == 3


def test_silence_has_no_candidates(index, stems):
    assert index.search(find_peaks(np.zeros(SR, np.float32))) == []
    silent = LandmarkIndex([find_peaks(np.zeros(SR, np.float32))] * 2)
    assert silent.search(peaks_of(stems[0])) == []
