"""Windows are excerpts of files: same samples, exact names, the whole recording covered."""

import math
import shutil
import tracemalloc

import numpy as np
import pytest
import soundfile

from stemstack.audio import Window, clip_key, load_clip, read_clip
from stemstack.audio.clips import measure_clips
from stemstack.audio.reading import declared_seconds, measure_clip
from stemstack.audio.windows import cut_evenly, is_longer, recording_name, spread_windows
from stemstack.exceptions import AudioError


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """A file of 30 s of noise at 8 kHz."""
    path = tmp_path_factory.mktemp("audio") / "noise.flac"
    soundfile.write(path, 0.1 * np.random.default_rng(0).standard_normal(240_000), 8000)
    return str(path)


def test_window_has_the_samples_of_its_place(recording):
    window = Window(recording, 12.5, 2.0)
    expected = read_clip(recording, 8000)[100_000:116_000]
    np.testing.assert_array_equal(load_clip(window, 8000), expected)


def test_key_depends_on_place_and_content(recording, tmp_path):
    shutil.copy(recording, tmp_path / "copy.flac")
    window = Window(recording, 1.0, 2.0)
    assert clip_key(window) == clip_key(Window(str(tmp_path / "copy.flac"), 1.0, 2.0))
    others = [Window(recording, 1.5, 2.0), Window(recording, 1.0, 2.5), recording]
    assert clip_key(window) not in map(clip_key, others)


def test_name_holds_the_window_exactly():
    window = Window("/data/a#t.ogg", 35999.99, 10.31)
    name = window.name("rock/a#t.ogg")
    assert name == "rock/a#t.ogg#t=35999.99,36010.30"
    assert Window.from_name(name, window.path) == window
    assert recording_name(name) == "rock/a#t.ogg" == recording_name("rock/a#t.ogg")


@pytest.mark.parametrize(
    "name", ["a.ogg", "a.ogg#t=1,2", "a#t=2.00,1.00", "a#t=1.00,1.01", "#t=0.00,1.00"]
)
def test_other_names_are_no_windows(name):
    assert Window.from_name(name) is None


def test_even_cut_covers_the_recording():
    windows = cut_evenly("a.ogg", 61.234, 10.0, hop=7.5)
    assert [w.start for w in windows] == [0, 7.5, 15, 22.5, 30, 37.5, 45, 51.23]
    assert {w.duration for w in windows} == {10.0}
    assert cut_evenly("a.ogg", 10.0, 10.0) == [Window("a.ogg", 0.0, 10.0)]


def test_spread_windows_reach_from_start_to_end():
    windows = spread_windows("a.ogg", 100.0, [8.0, 120.0, 10.0, 12.0])
    assert [(w.start, w.stop) for w in windows] == [(0, 8), (0, 100), (60, 70), (88, 100)]


def test_few_long_clips_do_not_make_others_short():
    lengths = [10.0] * 19 + [600.0]
    assert is_longer([14.0, 15.1, 600.0], lengths).tolist() == [False, True, True]


def test_length_is_measured_block_by_block(recording, monkeypatch):
    assert measure_clip(recording) == declared_seconds(recording) == 30.0
    monkeypatch.setattr("stemstack.audio.reading._BLOCK", 1 << 13)
    tracemalloc.start()
    measure_clip(recording, max_samples=math.inf)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Half of the samples in 16 bits; some blocks and what the decoder holds take less.
    assert peak < 240_000


def test_clips_too_long_to_load_can_be_measured(recording, monkeypatch):
    monkeypatch.setenv("STEMSTACK_MAX_SAMPLES", "1000")
    with pytest.raises(AudioError, match="decodes to more than 1,000 samples"):
        measure_clip(recording)
    ((problem, seconds),) = measure_clips([recording], max_samples=math.inf)
    assert (problem, seconds) == (None, 30.0)
    problem, seconds = measure_clips([recording])[0]
    assert "STEMSTACK_MAX_SAMPLES" in problem and math.isnan(seconds)
    assert len(load_clip(Window(recording, 20.0, 0.1), 8000)) == 800
