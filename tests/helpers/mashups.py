"""Fixtures: sources with given samples, and a small pool of songs and noise with given tempi."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from stemstack.mashups import AudioSource, Recipe, Settings, StemPart

SR = 22050

# Kernels compile and libraries load in the first example, so no deadline.
settings.register_profile("no_deadline", deadline=None)
settings.load_profile("no_deadline")


@pytest.fixture(scope="session")
def make_source(tmp_path_factory):
    """Factory of sources from samples, which are floats in [-1, 1] or int16."""
    folder = tmp_path_factory.mktemp("sources")

    def make(name, samples, tempo=120.0, confidence=1.0):
        samples = np.asarray(samples)
        if samples.dtype.kind == "f":
            samples = np.round(samples * 32767)
        file = folder / f"{name}.i16"
        samples.astype("<i2").tofile(file)
        return AudioSource(str(file), len(samples), tempo, confidence, name)

    return make


@pytest.fixture(scope="session")
def make_recipe():
    """Factory of recipes with the stems ``stem0``, ``stem1``, … of given rates and gains."""

    def make(length, *, rates=(1.0,), gains=None, start=0, **fields):
        gains = gains or [1.0] * len(rates)
        parts = tuple(
            StemPart(f"stem{i}", f"song{i}", f"path{i}", rate, gain)
            for i, (rate, gain) in enumerate(zip(rates, gains, strict=True))
        )
        return Recipe("r", "a", 0, SR, start, length, parts, **fields)

    return make


@pytest.fixture(scope="session")
def small_settings():
    """Default settings for two stems and mashups of two to three seconds."""
    return Settings(stems=("drums", "bass"), durations=((1.0, 2.0, 3.0),))


@pytest.fixture(scope="session")
def source_store(make_source):
    """Source store of eight songs of two stems and four noise clips, with known tempi."""
    rng = np.random.default_rng(0)
    names = [f"s{i}/{stem}" for i in range(8) for stem in ("drums", "bass")]
    tempi = dict(zip(names, rng.uniform(80, 160, len(names)), strict=True))
    names += [f"noise{i}" for i in range(4)]
    return {
        name: make_source(
            name.replace("/", "-"),
            rng.integers(-9000, 9000, 5 * SR if "/" in name else SR),
            tempi.get(name, float("nan")),
        )
        for name in names
    }


@pytest.fixture(scope="session")
def songs():
    """Table of eight songs in two classes and two folds; not to be modified by tests."""
    names = [f"s{i}" for i in range(8)]
    return pd.DataFrame(
        {
            "song": names,
            "label": ["a", "b"] * 4,
            "fold": [0, 0, 0, 0, 1, 1, 1, 1],
            "drums": [f"{n}/drums" for n in names],
            "bass": [f"{n}/bass" for n in names],
        }
    )


@pytest.fixture(scope="session")
def noise():
    """Table of four noise clips in two folds; not to be modified by tests."""
    return pd.DataFrame({"path": [f"noise{i}" for i in range(4)], "fold": [0, 1, 0, 1]})
