"""The learning curve: macro F1 and CPU time by the number of training mashups.

The largest number is sampled, with wide settings, and smaller ones are parts of it. Models are
fitted by fold and predict the tests by the mean of the folds; the stack is logistic regression on
their out-of-fold probabilities.

    python benchmarks/curve.py --foreign WORK
    python benchmarks/curve.py --data demo-out/data --answers demo-out/answers.csv --cache DIR

WORK is that of ``foreign.py``; what it holds is not made again. 2,000 mashups per class need about
10 GB of memory.
"""

import argparse
import resource
import time

import foreign
import numpy as np
import pandas as pd
from sklearn.metrics import f1_score
from study import first_of_each, fold_probabilities, heads, score_all

from stemstack.features import Extractor
from stemstack.features.extraction import extract_table, store_features
from stemstack.features.patches import PatchExtractor
from stemstack.models import make_codebook, make_lda
from stemstack.stacking import make_blend, nested_predictions
from stemstack.utils.resources import Resources

EXTRACTORS = {"features": Extractor(families="all"), "patches": PatchExtractor()}


def models():
    """Return the models without their extractors, and the table that each takes, by name."""
    of_features = {**heads(), "lda": make_lda()[1:]}
    named = {name: ("features", model) for name, model in of_features.items()}
    return {**named, "codebook": ("patches", make_codebook()[1:])}


def describe(clips, cache):
    """Return the tables of clips, from one pass over them, and its CPU time in s."""
    start = _cpu_seconds()
    store_features(clips, list(EXTRACTORS.values()), n_jobs=2, cache=cache / "features")
    seconds, resources = _cpu_seconds() - start, Resources(cache)
    return {
        name: extract_table(clips, extractor, name, resources=resources)
        for name, extractor in EXTRACTORS.items()
    }, seconds


def _cpu_seconds():
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def timed_probabilities(model, X, y, fold, T):
    """Return out-of-fold and test probabilities, and the CPU time of the fits in s."""
    start = time.process_time()
    oof, proba = fold_probabilities(model, X, y, fold, T)
    return oof, proba, time.process_time() - start


def measure(tables, y, fold, test_tables, tests):
    """Return one row for each model, and one for their stack."""
    names, calls = [], []
    for name, (table, model) in models().items():
        names.append(name)
        calls.append((model, tables[table], y, fold, test_tables[table]))
    found, classes, rows = score_all(timed_probabilities, calls), np.unique(y), []
    for name, (oof, proba, seconds) in zip(names, found, strict=True):
        out_of_fold = f1_score(y, classes[oof.argmax(axis=1)], average="macro")
        rows.append((name, out_of_fold, foreign.score_tests(classes, proba, tests), seconds))
    oof, proba = (np.hstack([result[part] for result in found]) for part in (0, 1))
    nested = f1_score(y, nested_predictions(make_blend("logistic"), oof, y, fold), average="macro")
    stacked = make_blend("logistic").fit(oof, y).predict_proba(proba)
    seconds = sum(result[2] for result in found)
    return [*rows, ("stack", nested, foreign.score_tests(classes, stacked, tests), seconds)]


def main():
    """Measure all numbers of mashups, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    foreign.add_test_options(parser)
    parser.add_argument("--sizes", default="50,100,200,500,1000,2000", help="mashups per class")
    args = parser.parse_args()
    tests, sizes = foreign.choose_tests(args), sorted(map(int, args.sizes.split(",")))
    test_tables, _ = describe([clip for paths, _ in tests for clip in paths], args.cache)
    args.per_class = sizes[-1]
    clips, y, fold = foreign.sample_wide(args, seed=0)
    tables, seconds = describe(clips, args.cache)
    print(f"{len(clips)} mashups rendered and described in {seconds:.0f} s of CPU", flush=True)
    for size in sizes:
        part = first_of_each(y, fold, size)
        selected = {name: table.iloc[part] for name, table in tables.items()}
        rows = measure(selected, y[part], fold[part], test_tables, tests)
        table = pd.DataFrame(rows, columns=["model", "out of fold", "tests", "CPU s"])
        print(f"{len(part)} mashups", table.round(3).to_string(index=False), sep="\n", flush=True)


if __name__ == "__main__":
    main()
