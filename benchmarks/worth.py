"""Contribution of each feature family: macro F1 with and without it.

Run ``python benchmarks/worth.py demo-out/data --answers demo-out/answers.csv --cache DIR`` after
``make demo``. Each standard family is removed from the standard set, each robust family is added to
it; ``lr`` and ``lgbm`` are scored out-of-fold, and by their mean on the test clips. Everything is
repeated for several samples of folds and mashups; gains are relative to the standard set of the
same sample and have the standard error of their mean.
"""

import argparse
import json
from pathlib import Path

import pandas as pd
from study import answered_clips, features_of, heads, sample_clips, score, score_all

from stemstack.features import FAMILIES, feature_names

STANDARD = [name for name, family in FAMILIES.items() if family.standard]


def family_sets():
    """Return the sets of families to compare, by name."""
    robust = [name for name in FAMILIES if name not in STANDARD]
    return {
        "standard": STANDARD,
        **{f"- {name}": [other for other in STANDARD if other != name] for name in STANDARD},
        **{f"+ {name}": [*STANDARD, name] for name in robust},
        "all": list(FAMILIES),
        "robust only": robust,
    }


def measure(options, seed):
    """Return the scores of every set for one sample: one row per set and model."""
    clips, y, fold = sample_clips(
        options.data, seed=seed, per_class=options.per_class, cache=options.cache
    )
    X = features_of(clips, options.cache)
    test, y_test = answered_clips(options.data, options.answers)
    X_test = features_of(test, options.cache)
    sets = {**family_sets(), **{"only " + name: [name] for name in options.only}}
    cases = [(name, model) for name in sets for model in heads()]
    calls = []
    for name, model in cases:
        columns = feature_names(sets[name])
        calls.append((heads()[model], X[columns], y, fold, X_test[columns], y_test))
    scores = score_all(score, calls, options.jobs)
    return [
        {"families": name, "model": model, "seed": seed, "oof": oof, "test": on_test}
        for (name, model), (oof, on_test) in zip(cases, scores, strict=True)
    ]


def average_samples(rows):
    """Return the mean score, the gain over the standard set and its standard error."""
    rows = pd.DataFrame(rows).set_index(["families", "model", "seed"])
    gains = rows - rows.loc["standard"].reindex(rows.index.droplevel("families")).to_numpy()
    by_set = ["families", "model"]
    mean, gain = rows.groupby(by_set, sort=False).mean(), gains.groupby(by_set, sort=False)
    table = pd.concat(
        {"macro F1": mean, "gain": gain.mean(), "error": gain.std() / gain.size().iloc[0] ** 0.5},
        axis=1,
    )
    return table.unstack("model").swaplevel(0, 2, axis=1).sort_index(axis=1)


def main():
    """Measure all samples and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--answers", type=Path, required=True, help="CSV of the test labels")
    parser.add_argument("--cache", type=Path, required=True, help="folder for stems and features")
    parser.add_argument("--draws", type=int, default=4, help="samples of folds and mashups (4)")
    parser.add_argument(
        "--per-class", type=int, default=40, help="mashups per class and sample (40)"
    )
    parser.add_argument("--only", nargs="*", default=[], help="families to score alone")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the scores of each sample to this file")
    options = parser.parse_args()
    rows = []
    for seed in range(options.draws):
        rows += measure(options, seed)
        if options.json:
            options.json.write_text(json.dumps(rows, indent=1) + "\n")
    pd.set_option("display.width", 200, "display.max_columns", None, "display.max_rows", None)
    print(average_samples(rows).round(3))


if __name__ == "__main__":
    main()
