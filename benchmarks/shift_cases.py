"""Predictions of the same models in training and under many shifts, for ``expected_score.py``.

A case is one training set and one test set: out-of-fold and test probabilities of several models,
with all labels. Simulated cases have both from stemstack's generators, with other songs and noise
clips in the test than in training; foreign cases have test sets of ``foreign_mixers.py``.
"""

import json
import zlib
from dataclasses import dataclass

import foreign
import numpy as np
from foreign_mixers import MIXERS, SECONDS, SR
from sklearn.base import clone
from study import features_of, heads, sample_clips

from stemstack.datasets.demo.noise_folder import write_noise
from stemstack.datasets.demo.songs import write_songs
from stemstack.mashups.wide import make_wide_mixture
from stemstack.models import make_lda, make_lr
from stemstack.stacking import default_final_estimator, nested_predictions
from stemstack.utils.parallel import parallel_map

N_SONG_SETS = 3
STACKED = ("lr", "lgbm", "lda")
_SAME = ((1.0, SECONDS, SECONDS),)
_OTHER_LENGTHS = ((1.0, 6.0, 18.0),)
_GENERATORS = make_wide_mixture(seed=1)


@dataclass(frozen=True)
class Predictions:
    """Labelled predictions of several models for one set of clips.

    Attributes
    ----------
    name : str
    y : ndarray of shape (n_clips,)
        Class of each clip as a number.
    groups : ndarray of shape (n_clips,)
    proba : dict of str to ndarray
        By model, of shape (n_clips, n_classes) out of fold, and for a test of each fold's model:
        (n_folds, n_clips, n_classes).
    """

    name: str
    y: np.ndarray
    groups: np.ndarray
    proba: dict


def simulated_cases(work, per_class=40, test_per_class=10):
    """Return pairs of out-of-fold and test predictions under shifts between our generators."""
    cases = []
    for songs in range(N_SONG_SETS):
        make_songs(work, songs)
    test_sets = {
        (songs, name): sample(work, songs, settings, test_per_class, seed=100 + number)
        for songs in range(N_SONG_SETS)
        for number, (name, settings) in enumerate(test_settings(songs).items())
    }
    for songs in range(N_SONG_SETS):
        others = {key: value for key, value in test_sets.items() if key[0] != songs}
        tests = {f"{name}/{s}": (clips, y) for (s, name), (clips, y, _) in others.items()}
        for name, settings in training_settings(songs).items():
            training = sample(work, songs, settings, per_class, seed=songs)
            cases += predict_cases(work, f"{name}/{songs}", training, tests)
    return cases


def foreign_cases(work, seed, per_class=100, test_per_class=20):
    """Return pairs of out-of-fold and test predictions for the test sets of foreign mixers."""
    foreign.make_songs(work)
    tests = {name: foreign.make_test(work, name, test_per_class) for name in MIXERS}
    cases = []
    for name, changes in foreign.FIXED.items():
        settings = {**foreign.Settings(durations=_SAME, **changes).to_dict()}
        options = {"seed": seed, "per_class": per_class, "cache": work / "cache", "folds": 5}
        training = sample_clips(work / "data", settings=settings, **options)
        cases += predict_cases(work, f"{name}/seed{seed}", training, tests)
    return cases


def make_songs(work, number):
    """Render a set of songs and noise clips."""
    root = work / f"songs{number}"
    if not (root / "done").exists():
        options = {"songs_per_genre": 8, "pool": "train", "seed": 10 + number}
        write_songs(root / "genres_stems", seconds=20, sr=SR, mono=True, n_jobs=2, **options)
        write_noise(root / "ESC-50-master", clips_per_category=2, seed=10 + number, n_jobs=2)
        (root / "done").touch()


def training_settings(songs):
    """Return the settings of the training sets of a set of songs, by name."""
    return {
        "record": {"durations": _SAME},
        "wide": {"durations": _SAME, "mixture": make_wide_mixture()},
    }


