"""Classical models, and meta-models over them, on test sets that other projects' tools have mixed.

Models are trained on mashups of the songs of ``foreign.py``, and predict its test sets, whose songs
and noise clips are others. The first table has macro F1 of each model out of fold and on the tests,
and the CPU time of its five fits; the second that of each meta-model, nested and on the tests.

    python benchmarks/members.py WORK
    python benchmarks/members.py WORK --others xgboost,catboost,realmlp,tabm

The others are models of ``pip install xgboost catboost pytabkit``. WORK is that of ``foreign.py``;
what it holds is not made again.
"""

import argparse
import time
from pathlib import Path

import foreign
import foreign_mixers
import numpy as np
import pandas as pd
from lightgbm import early_stopping
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler
from study import features_of, heads, sample_clips, score_all

from stemstack.features import feature_columns
from stemstack.mashups import Settings
from stemstack.models.discriminant import ComponentsLDA
from stemstack.stacking import BLENDS, make_blend, nested_predictions
from stemstack.stacking.blending.base import model_blocks

STACKS = (("lr", "lgbm"), ("lr", "lgbm", "lda"), ("lgbm", "lda"), ("lr", "lgbm", "lda", "rbf"))


def candidates():
    """Return classifiers over feature tables, by name."""
    normal = QuantileTransformer(n_quantiles=200, output_distribution="normal", random_state=0)
    columns, quantiles = feature_columns("linear"), feature_columns([(".*", normal)])
    svm = Nystroem(gamma=1 / 3000, n_components=600, random_state=0)
    return {
        **heads(),
        "lgbm, early stopping": StoppedEarly(heads()["lgbm"][-1]),
        "lda": make_pipeline(columns, ComponentsLDA()),
        "lr, quantiles": make_pipeline(quantiles, LogisticRegression(C=0.01, max_iter=2000)),
        "rbf": make_pipeline(
            quantiles, PCA(300, random_state=0), svm, LogisticRegression(C=10, max_iter=2000)
        ),
    }


def other_candidates(names):
    """Return classifiers of other packages, by name."""
    return {name: OTHERS[name]() for name in names}


def make_xgboost():
    """Return XGBoost with the settings that the default ``lgbm`` has."""
    from xgboost import XGBClassifier

    sizes = {"n_estimators": 300, "max_depth": 4, "max_bin": 31}
    return XGBClassifier(**sizes, learning_rate=0.05, colsample_bytree=0.1, n_jobs=1)


def make_catboost():
    """Return CatBoost with settings near to those of the default ``lgbm``."""
    from catboost import CatBoostClassifier

    sizes = {"iterations": 300, "depth": 4, "border_count": 31}
    options = {"thread_count": 1, "verbose": False, "allow_writing_files": False}
    return CatBoostClassifier(**sizes, learning_rate=0.1, rsm=0.1, **options)


def make_realmlp():
    """Return RealMLP with its tuned defaults, over principal components."""
    from pytabkit import RealMLP_TD_Classifier

    return _on_components(RealMLP_TD_Classifier(device="cpu", random_state=0, n_threads=1))


def make_tabm():
    """Return TabM with its defaults, over principal components."""
    from pytabkit import TabM_D_Classifier

    return _on_components(TabM_D_Classifier(device="cpu", random_state=0, n_threads=1))


def _on_components(network):
    scaled = [feature_columns("linear"), StandardScaler(), PCA(200, random_state=0)]
    return make_pipeline(*scaled, StandardScaler(), network)


OTHERS = {
    "xgboost": make_xgboost,
    "catboost": make_catboost,
    "realmlp": make_realmlp,
    "tabm": make_tabm,
}


class StoppedEarly(ClassifierMixin, BaseEstimator):
    """LightGBM with as many trees as are best for clips of other songs of the training folds."""

    def __init__(self, classifier):
        self.classifier = classifier

    def fit(self, X, y, fold):
        """Choose the number of trees by one of the folds, and fit all clips with it."""
        held_out = fold == fold.max()
        inner = (
            clone(self.classifier)
            .set_params(n_estimators=2000)
            .fit(
                X[~held_out],
                y[~held_out],
                eval_set=[(X[held_out], y[held_out])],
                callbacks=[early_stopping(50, verbose=False)],
            )
        )
        best = clone(self.classifier).set_params(n_estimators=inner.best_iteration_)
        self.classifier_ = best.fit(X, y)
        self.classes_ = self.classifier_.classes_
        return self

    def predict_proba(self, X):
        """Return the probabilities of the classes."""
        return self.classifier_.predict_proba(X)


