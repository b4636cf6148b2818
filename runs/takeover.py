"""Taking files of one run over into another, without a second copy where that can be had."""

import os
import shutil

from ..atomic import atomic_path


def take_over(source, target):
    """Give a file a second name, or copy it where the file system cannot.

    No file of a run is ever written in place, so that what happens to one name leaves the other as
    it was.

    Parameters
    ----------
    source, target : Path
        ``target`` is replaced when it is there.
    """
    with atomic_path(target) as temporary:
        try:
            os.link(source, temporary)
        except OSError:
            shutil.copyfile(source, temporary)


def take_over_draws(source, target):
    """Do so with what chance decided for a run: its folds and, of mashups, their recipes.

    Parameters
    ----------
    source, target : Run
    """
    for name in ("folds.parquet", "recipes.parquet"):
        if (source.path / name).exists():
            take_over(source.path / name, target.path / name)


def take_over_folder(source, target):
    """Do so with every file below a folder.

    Parameters
    ----------
    source, target : Path
    """
    for path in sorted(source.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            take_over(path, target / path.relative_to(source))
