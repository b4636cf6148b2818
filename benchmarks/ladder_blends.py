"""Every blend over the ladder's first levels: nested macro F1 out of fold, and on the answers.

    python benchmarks/ladder_blends.py LADDER

Reads what ``ladder.py`` left in LADDER and fits second levels only: a minute.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from stemstack.runs import STACK, Run
from stemstack.stacking import BLENDS, make_blend, name_columns, nested_predictions

# First levels that share folds and mashups, and the rungs they come from.
LEVELS = {
    "three folds, standard families": ("tuned",),
    "five folds, all families": ("robust", "five-folds"),
    "the same, two seeds of nets": ("robust", "five-folds", "reseeded"),
    "`fit --models lr,lgbm,effnet` of 200 mashups a class": ("default",),
}
# Every blend, and the default more strongly held back.
CANDIDATES = {
    **{name: partial(make_blend, name) for name in BLENDS},
    "logistic, C=0.1": partial(LogisticRegression, C=0.1, max_iter=1000),
}
macro_f1 = partial(f1_score, average="macro")


def main():
    """Print the table: a line a first level, a column a blend."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="LADDER, as for ladder.py")
    folder = parser.parse_args().folder
    truth = pd.read_csv(folder / "answers.csv", dtype=str).iloc[:, 1].to_numpy()
    rungs = {rung for level in LEVELS.values() for rung in level}
    finished = [
        seed
        for seed in sorted(folder.glob("seed*"))
        if all((seed / rung / "metrics.json").exists() for rung in rungs)
    ]
    print(f"{len(finished)} seeds\n\n| out of fold, answers | {' | '.join(CANDIDATES)} |")
    print("|---" * (len(CANDIDATES) + 1) + "|")
    for title, rungs in LEVELS.items():
        levels = [read_level(folder, seed, rungs) for seed in finished]
        cells = []
        for make in CANDIDATES.values():
            scores = np.mean([score(level, make(), truth) for level in levels], axis=0)
            cells.append("{:.3f}, {:.3f}".format(*scores))
        print(f"| {title} | {' | '.join(cells)} |", flush=True)


def read_level(folder, seed, rungs):
    """Put the tables of some rungs side by side: out of fold, labels, folds, test."""
    oof, test = [], []
    for rung in rungs:
        run = Run.open(folder / seed.name / rung)
        classes = run.metrics["classes"]
        models = [name for name in run.metrics["out_of_fold"] if name != STACK]
        columns = [c for name in models for c in name_columns(name, classes, len(classes))]
        table = run.read_table("ledger/oof").set_index("clip").sort_index()
        oof.append(table[columns])
        test.append(run.read_table("ledger/test")[columns])
    return pd.concat(oof, axis=1), table["label"], table["fold"], pd.concat(test, axis=1)


def score(level, blend, truth):
    """Macro F1 of a second level: nested out of fold, and against the answers."""
    oof, labels, folds, test = level
    nested = nested_predictions(blend, oof.to_numpy(), labels.to_numpy(), folds.to_numpy())
    fitted = blend.fit(oof.to_numpy(), labels.to_numpy())
    return macro_f1(labels, nested), macro_f1(truth, fitted.predict(test.to_numpy()))


if __name__ == "__main__":
    main()
