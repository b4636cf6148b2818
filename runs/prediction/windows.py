"""Predictions of long recordings by window, and tables of them for other programs."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...datasets.label_sets import split_labels
from ...exceptions import UsageError
from ..clip_list import add_class_columns

# Highest frequency of the selections in a table for Raven, in Hz: half the usual sample rate.
_RAVEN_HZ = 11_025.0


@dataclass(frozen=True, eq=False)
class WindowPredictions:
    """Predictions of the windows of one recording, in the order of time.

    Parameters
    ----------
    starts, ends : ndarray of shape (n_windows,)
        In s, rounded to 10 ms.
    classes : list of str
    proba : ndarray of shape (n_windows, n_classes)
        Of the stack, in [0, 1].

    See Also
    --------
    WindowTable : The same of several recordings, as a table.

    Examples
    --------
    >>> from stemstack.runs.prediction.windows import WindowPredictions
    >>> proba = np.array([[0.75, 0.25], [0.5, 0.5]])
    >>> windows = WindowPredictions(np.array([0, 5]), np.array([5, 10]), ["jazz", "rock"], proba)
    >>> windows.labels, windows.confidence.tolist()
    (['jazz', 'jazz'], [0.75, 0.5])
    """

    starts: np.ndarray
    ends: np.ndarray
    classes: list
    proba: np.ndarray

    @classmethod
    def from_windows(cls, windows, classes, proba):
        """Return the predictions of windows.

        Parameters
        ----------
        windows : sequence of Window
        classes : list of str
        proba : ndarray of shape (n_windows, n_classes)
        """
        starts, ends = zip(*((one.start, one.stop) for one in windows), strict=True)
        return cls(np.round(starts, 2), np.round(ends, 2), classes, proba)

    @property
    def labels(self):
        """The most probable class of each window."""
        return [self.classes[i] for i in self.proba.argmax(axis=1)]

    @property
    def confidence(self):
        """The probability of the most probable class of each window."""
        return self.proba.max(axis=1)


def clip_lengths(run, window="auto", *, by_window=False):
    """Return the lengths of clips that a run predicts whole; longer ones are cut into windows.

    Parameters
    ----------
    run : Run
    window : float or {"auto", "off"}, default="auto"
        Length of the windows in s; ``"auto"`` for those that the run was trained on, none where it
        was trained on whole clips.
    by_window : bool, default=False
        Whether predictions of windows are wanted, for which mashups have a length, too.

    Returns
    -------
    list of float, or None
        In s; None where no clip is cut.

    Raises
    ------
    UsageError
        Predictions of windows are wanted from a run on whole clips, without their length.
    """
    if window == "off":
        return None
    if window != "auto":
        return [float(window)]
    if not by_window:
        return run.window_lengths()
    lengths = trained_lengths(run)
    if lengths is None:
        raise UsageError(
            f"{run.path}: was trained on whole clips, so it has no length of windows; add "
            "--window SECONDS"
        )
    return lengths


def trained_lengths(run):
    """Return the lengths of the windows, or else of the mashups, that a run was trained on.

    Parameters
    ----------
    run : Run

    Returns
    -------
    list of float, or None
        In s; None for a run on whole clips.
    """
    lengths = run.window_lengths()
    if lengths is None:
        lengths = [recipe.length / recipe.sr for recipe in run.read_recipes().values()]
    return lengths or None


@dataclass(frozen=True, eq=False)
class WindowTable:
    """Predictions of the windows of several recordings, one row per window.

    Parameters
    ----------
    rows : DataFrame
        Columns ``path`` (the id of the clip), ``file``, ``start`` and ``end`` in s, ``label`` and
        ``confidence``, the probability of the label.
    proba : DataFrame of shape (n_windows, n_classes)

    See Also
    --------
    FORMATS : Functions that return such a table as text.

    Examples
    --------
    >>> from stemstack.audio.windows import Window
    >>> from stemstack.runs import ClipList
    >>> from stemstack.runs.prediction.windows import WindowTable, to_audacity
    >>> clips = ClipList(["a"], ["a.wav"], seconds=(9.0,)).cut([3.0, 3.0])
    >>> proba = pd.DataFrame({"jazz": [0.75, 0.5, 0.25], "rock": [0.25, 0.5, 0.75]})
    >>> table = WindowTable.from_predictions(clips, ["jazz", "jazz", "rock"], proba)
    >>> to_audacity(table).splitlines()[0]
    '0.00\\t3.00\\tjazz 0.75'
    """

    rows: pd.DataFrame
    proba: pd.DataFrame

    @classmethod
    def from_predictions(cls, clips, labels, proba, separator=None):
        """Return the table of predicted windows.

        Parameters
        ----------
        clips : ClipList
        labels : sequence of str
            One for each of ``clips.clips``.
        proba : DataFrame of shape (n_windows, n_classes)
        separator : str, optional
            What separates the labels of a window; by default each has one. The confidence of
            several is that of the least probable one, and of none 1 minus the highest probability.

        Returns
        -------
        WindowTable
        """
        proba = proba.reset_index(drop=True)
        if separator is None:
            confidence = proba.max(axis=1)
        else:
            confidence = [
                row[split_labels(label, separator)].min() if label else 1 - row.max()
                for label, (_, row) in zip(labels, proba.iterrows(), strict=True)
            ]
        rows = clips.list_windows().assign(label=np.asarray(labels), confidence=confidence)
        return cls(rows, proba)

    def map(self, function):
        """Return the table with a function applied to both parts."""
        return WindowTable(function(self.rows), function(self.proba))


def check_format(name, clips):
    """Check that a format can hold the windows of clips.

    Raises
    ------
    UsageError
        There are several recordings for a label track.
    """
    if name == "audacity" and len(clips.ids) > 1:
        raise UsageError(
            "A label track of Audacity is of one recording; predict one at a time, or use "
            "--windows raven"
        )


def to_csv(table):
    """Return windows as CSV: columns ``path, start, end, label``, and one for each class."""
    rows = table.rows[["path", "start", "end", "label"]]
    return add_class_columns(rows, table.proba).to_csv(index=False)


def to_audacity(table):
    """Return the windows of one recording as a label track of Audacity."""
    rows = table.rows
    labels = rows["label"].map(_one_line) + rows["confidence"].map(" {:.2f}".format)
    columns = zip(rows["start"], rows["end"], labels, strict=True)
    return "".join(f"{start:.2f}\t{end:.2f}\t{label}\n" for start, end, label in columns)


def to_raven(table):
    """Return windows as a selection table of Raven."""
    rows = table.rows
    selections = pd.DataFrame(
        {
            "Selection": np.arange(1, len(rows) + 1),
            "View": "Spectrogram 1",
            "Channel": 1,
            "Begin Time (s)": rows["start"],
            "End Time (s)": rows["end"],
            "Low Freq (Hz)": 0.0,
            "High Freq (Hz)": _RAVEN_HZ,
            "Begin Path": rows["file"].map(_one_line),
            "Label": rows["label"].map(_one_line),
            "Probability": rows["confidence"].round(4),
        }
    )
    return selections.to_csv(sep="\t", index=False)


FORMATS = {"csv": to_csv, "audacity": to_audacity, "raven": to_raven}


def _one_line(text):
    """Return text without the tabs and newlines that separate cells and rows."""
    return " ".join(text.split())
