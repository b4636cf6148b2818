"""How wide the mixture of generators should be, by number of training mashups.

The generators of ``wide`` are made narrower and wider: all ranges and probabilities are scaled by
a width, 1 for the settings as they are; 0 is the one generator of ``record``. ``lda``, a smaller
``lgbm`` and the mean of their probabilities are trained on some mashups per class, and scored on
the test sets of ``foreign.py``, which are mixed by other projects' tools.

    python benchmarks/width.py WORK

WORK is that of ``foreign.py``; what it holds is not made again.
"""

import argparse
from pathlib import Path

import foreign
import foreign_mixers
import numpy as np
import pandas as pd
from families import models
from study import features_of, first_of_each, fold_probabilities, sample_clips, score_all

from stemstack.mashups import Settings
from stemstack.mashups.wide import make_wide_mixture

# Scaled in dB or octaves around their middle.
_RANGES = {"gain": "log", "noise_gain": "log", "noise_snr": "linear", "lowpass": "log"}


def settings_of(width):
    """Return mashup settings of a width; 0 for one generator."""
    if width == 0:
        return Settings(durations=foreign_mixers.DURATIONS)
    mixture = tuple(scale(row, width) for row in make_wide_mixture())
    return Settings(durations=foreign_mixers.DURATIONS, mixture=mixture)


def scale(generator, width):
    """Scale the ranges and probabilities of a generator's effects by a width."""
    scaled = dict(generator)
    for name, value in generator.items():
        if name in _RANGES:
            scaled[name] = _scale_range(value, width, _RANGES[name])
        elif name == "rate_range" and value is not None:
            scaled[name] = tuple(rate**width for rate in value)
        elif name == "overdrive":
            scaled[name] = (0.0, width * value[1])
        elif name.endswith("_probability") or name == "stem_dropout":
            scaled[name] = min(1.0, width * value)
    steepest = Settings.tilt[1] * width
    return scaled | {"tilt": (-steepest, steepest), "part_tilt": (-steepest, steepest)}


def _scale_range(pair, width, kind):
    low, high = np.log(pair) if kind == "log" else pair
    middle, reach = (low + high) / 2, width * (high - low) / 2
    scaled = np.array([middle - reach, middle + reach])
    return tuple((np.exp(scaled) if kind == "log" else scaled).tolist())


def measure(work, tests, width, numbers, seed):
    """Train on several numbers of mashups of a width; return one row for each model."""
    options = {"seed": seed, "per_class": max(numbers), "cache": work / "cache", "folds": 5}
    clips, y, fold = sample_clips(work / "data", settings=settings_of(width).to_dict(), **options)
    X = features_of(clips, work / "cache")
    T = features_of([clip for paths, _ in tests for clip in paths], work / "cache")
    rows = {number: first_of_each(y, fold, number) for number in numbers}
    calls = [
        (model, X.iloc[some], y[some], fold[some], T)
        for some in rows.values()
        for model in models().values()
    ]
    results, found = iter(score_all(fold_probabilities, calls)), []
    for number in numbers:
        proba = {model: next(results)[1] for model in models()}
        proba["mean"] = sum(proba.values())
        found += [
            (width, number, model, seed, foreign.score_tests(np.unique(y), values, tests))
            for model, values in proba.items()
        ]
    return found


def main():
    """Measure all widths and numbers, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--widths", default="0,0.5,1,2")
    parser.add_argument("--numbers", default="50,100,200", help="mashups per class")
    parser.add_argument("--draws", type=int, default=1, help="samples of folds and mashups (1)")
    args = parser.parse_args()
    tests, rows = foreign.make_tests(args.work), []
    numbers = [int(text) for text in args.numbers.split(",")]
    for seed in range(args.draws):
        for width in map(float, args.widths.split(",")):
            rows += measure(args.work, tests, width, numbers, seed)
    columns = ["width", "mashups", "model", "seed", "tests"]
    table = pd.DataFrame(rows, columns=columns)
    print(table.pivot_table(index=["model", "mashups"], columns="width", values="tests").round(3))


if __name__ == "__main__":
    main()
