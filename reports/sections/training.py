"""How nets learnt: loss, macro F1 on clips set apart and learning rate, epoch by epoch and fold."""

from ..section import Section, figure, fold, paragraph, table
from ..svg import FAINT, INK, MAIN, SECOND, THIRD, draw_svg
from .rows import WIDTH

# What a history may hold, and what it is called; validation only where early stopping watched.
_CURVES = {
    "loss": "training loss",
    "f1": "macro F1 in training",
    "validation_loss": "loss on clips set apart",
    "validation_f1": "macro F1 on clips set apart",
    "learning_rate": "learning rate",
}
_COLOURS, _STYLES = (MAIN, SECOND, THIRD, INK), ("-", "--", ":")


def training_section(histories):
    """Lay the training of nets out.

    Parameters
    ----------
    histories : dict of str to DataFrame
        By model: columns ``fold`` (a name), ``epoch``, ``loss`` and perhaps ``f1``,
        ``validation_loss``, ``validation_f1`` and ``learning_rate``.

    Returns
    -------
    Section
    """
    body = paragraph(
        "A line a fold. A loss still falling at the end asks for more epochs; one that falls while "
        "the loss on clips set apart rises, for fewer, or for more to learn from (remix, mixup)."
    )
    for number, (name, history) in enumerate(histories.items()):
        body += _figure(name, history, f"training-{number}")
        body += fold(f"{name}: the last epoch of each fold", _ends(name, history))
    return Section("training", "Training curves", body)


def _ends(name, history):
    last = history.groupby("fold", sort=False).last().rename(columns=_CURVES)
    return table(last, f"{name}, after the last epoch", digits=4)


def _figure(name, history, anchor):
    curves = [column for column in _CURVES if column in history]
    told = ", ".join(_CURVES[column] for column in curves)
    svg = draw_svg(
        lambda axes: _draw(axes.flat, history, curves),
        name=anchor,
        alt=f"{name}: {told} by epoch, a line a fold",
        size=(WIDTH, 1.9 * -(-len(curves) // 2)),
        nrows=-(-len(curves) // 2),
        ncols=2,
        squeeze=False,
    )
    return figure(svg, f"{name}: {told}, by epoch.")


def _draw(panels, history, curves):
    panels = list(panels)
    for axes, column in zip(panels, curves, strict=False):
        for number, (fold_name, part) in enumerate(history.groupby("fold", sort=False)):
            look = _STYLES[number // len(_COLOURS) % len(_STYLES)]
            colour = _COLOURS[number % len(_COLOURS)]
            # A training of one epoch is a point.
            mark = "o" if len(part) == 1 else None
            axes.plot(part["epoch"], part[column], look, color=colour, marker=mark, label=fold_name)
        axes.set_title(_CURVES[column], fontsize=9)
        axes.set_xlabel("epoch")
        axes.xaxis.get_major_locator().set_params(integer=True, nbins=6)
        axes.grid(axis="y", color=FAINT, linewidth=0.5)
    for axes in panels[len(curves) :]:
        axes.set_axis_off()
    panels[0].legend(frameon=False, title="fold")
