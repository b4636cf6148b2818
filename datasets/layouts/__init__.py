"""Layouts of data sets, one module per layout.

To add a layout, write a module with a :class:`~stemstack.datasets.dataset.Layout` and add it to
:data:`LAYOUTS`; its readers, the doctor and every command then accept it.
"""

from pathlib import Path

from ...exceptions import DataError
from .class_folders import CLASS_FOLDERS
from .manifest import MANIFEST
from .stems import STEMS

# The first layout that detects a path is used.
LAYOUTS = [MANIFEST, STEMS, CLASS_FOLDERS]


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
        expected = "; ".join(layout.expected for layout in LAYOUTS)
        raise DataError(f"{path}: is not a data set; expected one of: {expected}")
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
