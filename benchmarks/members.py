"""Classical models and meta-models: their scores, what each model adds to a stack, and its cost.

Models are trained on mashups of wide settings, and predict the test sets of ``foreign.py``, or the
test clips of a data set. The first table has macro F1 of each model out of fold and on the tests,
the CPU time of its five fits, and what it adds to stacks of other models; the second has stacks by
meta-model. Scores are means of several samples of folds and mashups; errors are standard errors.

    python benchmarks/members.py --foreign WORK
    python benchmarks/members.py --data DATA --answers ANSWERS --cache DIR
    python benchmarks/members.py --foreign WORK --models xgboost,catboost,realmlp,tabm

The last four are models of ``pip install xgboost catboost pytabkit``.
"""

import argparse
import time

import foreign
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
from study import features_of, heads, score_all

from stemstack.features import feature_columns
from stemstack.features.extraction import extract_table
from stemstack.features.patches import PatchExtractor
from stemstack.models import make_codebook, make_lda
from stemstack.stacking import BLENDS, make_blend, nested_predictions
from stemstack.stacking.blending.base import model_blocks
from stemstack.utils.resources import Resources

# Every other model is added to these stacks.
BASES = (("lr", "lgbm", "lda"), ("lgbm", "lda", "codebook"))
STACKS = (("lr", "lgbm"), ("lgbm", "lda"), *BASES, ("lr", "lgbm", "lda", "codebook"))


def stacked_models():
    """Return the classifiers of the stacks by name, ``codebook`` over patches."""
    return {**heads(), "lda": make_lda()[1:], "codebook": make_codebook()[1:]}


def make_stopped():
    """Return ``lgbm`` with early stopping."""
    return StoppedEarly(heads()["lgbm"][-1])


def make_lr_quantiles():
    """Return logistic regression on normal scores of the features."""
    return make_pipeline(_quantiles(), LogisticRegression(C=0.01, max_iter=2000))


def make_rbf():
    """Return radial basis functions (Nyström) on components of normal scores."""
    basis = Nystroem(gamma=1 / 3000, n_components=600, random_state=0)
    head = LogisticRegression(C=10, max_iter=2000)
    return make_pipeline(_quantiles(), PCA(300, random_state=0), basis, head)


def _quantiles():
    normal = QuantileTransformer(n_quantiles=200, output_distribution="normal", random_state=0)
    return feature_columns([(".*", normal)])


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
    "lgbm-stopped": make_stopped,
    "lr-quantiles": make_lr_quantiles,
    "rbf": make_rbf,
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


def tables_of(clips, models, cache):
    """Return the table of each model: patches for ``codebook``, else features."""
    X = features_of(clips, cache)
    resources = Resources(cache, n_jobs=2)
    patches = extract_table(clips, PatchExtractor(), "patches", resources=resources)
    return {name: patches if name == "codebook" else X for name in models}


def predict_all(models, clips, y, fold, test_clips, cache):
    """Return what :func:`predict_folds` returns, by model."""
    tables, test_tables = (tables_of(part, models, cache) for part in (clips, test_clips))
    calls = [(model, tables[name], y, fold, test_tables[name]) for name, model in models.items()]
    return dict(zip(models, score_all(predict_folds, calls), strict=True))


def measure(args, models, tests, seed):
    """Return a row of scores for each model, and one for each stack and meta-model."""
    clips, y, fold = foreign.sample_wide(args, seed)
    test_clips = [clip for paths, _ in tests for clip in paths]
    found, classes = predict_all(models, clips, y, fold, test_clips, args.cache), np.unique(y)

    def score(oof, proba):
        return macro_f1(y, oof), foreign.score_tests(classes, proba, tests)

    def score_stack(names, blend):
        oof, proba = (np.hstack([found[name][part] for name in names]) for part in (0, 1))
        nested = nested_predictions(meta_models()[blend], oof, y, fold)
        return score(nested, meta_models()[blend].fit(oof, y).predict_proba(proba))

    before = [score_stack(base, "logistic") for base in BASES]
    members = []
    for name, (oof, proba, seconds) in found.items():
        gains = [
            np.subtract(score_stack((*base, name), "logistic"), without)
            if name not in base
            else (np.nan, np.nan)
            for base, without in zip(BASES, before, strict=True)
        ]
        alone = score(classes[oof.argmax(axis=1)], proba)
        members.append((name, *alone, seconds, *np.concatenate(gains)))
    stacks = [("+".join(s), b, *score_stack(s, b)) for s in STACKS for b in meta_models()]
    return members, stacks


def macro_f1(y_true, y_pred):
    """Return macro F1."""
    return f1_score(y_true, y_pred, average="macro")


def print_members(rows):
    """Print scores, cost and gains of the models, with the standard errors of the gains."""
    gains = [(f"to {'+'.join(base)}", part) for base in BASES for part in ("nested", "tests")]
    columns = [("alone", "out of fold"), ("alone", "tests"), ("alone", "CPU s"), *gains]
    table = pd.DataFrame(rows, columns=pd.MultiIndex.from_tuples([("", "model"), *columns]))
    groups = table.groupby([("", "model")], sort=False)
    errors = groups.sem()[gains].rename(columns=lambda part: f"{part} ±", level=1)
    print(groups.mean().join(errors).round(3).to_string())


def print_stacks(rows):
    """Print scores of the stacks by meta-model, and how much they differ from the first one."""
    columns = ["models", "blend", "seed", "nested", "tests"]
    table = pd.DataFrame(rows, columns=columns).set_index(columns[:3])
    first = table.xs(next(iter(meta_models())), level="blend")
    gains = table - first.reindex(table.index.droplevel("blend")).to_numpy()
    by_stack, by_blend = (part.groupby(columns[:2], sort=False) for part in (table, gains))
    parts = {"macro F1": by_stack.mean(), "difference": by_blend.mean(), "±": by_blend.sem()}
    print(pd.concat(parts, axis=1).round(3).to_string())


def main():
    """Measure all samples, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    foreign.add_test_options(parser)
    of = f"models to add, of {','.join(OTHERS)} (the first three)"
    parser.add_argument("--models", default=",".join(list(OTHERS)[:3]), help=of)
    args = parser.parse_args()
    added = args.models.split(",")
    if unknown := set(added) - OTHERS.keys():
        parser.error(f"no model {', '.join(sorted(unknown))}")
    tests = foreign.choose_tests(args)
    models = stacked_models() | {name: OTHERS[name]() for name in added}
    members, stacks = [], []
    for seed in range(args.draws):
        of_models, of_stacks = measure(args, models, tests, seed)
        members += of_models
        stacks += [(*row[:2], seed, *row[2:]) for row in of_stacks]
    print_members(members)
    print_stacks(stacks)


if __name__ == "__main__":
    main()
