"""Clips to predict: their ids and paths, without those that cannot be read."""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from ..audio.clips import measure_clips
from ..audio.windows import Window, cut_evenly, is_longer
from ..datasets import find_audio, is_url, local_data, url_within
from ..datasets.names import FileFinder
from ..exceptions import DataError
from ..utils.containers import as_sequence
from ..utils.resources import DEFAULT_RESOURCES

# The least probability of a class in a window, so that one window alone cannot exclude it.
_MIN_PROBA = 1e-4


@dataclass(frozen=True)
class ClipList:
    """Paths of clips with the ids under which their predictions are written.

    Parameters
    ----------
    ids : list of str
    paths : list of str
        In the same order.
    header : tuple of (str, str), default=("path", "label")
        Column names of ids and labels in a table of predictions.
    problems : tuple of str, default=()
        One message for each clip that was left out.
    seconds : tuple of float, default=()
        Length of each clip in s, as :meth:`usable` measures it.
    windows : tuple of (tuple of Window), default=()
        The windows of each clip, as :meth:`cut` makes them; none for a clip that is not cut.

    See Also
    --------
    predict_run : Predicts clips with a finished run.

    Examples
    --------
    >>> from stemstack.runs import ClipList
    >>> clips = ClipList(["001", "002"], ["a.wav", "b.wav"], header=("id", "genre"))
    >>> print(clips.to_table(["jazz", "rock"]).to_csv(index=False), end="")
    id,genre
    001,jazz
    002,rock
    """

    ids: list
    paths: list
    header: tuple = ("path", "label")
    problems: tuple = ()
    seconds: tuple = ()
    windows: tuple = ()

    @classmethod
    def from_test_table(cls, data):
        """List the clips of a data set's ``test.csv``; none without such a table."""
        if data.test is None:
            return cls([], [], data.header)
        paths = [str(Path(data.root, path)) for path in data.test["path"]]
        return cls(data.test["id"].tolist(), paths, data.header)

    @classmethod
    def from_paths(cls, paths, *, resources=DEFAULT_RESOURCES):
        """List files, and the audio files below folders.

        Parameters
        ----------
        paths : sequence of str or os.PathLike
            Files, folders, or URLs of either. A path that does not exist is listed too:
            :meth:`usable` reports it with the other unusable clips.
        resources : Resources
            URLs are mirrored into its cache folder.

        Returns
        -------
        ClipList
            The ids are the paths as given.

        Raises
        ------
        DataError
            There are no audio files.
        """
        ids, files = [], []
        for path in as_sequence(paths, "paths"):
            if not is_url(path) and not Path(path).exists():
                path = FileFinder(Path()).find(str(path))
            local = local_data(path, resources.cache, progress=resources.progress)
            found = find_audio(local) if local.is_dir() else [local]
            files += map(str, found)
            ids += [_name(path, f, local) for f in found] if is_url(path) else map(str, found)
        if not files:
            raise DataError(
                f"{', '.join(map(str, paths))}: no audio files found; give audio files, or folders "
                "that hold some"
            )
        return cls(ids, files)

    def usable(self, *, any_length=False, resources=DEFAULT_RESOURCES):
        """Return the clips that can be read, with ``problems`` for the others.

        Parameters
        ----------
        any_length : bool, default=False
            Whether clips that are too long to be read whole are usable, to be cut.
        resources : Resources

        Returns
        -------
        ClipList
        """
        options = {"max_samples": math.inf} if any_length else {}
        with resources.progress.stage("checking clips", len(self.paths)) as advance:
            options |= {"n_jobs": resources.n_jobs, "advance": advance}
            measured = measure_clips(self.paths, **options)
        good = [i for i, (problem, _) in enumerate(measured) if problem is None]
        return replace(
            self,
            ids=[self.ids[i] for i in good],
            paths=[self.paths[i] for i in good],
            problems=tuple(problem for problem, _ in measured if problem),
            seconds=tuple(measured[i][1] for i in good),
        )

    def cut(self, lengths, hop=None):
        """Return the clips with those that are longer than others cut into windows.

        Parameters
        ----------
        lengths : sequence of float or None
            Lengths of the clips that models were trained on, in s; windows have the median. None
            cuts no clip.
        hop : float, optional
            Time between the starts of windows, in s; by default the length of a window.

        Returns
        -------
        ClipList
        """
        if lengths is None:
            return self
        duration = float(np.median(lengths))
        return replace(
            self,
            windows=tuple(
                tuple(cut_evenly(path, seconds, duration, hop))
                if is_longer(seconds, lengths)
                else ()
                for path, seconds in zip(self.paths, self.seconds, strict=True)
            ),
        )

    @cached_property
    def clips(self):
        """What models predict: the paths, and the windows of the clips that are cut."""
        if not self.windows:
            return self.paths
        pairs = zip(self.paths, self.windows, strict=True)
        return [clip for path, windows in pairs for clip in windows or [path]]

    @cached_property
    def clip_names(self):
        """Name of each of :attr:`clips`: the id, and for a window its place."""
        if not self.windows:
            return self.ids
        pairs = zip(self.ids, self.windows, strict=True)
        return [n for i, windows in pairs for n in [w.name(i) for w in windows] or [i]]

    def list_windows(self):
        """Return the windows that models predict, a clip that is not cut as one.

        Returns
        -------
        DataFrame
            Columns ``path`` (the id of the clip), ``file``, ``start`` and ``end`` in s.
        """
        windows = self.windows or [()] * len(self.ids)
        columns = zip(self.ids, self.paths, self.seconds, windows, strict=True)
        rows = [
            (clip_id, path, round(window.start, 2), round(window.stop, 2))
            for clip_id, path, seconds, windows in columns
            for window in windows or [Window(path, 0.0, seconds)]
        ]
        table = pd.DataFrame(rows, columns=["path", "file", "start", "end"], dtype=object)
        return table.astype({"start": float, "end": float})

    def average(self, proba, multilabel=False):
        """Average the predictions of windows: one row per clip.

        Parameters
        ----------
        proba : ndarray or DataFrame of shape (n, n_classes)
            One row for each of :attr:`clips`.
        multilabel : bool, default=False
            Whether the columns are labels, of which a clip may have several.

        Returns
        -------
        ndarray or DataFrame of shape (n_clips, n_classes)
            The normalised geometric mean of a clip's windows; of several labels that of each
            label and its absence.
        """
        if not any(self.windows):
            return proba
        ends = np.cumsum([len(windows) or 1 for windows in self.windows])[:-1]
        average = _average_labels if multilabel else average_windows
        averaged = np.array([average(part) for part in np.split(np.asarray(proba), ends)])
        if isinstance(proba, pd.DataFrame):
            return pd.DataFrame(averaged, columns=proba.columns)
        return averaged

    def to_table(self, labels, proba=None):
        """Return predictions as a table with one row per clip.

        Parameters
        ----------
        labels : sequence of str
        proba : DataFrame of shape (n_clips, n_classes), optional
            Class probabilities, added after the label.

        Returns
        -------
        DataFrame
        """
        # Names of files may be no Unicode, which columns of text cannot hold.
        ids = pd.Series(self.ids, dtype=object)
        table = pd.DataFrame({self.header[0]: ids, self.header[1]: labels})
        if proba is None:
            return table
        return add_class_columns(table, proba)


