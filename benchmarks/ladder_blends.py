"""All blends over the base models of the ablation study: nested macro F1, and on the test labels.

    python benchmarks/ladder_blends.py LADDER

It reads the runs that ``ladder.py`` wrote to LADDER and fits meta-models only, in a minute.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from stemstack.runs import STACK, Run
from stemstack.stacking import BLENDS, make_blend, nested_predictions
from stemstack.stacking.out_of_fold import name_columns

# Sets of base models that share folds and mashups, and the steps that fitted them.
BASE_MODELS = {
    "three folds, standard families": ("tuned",),
    "five folds, all families": ("robust", "five-folds"),
    "the same, two seeds of nets": ("robust", "five-folds", "reseeded"),
    "`fit --models lr,lgbm,effnet` of 200 mashups a class": ("default",),
}
# Every blend, and the default with stronger regularisation.
CANDIDATES = {
    **{name: partial(make_blend, name) for name in BLENDS},
    "logistic, C=0.1": partial(LogisticRegression, C=0.1, max_iter=1000),
}
macro_f1 = partial(f1_score, average="macro")


def main():
    """Print one line per set of base models, one column per blend."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="LADDER, as for ladder.py")
    folder = parser.parse_args().folder
    y_test = pd.read_csv(folder / "answers.csv", dtype=str).iloc[:, 1].to_numpy()
    steps = {step for names in BASE_MODELS.values() for step in names}
    finished = [
        seed
        for seed in sorted(folder.glob("seed*"))
        if all((seed / step / "metrics.json").exists() for step in steps)
    ]
    print(f"{len(finished)} seeds\n\n| out of fold, answers | {' | '.join(CANDIDATES)} |")
    print("|---" * (len(CANDIDATES) + 1) + "|")
    for title, steps in BASE_MODELS.items():
        tables = [read_tables(folder, seed, steps) for seed in finished]
        cells = []
        for make in CANDIDATES.values():
            scores = np.mean([score(table, make(), y_test) for table in tables], axis=0)
            cells.append("{:.3f}, {:.3f}".format(*scores))
        print(f"| {title} | {' | '.join(cells)} |", flush=True)


def read_tables(folder, seed, steps):
    """Return out-of-fold predictions, labels, folds and test predictions of all steps together."""
    oof, test = [], []
    for step in steps:
        run = Run.open(folder / seed.name / step)
        classes = run.metrics["classes"]
        models = [name for name in run.metrics["out_of_fold"] if name != STACK]
        columns = [c for name in models for c in name_columns(name, classes, len(classes))]
        table = run.read_table("ledger/oof").set_index("clip").sort_index()
        oof.append(table[columns])
        test.append(run.read_table("ledger/test")[columns])
    return pd.concat(oof, axis=1), table["label"], table["fold"], pd.concat(test, axis=1)


def score(tables, blend, y_test):
    """Return macro F1 of a meta-model: nested, and on the test labels."""
    oof, labels, folds, test = tables
    nested = nested_predictions(blend, oof.to_numpy(), labels.to_numpy(), folds.to_numpy())
    fitted = blend.fit(oof.to_numpy(), labels.to_numpy())
    return macro_f1(labels, nested), macro_f1(y_test, fitted.predict(test.to_numpy()))


if __name__ == "__main__":
    main()
