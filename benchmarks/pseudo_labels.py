"""Pseudo-labels where they help and where they are refused: macro F1 on the test itself.

Run ``python benchmarks/pseudo_labels.py``. A few of scikit-learn's digits are training data; the
test is others, turned or noisy, and the simulated test is the training digits made so too – in the
last setup less than the test really is. *Naive* learns once from all clips that the models' mean is
as sure of: no calibration, no agreement, no balance, no held-out songs.
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
# By setup: degrees and noise of the test, and of the simulated test.
SETUPS = {
    "turned by 12 degrees": ((12, 0.1), (12, 0.1)),
    "noisy": ((0, 0.5), (0, 0.5)),
    "turned by 60 degrees, simulated by 12": ((60, 0.1), (12, 0.1)),
}


def seen(pictures, degrees, noise, rng):
    """Turn pictures and add noise."""
    turned = rotate(pictures.reshape(-1, 8, 8), degrees, axes=(2, 1), reshape=False, order=1)
    return turned.reshape(len(pictures), -1) + noise * rng.standard_normal(pictures.shape)


def measure(setup, seed):
    """Score one split: without pseudo-labels, with them, and with the naive ones."""
    real, simulated = SETUPS[setup]
    rng, (X, y) = np.random.default_rng(seed), load_digits(return_X_y=True)
    rows = rng.permutation(len(y))
    train, test = rows[:TRAINING], rows[TRAINING : TRAINING + TEST]
    clean, y, truth = X[train] / 16, y[train], y[test]
    X, like_test = seen(clean, 0, 0.1, rng), seen(clean, *simulated, rng)
    X_test, folds = seen(load_digits().data[test] / 16, *real, rng), assign_folds(y, seed=seed)
    found = pseudo_label(
        MODELS, X, y, folds, X_test, simulated=like_test, confidence=CONFIDENCE, n_rounds=4
    )

    def predict(rows, labels):
        X_more, y_more = np.concatenate([X, X_test[rows]]), np.concatenate([y, labels])
        fitted = [clone(model).fit(X_more, y_more) for _, model in MODELS]
        return np.mean([model.predict_proba(X_test) for model in fitted], axis=0)

    plain = predict([], [])
    sure = np.flatnonzero(plain.max(axis=1) >= CONFIDENCE)
    naive = predict(sure, plain[sure].argmax(axis=1))
    guarded = predict(found.rows, found.labels)
    scores = [macro_f1(truth, said.argmax(axis=1)) for said in (plain, naive, guarded)]
    right = np.mean(found.labels == truth[found.rows]) if len(found.rows) else np.nan
    report = [f"{setup}, seed {seed}, round {r}: {one}" for r, one in enumerate(found.rounds, 1)]
    return [setup, *scores, len(found.rows), right], report


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
    columns = ["setup", "without", "naive", "with", "clips taken", "of them right"]
    table = pd.DataFrame(rows, columns=columns)
    print(table.groupby("setup", sort=False).mean().round(3).to_string())
    gain = (table["with"] - table["without"]).groupby(table["setup"], sort=False)
    print(gain.agg(["min", "max"]).round(3).to_string())


if __name__ == "__main__":
    main()
