"""Gain of adjusting predictions, on tests distributed as in training and on label-shifted tests.

Run ``python benchmarks/decoding.py``. Noise is added to scikit-learn's digits, and each seed splits
them differently. Three models (logistic regression, and two that are badly calibrated) are fitted
by fold on balanced and on skewed training data. The mean of the fold models is adjusted on three
tests: one like training, one with random class frequencies, one with three rare classes. Gains are
in macro F1, against predicting the most probable class.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import scale

from stemstack.stacking import assign_folds, macro_f1
from stemstack.stacking.calibration import (
    ClassThresholds,
    PredictionAdjuster,
    TemperatureScaling,
    adjust_priors,
    estimate_priors,
)

MODELS = {
    "lr": LogisticRegression(C=0.05, max_iter=300),
    "nb": GaussianNB(),
    "forest": RandomForestClassifier(40, random_state=0),
}
TRAINING, TEST, N_CLASSES = 700, 500, 10


def split(seed, skewed):
    """Sample noisy digits: training data, and a pool from which tests are sampled."""
    rng = np.random.default_rng(seed)
    X, y = load_digits(return_X_y=True)
    X = scale(X) + rng.choice([0.8, 1.5]) * rng.standard_normal(X.shape)
    rows = rng.permutation(len(y))
    train = rows[:TRAINING]
    if skewed:
        train = train[rng.random(TRAINING) < _skew()[y[train]]]
    return X[train], y[train], X[rows[TRAINING:]], y[rows[TRAINING:]]


def _skew():
    return np.where(np.arange(N_CLASSES) % 3 == 0, 0.25, 1.0)


def tests(y, skewed, seed):
    """Yield the name and the rows of each test, sampled by class frequencies."""
    rng = np.random.default_rng([seed, 1])
    unshifted = _skew() if skewed else np.ones(N_CLASSES)
    frequencies = {
        "as in training": unshifted,
        "shifted at random": rng.dirichlet(np.ones(N_CLASSES)),
        "three classes rare": np.where(np.arange(N_CLASSES) < 3, 0.1, 1.0),
    }
    for name, weight in frequencies.items():
        yield name, rng.choice(len(y), TEST, p=weight[y] / weight[y].sum())


def predict(model, X, y, X_test, seed):
    """Predict training data out of fold, and the test by the mean of the fold models."""
    folds = assign_folds(y, seed=seed)
    oof, test = np.empty((len(y), N_CLASSES)), 0.0
    for fold in range(5):
        model.fit(X[folds != fold], y[folds != fold])
        oof[folds == fold] = model.predict_proba(X[folds == fold])
        test = test + model.predict_proba(X_test) / 5
    return oof, test, folds


def adjustments(oof, y, folds):
    """Return the compared methods by name, as functions of a test's probabilities."""
    priors = np.bincount(y) / len(y)
    calibrated = TemperatureScaling().fit(oof, y)
    thresholds = ClassThresholds().fit(calibrated.transform(oof), y, folds)
    adjuster = PredictionAdjuster().fit(oof, y, folds)

    def always_em(proba):
        proba = calibrated.transform(proba)
        estimate = estimate_priors(proba, priors, prior_strength=0)
        return adjust_priors(proba, priors, estimate).argmax(axis=1)

    return {
        "EM without safeguards": always_em,
        "thresholds": lambda proba: thresholds.transform(calibrated.transform(proba)).argmax(
            axis=1
        ),
        "adjuster": lambda proba: adjuster.adjust(proba).labels,
    }


def measure(seed):
    """Score everything for one split."""
    for skewed in (False, True):
        X, y, X_pool, y_pool = split(seed, skewed)
        for model_name, model in MODELS.items():
            oof, pool, folds = predict(model, X, y, X_pool, seed)
            methods = adjustments(oof, y, folds)
            for test, rows in tests(y_pool, skewed, seed):
                plain = macro_f1(y_pool[rows], pool[rows].argmax(axis=1))
                gains = {
                    name: macro_f1(y_pool[rows], adjust(pool[rows])) - plain
                    for name, adjust in methods.items()
                }
                training = "skewed" if skewed else "balanced"
                case = {"test": test, "training": training, "model": model_name, "seed": seed}
                yield case | {"plain": plain} | gains


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--csv", type=Path, help="write every single score to this file")
    options = parser.parse_args()
    rows = pd.DataFrame([row for seed in range(options.seeds) for row in measure(seed)])
    if options.csv:
        rows.to_csv(options.csv, index=False)
    scores = rows.drop(columns="seed")
    print(scores.groupby(["test", "training", "model"], sort=False).mean().round(3).to_string())
    gains = list(scores.columns[-3:])
    averages = scores.drop(columns=["training", "model"]).groupby("test", sort=False)
    summary = {
        "mean": averages.mean(),
        "standard error": averages.sem(),
        "share below -0.002": scores[gains].lt(-0.002).groupby(scores["test"], sort=False).mean(),
    }
    for name, table in summary.items():
        print(f"{name}\n{table.round(4).to_string()}")


if __name__ == "__main__":
    main()
