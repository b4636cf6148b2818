"""What the model ``codebook`` adds to a stack of handcrafted features, and its cost.

Models are trained on mashups of wide settings, and predict the test sets of ``foreign.py``, or the
test clips of a data set. The table has macro F1 of the models, and of stacks with and without
``codebook``; gains have the standard error over samples of folds and mashups.

    python benchmarks/codebook.py --foreign WORK
    python benchmarks/codebook.py --data DATA --answers ANSWERS --cache DIR
"""

import argparse
import time

import foreign
import numpy as np
import pandas as pd
from sklearn.metrics import f1_score
from study import features_of, fold_probabilities, heads, score_all

from stemstack.features.extraction import extract_table
from stemstack.features.patches import PatchExtractor
from stemstack.models import make_codebook, make_lda
from stemstack.stacking import make_blend, nested_predictions
from stemstack.utils.resources import Resources

STACKS = (("lr", "lgbm", "lda"), ("lgbm", "lda"))
BLENDS = ("logistic", "vote")


def predict_all(clips, y, fold, test_clips, cache):
    """Return out-of-fold and test probabilities of each model, and the CPU time of ``codebook``."""
    resources = Resources(cache, n_jobs=2)
    tables = [
        (
            features_of(part, cache),
            extract_table(part, PatchExtractor(), "patches", resources=resources),
        )
        for part in (clips, test_clips)
    ]
    (X, patches), (T, test_patches) = tables
    models = {**heads(), "lda": make_lda()[1:]}
    calls = [(model, X, y, fold, T) for model in models.values()]
    found = dict(zip(models, score_all(fold_probabilities, calls), strict=True))
    start = time.process_time()
    codebook = make_codebook()[1:]
    found["codebook"] = fold_probabilities(codebook, patches, y, fold, test_patches)
    return found, time.process_time() - start


def stack(found, names, blend, y, fold):
    """Return macro F1 of a stack, nested, and its probabilities for the test."""
    oof, proba = (np.hstack([found[name][part] for name in names]) for part in (0, 1))
    nested = nested_predictions(make_blend(blend), oof, y, fold)
    fitted = make_blend(blend).fit(oof, y)
    return f1_score(y, nested, average="macro"), fitted.predict_proba(proba)


def measure(args, tests, seed):
    """Return one row for each model and stack, for one sample of mashups."""
    clips, y, fold = foreign.sample_wide(args, seed)
    test_clips = [clip for paths, _ in tests for clip in paths]
    found, seconds = predict_all(clips, y, fold, test_clips, args.cache)
    classes, rows = np.unique(y), []
    for name, (oof, proba) in found.items():
        out_of_fold = f1_score(y, classes[oof.argmax(axis=1)], average="macro")
        rows.append((name, "", out_of_fold, foreign.score_tests(classes, proba, tests), np.nan))
    for names in STACKS:
        for blend in BLENDS:
            without, proba = stack(found, names, blend, y, fold)
            before = foreign.score_tests(classes, proba, tests)
            nested, proba = stack(found, (*names, "codebook"), blend, y, fold)
            after = foreign.score_tests(classes, proba, tests)
            label = "+".join(names)
            rows += [(label, blend, without, before, np.nan)]
            rows += [(f"{label}+codebook", blend, nested, after, after - before)]
    print(f"sample {seed}: codebook fits and predicts in {seconds:.0f} s of CPU", flush=True)
    return rows


def main():
    """Measure all samples, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    foreign.add_test_options(parser)
    args = parser.parse_args()
    tests = foreign.choose_tests(args)
    rows = [row for seed in range(args.draws) for row in measure(args, tests, seed)]
    columns = ["models", "blend", "out of fold", "tests", "gain"]
    groups = pd.DataFrame(rows, columns=columns).groupby(["models", "blend"], sort=False)
    print(groups.mean().assign(error=groups["gain"].sem()).round(3).to_string())


if __name__ == "__main__":
    main()
