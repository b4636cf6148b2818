"""What the embedding of a pretrained network is worth beside handcrafted features.

    python benchmarks/embedding_worth.py demo-out/data --answers demo-out/answers.csv --cache DIR

Run after ``make demo``, or on the data of ``ladder.py``. Logistic regressions on the handcrafted
features, on the embedding, and on both kinds of columns, and the mean of the first two models, are
scored out of fold and on the test clips, for several samples of folds and mashups; gains have the
standard error of their mean.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score
from study import answered_clips, features_of, fold_probabilities, sample_clips

from stemstack.models import AudioEmbedding, make_embed, make_lr


def columns_of(clips, network, cache, n_jobs):
    """Return the tables of handcrafted features and of the embedding."""
    embedding = AudioEmbedding(network, sr=22050, cache=Path(cache, "features"), n_jobs=n_jobs)
    return features_of(clips, cache), embedding.fit_transform(clips)


def models(network):
    """Return for each row of the result the classifier without its extraction, and its columns."""
    return {
        "handcrafted": (make_lr()[1:], (0,)),
        "embedding": (make_embed(model=network)[1:], (1,)),
        "both columns": (make_lr(embeddings=network)[1:], (0, 1)),
    }


def measure(options, seed):
    clips, y, fold = sample_clips(
        options.data,
        seed=seed,
        per_class=options.per_class,
        cache=options.cache,
        settings={"mixture": "wide"} if options.settings == "wide" else {},
    )
    test, y_test = answered_clips(options.data, options.answers)
    tables, test_tables = (
        columns_of(some, options.network, options.cache, options.jobs) for some in (clips, test)
    )
    predicted = {}
    for name, (model, selected) in models(options.network).items():
        X, X_test = (
            pd.concat([part[i].reset_index(drop=True) for i in selected], axis=1)
            for part in (tables, test_tables)
        )
        predicted[name] = fold_probabilities(model, X, y, fold, X_test)
    pairs = zip(predicted["handcrafted"], predicted["embedding"], strict=True)
    predicted["mean of the first two"] = tuple((a + b) / 2 for a, b in pairs)
    classes = np.unique(y)
    return [
        {"model": name, "seed": seed, "out of fold": _f1(y, oof, classes),
         "answers": _f1(y_test, p_test, classes)}
        for name, (oof, p_test) in predicted.items()
    ]  # fmt: skip


def _f1(y, proba, classes):
    return f1_score(y, classes[proba.argmax(axis=1)], average="macro")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--answers", type=Path, required=True, help="CSV of the test labels")
    parser.add_argument("--cache", type=Path, required=True, help="folder for stems and features")
    parser.add_argument("--network", default="musicnn")
    parser.add_argument("--draws", type=int, default=3, help="samples of folds and mashups (3)")
    parser.add_argument("--per-class", type=int, default=40, help="mashups per class (40)")
    parser.add_argument("--settings", choices=["wide", "record"], default="wide")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    rows = [row for seed in range(options.draws) for row in measure(options, seed)]
    table = pd.DataFrame(rows).set_index(["model", "seed"])
    gains = table - table.loc["handcrafted"].reindex(table.index.droplevel("model")).to_numpy()
    by_model = ["model"]
    mean = table.groupby(by_model, sort=False).mean()
    gain = gains.groupby(by_model, sort=False)
    error = gain.std() / np.sqrt(options.draws)
    scores = pd.concat({"macro F1": mean, "gain": gain.mean(), "error": error}, axis=1)
    print(scores.round(3).to_string())


if __name__ == "__main__":
    main()
