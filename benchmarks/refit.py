"""Fold models or models of all training clips: which predict a foreign test better?

``lr``, ``lgbm`` and their mean are trained on mashups of the wide settings: by fold, predicting by
the mean of the five fold models, and on all folds at once. Both predict the six test sets of
``foreign.py``, whose WORK is used. Prints paired differences of macro F1 over all test clips, with
95 % intervals.

    python benchmarks/refit.py WORK --per-class 100
"""

import argparse
from pathlib import Path

import foreign
import foreign_mixers
import numpy as np
import pandas as pd
from sklearn.base import clone
from study import features_of, fold_probabilities, heads

from stemstack.stacking.metrics import paired_difference


def predict_both(model, X, y, fold, X_test):
    """Return the probabilities by the fold models and by one model of all clips."""
    _, by_fold = fold_probabilities(model, X, y, fold, X_test)
    return by_fold, clone(model).fit(X, y).predict_proba(X_test)


def main():
    """Make what is missing of the test sets, fit, and print the differences."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path, help="that of foreign.py")
    parser.add_argument("--per-class", type=int, default=100, help="training mashups")
    args = parser.parse_args()
    foreign.make_songs(args.work)
    tests = [foreign.make_test(args.work, name, 20) for name in foreign_mixers.MIXERS]
    X_test = pd.concat([features_of(paths, args.work / "cache") for paths, _ in tests])
    y_test = np.concatenate([labels for _, labels in tests])
    clips, y, fold = foreign.training_clips(args.work, "wide", None, None, args.per_class, 0)
    X, classes = features_of(clips, args.work / "cache"), np.unique(y)
    proba = {name: predict_both(model, X, y, fold, X_test) for name, model in heads().items()}
    proba["mean"] = np.sum(list(proba.values()), axis=0) / len(proba)
    for name, (by_fold, by_all) in proba.items():
        for label, values in (("all", by_all), ("half of each", (by_fold + by_all) / 2)):
            new, old = (classes[p.argmax(axis=1)] for p in (values, by_fold))
            gain, low, high = paired_difference(y_test, new, old)
            print(f"{name}: {label} - folds {gain:+.3f} ({low:+.3f} to {high:+.3f})", flush=True)


if __name__ == "__main__":
    main()
