"""Best parameters of ``lr`` and ``lgbm``, and the gain of choosing among them.

Run ``python benchmarks/defaults.py demo-out/data --answers demo-out/answers.csv --cache DIR`` after
``make demo``. Every candidate is scored out of fold and on the test mashups, for several samples of
folds and mashups. The last line of each table is an unbiased score of the choice: for each sample,
the candidate that is best out of fold in the *other* samples is scored on this one.
"""

import argparse
import time
from pathlib import Path

import pandas as pd
from sklearn.base import clone
from study import answered_clips, features_of, heads, sample_clips, score, score_all

# Each candidate changes one parameter of these.
CENTRE = {"lgbm": {"max_bin": 31, "colsample_bytree": 0.05}, "lr": {"C": 0.01}}
CANDIDATES = {
    "lgbm": [
        {},
        {"max_bin": 255, "colsample_bytree": 0.1},
        {"max_bin": 63},
        {"colsample_bytree": 0.02},
        {"colsample_bytree": 0.1},
        {"num_leaves": 4},
        {"num_leaves": 15},
        {"n_estimators": 150, "learning_rate": 0.1},
        {"n_estimators": 600, "learning_rate": 0.025},
        {"extra_trees": False},
    ],
    "lr": [{}, *({"C": C} for C in (0.001, 0.003, 0.03, 0.1))],
}


def measure(options, seed):
    """Score every candidate on one sample, as rows."""
    test, y_test = answered_clips(options.data, options.answers)
    X_test = features_of(test, options.cache)
    clips, y, fold = sample_clips(
        options.data, seed=seed, per_class=options.per_class, cache=options.cache
    )
    X = features_of(clips, options.cache)
    cases = [(m, params) for m in options.models for params in CANDIDATES[m]]
    calls = [(make_pipeline(m, params), X, y, fold, X_test, y_test) for m, params in cases]
    return [
        {"model": m, "candidate": describe(params), "seed": seed} | scores
        for (m, params), scores in zip(cases, score_all(timed, calls, options.jobs), strict=True)
    ]


def make_pipeline(model, params):
    """Make a model over tables, with changed parameters of its classifier."""
    pipeline = clone(heads()[model])
    pipeline[-1].set_params(**{**CENTRE[model], **params})
    return pipeline


def timed(*call):
    """Return the scores of the studies, and the CPU time in s."""
    started = time.process_time()
    oof, test = score(*call)
    return {"oof": oof, "test": test, "cpu": time.process_time() - started}


def describe(params):
    """Name a candidate by the parameters it changes."""
    return ", ".join(f"{name}={value:g}" for name, value in params.items()) or "centre"


def report(rows):
    """Print the table of one model, best first, and the nested score of the choice."""
    table = rows.groupby("candidate")[["oof", "test", "cpu"]].mean()
    print(table.sort_values("oof", ascending=False).round(3).to_string())
    chosen = []
    for seed, own in rows.groupby("seed"):
        others = rows[rows["seed"] != seed].groupby("candidate")["oof"].mean()
        chosen.append(own.set_index("candidate").loc[others.idxmax(), ["oof", "test"]])
    nested = pd.DataFrame(chosen)
    names = ", ".join(dict.fromkeys(map(str, nested.index)))
    print(f"chosen by the other samples: oof {nested['oof'].mean():.3f}, ", end="")
    print(f"test {nested['test'].mean():.3f} ({names})\n", flush=True)


def main():
    """Print one table per model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--answers", type=Path, required=True, help="CSV of the test clips' labels")
    parser.add_argument("--cache", type=Path, required=True, help="folder for stems and features")
    parser.add_argument("--models", nargs="+", choices=CANDIDATES, default=list(CANDIDATES))
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--per-class", type=int, default=40, help="mashups per class (40)")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    rows = pd.DataFrame([row for seed in range(options.draws) for row in measure(options, seed)])
    for model in options.models:
        print(model)
        report(rows[rows["model"] == model].drop(columns="model"))


if __name__ == "__main__":
    main()
