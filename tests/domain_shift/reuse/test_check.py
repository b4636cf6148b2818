"""Stem libraries of a data set, by the tempo mode of its mashups."""

import pytest

from stemstack.datasets import read_data
from stemstack.domain_shift.reuse.check import build_library, sample_calibration
from stemstack.utils.resources import Resources


@pytest.mark.parametrize(
    ("tempo", "moves"), [("interpolate", "pitch"), ("stretch", "time"), ("wsola", "time")]
)
def test_tempo_mode_sets_what_speed_moves(stem_data, shared_cache, tempo, moves):
    data, resources = read_data(stem_data), Resources(shared_cache)
    settings = {"tempo": tempo, "durations": [[1.0, 2.0, 3.0]]}
    sampled = sample_calibration(data, settings, 6, resources, seed=0)
    assert build_library(data, sampled.pool, resources).index.moves == moves
