"""Scores are in key, in range and in time."""

import dataclasses
import math

import numpy as np
import pytest

from stemstack.datasets.demo.composer import compose, sample_form, swing
from stemstack.datasets.demo.harmony import SCALES, repeat_progression
from stemstack.datasets.demo.music import GENRES
from stemstack.datasets.demo.plan import STEMS, sample_plan


def song(genre, seed, **changes):
    rng = np.random.default_rng(seed)
    plan = sample_plan(genre, 20.0, rng)
    audible = {stem: max(level, -60.0) for stem, level in plan.levels.items()}
    plan = dataclasses.replace(plan, **{"levels": audible, "rests": {}, **changes})
    return plan, compose(plan, rng)


def harmony_of(plan):
    """The pitch classes of the scale and of every chord of the song."""
    chords = (span.chord for span in repeat_progression(plan.progression, plan.tonic, 24))
    scale = {(plan.tonic + step) % 12 for step in SCALES[plan.mode]}
    return scale, set().union(*(chord.pitch_classes for chord in chords))


@pytest.mark.parametrize("genre", GENRES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_scores_are_in_key_and_range(genre, seed):
    plan, score = song(genre, seed)
    scale, chords = harmony_of(plan)
    assert tuple(score.stems) == STEMS
    for part in score.stems["vocals"]:
        assert {note.pitch % 12 for note in part.notes} <= scale | chords
        assert all(40 <= note.pitch <= 88 for note in part.notes)
    for part in score.stems["other"]:
        assert {note.pitch % 12 for note in part.notes} <= chords
    for note in score.stems["bass"][0].notes:
        assert 24 <= note.pitch <= 60


@pytest.mark.parametrize("genre", GENRES)
def test_stems_that_are_not_silent_play(genre):
    _, score = song(genre, 3)
    beats = score.seconds * score.bpm / 60
    for parts in score.stems.values():
        notes = [note for part in parts for note in part.notes]
        assert notes
        assert all(0 <= note.start < beats + 1 for note in notes)
        assert all(1 <= note.velocity <= 127 and note.duration > 0 for note in notes)


def test_silent_and_resting_stems_pause():
    plan, _ = song("rock", 0)
    levels = {**plan.levels, "vocals": -math.inf}
    _, score = song("rock", 0, levels=levels, rests={"bass": (0.25, 0.75)}, looseness=0.0)
    beats = score.seconds * score.bpm / 60
    assert not any(part.notes for part in score.stems["vocals"])
    sounding = [(n.start, n.start + n.duration) for n in score.stems["bass"][0].notes]
    # Swing moves a note by at most a sixth of a beat.
    assert all(end <= 0.25 * beats + 0.2 or start >= 0.75 * beats - 0.2 for start, end in sounding)


def test_equal_seeds_compose_equal_songs():
    assert song("jazz", 5) == song("jazz", 5)
    assert song("jazz", 5) != song("jazz", 6)


def test_swing_moves_only_offbeats():
    assert swing(3.0, 0.66) == 3.0
    # Exact up to the rounding of one product.
    np.testing.assert_allclose(swing(1.5, 2 / 3), 1 + 2 / 3, rtol=1e-12)
    np.testing.assert_allclose(swing(1.25, 0.6, unit=0.5), 1.3, rtol=1e-12)


@pytest.mark.parametrize("n_bars", [1, 3, 7, 8, 13, 22])
def test_sections_cover_each_bar_once(n_bars):
    for seed in range(20):
        form = sample_form(n_bars, np.random.default_rng(seed))
        assert [bar for section in form for bar in section.bars] == list(range(n_bars))
