"""Print the results of ``ladder.py``: means over seeds, one row per rung and model.

python benchmarks/ladder_table.py LADDER
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
from ladder_rungs import RUNGS

from stemstack.stacking import bootstrap_interval
from stemstack.stacking.metrics import macro_f1_of_codes


def read_rows(folder):
    """Read the results of each rung, model and seed, in the order of the rungs.

    Returns
    -------
    rows : DataFrame
        ``guess`` holds the codes of the predicted classes.
    y_true : ndarray of shape (n_clips,), int
    """
    answers = pd.read_csv(folder / "answers.csv", dtype=str).iloc[:, 1]
    classes, y_true = np.unique(answers, return_inverse=True)
    rows = pd.DataFrame(json.loads((folder / "results.json").read_text()))
    rows["guess"] = [np.searchsorted(classes, predicted) for predicted in rows["guess"]]
    order = rows["rung"].map({rung.name: position for position, rung in enumerate(RUNGS)})
    return rows.iloc[np.lexsort([order, rows["seed"]])], y_true


def mean_score(y_true, predictions):
    """Average macro F1 over columns of predictions, one per seed."""
    n_classes = max(y_true.max(), predictions.max()) + 1
    return macro_f1_of_codes(y_true, predictions.T, n_classes).mean()


def print_table(folder):
    """Print one row per rung and model, the gain of the best over the default, and the cost."""
    rows, y_true = read_rows(folder)
    titles = {rung.name: rung.title for rung in RUNGS}
    predictions = {}
    print("| rung | model | out of fold | answers | 95 % interval | CPU s | MB |")
    print("|---|---|---|---|---|---|---|")
    for (rung, model), group in rows.groupby(["rung", "model"], sort=False):
        predictions[rung, model] = columns = np.stack(group["guess"].tolist(), axis=1)
        # Clips are resampled, and each sample is scored by the mean over seeds.
        low, high = bootstrap_interval(y_true, columns, score=mean_score)
        oof = "" if group["oof"].isna().any() else f"{group['oof'].mean():.3f}"
        print(
            f"| {titles[rung]} | {model} | {oof} | {mean_score(y_true, columns):.3f} "
            f"| {low:.2f} to {high:.2f} | {group['cpu'].mean():.0f} | {group['mb'].max():.0f} |"
        )
    if ("default", "stack") in predictions:
        print(f"\n{compare_default(y_true, predictions)}")
    cpu = rows.drop_duplicates(["seed", "rung"])["cpu"].sum()
    print(f"\nall rungs: {cpu / 60:.0f} min of CPU")


def compare_default(y_true, predictions):
    """Return a message with the difference between the best other rung and the default stack."""
    default = predictions["default", "stack"]
    # If the ladder is incomplete, only rungs with the same number of seeds are compared.
    others = {
        key: columns
        for key, columns in predictions.items()
        if key[0] != "default" and columns.shape == default.shape
    }
    best = max(others, key=lambda key: mean_score(y_true, others[key]))
    pair = np.stack([others[best], default], axis=2)
    low, high = bootstrap_interval(y_true, pair, score=_difference)
    return (
        f"the best of the other rungs, {' '.join(best)}, less the default's stack: "
        f"{_difference(y_true, pair):+.3f} (95 %: {low:+.3f} to {high:+.3f})"
    )


def _difference(y_true, pair):
    return mean_score(y_true, pair[:, :, 0]) - mean_score(y_true, pair[:, :, 1])


def main():
    """Print the table of a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="LADDER, as for ladder.py")
    print_table(parser.parse_args().folder)


if __name__ == "__main__":
    main()
