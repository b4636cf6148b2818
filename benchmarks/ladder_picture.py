"""Plot the results of ``ladder.py``: out-of-fold and test scores, one line per rung.

python benchmarks/ladder_picture.py LADDER docs/images/ladder.svg
"""

import argparse
from pathlib import Path

import numpy as np
from ladder_rungs import RUNGS
from ladder_table import mean_score, read_rows
from matplotlib.figure import Figure

COLOURS = {
    "heuristic": "#8a8f98",
    "lr": "#2f6db5",
    "lgbm": "#2a9d6f",
    "lr + lgbm": "#7f5aa6",
    "effnet": "#d1702b",
    "stack": "#1c2230",
}


def main():
    """Plot the figure and save it to a file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="LADDER, as for ladder.py")
    parser.add_argument("figure", type=Path, help="SVG or PNG")
    options = parser.parse_args()
    rows, y_true = read_rows(options.folder)
    rows["answers"] = [mean_score(y_true, predicted[:, None]) for predicted in rows["guess"]]
    rungs = [rung for rung in RUNGS if rung.name in set(rows["rung"])]
    figure = Figure(figsize=(8.5, 0.9 + 0.42 * len(rungs)), layout="constrained")
    axes = figure.subplots()
    for line, rung in enumerate(rungs):
        plot_rung(axes, -line, rows[rows["rung"] == rung.name])
    axes.set_yticks(-np.arange(len(rungs)), [rung.title.replace("`", "") for rung in rungs])
    axes.set_xlabel("macro F1, mean over seeds: ○ out of fold, ● answers")
    axes.set_xlim(0, 1)
    axes.grid(axis="x", color="#e3e6ea")
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    for model, colour in COLOURS.items():
        axes.plot([], [], "o", color=colour, label=model)
    axes.legend(loc="center right", frameon=False)
    figure.savefig(options.figure, metadata={"Date": None})


def plot_rung(axes, y, rows):
    """Plot the scores of each model of a rung, with a small vertical offset between models."""
    means = rows.groupby("model", sort=False)[["oof", "answers"]].mean()
    for offset, (model, (oof, answers)) in zip(
        np.linspace(0.18, -0.18, len(means) + 1), means.iterrows(), strict=False
    ):
        style = {"color": COLOURS[model], "markersize": 6}
        axes.plot([oof, answers], [y + offset] * 2, color=COLOURS[model], linewidth=0.8)
        axes.plot(oof, y + offset, "o", markerfacecolor="white", **style)
        axes.plot(answers, y + offset, "o", **style)


if __name__ == "__main__":
    main()
