"""What aligning the training to the unlabelled test gains, and what it can lose.

Each way is applied between the training mashups and the test clips of one mixer of ``foreign.py``,
without labels of the test: every feature to normal scores on each side by itself, CORAL on
principal components (Sun, Feng and Saenko 2016), weights of the training mashups by a classifier
that separates them from the test clips, or pseudo-labels of all models in rounds that held-out
songs must approve. The table has the mean gain in macro F1 over all cases of test set, training and
sample, its standard error, and the worst case.

    python benchmarks/alignment.py WORK --draws 2
    python benchmarks/alignment.py WORK --ways own_quantiles --half

With ``--half``, tests have clips of every other class only: alignment takes for granted that
classes are as frequent in the test as in training.
WORK is that of ``foreign.py``; what it holds is not made again.
"""

import argparse
from functools import partial
from pathlib import Path

import foreign
import foreign_mixers
import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler
from study import features_of, sample_clips, score_all

from stemstack.features import feature_columns
from stemstack.mashups import Settings
from stemstack.models import make_lgbm
from stemstack.models.discriminant import ComponentsLDA
from stemstack.stacking import pseudo_label

_LARGEST_RATIO = 10.0


def models():
    """Return classifiers over tables of numbers, by name."""
    return {
        "lr": LogisticRegression(C=0.01, max_iter=2000),
        "lda": ComponentsLDA(),
        "lgbm": make_lgbm(n_estimators=150, learning_rate=0.1)[-1],
    }


def no_change(X, T):
    """Return the features as the models have them."""
    columns = make_pipeline(feature_columns("linear"), StandardScaler())
    return columns.fit_transform(X), columns.transform(T), None


def training_quantiles(X, T):
    """Return normal scores by the quantiles of the training mashups."""
    quantiles = _quantiles().fit(X)
    return quantiles.transform(X), quantiles.transform(T), None


def own_quantiles(X, T):
    """Return normal scores, of each side by its own quantiles."""
    return _quantiles().fit_transform(X), _quantiles().fit_transform(T), None


def _quantiles():
    return QuantileTransformer(n_quantiles=200, output_distribution="normal", random_state=0)


def coral(X, T):
    """Give 200 principal components of the training mashups the mean and covariance of the test."""
    X, T, _ = no_change(X, T)
    components = PCA(200, random_state=0).fit(X)
    X, T = components.transform(X), components.transform(T)
    colour = _root(T, 0.5) @ _root(X, -0.5)
    return (X - X.mean(axis=0)) @ colour.T + T.mean(axis=0), T, None


def _root(values, power):
    """Return a power of the covariance, shrunk so that 200 clips can estimate it."""
    covariance = np.cov(values.T)
    shrunk = 0.5 * covariance + 0.5 * np.diag(np.diag(covariance))
    eigenvalues, vectors = np.linalg.eigh(shrunk)
    return (vectors * np.maximum(eigenvalues, 1e-9) ** power) @ vectors.T


def density_ratio(X, T):
    """Weigh the training mashups by how much they look like the test."""
    X, T, _ = no_change(X, T)
    values = PCA(100, random_state=0).fit_transform(np.vstack([X, T]))
    is_test = np.arange(len(values)) >= len(X)
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500))
    proba = cross_val_predict(classifier, values, is_test, method="predict_proba")[: len(X), 1]
    ratio = proba / (1 - proba)
    return X, T, np.minimum(ratio / ratio.mean(), _LARGEST_RATIO)


def predict(way, X, y, fold, T):
    """Align in one way, and return for each model the summed probabilities for the test."""
    proba = dict.fromkeys(models(), 0.0)
    for f in np.unique(fold):
        train, test, weights = way(X[fold != f], T)
        for name, model in models().items():
            weighted = {} if weights is None or name == "lda" else {"sample_weight": weights}
            fitted = model.fit(np.asarray(train), y[fold != f], **weighted)
            proba[name] = proba[name] + fitted.predict_proba(np.asarray(test))
    return proba | {"mean": sum(proba.values())}


