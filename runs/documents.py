"""The papers of a run: its report and its model card."""

from ..atomic import write_text
from ..reports import render_model_card, render_report, scores_table
from ..stacking import fold_balance
from .run import SONG_SHARED, STACK


def score_sides(run, answers=None):
    """Name the scores of a run by what they were computed on, the one to trust first.

    Parameters
    ----------
    run : Run
    answers : dict of str to dict, optional
        Scores against known answers, from :func:`evaluate_run`.

    Returns
    -------
    dict of str to dict
        Scores by model, by name of the side.
    """
    metrics, optimistic = run.metrics, "song-shared (optimistic)"
    shared = run.config.protocol == "shared"
    sides = {optimistic if shared else "out of fold": metrics["out_of_fold"]}
    if SONG_SHARED in metrics:
        sides[optimistic] = metrics[SONG_SHARED]
    if answers is not None:
        sides["answers"] = answers
    return sides


def write_report(run, *, answers=None):
    """Write ``report.html``.

    Parameters
    ----------
    run : Run
    answers : dict of str to dict, optional
        Scores against known answers, from :func:`evaluate_run`.

    Returns
    -------
    Path
    """
    metrics, oof = run.metrics, run.read_table("ledger/oof")
    page = render_report(
        title=run.path.resolve().name,
        classes=metrics["classes"],
        sides=score_sides(run, answers),
        balance=fold_balance(oof["label"], oof["fold"]),
        left_out=metrics["left_out"],
        config=run.config_path.read_text(encoding="utf-8"),
    )
    path = run.path / "report.html"
    write_text(path, page)
    return path


def write_model_card(run):
    """Write ``model_card.md``."""
    counts = run.read_table("ledger/oof")["label"].value_counts().sort_index()
    listed = ", ".join(f"{label} {count}" for label, count in counts.items())
    card = render_model_card(
        data=f"{counts.sum()} training clips from {run.config.data}: {listed}.",
        config=run.config_path.read_text(encoding="utf-8"),
        scores=scores_table(score_sides(run)),
        final_estimator=run.load_model(STACK),
    )
    write_text(run.path / "model_card.md", card)
