"""Meta-models for few training clips: which to use on real recordings of voices.

The speech packs of Hedgewars, as Debian installs them (``apt-get install hedgewars-data``), are a
class each. From 8 to 32 clips of each are learnt from, and the others are the test. The table has
macro F1 of the meta-models over ``lr``, ``lgbm`` and ``lda``, nested out of fold and on the test,
the mean of some samples of the training clips.

    python benchmarks/few_clips.py WORK --draws 3
    python benchmarks/few_clips.py WORK --draws 2 --noise

WORK receives the features. With ``--noise``, runs that are trained on the clips as they are and on
clips with synthetic noise are compared instead. The test clips have none, and ``fit``
adds none by itself.
"""

import argparse
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from families import models
from sklearn.metrics import f1_score
from study import features_of, fold_probabilities, heads, score_all

from stemstack.datasets import read_data
from stemstack.datasets.synthetic_noise import SYNTHETIC
from stemstack.domain_shift.recording_noise import choose_noise
from stemstack.domain_shift.tuning import match_settings
from stemstack.mashups import Settings
from stemstack.runs import Config, fit_run
from stemstack.runs.predictions import predict_y
from stemstack.runs.run import STACK
from stemstack.stacking import BLENDS, assign_folds, make_blend, nested_predictions
from stemstack.utils.resources import Resources

VOICES = Path("/usr/share/games/hedgewars/Data/Sounds/voices")
SIZES = (8, 16, 32)
MODELS = ("lr", "lgbm", "lda")
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


def fit_with_and_without_noise(paths, y, size, seed, work):
    """Return one row for each: macro F1 out of fold and on the test, and what ``auto`` chooses."""
    is_train, folder = split(y, size, np.random.default_rng(seed)), work / f"{size}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "manifest.csv"
    pd.DataFrame({"path": paths[is_train], "label": y[is_train]}).to_csv(manifest, index=False)
    test = pd.DataFrame({"id": np.flatnonzero(~is_train), "filename": paths[~is_train]})
    test.to_csv(folder / "test.csv", index=False)
    settings, resources = Settings(mixture="wide").to_dict(), Resources(work / "cache", n_jobs=2)
    config = Config(
        str(manifest), models=MODELS, blend="vote", mashups_per_genre=100, settings=settings
    )
    selected, gap = choose_noise(read_data(manifest), config, resources=resources)
    rows = []
    for noise, match in ((None, None), (SYNTHETIC, match_settings)):
        out = folder / f"run-{noise}"
        shutil.rmtree(out, ignore_errors=True)
        run, _ = fit_run(replace(config, noise=noise), out, match=match, resources=resources)
        predicted = predict_y(run, run.read_table("ledger/test"), STACK)
        out_of_fold = run.metrics["out_of_fold"][STACK]["macro_f1"]
        score = f1_score(y[~is_train], predicted, average="macro")
        rows.append((size, noise or "off", out_of_fold, score, gap.auc, selected or "off"))
    return rows


def compare_noise(paths, y, args):
    """Print the table of runs with and without noise."""
    rows = [
        row
        for size in SIZES[1:]
        for seed in range(args.draws)
        for row in fit_with_and_without_noise(paths, y, size, seed, args.work)
    ]
    columns = ["clips per class", "noise", "out of fold", "test", "AUC of the gap", "auto"]
    table = pd.DataFrame(rows, columns=columns)
    print(table.groupby([*columns[:2], "auto"], sort=False).mean().round(3).to_string())


def main():
    """Measure all sizes and samples, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--draws", type=int, default=3, help="samples of training clips (3)")
    parser.add_argument("--noise", action="store_true", help="compare trainings instead")
    args = parser.parse_args()
    paths, y = read_voices()
    if args.noise:
        compare_noise(paths, y, args)
        return
    X = features_of(list(paths), args.work)
    rows = [r for size in SIZES for seed in range(args.draws) for r in measure(X, y, size, seed)]
    table = pd.DataFrame(rows, columns=["clips per class", "blend", "nested", "test"])
    means = table.groupby(["blend", "clips per class"], sort=False).mean().unstack()
    print(means.round(3).to_string())


if __name__ == "__main__":
    main()
