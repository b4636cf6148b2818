"""Strips of windows: borders, heights, colours, ticks and texts."""

import re

import numpy as np
import pytest
from helpers.hostile import FORBIDDEN, NAMES

from stemstack.reports.html.timeline import class_colours, format_time, legend, timeline
from stemstack.runs.prediction.windows import WindowPredictions


def make_windows(labels, length=10.0, hop=None, classes=None):
    """Windows whose classes have a probability of 0.8."""
    classes = sorted(set(labels)) if classes is None else classes
    starts = np.arange(len(labels)) * (hop or length)
    proba = np.full((len(labels), len(classes)), 0.2 / max(1, len(classes) - 1))
    proba[np.arange(len(labels)), [classes.index(label) for label in labels]] = 0.8
    return WindowPredictions(starts, starts + length, classes, proba)


def draw(windows, **options):
    return str(timeline(windows, "clip.wav", class_colours([windows]), **options))


def test_segments_have_place_height_and_title():
    html = draw(make_windows(["a", "a", "b", "a"], length=5))
    found = re.findall(r'<i class="(c\d)" style="left:(.*?)%;width:(.*?)%;--p:(.*?)" title', html)
    assert found == [
        ("c0", "0.00", "25.00", "0.800"),
        ("c0", "25.00", "25.00", "0.800"),
        ("c1", "50.00", "25.00", "0.800"),
        ("c0", "75.00", "25.00", "0.800"),
    ]
    assert 'title="10 s to 15 s: b, 80\N{NO-BREAK SPACE}%"' in html
    label = "clip.wav: 0 s to 10 s a, 10 s to 15 s b, 15 s to 20 s a"
    assert f'role="img" aria-label="{label}"' in html
    assert "<button" not in html


def test_border_of_overlapping_windows_is_in_the_middle():
    html = draw(make_windows(["a", "b", "a"], length=10, hop=5))
    assert re.findall(r"left:([\d.]+)%;width:([\d.]+)%;--p", html) == [
        ("0.00", "37.50"),
        ("37.50", "25.00"),
        ("62.50", "37.50"),
    ]
    assert 'title="5 s to 15 s: b' in html


def test_many_windows_are_averaged():
    windows = make_windows(["a", "a", "b"] * 300, length=1, classes=["a", "b"])
    html = draw(windows)
    assert html.count("<i ") == 300 and 'class="windows dense"' in html
    # Means of 0.8, 0.8 and 0.2.
    assert html.count("--p:0.600") == 300 and "means of 3 windows" in html
    assert "0:00 to 0:03: a, 60" in html


def test_table_has_both_most_probable_classes():
    html = draw(make_windows(["b", "a"], length=45, classes=["a", "b"]))
    rows = re.findall(r'<th scope="row">(.*?)</th>\s*<td[^>]*>(.*?)</td>\s*<td>(.*?)</td>', html)
    assert rows == [("0:00 to 0:45", "b", "0.80"), ("0:45 to 1:30", "a", "0.80")]


@pytest.mark.parametrize(
    ("seconds", "n_windows", "ticks"),
    [
        (0.25, 2, ["0 s", "0.1 s", "0.2 s", "0.3 s", "0.4 s"]),
        (10, 3, ["0 s", "5 s", "10 s", "15 s", "20 s", "25 s"]),
        (10, 9, ["0:00", "0:20", "0:40", "1:00", "1:20"]),
        (600, 12, ["0:00", "20:00", "40:00", "1:00:00", "1:20:00", "1:40:00"]),
    ],
)
def test_ticks_are_round_and_few(seconds, n_windows, ticks):
    html = draw(make_windows(["a"] * n_windows, length=seconds, classes=["a", "b"]))
    axis = html.split('<div class="ticks"')[1].split("</div>")[0]
    assert re.findall(r"%\">(.*?)</span>", axis) == ticks


def test_ticks_of_days_are_few():
    html = draw(make_windows(["a"] * 100, length=7200, classes=["a", "b"]))
    axis = html.split('<div class="ticks"')[1].split("</div>")[0]
    assert 4 <= axis.count("<span") <= 8


def test_frequent_classes_have_colours_and_others_share_one():
    labels = [f"class {i}" for i in range(10) for _ in range(20 - i)]
    colours = class_colours([make_windows(labels)])
    assert list(colours.values()) == [*(f"c{i}" for i in range(8)), "other", "other"]
    html = str(legend(colours))
    assert '<i class="c7"></i>class 7</span>' in html and "2 other classes" in html
    assert "class 8" not in html
    assert "other" not in legend({"a": "c0"})


def test_long_parts_are_named_and_many_parts_counted():
    html = draw(make_windows(["a"] * 20 + ["b", "a"] * 10))
    names = html.split('<div class="names"')[1].split("</div>")[0]
    assert re.findall(r">(.)</span>", names) == ["a"]
    assert "and 9 more parts" in html


def test_format_time_rounds_before_it_carries():
    assert format_time(59.96, 100) == "1:00"
    assert format_time(3599.99, 4000) == "1:00:00"


def test_hostile_names_are_inert():
    evil = "".join(NAMES)
    html = draw(make_windows([evil, "a"]), seekable=True)
    html += str(legend({evil: "c0"}))
    assert "<img" not in html and "<script" not in html
    assert re.findall(FORBIDDEN, html) == []
