"""Training curves of the networks by epoch and fold."""

import pandas as pd

from ...models.inspection import ensemble_networks
from ..html import figures
from ..html.blocks import details, figure, paragraph, table
from ..section import Section

# Columns of a history and their names; those of validation only with early stopping.
_CURVES = {
    "loss": "training loss",
    "f1": "training macro F1",
    "validation_loss": "validation loss",
    "validation_f1": "validation macro F1",
    "learning_rate": "learning rate",
}
_COLOURS, _LINES = (figures.MAIN, figures.SECOND, figures.THIRD, figures.INK), ("-", "--", ":")


def collect(inputs):
    """Read the training histories of the networks by model; None for a run without networks."""
    run = inputs.run
    histories = {name: _read(run, name) for name in run.model_names}
    return {name: history for name, history in histories.items() if not history.empty} or None


def _read(run, name):
    """Concatenate the histories of a model's folds, and of the members of a seed ensemble."""
    if not any(run.model_folder(name).rglob("weights.safetensors")):
        return pd.DataFrame()
    histories = []
    for fold in run.model_folds(name):
        networks = ensemble_networks(run.load_model(name, fold))
        single = len(networks) == 1
        names = [str(fold)] if single else [f"{fold}, seed {i}" for i in range(len(networks))]
        histories += [
            pd.DataFrame(network.history_).assign(fold=fold_name)
            for network, fold_name in zip(networks, names, strict=True)
        ]
    return pd.concat(histories, ignore_index=True)


def render(histories):
    """Render the curves of each model and its last epochs."""
    body = paragraph(
        "One line per fold. A loss that still falls at the end suggests more epochs; a training "
        "loss that falls while the validation loss rises suggests fewer epochs, or more varied "
        "training data (remix, mixup)."
    )
    for number, (name, history) in enumerate(histories.items()):
        body += _figure(name, history, f"training-{number}")
        last = history.groupby("fold", sort=False).last().rename(columns=_CURVES)
        body += details(
            f"{name}: the last epoch of each fold",
            table(last, f"{name}, after the last epoch", digits=4),
        )
    return body


def _figure(name, history, anchor):
    curves = [column for column in _CURVES if column in history]
    names = ", ".join(_CURVES[column] for column in curves)
    n_rows = -(-len(curves) // 2)
    svg = figures.draw_svg(
        lambda axes: _draw(list(axes.flat), history, curves),
        name=anchor,
        alt=f"{name}: {names} by epoch, one line per fold",
        height=1.9 * n_rows,
        nrows=n_rows,
        ncols=2,
        squeeze=False,
    )
    return figure(svg, f"{name}: {names}, by epoch.")


def _draw(panels, history, curves):
    for axes, column in zip(panels, curves, strict=False):
        for number, (fold, rows) in enumerate(history.groupby("fold", sort=False)):
            line = _LINES[number // len(_COLOURS) % len(_LINES)]
            colour = _COLOURS[number % len(_COLOURS)]
            # A history of one epoch is a point.
            marker = "o" if len(rows) == 1 else None
            axes.plot(rows["epoch"], rows[column], line, color=colour, marker=marker, label=fold)
        axes.set_title(_CURVES[column], fontsize=9)
        axes.set_xlabel("epoch")
        axes.xaxis.get_major_locator().set_params(integer=True, nbins=6)
        axes.grid(axis="y", color=figures.FAINT, linewidth=0.5)
    for axes in panels[len(curves) :]:
        axes.set_axis_off()
    panels[0].legend(frameon=False, title="fold")


TRAINING = Section("Training curves", "training", collect, render)
