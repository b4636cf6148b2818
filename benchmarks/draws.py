"""Mashups drawn within a fold, or from all songs outside the fold that they are not trained for.

``fold`` draws each mashup within one fold, so that it serves the training of four of five folds.
``pairs`` draws it from the songs of two folds: more songs to combine, and it serves three of five.
``outside`` draws mashups for each fold anew from all songs outside it: the most songs to combine,
and each serves one fold only. All three train with the same number of clips; ``fold, same cost``
renders as many mashups in all as ``outside`` does. The settings are wide, and the test sets those
of ``foreign.py``, whose WORK is used. Gains are in macro F1, with the standard error over samples.

    python benchmarks/draws.py WORK --draws 3
"""

import argparse
from itertools import combinations
from pathlib import Path

import foreign
import foreign_mixers
import numpy as np
import pandas as pd
from families import models
from sklearn.base import clone
from study import features_of, score_all

from stemstack.datasets import read_data
from stemstack.mashups import Mashup, Pool, Settings
from stemstack.runs import Config
from stemstack.runs.training_clips import sample_training
from stemstack.utils.resources import Resources

FOLDS = range(5)


def sources_of(way):
    """Return the sets of folds that mashups are drawn from."""
    if way == "pairs":
        return list(combinations(FOLDS, 2))
    if way == "outside":
        return [tuple(set(FOLDS) - {fold}) for fold in FOLDS]
    return [(fold,) for fold in FOLDS]


def regroup(sampled, sources, settings):
    """Return a pool whose folds are sets of folds of another pool."""
    items = {}
    for kind, columns in (("song", ["song", "label"]), ("noise", ["path"])):
        part = sampled.folds[sampled.folds["kind"] == kind]
        tables = [
            part[part["fold"].isin(source)].assign(fold=number)
            for number, source in enumerate(sources)
        ]
        items[kind] = pd.concat(tables).rename(columns={"item": columns[0]})[[*columns, "fold"]]
    paths = {name: stems for songs in sampled.pool.songs.values() for name, stems in songs}
    stems = pd.DataFrame([paths[song] for song in items["song"]["song"]])
    songs = pd.concat([items["song"].reset_index(drop=True), stems], axis=1)
    return Pool.from_tables(songs, items["noise"], sampled.pool.source_store, settings)


def draw(work, way, per_class, seed):
    """Return clips, labels, and which folds each may train."""
    settings = Settings(mixture="wide", durations=foreign_mixers.DURATIONS)
    root = work / "data"
    config = Config(str(root), folds=5, seed=seed, mashups_per_genre=1, settings=settings.to_dict())
    sampled = sample_training(read_data(root), config, resources=Resources(work / "cache", 2))
    sources = sources_of(way)
    pool = regroup(sampled, sources, settings)
    # Each fold is trained with four fifths of per_class.
    served = sum(0 not in source for source in sources)
    recipes = pool.sample_all(round(per_class * 4 / 5 * len(sources) / served), seed)
    clips = [Mashup.from_recipe(recipe, pool.source_store) for recipe in recipes]
    trains = [[fold not in sources[recipe.fold] for fold in FOLDS] for recipe in recipes]
    return clips, np.array([recipe.label for recipe in recipes], dtype=object), np.array(trains)


def predict(model, X, y, trains, T):
    """Return the mean probabilities of the fold models for the test clips."""
    return sum(
        clone(model).fit(X[rows], y[rows]).predict_proba(T) / len(FOLDS) for rows in trains.T
    )


def measure(work, tests, per_class, seed):
    """Return one row for each way of drawing and model."""
    T = pd.concat([features_of(paths, work / "cache") for paths, _ in tests])
    ways = {way: (way, per_class) for way in ("fold", "pairs", "outside")}
    ways["fold, same cost"] = ("fold", 4 * per_class)
    rows = []
    for name, (way, number) in ways.items():
        clips, y, trains = draw(work, way, number, seed)
        X = features_of(clips, work / "cache")
        calls = [(model, X, y, trains, T) for model in models().values()]
        proba = dict(zip(models(), score_all(predict, calls), strict=True))
        proba["mean"] = sum(proba.values())
        for model, values in proba.items():
            score = foreign.score_tests(np.unique(y), values, tests)
            rows.append((name, model, seed, len(clips), trains.sum(axis=0).mean(), score))
        print(f"sample {seed}, {name}: {rows[-1][-1]:.3f}", flush=True)
    return rows


def main():
    """Measure all samples, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path, help="that of foreign.py")
    parser.add_argument("--draws", type=int, default=3, help="samples of folds and mashups (3)")
    parser.add_argument("--per-class", type=int, default=100, help="training mashups (100)")
    args = parser.parse_args()
    tests = foreign.make_tests(args.work)
    rows = [
        r for seed in range(args.draws) for r in measure(args.work, tests, args.per_class, seed)
    ]
    columns = ["way", "model", "seed", "rendered", "per fold", "macro F1"]
    table = pd.DataFrame(rows, columns=columns).set_index(["way", "model", "seed"])
    first = table["macro F1"].loc["fold"].reindex(table.index.droplevel(0)).to_numpy()
    table["gain"] = table["macro F1"] - first
    by_way = table.groupby(["way", "model"], sort=False)
    print(by_way.mean().assign(error=by_way["gain"].sem()).round(3).to_string())


if __name__ == "__main__":
    main()