def self_training(X, y, fold, T):
    """Return what :func:`predict` does, where models also learnt approved pseudo-labels."""
    X, T = (np.asarray(part) for part in no_change(X, T)[:2])
    groups = [f"{label}/{number}" for label, number in zip(y, fold, strict=True)]
    learners = list(models().items())
    found = pseudo_label(learners, X, y, fold, T, groups=groups)
    print(*found.rounds, sep="\n", flush=True)
    proba = dict.fromkeys(models(), 0.0)
    for f, (rows, labels) in zip(np.unique(fold), found.by_fold, strict=True):
        X_more, y_more = np.vstack([X[fold != f], T[rows]]), np.append(y[fold != f], labels)
        for name, model in learners:
            proba[name] = proba[name] + model.fit(X_more, y_more).predict_proba(T)
    return proba | {"mean": sum(proba.values())}


_ALIGNMENTS = (no_change, training_quantiles, own_quantiles, coral, density_ratio)
WAYS = {way.__name__: partial(predict, way) for way in _ALIGNMENTS}
WAYS["self_training"] = self_training


def half_of(tests):
    """Return the tests with the clips of every other class."""
    halves = []
    for paths, y in tests:
        rows = np.flatnonzero(np.isin(y, np.unique(y)[::2]))
        halves.append(([paths[row] for row in rows], y[rows]))
    return halves


def _call(way, *arguments):
    return way(*arguments)


def measure(work, tests, training, ways, seed, per_class):
    """Return one row for each test set, way and model."""
    settings = Settings(durations=foreign_mixers.DURATIONS, **foreign.FIXED[training]).to_dict()
    options = {"seed": seed, "per_class": per_class, "cache": work / "cache", "folds": 5}
    clips, y, fold = sample_clips(work / "data", settings=settings, **options)
    X = features_of(clips, work / "cache")
    tables = [features_of(paths, work / "cache") for paths, _ in tests]
    cases = [(way, number) for number in range(len(tests)) for way in ways]
    calls = [(WAYS[way], X, y, fold, tables[number]) for way, number in cases]
    rows = []
    for (way, number), proba in zip(cases, score_all(_call, calls), strict=True):
        for model, values in proba.items():
            y_test, y_pred = tests[number][1], np.unique(y)[values.argmax(axis=1)]
            macro_f1 = f1_score(y_test, y_pred, labels=np.unique(y_test), average="macro")
            rows.append((training, seed, number, way, model, macro_f1))
    return rows


def main():
    """Measure all cases, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--trainings", default="record,wide")
    parser.add_argument("--draws", type=int, default=1, help="samples of folds and mashups (1)")
    parser.add_argument("--per-class", type=int, default=100, help="training mashups (100)")
    parser.add_argument("--ways", default=",".join(list(WAYS)[1:]), help="of aligning (all)")
    parser.add_argument("--half", action="store_true", help="tests of every other class only")
    args = parser.parse_args()
    tests = foreign.make_tests(args.work)
    tests = half_of(tests) if args.half else tests
    ways = ["no_change", *args.ways.split(",")]
    rows = [
        row
        for seed in range(args.draws)
        for training in args.trainings.split(",")
        for row in measure(args.work, tests, training, ways, seed, args.per_class)
    ]
    columns = ["training", "seed", "test", "way", "model", "macro F1"]
    table = pd.DataFrame(rows, columns=columns)
    wide = table.pivot_table(index=columns[:3], columns=["model", "way"], values="macro F1")
    for model in (*models(), "mean"):
        scores = wide[model][ways]
        gains = scores.sub(scores["no_change"], axis=0)
        by_training = scores.groupby(level="training").mean().T
        summary = pd.DataFrame({"gain": gains.mean(), "error": gains.sem(), "worst": gains.min()})
        print(model, by_training.join(summary).round(3).to_string(), sep="\n", flush=True)


if __name__ == "__main__":
    main()
