"""How good training settings are for test sets that other projects' tools have mixed.

Each mixer of ``foreign_mixers.py`` makes a test set from songs and noise clips that are not trained
on. ``lr``, ``lgbm`` and their mean are then trained on mashups of several settings, and scored on
it. Needs ``pip install pedalboard audiomentations scaper pydub``, and SoX and FFmpeg.

    python benchmarks/foreign.py WORK --per-class 100

WORK receives the data, the test sets and the features; what exists is not made again.
"""

import argparse
import json
from pathlib import Path

import foreign_mixers
import numpy as np
import pandas as pd
import soundfile as sf
from sklearn.base import clone
from sklearn.metrics import f1_score
from study import features_of, heads, sample_clips, score_all

from stemstack.datasets import DEFAULT_STEMS
from stemstack.datasets.demo.noise_folder import write_noise
from stemstack.datasets.demo.songs import write_songs
from stemstack.mashups import Settings
from stemstack.stacking.metrics import paired_difference

TRAINING = {"record": {}, "wide": {"mixture": "wide"}}


def make_songs(work):
    """Render training songs and noise, and others for the test sets."""
    for name, songs, pool, seed in (("data", 12, "train", 0), ("held-out", 8, "test", 1)):
        root = work / name
        if not (root / "done").exists():
            songs_folder = root / "genres_stems"
            options = {"songs_per_genre": songs, "pool": pool, "n_jobs": 2}
            write_songs(songs_folder, seconds=20, sr=foreign_mixers.SR, mono=True, **options)
            write_noise(root / "ESC-50-master", clips_per_category=3, seed=seed, n_jobs=2)
            (root / "done").touch()


def make_test(work, name, per_class):
    """Mix a test set: paths and labels of its clips."""
    folder = work / "tests" / name
    songs = sorted((work / "held-out" / "genres_stems").glob("*/*"))
    noises = sorted(map(str, (work / "held-out" / "ESC-50-master" / "audio").glob("*.wav")))
    paths, labels = [], []
    for c, genre in enumerate(sorted({song.parent.name for song in songs})):
        own = [song for song in songs if song.parent.name == genre]
        for number in range(per_class):
            path = folder / f"{genre}-{number:03d}.wav"
            if not path.exists():
                seed = [list(foreign_mixers.MIXERS).index(name), c, number]
                mix(name, own, noises, path, np.random.default_rng(seed))
            paths.append(str(path))
            labels.append(genre)
    return paths, np.array(labels, dtype=object)


def mix(name, songs, noises, path, rng):
    """Mix one test clip of stems of different songs and of one or two noise clips."""
    chosen = rng.choice(len(songs), len(DEFAULT_STEMS), replace=False)
    stems = [str(songs[i] / f"{stem}.wav") for i, stem in zip(chosen, DEFAULT_STEMS, strict=True)]
    picked = [noises[i] for i in rng.choice(len(noises), rng.integers(1, 3), replace=False)]
    samples = foreign_mixers.MIXERS[name](stems, picked, rng)
    path.parent.mkdir(parents=True, exist_ok=True)
    sf.write(path, np.clip(samples, -1, 1), foreign_mixers.SR, subtype="PCM_16")


def probabilities(model, X, y, fold, X_test):
    """Return out-of-fold macro F1, and the mean probabilities of the fold models for a test."""
    held_out, mean = np.empty(len(y), dtype=object), 0.0
    for f in np.unique(fold):
        fitted = clone(model).fit(X[fold != f], y[fold != f])
        held_out[fold == f] = fitted.predict(X[fold == f])
        mean = mean + fitted.predict_proba(X_test)
    return f1_score(y, held_out, average="macro"), mean / len(np.unique(fold))


def measure(work, tests, per_class, seed):
    """Train on each settings and predict all tests: rows, and predictions by (training, test)."""
    X_tests = [features_of(paths, work / "cache") for paths, _ in tests.values()]
    X_all, ends = pd.concat(X_tests), np.cumsum([len(X) for X in X_tests])[:-1]
    rows, predictions = [], {}
    durations = ((1.0, foreign_mixers.SECONDS, foreign_mixers.SECONDS),)
    for training, changes in TRAINING.items():
        settings = Settings(durations=durations, **changes)
        clips, y, fold = sample_clips(
            work / "data",
            seed=seed,
            per_class=per_class,
            cache=work / "cache",
            folds=5,
            settings=settings.to_dict(),
        )
        X = features_of(clips, work / "cache")
        calls = [(model, X, y, fold, X_all) for model in heads().values()]
        results = dict(zip(heads(), score_all(probabilities, calls), strict=True))
        results["mean"] = (np.nan, sum(proba for _, proba in results.values()) / 2)
        classes = np.unique(y)
        for model, (oof, proba) in results.items():
            for (name, (_, y_test)), part in zip(tests.items(), np.split(proba, ends), strict=True):
                y_pred = classes[part.argmax(axis=1)]
                predictions[training, model, name] = y_pred
                macro_f1 = f1_score(y_test, y_pred, average="macro")
                rows.append((training, model, name, seed, oof, macro_f1))
    return rows, predictions


def main():
    """Make the test sets, measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--mixers", default=",".join(foreign_mixers.MIXERS))
    parser.add_argument("--test-per-class", type=int, default=20)
    parser.add_argument("--per-class", type=int, default=100, help="training mashups")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    make_songs(args.work)
    tests = {
        name: make_test(args.work, name, args.test_per_class) for name in args.mixers.split(",")
    }
    rows = []
    for seed in range(args.seeds):
        new, predictions = measure(args.work, tests, args.per_class, seed)
        rows += new
        print_gains(tests, predictions)
    table = pd.DataFrame(rows, columns=["training", "model", "test", "seed", "oof", "macro_f1"])
    pivot = table.pivot_table(index="test", columns=["model", "training"], values="macro_f1")
    print(pivot.round(3).to_string())
    print(table.groupby(["model", "training"])[["oof", "macro_f1"]].mean().round(3).to_string())
    if args.json:
        args.json.write_text(json.dumps(table.to_dict("records"), indent=1) + "\n")


def print_gains(tests, predictions):
    """Print the paired differences of each training to the first, over all tests."""
    first, *others = TRAINING
    y = np.concatenate([labels for _, labels in tests.values()])
    for model in ("lr", "lgbm", "mean"):
        joined = {
            training: np.concatenate([predictions[training, model, name] for name in tests])
            for training in TRAINING
        }
        for other in others:
            gain, low, high = paired_difference(y, joined[other], joined[first])
            print(f"{model}: {other} - {first} {gain:+.3f} ({low:+.3f} to {high:+.3f})")


if __name__ == "__main__":
    main()
