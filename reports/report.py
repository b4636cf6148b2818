"""The papers of a run: its report and its model card."""

from pathlib import Path

from ..runs.prediction.evaluate import read_test_labels
from ..runs.run import SONG_SHARED, STACK
from ..utils.atomic_write import write_text
from ..utils.progress import NullProgress
from .card import render_model_card
from .evaluation import OPTIMISTIC, collect_evaluations
from .html.page import render_report
from .sections import agreement_section, calibration_section, classes_section, confusion_section
from .sections.cost import cost_section
from .sections.data import data_section, how_section
from .sections.doctor import doctor_section
from .sections.gap import gap_section
from .sections.importance import importance_section
from .sections.mistakes import mistakes_section
from .sections.scores import scores_section
from .sections.training import training_section
from .sections.weights import blend_section
from .summary import headline, key_figures, scores_table


def score_evaluations(run, answers=None):
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
    metrics = run.metrics
    shared = run.config.protocol == "shared"
    sides = {OPTIMISTIC if shared else "out of fold": metrics["out_of_fold"]}
    if SONG_SHARED in metrics:
        sides[OPTIMISTIC] = metrics[SONG_SHARED]
    if answers is not None:
        sides["answers"] = answers
    return sides


def write_report(
    run, *, answers=None, out=None, cache=None, sound=True, n_jobs=None, progress=None
):
    """Write a run's report.

    Parameters
    ----------
    run : Run
    answers : str or os.PathLike, optional
        A CSV of the labels of the test clips, as :func:`evaluate_run` takes it.
    out : str or os.PathLike, optional
        ``report.html`` in the run by default.
    cache : Path, optional
        Where converted stems and features are kept. Without, the report is made of the run's
        tables alone: what needs the data set is left out, and it takes seconds.
    sound : bool, default=True
        Whether clips can be heard, some 1 MB of the page.
    n_jobs : int, optional
    progress : NullProgress, optional

    Returns
    -------
    Path

    Raises
    ------
    DataError
        The answers do not fit the run.
    MissingExtraError
        The ``report`` extra is not installed.
    """
    truth = None if answers is None else read_test_labels(run, answers)
    sides, means = collect_evaluations(run, truth), None
    if cache is not None:
        means = {"cache": cache, "n_jobs": n_jobs, "progress": progress or NullProgress()}
    page = render_report(
        title=run.path.resolve().name,
        headline=headline(run, sides),
        key_figures=key_figures(run, sides),
        sections=_sections(run, sides, truth, sound, means),
    )
    path = run.path / "report.html" if out is None else Path(out)
    write_text(path, page)
    return path


def _sections(run, sides, truth, sound, means):
    """List the sections of a report in their order; a run may have nothing for some."""
    first, trusted = sides[0], [side for side in sides if side.name != OPTIMISTIC] or sides
    of_data = {} if means is None else _measure(run, truth, sound, means)
    sections = [
        scores_section(run, sides, has_gap=of_data.get("gap") is not None),
        classes_section(sides),
        confusion_section(sides),
        of_data.get("mistakes"),
        agreement_section(first),
        blend_section(run),
        calibration_section(trusted),
        of_data.get("importance"),
        of_data.get("gap"),
        training_section(run),
        data_section(run, first),
        of_data.get("doctor"),
        cost_section(run),
        how_section(run, complete=means is not None),
    ]
    return [section for section in sections if section is not None]


def _measure(run, truth, sound, means):
    """Write the sections that need the data set, and may need minutes."""
    return {
        "mistakes": mistakes_section(run, truth=truth, sound=sound, **means),
        "importance": importance_section(run, **means),
        "gap": gap_section(run, **means),
        "doctor": doctor_section(run, **means),
    }


def write_model_card(run):
    """Write ``model_card.md``."""
    counts = run.read_table("ledger/oof")["label"].value_counts().sort_index()
    listed = ", ".join(f"{label} {count}" for label, count in counts.items())
    card = render_model_card(
        data=f"{counts.sum()} training clips from {run.config.data}: {listed}.",
        config=run.config_path.read_text(encoding="utf-8"),
        scores=scores_table(score_evaluations(run)),
        final_estimator=run.load_model(STACK),
    )
    write_text(run.path / "model_card.md", card)
