"""Clips to predict, with the unusable ones set aside and named."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..audio import check_clips
from ..datasets import find_audio, is_url, local_data, url_within
from ..exceptions import DataError
from ..utils.progress import NO_PROGRESS


@dataclass(frozen=True)
class ClipList:
    """Clips to predict.

    Attributes
    ----------
    ids : list of str
        In the order given.
    paths : list of str
    header : tuple of (str, str)
        Column names of the answer.
    problems : tuple of str
        What is wrong with the clips left out.
    """

    ids: list
    paths: list
    header: tuple
    problems: tuple = ()

    def usable(self, *, n_jobs, progress):
        """Leave out the clips that cannot be read.

        Returns
        -------
        ClipList
            The usable clips, and ``problems`` naming the others.
        """
        with progress.stage("checking clips", len(self.paths)) as advance:
            found = check_clips(self.paths, n_jobs=n_jobs, advance=advance)
        good = [i for i, problem in enumerate(found) if problem is None]
        return ClipList(
            [self.ids[i] for i in good],
            [self.paths[i] for i in good],
            self.header,
            tuple(problem for problem in found if problem),
        )

    def answer(self, labels, probabilities=None):
        """Lay predictions out as a submission.

        Parameters
        ----------
        labels : sequence of str
        probabilities : DataFrame, optional
            A column a class, added after the label.

        Returns
        -------
        DataFrame
        """
        table = pd.DataFrame({self.header[0]: self.ids, self.header[1]: labels})
        if probabilities is None:
            return table
        return pd.concat([table, probabilities.reset_index(drop=True)], axis=1)


def from_test_table(data):
    """Take the clips of a data set's ``test.csv``; none when it has no such table."""
    if data.test is None:
        return ClipList([], [], data.header)
    paths = [str(Path(data.root, path)) for path in data.test["path"]]
    return ClipList(data.test["id"].tolist(), paths, data.header)


def from_paths(paths, *, cache=None, progress=NO_PROGRESS):
    """Take files, and folders of files, as named on a command line.

    Parameters
    ----------
    paths : sequence of str or os.PathLike
        A folder stands for the audio files below it. A name that is nothing on disk is kept: it
        is reported with the other unusable clips. So are URLs, of audio files and of folders.
    cache : str or os.PathLike, optional
        Folder that URLs are mirrored into; ``STEMSTACK_CACHE`` or ``~/.cache/stemstack`` by
        default.
    progress : NullProgress
        Shows how many files of URLs have been fetched; shows nothing by default.

    Returns
    -------
    ClipList
        Ids are the paths, as named.

    Raises
    ------
    DataError
        No file is left to predict.
    """
    ids, files = [], []
    for path in paths:
        local = local_data(path, cache, progress=progress)
        found = find_audio(local) if local.is_dir() else [local]
        files += map(str, found)
        ids += [_name(path, file, local) for file in found] if is_url(path) else map(str, found)
    if not files:
        raise DataError(f"{', '.join(map(str, paths))}: no audio files found")
    return ClipList(ids, files, ("path", "label"))


def _name(url, file, local):
    """Name a file, or one below a folder, that was fetched from a URL."""
    return url if file == local else url_within(url, file.relative_to(local).as_posix())
