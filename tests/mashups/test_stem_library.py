"""A library names the stems of a mashup of known recipe."""

import numpy as np
import pandas as pd
import pytest

from stemstack.mashups import Mashup, Recipe, StemPart
from stemstack.mashups.stem_library import StemLibrary

SR = 22050


@pytest.fixture(scope="module")
def songs():
    rows = [{"song": f"s{i}", "drums": f"s{i}/drums", "bass": f"s{i}/bass"} for i in range(4)]
    return pd.DataFrame([*rows, {"song": "s4", "drums": "s4/drums", "bass": None}])


@pytest.fixture(scope="module")
def bank(songs, make_source, random_notes):
    paths = [path for path in (*songs["drums"], *songs["bass"]) if path]
    return {
        path: make_source(f"library-{seed}", random_notes(seed, 9.0))
        for seed, path in enumerate(paths)
    }


@pytest.fixture(scope="module")
def library(songs, bank):
    return StemLibrary.of(songs, ("drums", "bass"), bank)


@pytest.fixture(scope="module")
def mashup(bank):
    """Two stems, one a fifth faster, from 1 s on."""
    parts = (
        StemPart("drums", "s1", "s1/drums", 1.0, 1.0),
        StemPart("bass", "s2", "s2/bass", 1.2, 0.8),
    )
    return Mashup.of(Recipe("r", "a", 0, SR, SR, 6 * SR, parts, normalize="peak", level=1.0), bank)


def test_a_stem_that_a_song_lacks_is_none_of_it(library):
    assert len(library.paths) == len(library.songs) == len(library.sources) == 9


def test_it_names_the_stems_of_a_mashup(library, mashup):
    first, second, *others = library.find(mashup)
    assert {(first.path, first.song), (second.path, second.song)} == {
        ("s1/drums", "s1"),
        ("s2/bass", "s2"),
    }
    own, fast = sorted((first, second), key=lambda finding: finding.rate)
    # rtol, atol: what the waveform confirms, within 0.1 %, and 900 samples.
    np.testing.assert_allclose([own.rate, fast.rate], [1.0, 1.2], rtol=1e-3)
    np.testing.assert_allclose([own.start, fast.start], [1.0, 1.2], rtol=0, atol=900 / SR)
    assert second.correlation > 0.4 > 0.2 > max(finding.correlation for finding in others)


def test_songs_left_out_are_not_named(library, mashup):
    findings = library.find(mashup, without={"s1", "s2"})
    assert {finding.song for finding in findings} <= {"s0", "s3", "s4"}
    assert max(finding.correlation for finding in findings) < 0.2


def test_silence_holds_nothing(library):
    assert library.find(np.zeros(6 * SR, np.float32)) == []
