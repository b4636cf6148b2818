"""Mixtures of settings: each recipe samples a component, then all else from it."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from stemstack.exceptions import DataError, UsageError
from stemstack.mashups import AudioSource, Settings, sample_recipes
from stemstack.mashups.wide import make_wide_mixture

SONGS = pd.DataFrame(
    {
        "song": list("abcd"),
        "label": "rock",
        "fold": 0,
        "drums": [f"{name}/drums.wav" for name in "abcd"],
        "bass": [f"{name}/bass.wav" for name in "abcd"],
    }
)
NOISE = pd.DataFrame({"path": ["noise.wav"], "fold": [0]})
PATHS = [*SONGS["drums"], *SONGS["bass"], "noise.wav"]
STORE = {
    path: AudioSource("", n_samples=10**6, tempo=90.0 + 10 * n, confidence=1.0, content=path)
    for n, path in enumerate(PATHS)
}
PLAIN = Settings(stems=("drums", "bass"))


def sample(settings, n=400):
    return sample_recipes(SONGS, NOISE, STORE, settings, per_class=n, seed=0)


def with_mixture(*rows):
    return Settings(stems=("drums", "bass"), mixture=rows)


def test_components_occur_by_weight():
    rows = [
        {"tempo": "none", "weight": 3},
        {"tempo": "stretch"},
        {"tempo": "resample", "weight": 0},
    ]
    counts = Counter(recipe.tempo for recipe in sample(with_mixture(*rows), 2000))
    assert set(counts) == {"none", "stretch"}
    # atol: four standard errors of a share of 2000.
    assert counts["none"] / 2000 == pytest.approx(0.75, abs=0.04)


def test_values_of_a_component_stay_together():
    recipes = sample(
        with_mixture(
            {"tempo": "none", "overdrive": (6.0, 6.0)},
            {"tempo": "stretch", "noise_probability": 0.0},
        )
    )
    assert {(recipe.tempo, recipe.overdrive) for recipe in recipes} == {("none", 6), ("stretch", 0)}
    assert not any(recipe.noises for recipe in recipes if recipe.tempo == "stretch")
    noisy = [bool(recipe.noises) for recipe in recipes if recipe.tempo == "none"]
    # The parent's 0.7. abs: four standard errors of a share of 200.
    assert np.mean(noisy) == pytest.approx(0.7, abs=0.13)


def test_no_mixture_consumes_no_random_number():
    rng = np.random.default_rng(5)
    before = rng.bit_generator.state
    assert PLAIN.sample_component(rng) is PLAIN
    assert rng.bit_generator.state == before


def test_mixture_survives_yaml(tmp_path):
    settings = Settings(stems=("drums", "bass"), mixture=make_wide_mixture(5, seed=2))
    settings.to_yaml(tmp_path / "wide.yaml")
    loaded = Settings.from_yaml(tmp_path / "wide.yaml")
    assert loaded == settings
    assert sample(loaded, 20) == sample(settings, 20)
    assert "mixture" not in PLAIN.to_dict()


def test_noise_of_any_component_needs_clips():
    settings = Settings(
        stems=("drums",),
        noise_probability=0.0,
        mixture=({"tempo": "none"}, {"noise_probability": 0.1}),
    )
    with pytest.raises(DataError, match="Fold 0 has no noise clip"):
        sample_recipes(SONGS, NOISE.head(0), STORE, settings, per_class=1, seed=0)


@pytest.mark.parametrize(
    ("mixture", "message"),
    [
        ([{"tempi": "none"}], "Alternative 1 of the setting 'mixture' sets 'tempi'"),
        ([{"sr": 8000}], "sets 'sr'"),
        ([{"mixture": []}], "sets 'mixture'"),
        ([{}, {"peak": 2}], r"In the setting 'mixture': The setting 'peak' must be a level"),
        ([{"weight": -1}], "with a weight ≥ 0"),
        ([{"weight": 0}], "not all of them 0"),
        ([{"weight": True}], "with a weight ≥ 0"),
        (["wide"], "a list of mappings"),
        ({"tempo": "none"}, "a list of mappings"),
    ],
)
def test_malformed_mixture_is_refused(mixture, message):
    with pytest.raises(UsageError, match=message):
        Settings.from_dict({"mixture": mixture})


def test_wide_settings_cover_the_generators():
    components = Settings(mixture="wide").components
    assert Counter(one.tempo for one in components) == dict.fromkeys(
        ("interpolate", "resample", "wsola", "none"), 16
    )
    for name, values in {
        "anchor": {"random", "median", "slowest", "fastest"},
        "octave_safe": {True, False},
        "noise_law": {"snr", "gain"},
        "noise_placement": {"single", "tile"},
        "noise_snr_level": {"rms"},
        "noise_count": {(1, 1), (1, 2), (1, 3)},
    }.items():
        assert {getattr(one, name) for one in components} == values
    gains = 20 * np.log10([one.gain for one in components])
    assert -14 <= gains.min() < -12
    assert 3 < gains.max() <= 4


def test_wide_settings_keep_the_base():
    wide = Settings(
        stems=("drums",), durations=((1.0, 5.0, 5.0),), peak=0.9, sr=16000, mixture="wide"
    )
    assert wide.to_dict()["mixture"] == "wide"
    assert len(wide.components) == 64
    for one in wide.components:
        assert (one.stems, one.durations, one.peak, one.sr) == (
            ("drums",),
            ((1.0, 5.0, 5.0),),
            0.9,
            16000,
        )
