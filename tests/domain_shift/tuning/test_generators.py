"""Generators: what is fixed, what is passed on, and how they are encoded and mixed."""

from dataclasses import replace

import numpy as np
import pytest

from stemstack.domain_shift.tuning.generators import (
    cross,
    encode,
    narrow,
    sample_generators,
    to_mixture,
)
from stemstack.mashups import Settings

START = Settings(durations=((1.0, 9.0, 9.0),), peak=0.9, mixture="wide")


@pytest.fixture(scope="module")
def generators():
    return sample_generators(START, 160, np.random.default_rng(0))


def test_effects_are_on_or_off_with_one_strength(generators):
    for generator in generators:
        assert generator.reverb_probability in (0.0, 1.0)
        assert generator.overdrive[0] == generator.overdrive[1]
        if generator.reverb_probability:
            assert generator.reverb[0] == generator.reverb[1]
        else:
            assert generator.reverb == Settings.reverb
        assert (generator.durations, generator.peak) == (START.durations, 0.9)
    share = np.mean([generator.noise_probability for generator in generators])
    # Of a prior with 0.5 to 1, and the record-holder's 0.7: mean 0.74, standard error 0.035.
    assert share == pytest.approx(0.74, abs=0.11)


def test_fixed_strength_is_within_range():
    wide = Settings(noise_probability=1.0, noise_gain=(0.2, 0.4), noise_count=(1, 3))
    rng = np.random.default_rng(0)
    fixed = [narrow(wide, rng) for _ in range(50)]
    gains = [one.noise_gain[0] for one in fixed]
    assert 0.2 <= min(gains) < 0.25 and 0.35 < max(gains) <= 0.4
    assert {one.noise_count for one in fixed} == {(1, 1), (2, 2), (3, 3)}


def test_children_have_groups_of_their_parents():
    one = Settings(tempo="none", octave_safe=True, overdrive=(3.0, 3.0))
    other = Settings(tempo="stretch", octave_safe=False, overdrive=(0.0, 0.0))
    children = cross([one, other], 200, np.random.default_rng(0))
    kinds = {(child.tempo, child.octave_safe, child.overdrive[0]) for child in children}
    tempi = {("none", True), ("stretch", False)}
    assert kinds == {(*tempo, drive) for tempo in tempi for drive in (3.0, 0.0)}


def test_mixture_has_the_generators_as_components(generators):
    base = replace(START, mixture=())
    settings = to_mixture(base, generators[:20])
    assert settings.components == tuple(generators[:20])
    assert Settings.from_dict(settings.to_dict()) == settings


def test_generators_have_the_impulse_responses_of_the_start():
    start = replace(START, reverb_folder="rooms")
    generators = sample_generators(start, 80, np.random.default_rng(0))
    folders = {(one.reverb_probability, one.reverb_folder) for one in generators}
    assert folders == {(0.0, None), (1.0, "rooms")}
    assert "reverb_folder_0_rooms" in encode(generators)


def test_encoding_leaves_out_what_is_off():
    on = Settings(tempo="none", tilt_probability=1.0, tilt=(2.0, 2.0), rate_range=(0.5, 2.0))
    table = encode([on, Settings()])
    assert table["tilt_0"].tolist()[0] == 2.0 and np.isnan(table["tilt_0"][1])
    assert table["tempo_0_none"].tolist() == [1.0, 0.0]
    assert table["rate_range_1"][0] == 2.0 and np.isnan(table["rate_range_1"][1])
