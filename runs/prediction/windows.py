"""Predictions of long recordings by window, and tables of them for other programs."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...exceptions import UsageError

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
    window_table : The same of several recordings, as a table.

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


def window_table(clips, labels, proba):
    """Return the predictions of windows, one row per window.

    Parameters
    ----------
    clips : ClipList
    labels : sequence of str
        One for each of ``clips.clips``.
    proba : DataFrame of shape (n_windows, n_classes)

    Returns
    -------
    DataFrame
        Columns ``path``, ``start`` and ``end`` in s, ``label``, and the probability of each class.
    """
    table = clips.list_windows().assign(label=np.asarray(labels))
    return pd.concat([table, proba.reset_index(drop=True)], axis=1)


def to_csv(table):
    """Return a table of windows as CSV."""
    return table.to_csv(index=False)


def to_audacity(table):
    """Return a table of windows of one recording as a label track of Audacity.

    Raises
    ------
    UsageError
        There are several recordings.
    """
    if table["path"].nunique() > 1:
        raise UsageError(
            "A label track of Audacity is of one recording; predict one at a time, or use "
            "--windows raven"
        )
    labels = table["label"].map(_one_line) + _confidence(table).map(" {:.2f}".format)
    rows = zip(table["start"], table["end"], labels, strict=True)
    return "".join(f"{start:.2f}\t{end:.2f}\t{label}\n" for start, end, label in rows)


def to_raven(table):
    """Return a table of windows as a selection table of Raven."""
    selections = pd.DataFrame(
        {
            "Selection": np.arange(1, len(table) + 1),
            "View": "Spectrogram 1",
            "Channel": 1,
            "Begin Time (s)": table["start"],
            "End Time (s)": table["end"],
            "Low Freq (Hz)": 0.0,
            "High Freq (Hz)": _RAVEN_HZ,
            "Begin Path": table["path"].map(_one_line),
            "Label": table["label"].map(_one_line),
            "Probability": _confidence(table).round(4),
        }
    )
    return selections.to_csv(sep="\t", index=False)


FORMATS = {"csv": to_csv, "audacity": to_audacity, "raven": to_raven}


def _confidence(table):
    """Return the probability of the predicted class of each row."""
    classes = table.columns[4:]
    return table[classes].max(axis=1)


def _one_line(text):
    """Return text without the tabs and newlines that separate cells and rows."""
    return " ".join(text.split())