def add_class_columns(table, proba):
    """Return a table with the probabilities of the classes beside its own columns.

    Parameters
    ----------
    table : DataFrame
    proba : DataFrame of shape (n, n_classes)
        A class with the name of a column of the table has ``proba_`` before its name.

    Returns
    -------
    DataFrame
    """
    taken, names = {*table.columns, *proba.columns}, {}
    for name in proba.columns.intersection(table.columns):
        names[name] = f"proba_{name}"
        while names[name] in taken:
            names[name] = f"proba_{names[name]}"
        taken.add(names[name])
    return pd.concat([table, proba.rename(columns=names).reset_index(drop=True)], axis=1)


def average_windows(proba):
    """Return the normalised geometric mean of the predictions of one clip's windows.

    Parameters
    ----------
    proba : ndarray of shape (n_windows, ..., n_classes)

    Returns
    -------
    ndarray of shape (..., n_classes)
    """
    if len(proba) == 1:
        return proba[0]
    mean = np.exp(np.log(np.maximum(proba, _MIN_PROBA)).mean(axis=0))
    return mean / mean.sum(axis=-1, keepdims=True)


def _average_labels(proba):
    """Average the probabilities of each label by itself, as those of two classes."""
    return average_windows(np.stack([proba, 1 - proba], axis=-1))[..., 0]


def _name(url, file, local):
    """Return the URL of a file that was mirrored from a URL, or from a folder at that URL."""
    return url if file == local else url_within(url, file.relative_to(local).as_posix())
