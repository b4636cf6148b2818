"""The scores of a run for the report, with the plain word where a net is not worth its cost."""

from ..models.naming import ModelName
from ..reports.section import bullets, paragraph, signed
from ..reports.sections import ladder_section
from ..stacking import bootstrap_interval, macro_f1
from ..stacking.second_level import score_table

_DRAWS = 500


def scores_section(run, sides, *, has_gap):
    """Write of the scores.

    Parameters
    ----------
    run : Run
    sides : list of Side
    has_gap : bool
        Whether the report has a section ``gap`` to point to.

    Returns
    -------
    Section
    """
    tables = {side.name: score_table(side.truth, side.guesses, side.groups) for side in sides}
    return ladder_section(tables, _note(run, sides, has_gap))


def _note(run, sides, has_gap):
    """Say where a deep model is behind logistic regression; empty where none is."""
    lines = [
        line
        for side in sides
        for net, linear in _pairs(run)
        if (line := compare_with_linear(side, net, linear))
    ]
    if not lines:
        return ""
    note = paragraph("A deep model loses to logistic regression here:") + bullets(lines)
    if has_gap:
        why = "The usual reason is that training clips are unlike the test clips:"
        return note + paragraph(why, ("gap", "see the gap."))
    return note + paragraph(
        "The usual reasons are too few training clips, and training clips unlike the test clips: "
        f"stemstack gap {run.config.data} measures that."
    )


def _pairs(run):
    """List the deep models of a run, each with the first logistic regression beside it."""
    names = dict(zip(run.model_names, map(ModelName.parse, run.config.models), strict=True))
    linear = next((column for column, name in names.items() if name.base == "lr"), None)
    # Only nets have anything that had to be resolved: a device, weights.
    nets = [column for column in names if run.resolved.get(column)]
    return [(net, linear) for net in nets] if linear else []


def compare_with_linear(side, net, linear):
    """Say that a deep model scores below logistic regression, and how sure that is.

    Parameters
    ----------
    side : Side
    net, linear : str
        Names of models.

    Returns
    -------
    str or None
        None where the deep model is not behind.
    """
    scores = [side.scores[model]["macro_f1"] for model in (net, linear)]
    if scores[0] >= scores[1]:
        return None
    columns = [side.said[model].argmax(axis=1) for model in (net, linear)]
    codes = {label: code for code, label in enumerate(side.classes)}
    low, high = bootstrap_interval(
        [codes[label] for label in side.truth],
        list(zip(*columns, strict=True)),
        side.groups,
        score=lambda y, said: macro_f1(y, said[:, 0]) - macro_f1(y, said[:, 1]),
        n_draws=_DRAWS,
    )
    sure = "chance may explain it" if high >= 0 else "more than chance"
    return (
        f"{side.name}: {net} has {scores[0]:.3f}, {linear} {scores[1]:.3f}; a difference of "
        f"{signed(scores[0] - scores[1], 3)}, 95 % interval {signed(low, 3)} to "
        f"{signed(high, 3)}: {sure}."
    )
