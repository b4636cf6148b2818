"""Meta-models for few training clips: which to use on real recordings of voices.

The speech packs of Hedgewars, as Debian installs them (``apt-get install hedgewars-data``), are a
class each. From 8 to 32 clips of each are learnt from, and the others are the test. The table has
macro F1 of the meta-models over ``lr``, ``lgbm`` and ``lda``, nested out of fold and on the test,
the mean of some samples of the training clips.

    python benchmarks/few_clips.py WORK --draws 3

WORK receives the features.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from families import models
from sklearn.metrics import f1_score
from study import features_of, fold_probabilities, heads, score_all

from stemstack.stacking import BLENDS, assign_folds, make_blend, nested_predictions

VOICES = Path("/usr/share/games/hedgewars/Data/Sounds/voices")
SIZES = (8, 16, 32)
# Packs with fewer clips leave too few for the test.
LEAST = 45


def read_voices():
    """Return the paths of the clips and their packs."""
    paths = sorted(VOICES.glob("*/*.ogg"))
    packs = pd.Series([path.parent.name for path in paths])
    used = packs.map(packs.value_counts()) >= LEAST
    return np.array(list(map(str, paths)))[used], packs[used].to_numpy(dtype=object)


def split(y, size, rng):
    """Return whether each clip is learnt from: ``size`` of each class."""
    is_train = np.zeros(len(y), dtype=bool)
    for label in np.unique(y):
        is_train[rng.permutation(np.flatnonzero(y == label))[:size]] = True
    return is_train


def measure(X, y, size, seed):
    """Return one row for each meta-model."""
    is_train = split(y, size, np.random.default_rng(seed))
    train, test = X[is_train].reset_index(drop=True), X[~is_train]
    labels, groups = pd.Series(y[is_train]), pd.Series(np.arange(is_train.sum()))
    fold = np.asarray(assign_folds(labels, groups, n_folds=5, seed=seed))
    base = [heads()["lr"], heads()["lgbm"], models()["lda"]]
    results = score_all(fold_probabilities, [(m, train, y[is_train], fold, test) for m in base])
    oof, proba = map(np.hstack, zip(*results, strict=True))
    rows = []
    for name in BLENDS:
        nested = nested_predictions(make_blend(name), oof, y[is_train], fold)
        predicted = make_blend(name).fit(oof, y[is_train]).predict(proba)
        scores = [
            f1_score(true, found, average="macro")
            for true, found in ((y[is_train], nested), (y[~is_train], predicted))
        ]
        rows.append((size, name, *scores))
    return rows


def main():
    """Measure all sizes and samples, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--draws", type=int, default=3, help="samples of training clips (3)")
    args = parser.parse_args()
    paths, y = read_voices()
    X = features_of(list(paths), args.work)
    rows = [r for size in SIZES for seed in range(args.draws) for r in measure(X, y, size, seed)]
    table = pd.DataFrame(rows, columns=["clips per class", "blend", "nested", "test"])
    means = table.groupby(["blend", "clips per class"], sort=False).mean().unstack()
    print(means.round(3).to_string())


if __name__ == "__main__":
    main()
