"""Plans are sampled from a genre and, rarely, from its neighbours."""

import math

import numpy as np
import pytest

from stemstack.datasets.demo import music, plan
from stemstack.datasets.demo.music import DRUMS, GENRES, KITS, PROGRAMS, STYLES
from stemstack.datasets.demo.plan import DOMAINS, STEMS, sample_plan


def rng(*seed):
    return np.random.default_rng(seed)


def plans(genre, n=200):
    return [sample_plan(genre, 30.0, rng(n, seed)) for seed in range(n)]


def test_genres_are_those_of_competition():
    assert GENRES == (
        "blues", "classical", "country", "disco", "hiphop",
        "jazz", "metal", "pop", "reggae", "rock",
    )  # fmt: skip


@pytest.mark.parametrize("genre", GENRES)
def test_styles_refer_to_existing_patterns(genre):
    style = STYLES[genre]
    tables = {
        "drums": (KITS, music.GROOVES),
        "bass": (PROGRAMS, music.BASS_LINES),
        "comp": (PROGRAMS, music.CHORD_PATTERNS),
        "layer": (PROGRAMS, music.CHORD_PATTERNS),
        "lead": (PROGRAMS, music.LEAD_RHYTHMS),
    }
    for role, (instruments, patterns) in tables.items():
        for instrument, pattern in getattr(style, role):
            assert instrument in instruments
            assert pattern in patterns
    assert set(style.neighbours) < set(GENRES) - {genre}
    assert set(style.balance) == set(STEMS)


def test_every_pattern_and_instrument_is_used():
    def played(roles, place):
        return {p[place] for s in STYLES.values() for role in roles for p in getattr(s, role)}

    assert set(music.GROOVES) == played(["drums"], 1)
    assert set(music.BASS_LINES) == played(["bass"], 1)
    assert set(music.CHORD_PATTERNS) == played(["comp", "layer"], 1)
    assert set(music.LEAD_RHYTHMS) == played(["lead"], 1)
    assert set(KITS) == played(["drums"], 0)
    assert set(PROGRAMS) == played(["bass", "comp", "layer", "lead"], 0)


def test_every_drum_of_kit_is_used():
    written = {voice for pattern in (*music.GROOVES.values(), *music.FILLS) for voice in pattern}
    assert written == set(DRUMS)


def test_songs_rarely_borrow_from_neighbours():
    grooves = [plan.drums for plan in plans("metal")]
    own = sum(groove in STYLES["metal"].drums for groove in grooves)
    assert 0.8 * len(grooves) < own < len(grooves)


def test_classical_and_jazz_are_quietest():
    loudness = {g: np.median([p.levels["other"] for p in plans(g)]) for g in GENRES}
    assert max(loudness["classical"], loudness["jazz"]) < min(
        level for genre, level in loudness.items() if genre not in ("classical", "jazz")
    )
    # The real songs differ by up to a factor of 20, which is 26 dB; 10 dB is well inside the draw.
    assert loudness["hiphop"] - loudness["classical"] > 10


def test_shares_of_silence_resemble_real_songs():
    drawn = [plan for genre in GENRES for plan in plans(genre, 100)]
    share = {
        stem: np.mean([math.isinf(p.levels[stem]) or stem in p.rests for p in drawn])
        for stem in STEMS
    }
    # 374, 218, 167 and 55 of 1000 stems hold five seconds of silence or more. The tolerance is
    # three standard errors of 1000 draws, and the figures themselves are only a guide.
    for stem, real in {"vocals": 0.374, "bass": 0.218, "drums": 0.167, "other": 0.055}.items():
        np.testing.assert_allclose(share[stem], real, atol=0.06)


def test_plans_have_the_requested_length():
    assert all(0.995 * 30 <= plan.seconds <= 1.02 * 30 for plan in plans("pop"))


@pytest.mark.parametrize("genre", GENRES)
def test_domains_share_no_tempo_or_instrument(genre, monkeypatch):
    monkeypatch.setattr(plan, "BORROWING", 0.0)
    seen, unseen = (
        [sample_plan(genre, 30.0, rng(n), domain) for n in range(40)] for domain in DOMAINS
    )
    assert max(song.bpm for song in seen) < min(song.bpm for song in unseen)
    for role in ("drums", "bass", "comp", "layer", "lead"):
        here, there = ({getattr(song, role)[0] for song in songs} for songs in (seen, unseen))
        offered = {instrument for instrument, _ in getattr(STYLES[genre], role)}
        assert here | there <= offered
        assert len(offered) == 1 or not here & there
