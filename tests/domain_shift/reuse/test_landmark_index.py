"""Landmark index: cut, noisy and resampled stems are found at their position and rate."""

import numpy as np
import pytest
import soxr

from stemstack.domain_shift.reuse.fingerprint import find_peaks
from stemstack.domain_shift.reuse.landmark_index import LandmarkIndex

SR = 22050


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
    stretch = pytest.importorskip("python_stretch").Signalsmith.Stretch(0)
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