def test_settings(songs):
    """Return the settings of the test sets of a set of songs, by name."""
    single = {
        f"single{i}": {"durations": _OTHER_LENGTHS if i % 3 == 0 else _SAME, **_GENERATORS[i]}
        for i in range(songs, 5 * N_SONG_SETS, N_SONG_SETS)
    }
    return training_settings(songs) | single


def sample(work, songs, settings, per_class, seed):
    """Sample mashups of a set of songs: clips, labels and folds."""
    settings = foreign.Settings(**settings).to_dict()
    options = {"seed": seed, "per_class": per_class, "cache": work / "cache", "folds": 4}
    return sample_clips(work / f"songs{songs}", settings=settings, **options)


def predict_cases(work, name, training, tests):
    """Fit the models by fold, predict all tests, and return one case per test.

    Predictions are stored in WORK, and not computed again.
    """
    clips, y, fold = training
    key = _key([name, len(y), STACKED, *tests])
    path = work / "expected" / f"{name.replace('/', '-')}-{key}.npz"
    if not path.exists():
        X = features_of(clips, work / "cache")
        X_tests = [features_of(test_clips, work / "cache") for test_clips, *_ in tests.values()]
        path.parent.mkdir(exist_ok=True)
        np.savez_compressed(path, **_fit_and_predict(X, y, fold, X_tests))
    stored = dict(np.load(path))
    classes, codes = np.unique(y, return_inverse=True)
    groups = np.array([f"{label}/{f}" for label, f in zip(y, fold, strict=True)])
    models = sorted({key.split("|")[0] for key in stored})
    oof = Predictions(name, codes, groups, {m: stored[f"{m}|oof"] for m in models})
    cases = []
    for number, (test, (_, y_test, *_)) in enumerate(tests.items()):
        proba = {m: stored[f"{m}|{number}"] for m in models}
        cases.append((oof, Predictions(test, np.searchsorted(classes, y_test), None, proba)))
    return cases


def _key(parts):
    return f"{zlib.crc32(json.dumps(parts).encode()):08x}"


def _fit_and_predict(X, y, fold, X_tests):
    """Return probabilities by ``model|oof`` and ``model|number of the test``."""
    models = heads() | {"lda": make_lda()[1:], "lr-mfcc": make_lr(families="mfcc")[1:]}
    mfcc = [column for column in X if column.startswith("mfcc")]
    columns = {model: list(X) for model in models} | {"lr-mfcc": mfcc}
    folds = np.unique(fold)
    calls = [(models[m], X[columns[m]], y, fold == f, X_tests) for m in models for f in folds]
    parts = list(parallel_map(_fit_fold, *zip(*calls, strict=True), n_jobs=2, n_threads=1))
    proba, n_classes = {}, len(np.unique(y))
    for model, own in zip(models, np.array_split(np.arange(len(parts)), len(models)), strict=True):
        proba[f"{model}|oof"] = np.empty((len(y), n_classes))
        for number, i in zip(folds, own, strict=True):
            proba[f"{model}|oof"][fold == number] = parts[i][0]
        for i in range(len(X_tests)):
            proba[f"{model}|{i}"] = np.stack([parts[j][1][i] for j in own])
    return proba | _stack(proba, y, fold, len(X_tests))


def _fit_fold(model, X, y, held_out, X_tests):
    fitted = clone(model).fit(X[~held_out], y[~held_out])
    return fitted.predict_proba(X[held_out]), [
        fitted.predict_proba(X_test[X.columns]) for X_test in X_tests
    ]


def _stack(proba, y, fold, n_tests):
    """Return the probabilities of the default meta-model over the default classical models."""
    X = np.hstack([proba[f"{model}|oof"] for model in STACKED])
    final = default_final_estimator()
    stacked = {"stack|oof": nested_predictions(final, X, y, fold, method="predict_proba")}
    final.fit(X, y)
    for i in range(n_tests):
        X_test = np.concatenate([proba[f"{model}|{i}"] for model in STACKED], axis=2)
        stacked[f"stack|{i}"] = np.stack([final.predict_proba(part) for part in X_test])
    return stacked
