"""Clips to predict: their ids and paths, without those that cannot be read."""

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from ..audio import check_clips
from ..datasets import find_audio, is_url, local_data, url_within
from ..datasets.names import FileFinder
from ..exceptions import DataError
from ..utils.resources import DEFAULT_RESOURCES


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
        for path in paths:
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

    def usable(self, *, resources=DEFAULT_RESOURCES):
        """Return the clips that can be read, with ``problems`` for the others."""
        with resources.progress.stage("checking clips", len(self.paths)) as advance:
            found = check_clips(self.paths, n_jobs=resources.n_jobs, advance=advance)
        good = [i for i, problem in enumerate(found) if problem is None]
        return replace(
            self,
            ids=[self.ids[i] for i in good],
            paths=[self.paths[i] for i in good],
            problems=tuple(problem for problem in found if problem),
        )

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
        table = pd.DataFrame({self.header[0]: self.ids, self.header[1]: labels})
        if proba is None:
            return table
        return pd.concat([table, proba.reset_index(drop=True)], axis=1)


def _name(url, file, local):
    """Return the URL of a file that was mirrored from a URL, or from a folder at that URL."""
    return url if file == local else url_within(url, file.relative_to(local).as_posix())
