"""Files of a run, which may be from anybody: inside the run, of bounded size, else one error."""

import json
import os
import stat
from pathlib import Path

import pandas as pd
import pyarrow as pa

from ..datasets.dataset import list_labels
from ..exceptions import DataError, first_line
from ..stacking.out_of_fold import name_columns
from ..utils.constraints import is_number
from ..utils.parquet import open_parquet

_MAX_JSON_BYTES = 256 * 2**20
_TOLERANCE = 1e-6
_DAMAGE = (OSError, ValueError, LookupError, TypeError, RecursionError, MemoryError)


def check_files(folder):
    """Raise an error if the folder of a run holds anything but files and folders of its own.

    A link would have files outside the run read or written, and a device or a pipe can be read
    without end.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    DataError
        A name is a symbolic link that leads out of the run, or not a file or folder.
    """
    top, folders = folder.resolve(), [folder]
    while folders:
        with os.scandir(folders.pop()) as names:
            entries = list(names)
        for entry in entries:
            path, mode = Path(entry.path), entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISLNK(mode):
                target = path.resolve()
                if not target.is_relative_to(top) or not (target.is_file() or target.is_dir()):
                    raise DataError(
                        f"{path}: is a link that leads out of the run; put a copy of the file there"
                    )
            elif stat.S_ISDIR(mode):
                folders.append(path)
            elif not stat.S_ISREG(mode):
                raise DataError(f"{path}: is not a file; remove it from the run")


def damaged(path, error):
    """Return the error for a file of a run that is missing or cannot be read.

    Parameters
    ----------
    path : Path
    error : Exception or str
        What is wrong.

    Returns
    -------
    DataError
    """
    text = error if isinstance(error, str) else first_line(error) or type(error).__name__
    state = f"is damaged ({text})" if path.exists() else "is missing"
    return DataError(
        f"{path}: {state}; copy the run again, or repeat its command (fit with --resume)"
    )


def read_json(path):
    """Read a JSON file of a run.

    Parameters
    ----------
    path : Path

    Returns
    -------
    plain data

    Raises
    ------
    DataError
        The file is missing or damaged.
    """
    try:
        if path.stat().st_size > _MAX_JSON_BYTES:
            raise ValueError(f"more than {_MAX_JSON_BYTES / 2**20:.0f} MB")
        return json.loads(path.read_text(encoding="utf-8"), parse_int=_bounded)
    except _DAMAGE as error:
        raise damaged(path, error) from error


def _bounded(text):
    """Return a whole number; larger ones than 64 bits overflow where they become floats."""
    value = int(text)
    if abs(value) >= 2**63:
        raise ValueError("a number of more than 64 bits")
    return value


def read_parquet(path, columns=()):
    """Read a Parquet table of a run.

    Parameters
    ----------
    path : Path
    columns : sequence of str
        Columns that the table must have.

    Returns
    -------
    DataFrame

    Raises
    ------
    DataError
        The file is missing or damaged, too large, or lacks a column.
    """
    try:
        with open_parquet(path) as file:
            table = pd.read_parquet(file)
        for _, column in table.items():
            if not pd.api.types.is_numeric_dtype(column):
                # Text is decoded as it is used, and may be none.
                column.tolist()
        missing = [name for name in columns if name not in table]
        if missing:
            raise ValueError(f"without column {missing[0]!r}")
    except (*_DAMAGE, pa.ArrowException) as error:
        raise damaged(path, error) from error
    return table


def is_text(column):
    """Return whether a column has text in every row.

    Parameters
    ----------
    column : Series

    Returns
    -------
    bool
    """
    return column.notna().all() and pd.api.types.infer_dtype(column) in ("string", "empty")


def check_metrics(document, models, multilabel=False):
    """Raise an error unless ``metrics.json`` has the scores that commands read.

    Parameters
    ----------
    document : plain data
    models : sequence of str
        Columns of the run, with that of the meta-model.
    multilabel : bool, default=False
        Whether clips have any number of labels, whose thresholds are needed.

    Raises
    ------
    ValueError, TypeError, LookupError, AttributeError
        Something is missing, or of another type; the message names it.
    """
    classes, left_out = document["classes"], document.setdefault("left_out", [])
    are_texts = all(isinstance(text, str) for text in (*classes, *left_out))
    if not are_texts or not len(set(classes)) == len(classes) >= 2:
        raise ValueError("classes must be two or more different names")
    shared = document.get("song_shared")
    for scores in (document["out_of_fold"], *([] if shared is None else [shared])):
        for name in models:
            macro_f1 = scores[name]["macro_f1"]
            if isinstance(macro_f1, bool) or not 0 <= macro_f1 <= 1:
                raise ValueError(f"macro_f1 of {name} is {macro_f1!r}")
    for found in document.get("self_training", {}).values():
        if not all(isinstance(one["in_words"], str) for one in found["rounds"]):
            raise ValueError("a round without a description")
        if not is_number(found["n_clips"]):
            raise ValueError(f"the number of clips is {found['n_clips']!r}")
    for name in models if multilabel else ():
        thresholds = document["thresholds"][name]
        are_numbers = all(map(is_number, thresholds))
        if not are_numbers or len(thresholds) != len(classes):
            raise ValueError(f"thresholds of {name} are not one number for each label")


def check_predictions(table, models, target):
    """Raise an error unless a table has the probabilities of every model and class.

    Parameters
    ----------
    table : DataFrame
        ``ledger/oof`` or ``ledger/test`` of a run.
    models : sequence of str
    target : ClassTarget or LabelTarget

    Raises
    ------
    ValueError, TypeError
        A column is missing or does not hold probabilities, or ids, labels and folds are others than
        those of a run.
    """
    classes = target.classes
    columns = [name for model in models for name in name_columns(model, classes, len(classes))]
    missing = [name for name in columns if name not in table]
    if missing:
        raise ValueError(f"without column {missing[0]!r}")
    proba = table[columns].to_numpy(dtype=float)
    # Rounding may leave a sum of probabilities above 1.
    if not ((proba >= -_TOLERANCE) & (proba <= 1 + _TOLERANCE)).all():
        raise ValueError("its probabilities are not from 0 to 1")
    for name in ("id", "clip", "label"):
        if name in table and not is_text(table[name]):
            raise ValueError(f"its column {name!r} is not text")
    keys = [name for name in ("id", "fold") if name in table]
    if "id" in table and table.duplicated(keys).any():
        raise ValueError("its ids are repeated")
    if "label" in table and not set(list_labels(table["label"], target.separator)) <= set(classes):
        raise ValueError("its labels are not classes of the run")
    if "fold" in table and not (table["fold"].dtype.kind in "iu" and (table["fold"] >= 0).all()):
        raise ValueError("its folds are not numbers from 0 on")
    if not len(table):
        raise ValueError("without rows")
