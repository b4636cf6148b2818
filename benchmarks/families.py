"""Feature families that stemstack does not have: what they add to its own, and their cost.

    python benchmarks/families.py --foreign WORK
    python benchmarks/families.py --data DATA --answers ANSWERS --cache DIR

Each candidate is added to all families of stemstack. ``lda``, a smaller ``lgbm`` and the mean of
their probabilities are scored on the test sets of ``foreign.py``, or on the test clips of a data
set, for several samples of training mashups of wide settings; gains have the standard error of
their mean. A family that is fitted is fitted to the training clips, without their labels.
"""

import argparse
import time
from functools import partial

import foreign
import numpy as np
import pandas as pd
from family_candidates import CANDIDATES, describe_frames
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline
from study import features_of, fold_probabilities, score_all

from stemstack.features import feature_columns
from stemstack.models import make_lgbm
from stemstack.models.discriminant import ComponentsLDA
from stemstack.utils.parallel import parallel_map


def models():
    """Return classifiers over tables, by name; LightGBM with half of the trees, for the time."""
    return {
        "lda": make_pipeline(feature_columns("linear"), ComponentsLDA()),
        "lgbm": make_lgbm(n_estimators=150, learning_rate=0.1)[1:],
    }


def describe(clips):
    """Return the frames of each clip, as the candidates use them."""
    return list(parallel_map(describe_frames, clips, n_jobs=2, n_threads=1))


def compute(name, training, tests):
    """Return the columns of a candidate for training and test clips, and ms per clip."""
    family = CANDIDATES[name]
    fit = getattr(family, "fit", None)
    transform = partial(family, fitted=fit(training)) if fit else family
    start = time.process_time()
    tables = [np.stack([transform(frames) for frames in clips]) for clips in (training, tests)]
    seconds = (time.process_time() - start) / (len(training) + len(tests))
    columns = [f"{name}_{i:04d}" for i in range(tables[0].shape[1])]
    return *(
        pd.DataFrame(table, columns=columns, dtype=np.float32) for table in tables
    ), 1e3 * seconds


def measure(args, tests, seed):
    """Return one row for each set of families and model, for one sample of mashups."""
    clips, y, fold = foreign.sample_wide(args, seed)
    test_clips = [clip for paths, _ in tests for clip in paths]
    X, T = features_of(clips, args.cache), features_of(test_clips, args.cache)
    frames, test_frames = describe(clips), describe(test_clips)
    tables = {"own families": (X, T, np.nan)}
    for name in args.only.split(",") if args.only else CANDIDATES:
        new, new_test, cost = compute(name, frames, test_frames)
        tables[f"+ {name}"] = (join(X, new), join(T, new_test), cost)
    calls = [(m, X, y, fold, T) for X, T, _ in tables.values() for m in models().values()]
    results = iter(score_all(fold_probabilities, calls))
    rows = []
    for name, (_, _, cost) in tables.items():
        found = {model: next(results) for model in models()}
        found["mean"] = tuple(sum(parts) for parts in zip(*found.values(), strict=True))
        for model, (oof, proba) in found.items():
            scores = foreign.score_tests(np.unique(y), proba, tests)
            out_of_fold = f1_score(y, np.unique(y)[oof.argmax(axis=1)], average="macro")
            rows.append((name, model, seed, out_of_fold, scores, cost))
    return rows


def join(X, new):
    """Return two tables next to each other."""
    return pd.concat([X.reset_index(drop=True), new], axis=1)


def main():
    """Measure all samples, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    foreign.add_test_options(parser)
    parser.add_argument("--only", help="candidates, by comma")
    args = parser.parse_args()
    tests = foreign.choose_tests(args)
    rows = [row for seed in range(args.draws) for row in measure(args, tests, seed)]
    columns = ["families", "model", "seed", "out of fold", "tests", "ms"]
    table = pd.DataFrame(rows, columns=columns).set_index(["families", "model", "seed"])
    gains = table - table.loc["own families"].reindex(table.index.droplevel(0)).to_numpy()
    by_set = ["families", "model"]
    means, gain = table.groupby(by_set, sort=False).mean(), gains.groupby(by_set, sort=False)
    parts = {"macro F1": means, "gain": gain.mean().drop(columns="ms")}
    parts["error"] = gain.sem().drop(columns="ms")
    print(pd.concat(parts, axis=1).round(3).to_string())


if __name__ == "__main__":
    main()
