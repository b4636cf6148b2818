"""How good training settings are for test sets that other projects' tools have mixed.

Each mixer of ``foreign_mixers.py`` makes a test set from songs and noise clips that are not trained
on. ``lr``, ``lgbm`` and their mean are then trained on mashups of several settings, and scored on
it. ``level`` is ``wide`` with the law of the level of the test set; ``read``, ``quick`` and
``full`` match the settings to it as ``fit --match`` does; ``generators`` are those of ``quick``,
with the level of ``wide``; ``mixer`` has training mashups of the mixer itself, the ceiling. Needs
``pip install pedalboard audiomentations scaper pydub``, and SoX and FFmpeg.

    python benchmarks/foreign.py WORK --per-class 100 --trainings record,wide
    python benchmarks/foreign.py WORK --per-class 40 --trainings wide,quick,mixer

WORK receives the data, the test sets and the features; what exists is not made again.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import foreign_mixers
import numpy as np
import pandas as pd
import soundfile as sf
from sklearn.metrics import f1_score
from study import answered_clips, features_of, fold_probabilities, heads, sample_clips, score_all

from stemstack.datasets import DEFAULT_STEMS, read_data
from stemstack.datasets.demo.noise_folder import write_noise
from stemstack.datasets.demo.songs import write_songs
from stemstack.domain_shift.gap.clip_stats import compute_clip_stats
from stemstack.domain_shift.gap.two_sample import gap_auc
from stemstack.domain_shift.tuning import tune_settings
from stemstack.domain_shift.tuning.length_level import fit_level
from stemstack.domain_shift.tuning.match import MATCH_BUDGETS
from stemstack.mashups import Settings, write_mashups
from stemstack.runs import Config
from stemstack.runs.training_clips import sample_training
from stemstack.stacking.metrics import paired_difference
from stemstack.utils.resources import Resources

# By the same settings for all test sets; the others depend on the test set.
FIXED = {"record": {}, "wide": {"mixture": "wide"}}
# Songs are split into so many folds, and mixed within one.
FOLDS = 5


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
    if name == "record":
        return write_test(work, folder, per_class)
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


def write_test(work, folder, per_class):
    """Render a test set of the record-holder's generator, to see what wide settings cost there."""
    settings = Settings(durations=foreign_mixers.DURATIONS)
    options = {"seed": 7, "per_class": per_class, "cache": work / "cache", "folds": 2}
    clips, labels, _ = sample_clips(work / "held-out", settings=settings.to_dict(), **options)
    paths = [folder / f"{label}-{number:03d}.wav" for number, label in enumerate(labels)]
    write_mashups(clips, paths, n_jobs=2)
    return list(map(str, paths)), labels


def make_tests(work):
    """Return the test sets of the mixers: paths and labels."""
    make_songs(work)
    return [make_test(work, name, 20) for name in foreign_mixers.MIXERS]


def add_test_options(parser):
    """Add options that select these tests, or those of a data set, and the training mashups."""
    parser.add_argument("--foreign", type=Path, help="folder of foreign.py")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--answers", type=Path, help="CSV of the test labels")
    parser.add_argument("--cache", type=Path, help="folder for stems and features")
    parser.add_argument("--draws", type=int, default=3, help="samples of folds and mashups (3)")
    parser.add_argument("--per-class", type=int, default=100, help="training mashups (100)")


def choose_tests(args):
    """Return the tests that the options select, and complete the data and the cache."""
    if not args.foreign:
        return [answered_clips(args.data, args.answers)]
    args.data, args.cache = args.foreign / "data", args.cache or args.foreign / "cache"
    return make_tests(args.foreign)


def sample_wide(args, seed):
    """Return training mashups of wide settings, labels and folds, as the options select."""
    settings = {"mixture": "wide"}
    if args.foreign:
        settings["durations"] = foreign_mixers.DURATIONS
    options = {"seed": seed, "per_class": args.per_class, "settings": settings}
    return sample_clips(args.data, folds=5, cache=args.cache, **options)


