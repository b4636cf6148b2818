"""Names that look the same: classes in another Unicode form, and files under another spelling."""

import os
import posixpath
import unicodedata
from collections import defaultdict
from pathlib import Path


def normalize_name(text):
    r"""Return a name in Unicode normal form C, without surrounding spaces.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    Examples
    --------
    >>> from stemstack.datasets.names import normalize_name
    >>> normalize_name(" me\u0301tal") == "m\u00e9tal"
    True
    """
    return unicodedata.normalize("NFC", text).strip()


def describe_similar_labels(labels):
    """Describe the labels that differ in a way that is hard to see.

    Parameters
    ----------
    labels : iterable of str
        As written.

    Returns
    -------
    list of (str, str)
        A sentence, and how to fix it, for each set of labels that :func:`normalize_name` makes one
        class, and of classes that differ in case only.

    Examples
    --------
    >>> from stemstack.datasets.names import describe_similar_labels
    >>> for problem, fix in describe_similar_labels(["rock ", "rock", "Jazz", "jazz"]):
    ...     print(f"{problem}; {fix}")
    labels 'rock', 'rock ' look the same and are read as one class; give them one spelling
    classes 'Jazz', 'jazz' differ in case only and are two classes; give them one spelling if they \
are one class
    """
    forms, cases = defaultdict(set), defaultdict(set)
    for label in labels:
        forms[normalize_name(label)].add(label)
        cases[normalize_name(label).casefold()].add(normalize_name(label))
    return [
        # In ASCII, because composed and decomposed letters are displayed alike.
        (f"labels {_list(same, ascii)} look the same and are read as one class", _ONE_SPELLING)
        for _, same in sorted(forms.items())
        if len(same) > 1
    ] + [
        (
            f"classes {_list(same, repr)} differ in case only and are two classes",
            f"{_ONE_SPELLING} if they are one class",
        )
        for _, same in sorted(cases.items())
        if len(same) > 1
    ]


_ONE_SPELLING = "give them one spelling"


def _list(names, form):
    return ", ".join(map(form, sorted(names)))


class FileFinder:
    r"""Finds files that a table names in another form than the file system.

    Tables from another system may have composed letters where the file has decomposed ones,
    backslashes between folders, or spaces around a name. A file that exists as written is always
    preferred.

    Parameters
    ----------
    root : Path
        The folder that names are relative to.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from stemstack.datasets.names import FileFinder
    >>> with TemporaryDirectory() as folder:
    ...     Path(folder, "rock").mkdir()
    ...     Path(folder, "rock", "a.wav").touch()
    ...     FileFinder(Path(folder)).find("rock\\a.wav ")
    'rock/a.wav'
    """

    def __init__(self, root):
        self._root = Path(root)
        self._listings = {}

    def find(self, path):
        """Return the path of the file that is meant, or ``path`` if there is none."""
        stripped = path.strip()
        forms = dict.fromkeys([path, stripped, stripped.replace("\\", "/")])
        existing = (form for form in forms if form and os.path.exists(self._root / form))
        similar = (found for form in forms if form and (found := self._find_similar(form)))
        return next(existing, None) or next(similar, path)

    def _find_similar(self, path):
        """Return the path whose every part has the same normal form, or None."""
        found = ""
        for part in path.split("/"):
            exact = posixpath.join(found, part) if found or part else "/"
            if part and not os.path.exists(self._root / exact):
                name = self._list(found).get(normalize_name(part))
                if name is None:
                    return None
                exact = posixpath.join(found, name)
            found = exact
        return found

    def _list(self, folder):
        """Return the names in a folder by their normal form."""
        if folder not in self._listings:
            path = self._root / folder
            names = sorted(os.listdir(path)) if path.is_dir() else []
            self._listings[folder] = {normalize_name(name): name for name in names}
        return self._listings[folder]
