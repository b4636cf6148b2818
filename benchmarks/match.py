"""What data match is worth: the same models on training data ever more like the test's.

Run ``python benchmarks/match.py demo-out/data --answers demo-out/answers.csv --cache DIR`` after
``make demo``. Each rung trains ``lr`` and ``lgbm`` and is scored twice: out of fold, on clips like
those trained on, and on the test mashups. Where the first is high and the second low, a validation
score would have deceived. ``--settings FILE`` adds a rung drawn by settings that ``tune`` wrote.
"""

import argparse
import json
from pathlib import Path

import pandas as pd
from study import answered_clips, draw_clips, features_of, heads, lay_songs, score, side_by_side

from stemstack.datasets import DEFAULT_STEMS
from stemstack.mashups import Settings

# Each rung adds one thing to the one before.
PLAIN = {"tempo": "none", "gain_probability": 0.0, "noise_probability": 0.0}
RUNGS = {
    "b: mashups without 'other'": (PLAIN, DEFAULT_STEMS[:3]),
    "c: all four stems": (PLAIN, DEFAULT_STEMS),
    "d: + tempo and gains": ({"noise_probability": 0.0}, DEFAULT_STEMS),
    "e: + noise": ({}, DEFAULT_STEMS),
}


def measure(options, seed):
    """Score every rung for one draw, as rows of (rung, model, out of fold, test)."""
    test, y_test = answered_clips(options.data, options.answers)
    X_test = features_of(test, options.cache, options.families)
    rungs = dict(RUNGS)
    if options.settings:
        rungs["f: tuned"] = (Settings.from_yaml(options.settings).to_dict(), DEFAULT_STEMS)
    drawn = {"a: clean single songs": lay_songs(options.data, seed=seed, cache=options.cache)}
    for name, (settings, stems) in rungs.items():
        drawn[name] = draw_clips(
            options.data,
            seed=seed,
            per_class=options.per_class,
            cache=options.cache,
            settings=settings,
            stems=stems,
        )
    cases, calls = [], []
    for name, (clips, y, fold) in drawn.items():
        X = features_of(clips, options.cache, options.families)
        for model, head in heads().items():
            cases.append((name, model))
            calls.append((head, X, y, fold, X_test, y_test))
    scores = side_by_side(score, calls, options.jobs)
    return [
        {"rung": rung, "model": model, "seed": seed, "oof": oof, "test": on_test}
        for (rung, model), (oof, on_test) in zip(cases, scores, strict=True)
    ]


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--answers", type=Path, required=True, help="CSV of the test clips' labels")
    parser.add_argument("--cache", type=Path, required=True, help="folder for stems and features")
    parser.add_argument("--settings", type=Path, help="settings of one more rung, from tune")
    parser.add_argument("--families", default="all", help="feature families (all)")
    parser.add_argument("--draws", type=int, default=4, help="draws of folds and mashups (4)")
    parser.add_argument("--per-class", type=int, default=40, help="mashups a class and draw (40)")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write all scores to this file too")
    options = parser.parse_args()
    rows = pd.DataFrame([row for seed in range(options.draws) for row in measure(options, seed)])
    by_rung = rows.groupby(["rung", "model"])[["oof", "test"]]
    table = pd.concat({"macro F1": by_rung.mean(), "error": by_rung.sem()}, axis=1)
    pd.set_option("display.width", 200, "display.max_columns", None)
    print(table.unstack("model").swaplevel(0, 2, axis=1).sort_index(axis=1).round(3))
    if options.json:
        options.json.write_text(json.dumps(rows.to_dict("records"), indent=1) + "\n")


if __name__ == "__main__":
    main()
