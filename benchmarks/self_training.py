"""What models gain that learn the test by their own labels, alone and in stacks, or can lose.

Models are trained on mashups of wide settings, and predict the test sets of ``foreign.py``, or the
test clips of a data set. ``lda``, or each of ``--models``, learns each test set by its own
pseudo-labels, in rounds that held-out songs must approve; the other models of the stacks stay as
they are. The first table has macro F1 without and with pseudo-labels, out of fold, on the tests and
as expected on them without their labels; the second has the mean gain on the tests over test sets
and samples of mashups, its standard error and the worst case.

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
from members import stacked_models, tables_of
from sklearn.base import clone
from sklearn.metrics import f1_score
from study import score_all

from stemstack.stacking import expect_scores, make_blend, nested_predictions, pseudo_label

STACK = "stack"
STACKS = {
    "lr": ("lr",),
    "lda": ("lda",),
    "codebook": ("codebook",),
    "lgbm+lda, logistic": ("lgbm", "lda"),
    "lgbm+lda+codebook, vote": ("lgbm", "lda", "codebook"),
    "lgbm+lda+codebook, logistic": ("lgbm", "lda", "codebook"),
    "lr+lgbm+lda+codebook, vote": ("lr", "lgbm", "lda", "codebook"),
}


def predict_folds(model, X, y, fold, T, more=None):
    """Return probabilities out of fold, of the test by each fold's model, and their mean.

    ``more`` has for each fold rows of the test and labels, to train on them too.
    """
    folds, n_classes = np.unique(fold), len(np.unique(y))
    oof, test = np.empty((len(y), n_classes)), np.empty((len(folds), len(T), n_classes))
    for number, f in enumerate(folds):
        rows, labels = ([], []) if more is None else more[number]
        X_train = pd.concat([X[fold != f], T.iloc[rows]])
        fitted = clone(model).fit(X_train, np.append(y[fold != f], labels))
        oof[fold == f], test[number] = fitted.predict_proba(X[fold == f]), fitted.predict_proba(T)
    return oof, test, test.mean(axis=0)


def train_itself(model, X, y, fold, T):
    """Return what :func:`predict_folds` does, of a model with pseudo-labels."""
    groups = [f"{label}/{number}" for label, number in zip(y, fold, strict=True)]
    found = pseudo_label([("model", model)], X, y, fold, T, groups=groups)
    print(*found.rounds, sep="\n", flush=True)
    return predict_folds(model, X, y, fold, T, found.by_fold)


def macro_f1(y_true, y_pred):
    """Return macro F1 over the classes that there are."""
    return f1_score(y_true, y_pred, labels=np.unique(y_true), average="macro")


def score_stacks(found, y, fold, y_test):
    """Return macro F1 out of fold, on the test, and as expected on it, by stack."""
    scores, classes = {}, np.unique(y)
    for name, models in STACKS.items():
        parts = {model: found[model] for model in models}
        if len(models) > 1:
            parts[STACK] = stack(parts, y, fold, make_blend(name.split(", ")[1]))
        oof, _, mean = parts[list(parts)[-1]]
        y_oof, y_pred = (classes[part.argmax(axis=1)] for part in (oof, mean))
        # A model by itself is judged beside the others.
        judged = parts if len(models) > 1 else found
        proba = [{model: part[i] for model, part in judged.items()} for i in (0, 1)]
        expected = expect_scores(proba[0], y, proba[1], ensembles=[STACK])[list(parts)[-1]]
        score = macro_f1(y_test, y_pred)
        is_inside = expected.low <= score <= expected.high
        scores[name] = macro_f1(y, y_oof), score, expected.macro_f1, is_inside
    return scores


def stack(parts, y, fold, blend):
    """Return of a stack what :func:`predict_folds` returns."""
    oof, folds, mean = zip(*parts.values(), strict=True)
    X, T = np.hstack(oof), np.concatenate(folds, axis=2)
    nested = nested_predictions(blend, X, y, fold, method="predict_proba")
    blend.fit(X, y)
    return nested, np.stack(list(map(blend.predict_proba, T))), blend.predict_proba(np.hstack(mean))


def measure(args, tests, seed):
    """Return one row for each test set and stack."""
    clips, y, fold = foreign.sample_wide(args, seed)
    paths, models = [path for test, _ in tests for path in test], stacked_models()
    X, T = (tables_of(part, models, args.cache) for part in (clips, paths))
    calls = [(model, X[name], y, fold, T[name]) for name, model in models.items()]
    found = dict(zip(models, score_all(predict_folds, calls), strict=True))
    ends = np.cumsum([len(test) for test, _ in tests])[:-1]
    places, trained = np.split(np.arange(len(paths)), ends), args.models.split(",")
    pairs = [(place, name) for place in range(len(tests)) for name in trained]
    calls = [(models[n], X[n], y, fold, T[n].iloc[places[place]]) for place, n in pairs]
    fitted = dict(zip(pairs, score_all(train_itself, calls), strict=True))
    rows = []
    for place, (_, y_test) in enumerate(tests):
        before = {
            name: (oof, folds[:, places[place]], mean[places[place]])
            for name, (oof, folds, mean) in found.items()
        }
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
    parts = ["out of fold", "test", "expected", "in interval"]
    columns = [f"{part} {when}" for when in ("before", "after") for part in parts]
    table = pd.DataFrame(rows, columns=["seed", "test", "models", *columns])
    groups = table.groupby("models", sort=False)
    print(groups[columns].mean().round(3).to_string())
    gain = (table["test after"] - table["test before"]).groupby(table["models"], sort=False)
    print(gain.agg(["mean", "sem", "min"]).round(3).to_string())


if __name__ == "__main__":
    main()
