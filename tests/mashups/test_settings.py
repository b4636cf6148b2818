"""Settings: round trip through YAML, and refusal of values that are not allowed."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemstack.exceptions import UsageError
from stemstack.mashups import Settings
from stemstack.mashups.settings_checks import CONSTRAINTS

PROBABILITY = st.floats(0, 1)


def ranges(low, high):
    return st.tuples(st.floats(low, high), st.floats(low, high)).map(sorted).map(tuple)


VALID_SETTINGS = st.builds(
    Settings,
    one_song_probability=PROBABILITY,
    stem_dropout=PROBABILITY,
    tempo=st.sampled_from(["interpolate", "resample", "stretch", "wsola", "none"]),
    anchor=st.sampled_from(["random", "median", "slowest", "fastest", "bass"]),
    rate_range=st.none() | ranges(0.1, 10),
    octave_safe=st.booleans(),
    gain_law=st.sampled_from(["uniform", "db_uniform", "db_normal"]),
    gain=ranges(0.01, 4),
    noise_count=st.tuples(st.integers(0, 3), st.integers(3, 9)),
    noise_snr=ranges(-90, 90),
    noise_snr_level=st.sampled_from(["rms", "active"]),
    durations=st.lists(
        st.tuples(st.floats(0.1, 1), st.floats(1, 6), st.floats(6, 30)), min_size=1, max_size=3
    ).map(tuple),
    normalize=st.sampled_from(["peak", "rms", "lufs", "none"]),
    level=ranges(-60, 0),
    reverb_folder=st.none() | st.sampled_from(["rooms", "meta/rooms"]),
    lowpass=ranges(100, 11025),
    codec_quality=ranges(0, 1),
)
INVALID = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(),
    st.text(max_size=3),
    st.lists(st.floats() | st.text(max_size=2) | st.none(), max_size=3),
    st.dictionaries(st.text(max_size=2), st.floats(), max_size=2),
)


@given(settings=VALID_SETTINGS)
def test_yaml_round_trip_keeps_settings(settings, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "settings.yaml"
    settings.to_yaml(path)
    assert Settings.from_yaml(path) == settings
    assert Settings.from_dict(settings.to_dict()) == settings


def test_numpy_numbers_become_python_numbers(tmp_path):
    settings = Settings(gain=np.array([0.25, 0.5]).tolist(), peak=np.float64(0.5))
    settings.to_yaml(tmp_path / "s.yaml")
    assert Settings.from_yaml(tmp_path / "s.yaml") == settings
    assert type(settings.peak) is float


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"gain": [2, 1]}, "'gain' must be low, high"),
        ({"gain": "loud"}, "'gain' must be low, high ≥ 0. Got 'loud'"),
        ({"tempo": "fast"}, "'tempo' must be one of"),
        ({"tempo": ["none"]}, "'tempo' must be one of"),
        ({"anchor": "piano"}, "'anchor' must be one of .*'drums'"),
        ({"rate_range": [0, 2]}, "'rate_range' must be null, or"),
        ({"octave_safe": "yes please"}, "'octave_safe' must be true or false"),
        ({"noise_probability": 2}, r"must be a number in \[0, 1\]. Got 2"),
        ({"noise_count": [0, 1.5]}, "whole numbers"),
        ({"durations": [[1, 0, 3]]}, "'durations' must be"),
        ({"durations": 30}, "'durations' must be rows of"),
        ({"durations": []}, "'durations' must be rows of"),
        ({"peak": 0}, "'peak' must be"),
        ({"peak": float("nan")}, "'peak' must be"),
        ({"level": [-10, 3]}, "in dBFS or LUFS"),
        ({"stems": []}, "at least one stem"),
        ({"gain_law": "db_uniform", "gain": [0, 1]}, "above 0 for gain_law: db_uniform"),
        ({"codec_probability": 1, "sr": 20000}, "'sr' must be a rate that mp3 has"),
        (
            {"codec_probability": 1, "codecs": ["ogg"], "sr": 384_000},
            "'sr' must be at most 192000 for ogg",
        ),
        ({"gain_db": [1e5, 0]}, "'gain_db' must be a mean within ±60"),
        ({"noise_snr": [-1e5, 0]}, "'noise_snr' must be low, high in dB, within ±120"),
        ({"noise_snr_level": "peak"}, "'noise_snr_level' must be one of .*'active'"),
        ({"noise_band": [100, 100]}, "'noise_band' must be low < high in Hz, from 1"),
        ({"noise_band_octaves": [1e-9, 1]}, "'noise_band_octaves' must be"),
        *(
            ({"reverb_folder": folder}, "'reverb_folder' must be a folder inside the data set")
            for folder in (
                "/rooms",
                "../rooms",
                "a/../../b",
                "C:/rooms",
                "\\\\pc\\rooms",
                "",
                ".",
                3,
            )
        ),
        ({"overdrive": [0, 1e5]}, "'overdrive' must be low, high in dB, from 0 to 120"),
        ({"codecs": ["aac"]}, r"some of \('mp3', 'ogg'\)"),
        ({"gian": [0, 1]}, "Unknown setting 'gian'; did you mean 'gain'. The settings are stems"),
    ],
)
def test_invalid_settings_raise(values, message):
    with pytest.raises(UsageError, match=message):
        Settings.from_dict(values)


@given(name=st.sampled_from(sorted(CONSTRAINTS)), value=INVALID)
def test_invalid_value_is_refused_by_name(name, value):
    try:
        Settings.from_dict({name: value})
    except UsageError as error:
        assert f"'{name}'" in str(error)


def test_every_setting_has_a_constraint():
    # The options of the anchor depend on the stems.
    assert set(CONSTRAINTS) | {"anchor"} == {field.name for field in fields(Settings)}


def test_settings_file_must_be_mapping(tmp_path):
    (tmp_path / "s.yaml").write_text("- gain")
    with pytest.raises(UsageError, match="expected a mapping"):
        Settings.from_yaml(tmp_path / "s.yaml")
    with pytest.raises(UsageError, match=r"missing\.yaml: cannot be read \(no such file"):
        Settings.from_yaml(tmp_path / "missing.yaml")


def test_other_stems_than_those_of_the_data_raise():
    assert Settings().with_stems(["bass", "other"]).stems == ("bass", "other")
    own = Settings(stems=("bass", "drums"), anchor="bass")
    assert own.with_stems(["drums", "bass"]).stems == ("drums", "bass")
    with pytest.raises(UsageError, match="Repeat them as --stems bass,drums"):
        own.with_stems(["drums", "vocals", "bass", "other"])
