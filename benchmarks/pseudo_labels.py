"""Pseudo-labels that help, and pseudo-labels that are refused: macro F1 on the test itself.

Run ``python benchmarks/pseudo_labels.py``. A few of scikit-learn's digits are training data, and
others, rotated or noisy, are the test. The simulated test is the training digits with the same
change, or in the last setup with a smaller one. *Naive* trains once on all test digits whose mean
probability reaches the same confidence: no calibration, agreement, balance or held-out songs.
"""

import argparse

import numpy as np
import pandas as pd
from scipy.ndimage import rotate
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from stemstack.stacking import assign_folds, macro_f1
from stemstack.stacking.pseudo_labels import pseudo_label

MODELS = [
    ("lr", LogisticRegression(max_iter=500)),
    ("forest", RandomForestClassifier(60, random_state=0)),
]
TRAINING, TEST, CONFIDENCE = 150, 800, 0.6
# For each setup: degrees and noise of the test, and of the simulated test.
SETUPS = {
    "rotated by 12 degrees": ((12, 0.1), (12, 0.1)),
    "noisy": ((0, 0.5), (0, 0.5)),
    "rotated by 60 degrees, simulated by 12": ((60, 0.1), (12, 0.1)),
}


def distort(images, degrees, noise, rng):
    """Rotate images and add noise."""
    rotated = rotate(images.reshape(-1, 8, 8), degrees, axes=(2, 1), reshape=False, order=1)
    return rotated.reshape(len(images), -1) + noise * rng.standard_normal(images.shape)


def measure(setup, seed):
    """Score one split: without pseudo-labels, with naive ones, and with those in rounds."""
    real, simulated = SETUPS[setup]
    rng, (X, y) = np.random.default_rng(seed), load_digits(return_X_y=True)
    rows = rng.permutation(len(y))
    train, test = rows[:TRAINING], rows[TRAINING : TRAINING + TEST]
    clean, y, y_test = X[train] / 16, y[train], y[test]
    X, like_test = distort(clean, 0, 0.1, rng), distort(clean, *simulated, rng)
    X_test, folds = distort(load_digits().data[test] / 16, *real, rng), assign_folds(y, seed=seed)
    result = pseudo_label(
        MODELS, X, y, folds, X_test, simulated=like_test, confidence=CONFIDENCE, n_rounds=4
    )

    def predict(rows, labels):
        X_more, y_more = np.concatenate([X, X_test[rows]]), np.concatenate([y, labels])
        fitted = [clone(model).fit(X_more, y_more) for _, model in MODELS]
        return np.mean([model.predict_proba(X_test) for model in fitted], axis=0)

    plain = predict([], [])
    confident = np.flatnonzero(plain.max(axis=1) >= CONFIDENCE)
    naive = predict(confident, plain[confident].argmax(axis=1))
    in_rounds = predict(result.rows, result.labels)
    scores = [macro_f1(y_test, proba.argmax(axis=1)) for proba in (plain, naive, in_rounds)]
    correct = np.mean(result.labels == y_test[result.rows]) if len(result.rows) else np.nan
    report = [f"{setup}, seed {seed}, round {r}: {one}" for r, one in enumerate(result.rounds, 1)]
    return [setup, *scores, len(result.rows), correct], report


def main():
    """Print every round, then the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    rows = []
    for setup in SETUPS:
        for seed in range(options.seeds):
            row, report = measure(setup, seed)
            rows.append(row)
            print("\n".join(report))
    columns = ["setup", "without", "naive", "with", "clips selected", "correctly labelled"]
    table = pd.DataFrame(rows, columns=columns)
    print(table.groupby("setup", sort=False).mean().round(3).to_string())
    gain = (table["with"] - table["without"]).groupby(table["setup"], sort=False)
    print(gain.agg(["min", "max"]).round(3).to_string())


if __name__ == "__main__":
    main()
