"""Layouts of data sets, one module per layout.

To add a layout, write a module with a :class:`~stemstack.datasets.dataset.Layout` and add it to
:data:`LAYOUTS`; its readers, the doctor and every command then accept it.
"""

from pathlib import Path

from ...exceptions import DataError, UsageError
from ...utils.progress import NO_PROGRESS
from ..remote import local_data
from ..synthetic_noise import NO_NOISE
from .added_noise import add_noise
from .class_folders import CLASS_FOLDERS
from .manifest import MANIFEST
from .shared import SAMPLE_TABLE, TEST_TABLE
from .stems import DEFAULT_STEMS, STEMS

_OTHER_TABLES = (TEST_TABLE, SAMPLE_TABLE)
# The first layout that detects a path is used.
LAYOUTS = [MANIFEST, STEMS, CLASS_FOLDERS]


def read_data(
    data,
    *,
    stems=DEFAULT_STEMS,
    allow_missing_stems=False,
    noise=None,
    label_separator=None,
    cache=None,
    progress=NO_PROGRESS,
):
    r"""Read a data set of any layout.

    Parameters
    ----------
    data : str or os.PathLike
        A folder of songs in stems (the Messy Mashup layout), a folder of audio files per class, or
        a CSV manifest; or the URL of one.
    stems : sequence of str, default=("drums", "vocals", "bass", "other")
        Names of the stems, for a data set of stems.
    allow_missing_stems : bool, default=False
        Whether songs may lack some of the stems. By default that is an error.
    noise : str or os.PathLike, optional
        Folder of noise clips, ``"synthetic"`` for generated ones, or ``"off"``, the default.
        Recordings of a data set of clips become songs of one stem, which mashups with noise are
        made of; a data set of stems has this noise instead of its own.
    label_separator : str, optional
        What separates the labels of a clip in a manifest; a clip may have any number of them. By
        default each clip has one.
    cache : str or os.PathLike, optional
        A URL is mirrored below its ``remote`` folder, and generated noise is in ``noise``;
        ``STEMSTACK_CACHE`` or ``~/.cache/stemstack`` by default.
    progress : NullProgress
        Shows how many files of a URL have been fetched; shows nothing by default.

    Returns
    -------
    DataSet

    Raises
    ------
    DataError
        ``data`` does not exist, has none of the layouts, or violates its layout; it is a URL that
        cannot be fetched; or the noise folder has no audio files. The message says how to fix it.
    UsageError
        A stem is named twice, or there is a label separator for a layout other than a manifest, or
        with noise.

    See Also
    --------
    stemstack.datasets.doctor.check_dataset : Lists all mistakes of a data set at once.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from stemstack.datasets import read_data
    >>> with TemporaryDirectory() as folder:
    ...     manifest = Path(folder, "manifest.csv")
    ...     _ = manifest.write_text("path,label,group\na.wav,rock,song 1\nb.wav,jazz,song 2\n")
    ...     data = read_data(manifest)
    >>> data.classes
    ['jazz', 'rock']
    >>> data.train["group"].tolist()
    ['song 1', 'song 2']
    """
    check_stems_differ(stems)
    path = local_data(data, cache, progress=progress)
    layout = find_layout(path)
    options = separator_options(layout, path, label_separator)
    if noise not in (None, NO_NOISE) and options:
        raise UsageError(
            "--noise mixes recordings of one class, and --label-separator gives them several "
            "labels; leave one of them out"
        )
    dataset = layout.read(path, stems=stems, allow_missing_stems=allow_missing_stems, **options)
    return add_noise(dataset, noise, cache=cache, progress=progress)


def check_stems_differ(stems):
    """Raise an error unless the names of stems differ.

    Parameters
    ----------
    stems : sequence of str

    Raises
    ------
    UsageError
        A name is there twice.
    """
    if len(set(stems)) < len(stems):
        raise UsageError(f"stems: a name is there twice in {','.join(stems)}")


def separator_options(layout, path, label_separator):
    """Return what a layout's functions take in addition to read several labels for a clip.

    Parameters
    ----------
    layout : Layout
    path : Path
    label_separator : str or None

    Returns
    -------
    dict
        Empty without a separator.

    Raises
    ------
    UsageError
        The layout is not that of a manifest: folders give each clip one label.
    """
    if label_separator is None:
        return {}
    if layout is not MANIFEST:
        raise UsageError(
            f"{path}: is not a CSV manifest, so each clip has one label; leave --label-separator "
            "out, or list the clips in a manifest"
        )
    return {"label_separator": label_separator}


def find_layout(path):
    """Return the layout of a data set.

    Parameters
    ----------
    path : str or os.PathLike

    Returns
    -------
    Layout

    Raises
    ------
    DataError
        ``path`` does not exist or has none of the layouts.
    """
    path = Path(path)
    if not path.exists():
        raise DataError(f"{path}: no such file or folder; give the data folder or a CSV manifest")
    layout = _detect(path)
    if layout is None:
        expected = ", or ".join(layout.expected for layout in LAYOUTS)
        tables = [file for file in sorted(path.glob("*.csv")) if file.name not in _OTHER_TABLES]
        hint = f"; if {tables[0].name} lists the clips, give {tables[0]}" if tables else ""
        raise DataError(f"{path}: is not a data set; expected {expected}{hint}")
    return layout


def is_data_set(path):
    """Return whether a path is a data set, rather than an audio file or a folder of such files.

    Parameters
    ----------
    path : str or os.PathLike

    Returns
    -------
    bool

    See Also
    --------
    read_data : Reads a data set.

    Examples
    --------
    >>> from stemstack.datasets import is_data_set
    >>> is_data_set("clips/manifest.csv"), is_data_set("clips/a.wav")
    (True, False)
    """
    path = Path(path)
    return _detect(path) is not None if path.is_dir() else path.suffix.lower() == ".csv"


def _detect(path):
    return next((layout for layout in LAYOUTS if layout.detect(path)), None)
