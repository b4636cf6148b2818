"""Read a data set of any layout into tables."""

from ..utils.progress import NO_PROGRESS
from .layouts import find_layout
from .layouts.stems import DEFAULT_STEMS
from .remote import local_data


def read_data(
    data, *, stems=DEFAULT_STEMS, allow_missing_stems=False, cache=None, progress=NO_PROGRESS
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
        ``data`` does not exist, has none of the layouts, or violates its layout; or it is a URL
        that cannot be fetched. The message says how to fix it.

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
    path = local_data(data, cache, progress=progress)
    layout = find_layout(path)
    return layout.read(path, stems=stems, allow_missing_stems=allow_missing_stems)
