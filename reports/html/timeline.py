"""Timelines of windows in HTML pages: the most probable class of a recording by time.

The report and the page of ``serve`` share them, with ``templates/timeline.css``. A timeline is a
strip of segments, one for each window: the colour is the most probable class, the height its
probability. Where windows overlap, the border between them is in the middle of what they share.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd

from ...runs.prediction.windows import WindowPredictions
from . import blocks
from .blocks import details, percent, table

# More segments are narrower than can be seen; from the second number on there is no gap.
_MAX_SEGMENTS, _DENSE = 300, 120
# Colours of timeline.css; further classes are drawn as others.
_N_COLOURS = 8
_OTHER = "other"
# Style of strips and legends, for pages other than the report.
TIMELINE_CSS = Path(__file__).parent / "templates/timeline.css"
# Intervals of ticks in s, of which the first with few ticks is used.
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400)
_MAX_TICKS = 8
# A tick further to the right, as a fraction of the strip, would not have space for its text.
_LAST_TICK = 0.96
# A part of one class is named above the strip from this fraction of its width on.
_MIN_NAMED = 0.09
# Parts that the text alternative lists; the table has all windows.
_MAX_PARTS = 12


@dataclass(frozen=True)
class Segment:
    """Segment of a strip.

    Parameters
    ----------
    left, width : float
        In [0, 1], as fractions of the strip.
    colour : str
        Its CSS class.
    probability : float
    start : float
        Of the window, in s.
    text : str
        Time, class and probability of the window.
    """

    left: float
    width: float
    colour: str
    probability: float
    start: float
    text: str


def class_colours(recordings):
    """Assign a colour to each class that is the most probable one of a window.

    Parameters
    ----------
    recordings : sequence of WindowPredictions

    Returns
    -------
    dict of str to str
        CSS classes, of the most frequent class first; ``other`` where there are more classes than
        colours.
    """
    counts = Counter(label for one in recordings for label in one.labels)
    names = [name for name, _ in counts.most_common()]
    return {name: f"c{i}" if i < _N_COLOURS else _OTHER for i, name in enumerate(names)}


def legend(colours):
    """Render the colours of classes, from :func:`class_colours`."""
    own = [(name, colour) for name, colour in colours.items() if colour != _OTHER]
    n_others = len(colours) - len(own)
    return blocks.class_legend(own + [(f"{n_others} other classes", _OTHER)] * (n_others > 0))


def timeline(windows, name, colours, *, seekable=False):
    """Render the windows of a recording as a strip, and as a table to unfold.

    Parameters
    ----------
    windows : WindowPredictions
        Of more than 300 windows, neighbours are averaged.
    name : str
        Of the recording.
    colours : dict of str to str
        From :func:`class_colours`.
    seekable : bool, default=False
        Whether segments are buttons, whose ``data-start`` is the start of the window in s.

    Returns
    -------
    Markup
    """
    drawn = _group(windows)
    edges = _edges(drawn)
    parts, total = _merge(edges, drawn.labels), edges[-1]
    strip = blocks.timeline(
        f"{name}: {_describe(parts, total)}",
        _segments(drawn, edges, colours),
        [(a / total, (b - a) / total, c) for a, b, c in parts if b - a >= _MIN_NAMED * total],
        [(tick / total, format_time(tick, total)) for tick in _ticks(total)],
        len(drawn.starts) > _DENSE,
        seekable,
    )
    size = -(-len(windows.starts) // len(drawn.starts))
    caption = f"{name}: most probable classes" + (f", means of {size} windows" * (size > 1))
    return strip + details("The windows", table(_to_frame(drawn), caption, digits=2))


def _group(windows):
    """Average neighbours where there are more windows than segments can be drawn."""
    n_windows = len(windows.starts)
    firsts = np.arange(0, n_windows, -(-n_windows // _MAX_SEGMENTS))
    counts = np.diff(np.append(firsts, n_windows))
    proba = np.add.reduceat(windows.proba, firsts) / counts[:, None]
    ends = windows.ends[firsts + counts - 1]
    return WindowPredictions(windows.starts[firsts], ends, windows.classes, proba)


def _edges(windows):
    """Return the borders of the segments in s: of overlapping windows the middle."""
    borders = (windows.ends[:-1] + windows.starts[1:]) / 2
    return np.maximum.accumulate([windows.starts[0], *borders, windows.ends.max()])


def _merge(edges, labels):
    """Return start, end and class of each part of a recording that has one class."""
    rows = zip(edges[:-1], edges[1:], labels, strict=True)
    groups = (list(group) for _, group in groupby(rows, key=lambda row: row[2]))
    return [(float(group[0][0]), float(group[-1][1]), group[0][2]) for group in groups]


def _segments(windows, edges, colours):
    total = edges[-1]
    columns = (windows.starts, windows.ends, windows.labels, windows.confidence)
    rows = zip(edges[:-1], np.diff(edges), *columns, strict=True)
    return [
        Segment(
            float(left / total),
            float(width / total),
            colours[label],
            float(np.clip(probability, 0, 1)),
            float(start),
            f"{_span(start, end, total)}: {label}, {percent(probability)}",
        )
        for left, width, start, end, label, probability in rows
    ]


def _describe(parts, total):
    texts = [f"{_span(start, end, total)} {label}" for start, end, label in parts[:_MAX_PARTS]]
    more = len(parts) - len(texts)
    return ", ".join(texts) + (f", and {more} more parts" if more else "")


def _to_frame(windows):
    """Return the most and second most probable class of each window."""
    total, order = windows.ends.max(), np.argsort(-windows.proba, axis=1, kind="stable")[:, :2]
    classes = np.array(windows.classes, dtype=object)[order]
    proba = np.take_along_axis(windows.proba, order, axis=1)
    spans = zip(windows.starts, windows.ends, strict=True)
    return pd.DataFrame(
        {
            "class": classes[:, 0],
            "probability": proba[:, 0],
            "runner-up": classes[:, 1],
            "its probability": proba[:, 1],
        },
        pd.Index([_span(*span, total) for span in spans], name="time"),
    )


def _ticks(total):
    """Return the times of the ticks of an axis, in s."""
    step = next((step for step in _STEPS if total <= step * _MAX_TICKS), _STEPS[-1])
    step *= -(-total // (step * _MAX_TICKS))
    return np.arange(0, _LAST_TICK * total, step)


def _span(start, end, total):
    return f"{format_time(start, total)} to {format_time(end, total)}"


def format_time(seconds, total):
    """Format a time within a recording: in s, or as minutes and seconds where that is longer.

    Parameters
    ----------
    seconds : float
    total : float
        Length of the recording, in s.

    Returns
    -------
    str

    Examples
    --------
    >>> from stemstack.reports.html.timeline import format_time
    >>> format_time(7.5, 30), format_time(7.5, 90), format_time(66.33, 90), format_time(3700, 4000)
    ('7.5 s', '0:07.5', '1:06.3', '1:01:40')
    """
    if total < 60:
        return f"{round(float(seconds), 2):g} s"
    minutes, rest = divmod(round(float(seconds), 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    text = f"{rest:04.1f}".removesuffix(".0")
    return f"{hours}:{minutes:02}:{text}" if hours else f"{minutes}:{text}"