class LogPool(ClassifierMixin, BaseEstimator):
    """Logarithmic pool: a temperature for each model, and weights that all classes share."""

    def fit(self, X, y):
        """Fit the weights to the log loss."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        logs, rows = _log_blocks(X, self.classes_), np.arange(len(codes))

        def loss(weights):
            log_proba = log_softmax(np.tensordot(weights, logs, 1), axis=1)
            expected = np.einsum("nk,mnk->mn", np.exp(log_proba), logs)
            return -log_proba[rows, codes].mean(), (expected - logs[:, rows, codes]).mean(axis=1)

        start, bounds = np.full(len(logs), 1 / len(logs)), [(0, None)] * len(logs)
        self.weights_ = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
        return self

    def predict_proba(self, X):
        """Return the pooled probabilities."""
        return softmax(np.tensordot(self.weights_, _log_blocks(X, self.classes_), 1), axis=1)

    def predict(self, X):
        """Return the most probable classes."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def _log_blocks(X, classes):
    return np.log(np.maximum(model_blocks(np.asarray(X), len(classes)), 1e-6))


def meta_models():
    """Return meta-models by name: all blends, and two that are no choice of the command."""
    named = {name: make_blend(name) for name in BLENDS}
    penalised = LogisticRegression(C=0.1, max_iter=1000)
    return {**named, "logistic, C=0.1": penalised, "log pool": LogPool()}


def predict_folds(model, X, y, fold, X_test):
    """Return out-of-fold probabilities, the mean of the fold models for the test, and CPU s."""
    start, y = time.process_time(), np.unique(y, return_inverse=True)[1]
    oof, mean = np.empty((len(y), len(np.unique(y)))), 0.0
    for f in np.unique(fold):
        of_fold = {"fold": fold[fold != f]} if isinstance(model, StoppedEarly) else {}
        fitted = clone(model).fit(X[fold != f], y[fold != f], **of_fold)
        oof[fold == f] = fitted.predict_proba(X[fold == f])
        mean = mean + fitted.predict_proba(X_test) / len(np.unique(fold))
    return oof, mean, time.process_time() - start


def measure(work, training, per_class, X_test, models):
    """Return labels, folds, and the predictions of each model."""
    settings = Settings(durations=foreign_mixers.DURATIONS, **foreign.FIXED[training]).to_dict()
    options = {"seed": 0, "per_class": per_class, "cache": work / "cache", "settings": settings}
    clips, y, fold = sample_clips(work / "data", folds=5, **options)
    X = features_of(clips, work / "cache")
    results = score_all(predict_folds, [(model, X, y, fold, X_test) for model in models.values()])
    return y, fold, dict(zip(models, results, strict=True))


def macro_f1(y_true, y_pred):
    """Return macro F1."""
    return f1_score(y_true, y_pred, average="macro")


def main():
    """Fit all models on all trainings, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--per-class", type=int, default=100, help="training mashups")
    parser.add_argument("--trainings", default=",".join(foreign.FIXED), help="record, wide (both)")
    parser.add_argument(
        "--others", default="", help=f"models of other packages, of {','.join(OTHERS)}"
    )
    args = parser.parse_args()
    others = list(filter(None, args.others.split(",")))
    compared = candidates() | other_candidates(others)
    stacked = (*STACKS, *(("lr", "lgbm", "lda", name) for name in others))
    tests = foreign.make_tests(args.work)
    X_test = pd.concat([features_of(paths, args.work / "cache") for paths, _ in tests])
    y_test, ends = np.concatenate([y for _, y in tests]), np.cumsum([len(y) for _, y in tests])
    models, stacks = {}, {}

    def on_tests(y_pred):
        parts = zip(np.split(y_test, ends[:-1]), np.split(y_pred, ends[:-1]), strict=True)
        return np.mean([macro_f1(*part) for part in parts])

    for training in args.trainings.split(","):
        y, fold, predicted = measure(args.work, training, args.per_class, X_test, compared)
        classes = np.unique(y)
        for name, (oof, proba, seconds) in predicted.items():
            scores = macro_f1(y, classes[oof.argmax(1)]), on_tests(classes[proba.argmax(1)])
            models[name, training] = (*scores, seconds)
        for names in stacked:
            X, T = (np.hstack([predicted[name][k] for name in names]) for k in (0, 1))
            for blend, meta in meta_models().items():
                nested = macro_f1(y, nested_predictions(meta, X, y, fold))
                scores = nested, on_tests(meta.fit(X, y).predict(T))
                stacks["+".join(names), blend, training] = scores
    for table, columns in ((models, ["oof", "tests", "CPU s"]), (stacks, ["nested", "tests"])):
        rows = pd.DataFrame(table, index=columns).T.unstack().swaplevel(axis=1)
        print(rows.sort_index(axis=1).round(3).to_string())


if __name__ == "__main__":
    main()
