"""Summaries of a run: headline and key figures of its report, and the score table as text."""

import pandas as pd

from ..runs.run import SONG_SHARED
from ..stacking.metrics import macro_f1_interval
from .evaluation import OPTIMISTIC, OUT_OF_FOLD, TEST


def headline(run, evaluations):
    """Summarise a run in one or two sentences.

    Parameters
    ----------
    run : Run
    evaluations : list of Evaluation

    Returns
    -------
    str
    """
    first, test = evaluations[0], _find_test(evaluations)
    name, score = best_model(first)
    low, high = macro_f1_interval(first.y_true, first.y_pred[name], first.groups)
    has_recipes = (run.path / "recipes.parquet").exists()
    clips = "mashups sampled from the songs" if has_recipes else "clips"
    text = (
        f"Best is {name}: macro F1 {score:.3f} {first.name} (95 % interval {low:.3f} to "
        f"{high:.3f}), trained on {len(first.y_true)} {clips} of {run.config.data}, "
        f"{len(first.classes)} classes in {_describe_folds(run)}."
    )
    # An optimistic score does not belong in a summary.
    if test is not None:
        score = test.scores[name]["macro_f1"]
        text += f" On {len(test.y_true)} labelled test clips it reaches {score:.3f}."
    return text


def key_figures(run, evaluations):
    """Return the most important numbers of a run.

    Parameters
    ----------
    run : Run
    evaluations : list of Evaluation

    Returns
    -------
    dict of str to str
        Formatted numbers by name.
    """
    first, test = evaluations[0], _find_test(evaluations)
    name, score = best_model(first)
    numbers = {f"macro F1 {first.name}, {name}": f"{score:.3f}"}
    if test is not None:
        numbers["macro F1, test"] = f"{test.scores[name]['macro_f1']:.3f}"
    numbers["base models"] = str(len(first.models))
    numbers["training clips"] = f"{len(first.y_true):,}"
    if (run.path / "ledger/test.parquet").exists():
        numbers["test clips"] = f"{len(run.read_table('ledger/test')):,}"
    return numbers


def best_model(evaluation):
    """Return the model of the highest macro F1 and its score; the stack wins ties."""
    scores = {model: evaluation.scores[model]["macro_f1"] for model in reversed(evaluation.proba)}
    best = max(scores, key=scores.get)
    return best, scores[best]


def _find_test(evaluations):
    return next((one for one in evaluations[1:] if one.name == TEST), None)


def _describe_folds(run):
    config = run.config
    shared = config.protocol == "shared"
    kind = "folds that share songs (optimistic)" if shared else "folds that share no song"
    also = ", and again in folds that share songs" if SONG_SHARED in run.metrics else ""
    return f"{config.folds} {kind}{also}"


def scores_table(run, test_scores=None):
    """Format the macro F1 of a run's models as text.

    Parameters
    ----------
    run : Run
    test_scores : dict of str to dict, optional
        Scores of the test predictions by model, from :func:`~stemstack.runs.evaluate_run`.

    Returns
    -------
    str
        One line per model, the stack last; columns for out-of-fold, song-shared and test scores.
    """
    shared = run.config.protocol == "shared"
    scores = {OPTIMISTIC if shared else OUT_OF_FOLD: run.metrics["out_of_fold"]}
    if SONG_SHARED in run.metrics:
        scores[OPTIMISTIC] = run.metrics[SONG_SHARED]
    if test_scores is not None:
        scores["answers"] = test_scores
    columns = {
        name: {model: score["macro_f1"] for model, score in by_model.items()}
        for name, by_model in scores.items()
    }
    table = pd.DataFrame(columns).rename_axis(columns="macro F1")
    return table.to_string(float_format="%.3f", na_rep="")
