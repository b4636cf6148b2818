"""Tables of a data set, and what a data-set layout provides to build them.

Conventions: paths in tables are relative to ``root`` and written with forward slashes, so that a
table means the same on any machine.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from ..exceptions import DataWarning
from .label_sets import explode_labels

FILE_COLUMNS = ("path", "role", "genre", "song", "stem")
# The only stem of a recording that noise is added to.
RECORDING = "recording"


@dataclass(frozen=True)
class DataSet:
    """Tables of one data set.

    Attributes
    ----------
    root : Path
        Folder that the tables' paths are relative to.
    train : DataFrame
        Of a data set of stems: columns ``song, label, group`` and one path column per stem (None
        where a song lacks it). Of a data set of clips: columns ``clip, label, group, path``; with
        noise added, each clip is a song whose only stem is ``recording``. From a manifest with
        folds also ``fold``.
    test : DataFrame or None
        Columns ``id, path``, ids as written in ``test.csv``; None without that file.
    noise : DataFrame or None
        Columns ``path, category, group``; None without a noise folder.
    header : tuple of (str, str)
        The two column names of a submission.
    label_separator : str or None
        What separates the labels of a clip, which may have any number of them; None where each clip
        has one.

    See Also
    --------
    read_data : Reads one from a folder, a manifest or a URL.

    Examples
    --------
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from stemstack.datasets import DataSet
    >>> train = pd.DataFrame(
    ...     {"clip": ["a.wav", "b.wav"], "label": ["rock", "jazz"], "group": [0, 1]}
    ... )
    >>> data = DataSet(Path("CLIPS"), train)
    >>> data.classes, data.has_stems
    (['jazz', 'rock'], False)
    """

    root: Path
    train: pd.DataFrame
    test: pd.DataFrame | None = None
    noise: pd.DataFrame | None = None
    header: tuple = ("id", "label")
    label_separator: str | None = None

    @property
    def classes(self):
        """Sorted list of the labels."""
        return list_labels(self.train["label"], self.label_separator)

    @property
    def has_stems(self):
        """Whether ``train`` holds songs in stems, to be mixed to mashups, rather than clips."""
        return "song" in self.train

    @property
    def has_recordings(self):
        """Whether the songs are recordings that noise is added to, and no stems to be mixed."""
        return self.stems == (RECORDING,)

    @property
    def stems(self):
        """Stem columns of ``train``, in order; empty for a data set of clips."""
        if not self.has_stems:
            return ()
        return tuple(c for c in self.train.columns if c not in ("song", "label", "group", "fold"))


@dataclass(frozen=True)
class Inventory:
    """Listing of a data set's files and tables, without checks, for the doctor.

    Attributes
    ----------
    root : Path
        Folder that all paths are relative to.
    songs : DataFrame
        Columns ``song, genre`` (for a data set of clips, their groups) and one path column per
        stem.
    files : DataFrame
        Columns ``path, role, genre, song, stem``; every file to be measured, once.
    stems : tuple of str
        Names of the expected stems; empty for clips.
    song_folder : str
        Folder that song names are relative to; empty for clips.
    unexpected : list of (str, str)
        Song and path of the audio files in song folders that are not expected stems.
    untracked : list of str
        Paths of audio files that no reader uses.
    manifest : DataFrame or None
        Rows of a manifest by line number: ``clip`` (the path as written), ``path, label, group``
        and possibly ``fold``.
    label_separator : str or None
        What separates the labels of a clip in the manifest; None where each clip has one.
    test : DataFrame or None
        Columns ``id`` (as written) and ``path``, by line number.
    noise : DataFrame or None
        Columns ``path, category, group``.
    with_test : bool
        Whether a ``test.csv`` and a sample submission in ``root`` belong to the data set.
    errors : list of (str, str, DataError)
        Check, file and error of each table that could not be read, and of folders in a structure
        that the reader refuses.
    notes : list of (str, str)
        What is doubtful, and how to fix it; the reader issues these as warnings.

    See Also
    --------
    stemstack.datasets.doctor.check_dataset : Checks an inventory.

    Examples
    --------
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from stemstack.datasets import Inventory
    >>> from stemstack.datasets.dataset import list_clip_files
    >>> files = list_clip_files(["a.wav", "b.wav"], ["rock", "jazz"], ["song 1", "song 2"])
    >>> Inventory(Path("CLIPS"), songs=files[["song", "genre"]], files=files).has_stems
    False
    """

    root: Path
    songs: pd.DataFrame
    files: pd.DataFrame
    stems: tuple = ()
    song_folder: str = ""
    unexpected: list = field(default_factory=list)
    untracked: list = field(default_factory=list)
    manifest: pd.DataFrame | None = None
    label_separator: str | None = None
    test: pd.DataFrame | None = None
    noise: pd.DataFrame | None = None
    with_test: bool = True
    errors: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    @property
    def has_stems(self):
        """Whether the data set holds songs in stems."""
        return bool(self.song_folder)


@dataclass(frozen=True)
class Layout:
    """Arrangement of files and tables that a data set can be read from.

    Attributes
    ----------
    name : str
    expected : str
        Phrase of error messages that describes the layout.
    detect : callable
        ``detect(path) -> bool``: whether an existing file or folder has the layout.
    read : callable
        ``read(path, *, stems, allow_missing_stems) -> DataSet``; raises
        :class:`~stemstack.exceptions.DataError` at the first mistake.
    take_inventory : callable
        ``take_inventory(path, *, stems) -> Inventory``; collects mistakes instead of raising.

    See Also
    --------
    stemstack.datasets.LAYOUTS : The registry of layouts.

    Examples
    --------
    >>> from stemstack.datasets import LAYOUTS
    >>> [layout.name for layout in LAYOUTS]
    ['manifest', 'stems', 'class_folders']
    """

    name: str
    expected: str
    detect: Callable
    read: Callable
    take_inventory: Callable


def list_labels(cells, separator):
    """Return the sorted list of the labels in a column.

    Parameters
    ----------
    cells : Series of str
    separator : str or None
        What separates the labels of a cell; None where it is one label.

    Returns
    -------
    list of str
    """
    return sorted(explode_labels(cells, separator).unique())


def warn_of(path, notes):
    """Issue a DataWarning for each note of an inventory.

    Parameters
    ----------
    path : Path
        The folder or manifest.
    notes : list of (str, str)
        What is doubtful, and how to fix it.
    """
    for problem, fix in notes:
        warnings.warn(f"{path}: {problem}; {fix}", DataWarning, stacklevel=3)


def list_clip_files(paths, genres, songs):
    """Return the rows of :attr:`Inventory.files` of labelled clips.

    Parameters
    ----------
    paths, genres, songs : sequence of str
        Path, label and group of each clip.

    Returns
    -------
    DataFrame
    """
    values = {"path": paths, "role": "clip", "genre": genres, "song": songs, "stem": None}
    return pd.DataFrame(values, columns=FILE_COLUMNS)


def list_stem_files(songs, stems):
    """Return the rows of :attr:`Inventory.files` of the stems that songs have.

    Parameters
    ----------
    songs : DataFrame
        Columns ``song, genre`` and one path column per stem.
    stems : sequence of str

    Returns
    -------
    DataFrame
    """
    rows = [
        (row[stem], "stem", row["genre"], row["song"], stem)
        for row in songs.to_dict("records")
        for stem in stems
        if isinstance(row[stem], str)
    ]
    return pd.DataFrame(rows, columns=FILE_COLUMNS, dtype=object)


def list_unlabelled_files(paths, role):
    """Return the rows of :attr:`Inventory.files` of files without a label.

    Parameters
    ----------
    paths : iterable of str
    role : {"test", "noise"}

    Returns
    -------
    DataFrame
    """
    rows = [(path, role, None, None, None) for path in paths]
    return pd.DataFrame(rows, columns=FILE_COLUMNS, dtype=object)
