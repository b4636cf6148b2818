"""The top of a report: what the run is and what came of it, in two sentences and a few numbers."""

import pandas as pd

from ..runs.run import SONG_SHARED
from ..stacking.metrics.intervals import macro_f1_interval


def headline(run, sides):
    """Sum a run up in words.

    Parameters
    ----------
    run : Run
    sides : list of Side

    Returns
    -------
    str
    """
    first = sides[0]
    name, score = best_model(first)
    low, high = macro_f1_interval(first.truth, first.guesses[name], first.groups)
    mixed = (run.path / "recipes.parquet").exists()
    what = "mashups drawn from the songs" if mixed else "clips"
    text = (
        f"Best is {name}: macro F1 {score:.3f} {first.name} (95 % interval {low:.3f} to "
        f"{high:.3f}), trained on {len(first.truth)} {what} of {run.config.data}, "
        f"{len(first.classes)} classes in {_folds(run)}."
    )
    for side in sides[1:]:
        # What shares songs is nothing to be summed up by.
        if side.name == "answers":
            text += (
                f" Against {len(side.truth)} answers it has {side.scores[name]['macro_f1']:.3f}."
            )
    return text


def key_figures(run, sides):
    """Give the numbers to see first.

    Parameters
    ----------
    run : Run
    sides : list of Side

    Returns
    -------
    dict of str to str
        What a number is, and the number.
    """
    first = sides[0]
    name, score = best_model(first)
    numbers = {f"macro F1 {first.name}, {name}": f"{score:.3f}"}
    for side in sides[1:]:
        if side.name == "answers":
            numbers["macro F1, answers"] = f"{side.scores[name]['macro_f1']:.3f}"
    numbers["models stacked"] = str(len(first.models))
    numbers["training clips"] = f"{len(first.truth):,}"
    if (run.path / "ledger/test.parquet").exists():
        numbers["test clips"] = f"{len(run.read_table('ledger/test')):,}"
    return numbers


def best_model(side):
    """Name the model of the highest macro F1, and give it; the stack wins ties."""
    scores = {model: side.scores[model]["macro_f1"] for model in reversed(side.said)}
    best = max(scores, key=scores.get)
    return best, scores[best]


def _folds(run):
    config = run.config
    shared = config.protocol == "shared"
    kind = "folds that share songs (optimistic)" if shared else "folds that share no song"
    also = ", beside a protocol that shares songs" if SONG_SHARED in run.metrics else ""
    return f"{config.folds} {kind}{also}"


def scores_table(sides):
    """Lay macro F1 by model out as text.

    Parameters
    ----------
    sides : dict of str to dict
        Scores by model, as :func:`score_classes` gives them, by name of the side: such as out of
        fold, or against known answers.

    Returns
    -------
    str
        A line a model, the stack last.
    """
    columns = {
        side: {name: score["macro_f1"] for name, score in scores.items()}
        for side, scores in sides.items()
    }
    table = pd.DataFrame(columns).rename_axis(columns="macro F1")
    return table.to_string(float_format="%.3f", na_rep="")
