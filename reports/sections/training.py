"""How nets learnt: loss, macro F1 on clips set apart and learning rate, epoch by epoch and fold."""

import pandas as pd

from ...models.inspection import ensemble_networks
from ..html.figures import FAINT, INK, MAIN, SECOND, THIRD, WIDTH, draw_svg
from ..html.section import Section, figure, fold, paragraph, table

# What a history may hold, and what it is called; validation only where early stopping watched.
_CURVES = {
    "loss": "training loss",
    "f1": "macro F1 in training",
    "validation_loss": "loss on clips set apart",
    "validation_f1": "macro F1 on clips set apart",
    "learning_rate": "learning rate",
}
_COLOURS, _STYLES = (MAIN, SECOND, THIRD, INK), ("-", "--", ":")


def render_training(histories):
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


def training_section(run):
    """Write of how the nets of a run learnt.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Section or None
        None for a run without nets.
    """
    histories = {name: _read(run, name) for name in run.model_names}
    histories = {name: history for name, history in histories.items() if not history.empty}
    return render_training(histories) if histories else None


def _read(run, name):
    """Put the histories of a model's folds, and of the members of its bag, under one another."""
    if not any(run.model_folder(name).rglob("weights.safetensors")):
        return pd.DataFrame()
    parts = []
    for number in run.model_folds(name):
        nets = ensemble_networks(run.load_model(name, number))
        single = len(nets) == 1
        names = [str(number)] if single else [f"{number}, seed {i}" for i in range(len(nets))]
        parts += [
            pd.DataFrame(net.history_).assign(fold=told)
            for net, told in zip(nets, names, strict=True)
        ]
    return pd.concat(parts, ignore_index=True)