def score_tests(classes, proba, tests):
    """Return the mean macro F1 of the test sets."""
    ends = np.cumsum([len(y) for _, y in tests])[:-1]
    predicted = np.split(classes[proba.argmax(axis=1)], ends)
    pairs = zip(tests, predicted, strict=True)
    return np.mean([f1_score(y, y_pred, average="macro") for (_, y), y_pred in pairs])


def mix(name, songs, noises, path, rng):
    """Mix one clip of stems of different songs, if there are enough, and of one or two noises."""
    few = len(songs) < len(DEFAULT_STEMS)
    chosen = rng.choice(len(songs), len(DEFAULT_STEMS), replace=few)
    stems = [str(songs[i] / f"{stem}.wav") for i, stem in zip(chosen, DEFAULT_STEMS, strict=True)]
    picked = [noises[i] for i in rng.choice(len(noises), rng.integers(1, 3), replace=False)]
    samples = foreign_mixers.MIXERS[name](stems, picked, rng)
    path.parent.mkdir(parents=True, exist_ok=True)
    sf.write(path, np.clip(samples, -1, 1), foreign_mixers.SR, subtype="PCM_16")


def mix_training(work, name, per_class, seed):
    """Mix training clips by a mixer, within folds of the training songs: paths, labels, folds."""
    root = work / "data"
    config = Config(str(root), folds=FOLDS, seed=seed, mashups_per_genre=1)
    items = sample_training(read_data(root), config, resources=Resources(work / "cache", 2)).folds
    noise = items[items["kind"] == "noise"]
    paths, labels, folds = [], [], []
    for (label, fold), own in items[items["kind"] == "song"].groupby(["label", "fold"]):
        songs = [root / "genres_stems" / song for song in own["item"]]
        noises = [str(root / path) for path in noise.loc[noise["fold"] == fold, "item"]]
        for number in range(per_class // FOLDS):
            path = work / "training" / name / f"{label}-{fold}-{number:03d}-{seed}.wav"
            if not path.exists():
                stream = [seed, list(foreign_mixers.MIXERS).index(name), len(paths)]
                mix(name, songs, noises, path, np.random.default_rng(stream))
            paths.append(str(path))
            labels.append(label)
            folds.append(fold)
    return paths, np.array(labels, dtype=object), np.array(folds)


def match(work, name, paths, budget):
    """Return the settings that a tuning finds for a test set, without its labels."""
    folder = work / "matched" / name
    if not folder.exists():
        folder.mkdir(parents=True)
        for part in ("genres_stems", "ESC-50-master"):
            (folder / part).symlink_to((work / "data" / part).resolve())
        (folder / "mashups").symlink_to((work / "tests" / name).resolve())
        names = [f"mashups/{Path(path).name}" for path in paths]
        pd.DataFrame({"id": names, "filename": names}).to_csv(folder / "test.csv", index=False)
    start = Settings(mixture="wide")
    resources = Resources(work / "cache", n_jobs=2)
    tuning = tune_settings(read_data(folder), start, MATCH_BUDGETS[budget], resources=resources)
    tuning.settings.to_yaml(folder / f"{budget}.yaml")
    return tuning.settings


def training_clips(work, training, name, paths, per_class, seed):
    """Return training clips, labels and folds for a test set."""
    if training == "mixer":
        return mix_training(work, name, per_class, seed)
    if training in FIXED:
        settings = Settings(durations=foreign_mixers.DURATIONS, **FIXED[training])
    elif training == "level":
        start = Settings(durations=foreign_mixers.DURATIONS, **FIXED["wide"])
        settings = fit_level(start, compute_clip_stats(paths, n_jobs=2))
    elif training == "generators":
        found, level = match(work, name, paths, "quick"), ("normalize", "peak", "headroom", "level")
        settings = replace(found, **{setting: getattr(Settings, setting) for setting in level})
    else:
        settings = match(work, name, paths, training)
    options = {"seed": seed, "per_class": per_class, "cache": work / "cache", "folds": FOLDS}
    return sample_clips(work / "data", settings=settings.to_dict(), **options)


def train(work, training, tests, per_class, seed):
    """Train for test sets: yield test, model, out-of-fold score, predictions and AUC."""
    X_tests = {name: features_of(paths, work / "cache") for name, (paths, _) in tests.items()}
    # One training for all test sets, or one for each.
    for names in [list(tests)] if training in FIXED else [[name] for name in tests]:
        paths = tests[names[0]][0]
        clips, y, fold = training_clips(work, training, names[0], paths, per_class, seed)
        X = features_of(clips, work / "cache")
        X_all = pd.concat([X_tests[name] for name in names])
        ends = np.cumsum([len(X_tests[name]) for name in names])[:-1]
        groups = [f"{label}/{number}" for label, number in zip(y, fold, strict=True)]
        aucs = {name: gap_auc(X, X_tests[name], groups) for name in names}
        calls = [(model, X, y, fold, X_all) for model in heads().values()]
        results = dict(zip(heads(), score_all(fold_probabilities, calls), strict=True))
        results["mean"] = tuple(sum(parts) / 2 for parts in zip(*results.values(), strict=True))
        for model, (held_out, proba) in results.items():
            oof = f1_score(y, np.unique(y)[held_out.argmax(axis=1)], average="macro")
            for name, part in zip(names, np.split(proba, ends), strict=True):
                yield name, model, oof, np.unique(y)[part.argmax(axis=1)], aucs[name]


def measure(work, trainings, tests, per_class, seed):
    """Train in each way and predict all tests: rows, and predictions by (training, test)."""
    rows, predictions = [], {}
    for training in trainings:
        start = time.monotonic()
        for name, model, oof, y_pred, auc in train(work, training, tests, per_class, seed):
            predictions[training, model, name] = y_pred
            macro_f1 = f1_score(tests[name][1], y_pred, average="macro")
            rows.append((training, model, name, seed, oof, macro_f1, auc))
            print(f"{training}, {model}, {name}: {macro_f1:.3f}, AUC {auc:.3f}", flush=True)
        print(f"{training}: {time.monotonic() - start:.0f} s", flush=True)
    return rows, predictions


def main():
    """Make the test sets, measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    mixers = ",".join(foreign_mixers.MIXERS)
    parser.add_argument("--mixers", default=mixers, help=f"of {mixers},record ({mixers})")
    parser.add_argument("--test-per-class", type=int, default=20)
    parser.add_argument("--per-class", type=int, default=100, help="training mashups")
    parser.add_argument(
        "--trainings", default="record,wide", help="and level, read, quick, full, generators, mixer"
    )
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    make_songs(args.work)
    tests = {
        name: make_test(args.work, name, args.test_per_class) for name in args.mixers.split(",")
    }
    rows, trainings = [], args.trainings.split(",")
    for seed in range(args.seeds):
        new, predictions = measure(args.work, trainings, tests, args.per_class, seed)
        rows += new
        print_gains(trainings, tests, predictions)
    columns = ["training", "model", "test", "seed", "oof", "macro_f1", "auc"]
    table = pd.DataFrame(rows, columns=columns)
    pivot = table.pivot_table(index="test", columns=["model", "training"], values="macro_f1")
    print(pivot.round(3).to_string())
    print(table.pivot_table(index="test", columns="training", values="auc").round(3).to_string())
    print(
        table.groupby(["model", "training"])[["oof", "macro_f1", "auc"]].mean().round(3).to_string()
    )
    if args.json:
        args.json.write_text(json.dumps(table.to_dict("records"), indent=1) + "\n")


def print_gains(trainings, tests, predictions):
    """Print the paired differences of each training to the first, over all tests."""
    first, *others = trainings
    y = np.concatenate([labels for _, labels in tests.values()])
    for model in ("lr", "lgbm", "mean"):
        joined = {
            training: np.concatenate([predictions[training, model, name] for name in tests])
            for training in trainings
        }
        for other in others:
            gain, low, high = paired_difference(y, joined[other], joined[first])
            print(f"{model}: {other} - {first} {gain:+.3f} ({low:+.3f} to {high:+.3f})")


if __name__ == "__main__":
    main()
