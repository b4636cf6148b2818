"""The score to expect on a run's unlabelled test clips, and scores that were measured on them."""

import json
from collections import defaultdict

import numpy as np

from ...exceptions import DataError, UsageError, first_line
from ...stacking import expect_scores
from ...utils.atomic_write import write_text
from ...utils.constraints import is_number
from ...utils.hashing import content_key
from ...utils.threads import one_blas_thread
from ..predictions import model_proba, read_test
from ..run import PSEUDO_LABEL, STACK
from ..run_files import read_json

_FILE = "leaderboard.json"
_MAX_NAME = 40


@one_blas_thread()
def expect_run(run):
    """Estimate the macro F1 of a run's models on its unlabelled test clips.

    Parameters
    ----------
    run : Run
        Finished.

    Returns
    -------
    scores : dict of str to ExpectedScore
        By model, except for models with a leaderboard score, which corrects the others. Empty where
        nothing can be estimated.
    note : str or None
        Why nothing is estimated, or which models' scores are extrapolated. None for a run without
        test clips too.

    Raises
    ------
    DataError
        A file of the run is damaged.

    See Also
    --------
    record_score : Enters a leaderboard score.
    stemstack.stacking.expect_scores : Estimates scores from tables of probabilities.

    Examples
    --------
    >>> from stemstack.runs import Run, expect_run
    >>> scores, note = expect_run(Run.open("RUN"))  # doctest: +SKIP
    >>> scores["stack"].describe()  # doctest: +SKIP
    '0.66 (0.60 to 0.72)'
    """
    if not (run.path / "ledger/test.parquet").exists():
        return {}, None
    if run.config.protocol == "shared":
        return {}, _explain("the folds share songs, so that out-of-fold scores are optimistic")
    if run.target.is_multilabel:
        return {}, _explain("clips have any number of labels")
    if run.made_by == PSEUDO_LABEL:
        return {}, _explain("its models were trained on pseudo-labels of the test clips")
    oof, folds = run.read_table("ledger/oof"), run.read_test_folds()
    folds = folds or [run.read_table("ledger/test")]
    classes, models = run.metrics["classes"], (*run.model_names, STACK)
    boards = read_leaderboard(run)
    measured = {model: float(np.mean(list(by.values()))) for model, by in boards.items()}
    try:
        scores = expect_scores(
            {name: model_proba(oof, name, classes) for name in models},
            oof["label"],
            {name: np.stack([model_proba(f, name, classes) for f in folds]) for name in models},
            ensembles=[STACK],
            measured=measured,
        )
    except DataError as error:
        return {}, _explain(first_line(error))
    far = [name for name, score in scores.items() if not score.in_range]
    return scores, _warn(far) if far else None


def _explain(reason):
    return f"the score to expect on the test is not estimated: {reason}"


def _warn(models):
    return (
        f"the score to expect of {', '.join(models)} is extrapolated, and its interval too narrow: "
        "the test differs more from training than the simulated shifts that the estimate was "
        "learned from; gap shows by what"
    )


def record_score(run, macro_f1, *, board, model=STACK):
    """Enter the score of a model that was measured on the test, such as on a leaderboard.

    The score is stored in ``leaderboard.json``, in place of an earlier one of that board and model,
    and the expected scores in ``metrics.json`` are corrected.

    Parameters
    ----------
    run : Run
        Finished, with test predictions.
    macro_f1 : float
        From 0 to 1.
    board : str
        Such as ``"public"``.
    model : str, default="stack"

    Raises
    ------
    UsageError
        A value is out of range, or the run has no such model.
    DataError
        The run has no test predictions.

    See Also
    --------
    expect_run : Estimates the scores of the other models.

    Examples
    --------
    >>> from stemstack.runs import Run, record_score
    >>> record_score(Run.open("RUN"), 0.68, board="public")  # doctest: +SKIP
    """
    models = (*run.model_names, STACK)
    if model not in models:
        raise UsageError(f"{run.path}: has no model {model!r}; its models are {', '.join(models)}")
    if not 0 <= macro_f1 <= 1:
        raise UsageError(f"A score must be from 0 to 1. Got {macro_f1}; divide a percentage by 100")
    if not (0 < len(board) <= _MAX_NAME and board.isprintable()):
        raise UsageError(
            f"The name of a board must have 1 to {_MAX_NAME} characters. Got {board!r}"
        )
    table = read_test(run)
    boards = _read_boards(run)
    entry = {"macro_f1": float(macro_f1), "predictions": _predictions_key(run, table, model)}
    boards.setdefault(model, {})[board] = entry
    write_text(run.path / _FILE, json.dumps(boards, indent=1) + "\n")
    write_expected(run)


def read_leaderboard(run):
    """Read the scores of the run's test predictions that were entered by :func:`record_score`.

    Scores of predictions that a resumed run no longer has are left out.

    Parameters
    ----------
    run : Run

    Returns
    -------
    dict of str to dict of str to float
        By model, then by board.

    Raises
    ------
    DataError
        The file is damaged.
    """
    boards, found = _read_boards(run), {}
    if not boards or not (run.path / "ledger/test.parquet").exists():
        return {}
    table = read_test(run)
    for model in (name for name in (*run.model_names, STACK) if name in boards):
        # Entries of an earlier version have no key.
        keys = {None, _predictions_key(run, table, model)}
        entries = {b: e for b, e in boards[model].items() if e.get("predictions") in keys}
        if entries:
            found[model] = {board: entry["macro_f1"] for board, entry in entries.items()}
    return found


def _predictions_key(run, table, model):
    """Return the content key of what a model predicts for the test clips."""
    proba = model_proba(table, model, run.metrics["classes"])
    return content_key(ids=table["id"].tolist(), proba=proba.tolist())


def _read_boards(run):
    """Return all entries of the file, by model and board."""
    path = run.path / _FILE
    if not path.exists():
        return {}
    boards = defaultdict(dict)
    try:
        for model, by_board in read_json(path).items():
            for board, entry in by_board.items():
                entry = entry if isinstance(entry, dict) else {"macro_f1": entry}
                if not (is_number(entry["macro_f1"]) and 0 <= entry["macro_f1"] <= 1):
                    raise ValueError(f"score {entry['macro_f1']!r} of {model!r}")
                boards[model][board] = entry
    except (AttributeError, TypeError, ValueError, LookupError, DataError) as error:
        raise DataError(
            f"{path}: is damaged; remove it, and enter the scores again by ledger score"
        ) from error
    return dict(boards)


def write_expected(run):
    """Write the expected scores of a finished run to ``metrics.json``.

    Parameters
    ----------
    run : Run
    """
    scores, _ = expect_run(run)
    metrics = {name: value for name, value in run.metrics.items() if name != "expected"}
    expected = {name: score.to_dict() for name, score in scores.items()}
    run.write_metrics(metrics | ({"expected": expected} if expected else {}))
