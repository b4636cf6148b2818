"""Folders that are not classes: parts of a split, and folders around the class folders."""

import re
from collections import defaultdict
from pathlib import Path, PurePosixPath

from ...utils.formatting import format_names

# By preference as the folder to train on.
SPLITS = ("train", "training", "val", "valid", "validation", "dev", "eval", "evaluation")
SPLITS += ("test", "testing")
_FOLD = re.compile(r"fold[ _-]?\d+")


def is_split(name):
    """Return whether a folder is named like a part of a split.

    Examples
    --------
    >>> from stemstack.datasets.layouts.splits import is_split
    >>> is_split("Train"), is_split("fold 3"), is_split("trance")
    (True, True, False)
    """
    name = name.strip().casefold()
    return name in SPLITS or bool(_FOLD.fullmatch(name))


def find_structure_problem(root, clips):
    """Find folders that would be taken for classes, but are not.

    Parameters
    ----------
    root : Path
    clips : sequence of str
        Paths of all clips of class folders, relative to ``root``.

    Returns
    -------
    tuple of (str, str) or None
        What is wrong, and how to fix it.
    """
    inner = _inner_folders(clips)
    splits = sorted((name for name in inner if is_split(name)), key=_preference)
    nested = [name for name in splits if inner[name] and None not in inner[name]]
    if nested or (splits and len(splits) == len(inner)):
        problem = f"{format_names(splits)} are parts of a split, not classes"
        if len(splits) == 1:
            problem = f"{splits[0]} is a part of a split, not a class"
        return problem, _suggest(root, (nested or splits)[0], clips)
    if len(inner) == 1:
        (name,) = inner
        if _find_class_folders(root, name, clips) is not None:
            problem = f"only class {name!r} has audio files, in folders that may be the classes"
            return problem, _suggest(root, name, clips)
    return None


def find_repeated_folders(clips):
    """Find class folders that all hold the same folders, which may be the actual classes.

    Parameters
    ----------
    clips : sequence of str
        Paths of all clips of class folders.

    Returns
    -------
    list of (str, str)
        What is doubtful, and how to fix it: one note or none.
    """
    inner = _inner_folders(clips)
    first = next(iter(inner.values()), set())
    if len(inner) < 2 or len(first) < 2 or None in first:
        return []
    if any(names != first for names in inner.values()):
        return []
    problem = (
        f"folders {format_names(sorted(inner))} are read as classes, but all of them hold the same "
        f"folders ({format_names(sorted(first))})"
    )
    return [(problem, "if those are the classes, give a CSV manifest with path,label,group")]


def _inner_folders(clips):
    """Return the folders within each class folder that hold clips; None stands for itself."""
    inner = defaultdict(set)
    for clip in clips:
        name, *others = PurePosixPath(clip).parts
        inner[name].add(others[0] if len(others) > 1 else None)
    return dict(sorted(inner.items()))


def _preference(name):
    name = name.strip().casefold()
    return (SPLITS.index(name) if name in SPLITS else len(SPLITS), name)


def _suggest(root, name, clips):
    """Return which folder or manifest to give instead of ``root``."""
    folder = _find_class_folders(root, name, clips)
    if folder is not None:
        return f"give {folder}, or a CSV manifest with path,label,group that lists all clips"
    tables = sorted(Path(root, name).glob("*.csv"))
    if tables:
        return f"give {tables[0]}, if it lists the clips as path,label"
    return "give a CSV manifest with columns path,label that lists the clips"


def _find_class_folders(root, name, clips):
    """Return the folder below ``name`` that holds two or more folders of clips, or None."""
    below = [clip.removeprefix(f"{name}/") for clip in clips if clip.startswith(f"{name}/")]
    below = [clip for clip in below if "/" in clip]
    inner = _inner_folders(below)
    splits = sorted(filter(is_split, inner), key=_preference)
    if splits or len(inner) == 1:
        return _find_class_folders(Path(root, name), (splits or list(inner))[0], below)
    return Path(root, name) if inner else None
