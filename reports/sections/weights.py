"""What the second level makes of the models: their weights, and other second levels."""

from ..section import Section, figure, fold, heading, paragraph, percent, table
from ..svg import MAIN, draw_svg
from .rows import WIDTH, height, name_rows, write_beside


def weights_section(weights, how, *, by_class=None, blends=None):
    """Show how much each model counts.

    Parameters
    ----------
    weights : Series of shape (n_models,)
        At least 0, sum 1.
    how : str
        What the weights are, as a sentence.
    by_class : DataFrame of shape (n_classes, n_models), optional
        What a model's probability of a class counts for that class.
    blends : DataFrame, optional
        Second levels compared: ``macro_f1``, and ``low`` and ``high`` of its interval.

    Returns
    -------
    Section
    """
    order = weights.sort_values(kind="stable")
    said = ", ".join(f"{name} {percent(share)}" for name, share in order[::-1].items())
    svg = draw_svg(
        lambda axes: _draw(axes, order),
        name="weights",
        alt=f"Share of each model in the second level: {said}.",
        size=(WIDTH, height(len(order)) - 0.4),
    )
    body = paragraph(how) + figure(svg, "What each model counts in the second level.")
    if by_class is not None:
        shown = table(by_class.rename_axis("class"), "Coefficient of a class’s own probability")
        body += fold("by class", shown)
    if blends is not None:
        body += heading("Other second levels") + table(_laid_out(blends), "Compared nested")
    return Section("weights", "Weights of the models", body)


def _laid_out(blends):
    best_first = blends.sort_values("macro_f1", ascending=False, kind="stable")
    columns = {"macro_f1": "macro F1", "low": "95 % from", "high": "to"}
    return best_first[list(columns)].rename(columns=columns).rename_axis("blend")


def _draw(axes, order):
    rows = range(len(order))
    axes.barh(rows, order, color=MAIN, height=0.6)
    for y, share in zip(rows, order, strict=True):
        write_beside(axes, share, y, percent(share))
    axes.set_xlim(0, order.max() * 1.13)
    name_rows(axes, list(order.index))
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
