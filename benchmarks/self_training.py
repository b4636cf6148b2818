"""What models gain that learn the test by their own labels, alone and in stacks, or can lose.

Models are trained on mashups of wide settings, and predict the test sets of ``foreign.py``, or the
test clips of a data set. ``lda``, or each of ``--models``, learns each test set by its own
pseudo-labels, in rounds that held-out songs must approve; the other models of the stacks stay as
they are. The table has macro F1 on the tests without and with pseudo-labels, the mean gain over
test sets and samples of mashups, its standard error and the worst case, and the gain out of fold.

    python benchmarks/self_training.py --foreign WORK
    python benchmarks/self_training.py --foreign WORK --half
    python benchmarks/self_training.py --foreign WORK --models lda,codebook
    python benchmarks/self_training.py --data DATA --answers ANSWERS --cache DIR

With ``--half``, tests have clips of every other class only.
"""

import argparse

import foreign
import numpy as np
import pandas as pd
from alignment import half_of
from members import predict_all, stacked_models, tables_of
from sklearn.base import clone
from sklearn.metrics import f1_score
from study import score_all

from stemstack.stacking import make_blend, nested_predictions, pseudo_label

STACKS = {
    "lr": ("lr",),
    "lda": ("lda",),
    "codebook": ("codebook",),
    "lgbm+lda, logistic": ("lgbm", "lda"),
    "lgbm+lda+codebook, vote": ("lgbm", "lda", "codebook"),
    "lgbm+lda+codebook, logistic": ("lgbm", "lda", "codebook"),
    "lr+lgbm+lda+codebook, vote": ("lr", "lgbm", "lda", "codebook"),
}


def train_itself(model, X, y, fold, T):
    """Return out-of-fold probabilities and those for the test of a model with pseudo-labels."""
    groups = [f"{label}/{number}" for label, number in zip(y, fold, strict=True)]
    found = pseudo_label([("model", model)], X, y, fold, T, groups=groups)
    print(*found.rounds, sep="\n", flush=True)
    oof, mean = np.empty((len(y), len(np.unique(y)))), 0.0
    for f, (rows, labels) in zip(np.unique(fold), found.by_fold, strict=True):
        more = pd.concat([X[fold != f], T.iloc[rows]])
        fitted = clone(model).fit(more, np.append(y[fold != f], labels))
        oof[fold == f] = fitted.predict_proba(X[fold == f])
        mean = mean + fitted.predict_proba(T) / len(found.by_fold)
    return oof, mean


def macro_f1(y_true, y_pred):
    """Return macro F1 over the classes that there are."""
    return f1_score(y_true, y_pred, labels=np.unique(y_true), average="macro")


def score_stacks(found, y, fold, y_test):
    """Return macro F1 out of fold and on the test, by stack."""
    classes, scores = np.unique(y), {}
    for name, models in STACKS.items():
        oof, proba = (np.hstack([found[model][part] for model in models]) for part in (0, 1))
        if len(models) == 1:
            labels, predicted = (classes[part.argmax(axis=1)] for part in (oof, proba))
        else:
            blend = make_blend(name.split(", ")[1])
            labels = nested_predictions(blend, oof, y, fold)
            predicted = clone(blend).fit(oof, y).predict(proba)
        scores[name] = macro_f1(y, labels), macro_f1(y_test, predicted)
    return scores


def measure(args, tests, seed):
    """Return one row for each test set and stack."""
    clips, y, fold = foreign.sample_wide(args, seed)
    paths, models = [path for test, _ in tests for path in test], stacked_models()
    found = predict_all(models, clips, y, fold, paths, args.cache)
    X, T = (tables_of(part, models, args.cache) for part in (clips, paths))
    ends = np.cumsum([len(test) for test, _ in tests])[:-1]
    places, trained = np.split(np.arange(len(paths)), ends), args.models.split(",")
    pairs = [(place, name) for place in range(len(tests)) for name in trained]
    calls = [(models[n], X[n], y, fold, T[n].iloc[places[place]]) for place, n in pairs]
    fitted = dict(zip(pairs, score_all(train_itself, calls), strict=True))
    rows = []
    for place, (_, y_test) in enumerate(tests):
        before = {name: (oof, proba[places[place]]) for name, (oof, proba, _) in found.items()}
        after = before | {name: fitted[place, name] for name in trained}
        scores = [score_stacks(part, y, fold, y_test) for part in (before, after)]
        rows += [(seed, place, name, *scores[0][name], *scores[1][name]) for name in STACKS]
    return rows


def main():
    """Measure all samples, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    foreign.add_test_options(parser)
    parser.add_argument("--models", default="lda", help="models that learn the tests (lda)")
    parser.add_argument("--half", action="store_true", help="tests of every other class only")
    args = parser.parse_args()
    tests = foreign.choose_tests(args)
    tests = half_of(tests) if args.half else tests
    rows = [row for seed in range(args.draws) for row in measure(args, tests, seed)]
    columns = ["seed", "test", "models", "oof", "before", "oof_after", "after"]
    table = pd.DataFrame(rows, columns=columns)
    table["gain"], table["gain oof"] = table.after - table.before, table.oof_after - table.oof
    groups = table.groupby("models", sort=False)
    gains = {"±": groups["gain"].sem(), "worst": groups["gain"].min()}
    mean = groups[["before", "after", "gain", "gain oof"]].mean().assign(**gains)
    print(mean.round(3).to_string())


if __name__ == "__main__":
    main()
