"""Effect of data match: the same models on training data increasingly similar to the test data.

Run ``python benchmarks/match.py demo-out/data --answers demo-out/answers.csv --cache DIR`` after
``make demo``. In each step, ``lr`` and ``lgbm`` are trained and scored twice: out of fold, on clips
like those used for training, and on the test mashups. If the first score is high and the second is
low, validation is misleading. ``--settings FILE`` adds a step with settings that ``tune`` wrote.
"""

import argparse
import json
from pathlib import Path

import pandas as pd
from study import answered_clips, features_of, heads, sample_clips, score, score_all, song_clips

from stemstack.datasets import DEFAULT_STEMS
from stemstack.mashups import Settings

# Each step adds one thing to the previous one.
PLAIN = {"tempo": "none", "gain_probability": 0.0, "noise_probability": 0.0}
STEPS = {
    "b: mashups without 'other'": (PLAIN, DEFAULT_STEMS[:3]),
    "c: all four stems": (PLAIN, DEFAULT_STEMS),
    "d: + tempo and gains": ({"noise_probability": 0.0}, DEFAULT_STEMS),
    "e: + noise": ({}, DEFAULT_STEMS),
}


def measure(options, seed):
    """Return the scores of every step for one seed: one row per step and model."""
    test, y_test = answered_clips(options.data, options.answers)
    X_test = features_of(test, options.cache, options.families)
    steps = dict(STEPS)
    if options.settings:
        steps["f: tuned"] = (Settings.from_yaml(options.settings).to_dict(), DEFAULT_STEMS)
    sampled = {"a: clean single songs": song_clips(options.data, seed=seed, cache=options.cache)}
    for name, (settings, stems) in steps.items():
        sampled[name] = sample_clips(
            options.data,
            seed=seed,
            per_class=options.per_class,
            cache=options.cache,
            settings=settings,
            stems=stems,
        )
    cases, calls = [], []
    for name, (clips, y, fold) in sampled.items():
        X = features_of(clips, options.cache, options.families)
        for model, head in heads().items():
            cases.append((name, model))
            calls.append((head, X, y, fold, X_test, y_test))
    scores = score_all(score, calls, options.jobs)
    return [
        {"step": step, "model": model, "seed": seed, "oof": oof, "test": on_test}
        for (step, model), (oof, on_test) in zip(cases, scores, strict=True)
    ]


def main():
    """Measure all seeds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--answers", type=Path, required=True, help="CSV of the test clips' labels")
    parser.add_argument("--cache", type=Path, required=True, help="folder for stems and features")
    parser.add_argument(
        "--settings", type=Path, help="settings of an additional step, written by tune"
    )
    parser.add_argument("--families", default="all", help="feature families (all)")
    parser.add_argument("--draws", type=int, default=4, help="samples of folds and mashups (4)")
    parser.add_argument("--per-class", type=int, default=40, help="mashups per class (40)")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path, help="also write all scores to this file")
    options = parser.parse_args()
    rows = pd.DataFrame([row for seed in range(options.draws) for row in measure(options, seed)])
    by_step = rows.groupby(["step", "model"])[["oof", "test"]]
    table = pd.concat({"macro F1": by_step.mean(), "error": by_step.sem()}, axis=1)
    pd.set_option("display.width", 200, "display.max_columns", None)
    print(table.unstack("model").swaplevel(0, 2, axis=1).sort_index(axis=1).round(3))
    if options.json:
        options.json.write_text(json.dumps(rows.to_dict("records"), indent=1) + "\n")


if __name__ == "__main__":
    main()
