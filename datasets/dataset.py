"""What a data set is, whichever of the three forms it came in.

``read_data`` takes (a) a folder of stems in the Messy Mashup layout, (b) a folder per class of
ordinary audio files, or (c) a CSV manifest, and gives one :class:`DataSet` of plain tables. Paths
in the tables are relative to ``root`` (POSIX style), so a table means the same on any machine.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..exceptions import DataError
from ..utils.progress import NO_PROGRESS
from .layouts.class_folders import is_class_folder, read_class_folders
from .layouts.manifest import read_manifest
from .layouts.stems import DEFAULT_STEMS, is_stem_folder, read_noise, read_songs
from .layouts.test_table import read_submission_header, read_test
from .remote import local_data


@dataclass(frozen=True)
class DataSet:
    """The tables of one data set.

    Attributes
    ----------
    root : Path
        The folder the tables' paths start from.
    kind : {"stems", "clips"}
        Whether ``train`` holds songs to be mashed up, or clips to be used as they are.
    train : DataFrame
        ``stems``: columns ``song, label, group`` and one path column a stem (missing: None).
        ``clips``: columns ``clip, label, group, path`` and, from a manifest, perhaps ``fold``.
    test : DataFrame or None
        Columns ``id, path``, ids untouched; None without a ``test.csv``.
    noise : DataFrame or None
        Columns ``path, category, group``; None without a noise folder.
    header : tuple of (str, str)
        The two column names of a submission.
    """

    root: Path
    kind: str
    train: pd.DataFrame
    test: pd.DataFrame | None
    noise: pd.DataFrame | None
    header: tuple

    @property
    def classes(self):
        """The labels, sorted."""
        return sorted(self.train["label"].unique())

    @property
    def stems(self):
        """The stem columns of ``train``, in order; empty for clips."""
        return tuple(c for c in self.train.columns if c not in ("song", "label", "group"))


def read_data(
    data, *, stems=DEFAULT_STEMS, allow_missing_stems=False, cache=None, progress=NO_PROGRESS
):
    """Read a data set in any of the three forms.

    Parameters
    ----------
    data : str or os.PathLike
        The competition folder, a folder per class, or a CSV manifest; or the URL of one.
    stems : sequence of str, default=("drums", "vocals", "bass", "other")
        The stem names looked for in the competition layout.
    allow_missing_stems : bool, default=False
        Accept songs that lack some stems, instead of an error naming them.
    cache : str or os.PathLike, optional
        A URL is mirrored below its ``remote`` folder; ``STEMSTACK_CACHE`` or ``~/.cache/stemstack``
        by default.
    progress : NullProgress
        Shows how many files of a URL have been fetched; shows nothing by default.

    Returns
    -------
    DataSet

    Raises
    ------
    DataError
        ``data`` is missing, is none of the forms, or breaks its form; the message says the mend.
        Or it is a URL that cannot be fetched.
    """
    path = local_data(data, cache, progress=progress)
    form = find_form(path)
    root = path if path.is_dir() else path.parent
    kind, noise = "clips", None
    if form == "manifest":
        train = read_manifest(path)
    elif form == "folders":
        train = read_class_folders(path)
    else:
        kind, noise = "stems", read_noise(path)
        train = read_songs(path, stems=stems, allow_missing_stems=allow_missing_stems)
    test = read_test(root) if path.is_dir() else None
    return DataSet(root, kind, train, test, noise, read_submission_header(root))


def find_form(data):
    """Tell which of the three forms a data set has.

    Parameters
    ----------
    data : str or os.PathLike

    Returns
    -------
    {"stems", "folders", "manifest"}

    Raises
    ------
    DataError
        ``data`` is missing or none of the forms.
    """
    path = Path(data)
    if not path.exists():
        raise DataError(f"{path}: no such file or folder; give the data folder or a CSV manifest")
    if path.is_file():
        return "manifest"
    if is_stem_folder(path):
        return "stems"
    if is_class_folder(path):
        return "folders"
    raise DataError(
        f"{path}: holds neither genres_stems/<class>/<song>/<stem>.wav nor a folder of audio "
        "files per class; give one of these, or a CSV manifest with columns path,label"
    )


def is_data_set(path):
    """Tell whether a path is one of the three forms, rather than plain audio files."""
    path = Path(path)
    if path.is_dir():
        return is_stem_folder(path) or is_class_folder(path)
    return path.suffix.lower() == ".csv"
