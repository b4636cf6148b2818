"""Predictions of the windows of test clips, as the ledger of a run holds them.

A fit predicts long test clips by windows, and stores their averages as test predictions. The
windows themselves are in the entries of the ledger: one for each base model and fold.
"""

import numpy as np

from ...audio.windows import Window, recording_name
from ...exceptions import DataError
from ...stacking.out_of_fold import name_columns
from ..clip_list import average_windows
from ..fitting.meta_fit import predict_stack
from ..predictions import model_proba
from ..run import STACK
from ..run_files import damaged
from .windows import WindowPredictions

# Probabilities that are averaged again differ by rounding only.
_TOLERANCE = 1e-5


def read_test_windows(run):
    """Return the predictions of the stack for the windows of long test clips.

    Parameters
    ----------
    run : Run
        Finished, of clips of one class each.

    Returns
    -------
    dict of str to WindowPredictions
        By id of the test clip; empty where no test clip was cut, or the run has no entries of its
        own in the ledger.

    Raises
    ------
    DataError
        The entries are damaged, or are not those that the test predictions were averaged from.

    See Also
    --------
    WindowTable : Predictions of the windows of new clips.

    Examples
    --------
    >>> from stemstack.runs import Run
    >>> from stemstack.runs.prediction.stored_windows import read_test_windows
    >>> windows = read_test_windows(Run.open("RUN"))  # doctest: +SKIP
    >>> windows["song0001"].labels  # doctest: +SKIP
    ['jazz', 'jazz', 'rock']
    """
    if not (run.path / "ledger/test.parquet").exists():
        return {}
    entries, test = run.ledger.entries(), run.read_table("ledger/test")
    first = next((entry for entry in entries if entry.model in run.model_names), None)
    names = [] if first is None else _windows_of(_read(run, first).index, set(test["id"]))
    if not names:
        return {}
    proba = _predict_stack(run, entries, names)
    found = _by_clip(names, run.target.classes, proba)
    _check_averages(run, test, found)
    return found


def _read(run, entry):
    return run.ledger.read(entry.model, entry.fold, entry.key, "test")


def _windows_of(index, ids):
    """Return the names that are those of windows of test clips."""
    return [
        name
        for name in index
        if isinstance(name, str)
        and name not in ids
        and Window.from_name(name) is not None
        and recording_name(name) in ids
    ]


def _predict_stack(run, entries, names):
    """Return the probabilities of the stack for windows, from the means of the folds."""
    classes, parts = run.target.classes, {}
    n_outputs = 1 if len(classes) == 2 else len(classes)
    for model in run.model_names:
        tables = [_read(run, entry) for entry in entries if entry.model == model]
        columns = name_columns(model, classes, n_outputs)
        try:
            parts[model] = sum(one.loc[names, columns] for one in tables) / len(tables)
        except (LookupError, ArithmeticError) as error:
            raise damaged(run.path / "ledger" / model, error) from error
    with run.using_model(STACK):
        return predict_stack(run.load_model(STACK), parts, classes)[STACK]


def _by_clip(names, classes, proba):
    """Return the predictions of windows by clip, in the order of time."""
    rows = {}
    for row, name in enumerate(names):
        rows.setdefault(recording_name(name), []).append((Window.from_name(name), row))
    found = {}
    for clip, pairs in rows.items():
        windows, positions = zip(*sorted(pairs, key=lambda pair: pair[0].start), strict=True)
        found[clip] = WindowPredictions.from_windows(windows, classes, proba[list(positions)])
    return found


def _check_averages(run, test, found):
    """Raise an error unless the test predictions are the averages of these windows."""
    stacked = model_proba(test.set_index("id"), STACK, run.target.classes)
    expected = dict(zip(test["id"], stacked, strict=True))
    for clip, windows in found.items():
        if not np.allclose(average_windows(windows.proba), expected[clip], atol=_TOLERANCE):
            raise DataError(
                f"{run.path / 'ledger'}: the windows of {clip} do not average to its prediction: "
                "test clips were renamed after the fit, or the files are those of several fits"
            )
