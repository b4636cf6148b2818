"""Recordings are cut into windows as long as the test clips, and count equally."""

from pathlib import Path

import pandas as pd
import pytest

from stemstack.audio import Window
from stemstack.exceptions import UsageError
from stemstack.mashups import Recipe, StemPart
from stemstack.runs import Config
from stemstack.runs.training_windows import (
    cut_recordings,
    describe_windows,
    recording_lengths,
    recording_weights,
    window_lengths,
)

TABLE = pd.DataFrame(
    {"clip": ["a", "b", "c"], "label": list("xyx"), "group": list("AAB"), "path": ["a", "b", "c"]}
)
SECONDS = [12.0, 60.0, 3600.0]


def cut(lengths, **options):
    return cut_recordings(TABLE, Path("D"), SECONDS, Config("D", **options), lengths)


def test_window_lengths_follow_the_option():
    assert window_lengths(Config("D"), [3.0, 4.0]) == [3.0, 4.0]
    assert window_lengths(Config("D"), [3.0] * 19 + [300.0]) == [3.0] * 19
    assert window_lengths(Config("D"), []) is None
    assert window_lengths(Config("D", window=5), [3.0, 4.0]) == [5.0]
    assert window_lengths(Config("D", window="off"), [3.0, 4.0]) is None


@pytest.mark.parametrize(
    "options", [{"window": "5 s"}, {"window": 0}, {"hop": -1}, {"window": True}]
)
def test_bad_lengths_are_refused(options):
    with pytest.raises(UsageError, match=next(iter(options))):
        Config("D", **options)


def test_windows_have_the_lengths_of_test_clips():
    lengths = [8.0, 9.0, 10.0, 11.0, 12.0]
    table, clips = cut(lengths)
    # 12 s are not longer than the test clips; 5 windows of about 10 s fit into 60 s without the
    # first, and of an hour 16 are enough.
    assert table["group"].value_counts().to_dict() == {"A": 1 + 6, "B": 16}
    assert clips[0] == str(Path("D/a")) and table["clip"][0] == "a"
    durations = [clip.duration for clip in clips[1:7]]
    # The quantiles at 1/12, 3/12 … 11/12.
    assert sorted(durations) == [8.0, 9.0, 10.0, 10.0, 11.0, 12.0]
    assert clips[1].start == 0 and clips[6].stop == pytest.approx(60, abs=0.02)
    assert [Window.from_name(name, str(Path("D/b"))) for name in table["clip"][1:7]] == clips[1:7]


def test_overlapping_windows_come_closer():
    assert len(cut([10.0], hop=5)[1]) == 1 + 11 + 16


def test_no_lengths_cut_nothing():
    table, clips = cut(None)
    assert table is TABLE and clips == [str(Path("D", name)) for name in "abc"]


def test_weights_of_recordings_are_equal():
    names = ["a#t=0.00,1.00", "a#t=1.00,2.00", "a#t=2.00,3.00", "b"]
    weights = recording_weights(names)
    assert weights[:3].sum() == pytest.approx(weights[3])
    assert weights.mean() == pytest.approx(1)
    assert recording_weights(["a", "b"]) is None


def test_message_counts_windows_or_suggests_them():
    lengths = [10.0]
    table, _ = cut(lengths)
    message = describe_windows(table["clip"], SECONDS, lengths)
    assert message == "2 recordings are cut into 22 windows of 10 s"
    hint = describe_windows(TABLE["clip"], [100.0] * 3, None)
    assert hint.startswith("recordings of 100 s are one") and hint.endswith("--window SECONDS")
    assert describe_windows(TABLE["clip"], [30.0] * 3, None) is None


def test_lengths_of_recordings_leave_out_mashups_of_stems():
    def recipe(stem, length):
        part = StemPart(stem, "a", "a.wav", rate=1.0, gain=1.0)
        return Recipe("a", "x", 0, 8000, start=0, length=length, stems=(part,))

    recipes = [recipe("recording", 4000), recipe("drums", 8000), recipe("recording", 12_000)]
    assert recording_lengths(recipes) == [0.5, 1.5]
