"""Out-of-fold stacking of lr and lgbm: time and memory of libraries, blends, and an added model.

Run ``python benchmarks/stacking.py DATA --work DIR [--clips 1000]`` with a data set of songs in
stems. Every library gets the same WAV files, the same pipelines from waveform to probabilities, the
same folds and the same meta-model, in a process of its own with one thread and without a cache. A
library that is not installed is skipped with a message.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from study import sample_clips

from stemstack import OutOfFoldStacker, make_lgbm, make_lr
from stemstack.runs import Config, fit_run
from stemstack.runs.training_clips import song_groups
from stemstack.stacking import compare_blends
from stemstack.utils.resources import Resources

FOLDS = 5


def write_clips(data, work, n_clips, seconds):
    """Sample mashups of a data set's songs and write them, with a manifest of their groups."""
    folder = work / f"clips-{n_clips}-{seconds:g}"
    manifest = folder / "manifest.csv"
    if manifest.exists():
        return manifest
    per_class = -(-n_clips // 10)
    clips, labels, folds = sample_clips(
        data, seed=0, per_class=per_class, cache=work / "cache", folds=FOLDS
    )
    groups, rows = song_groups(None, [clip.recipe for clip in clips]), []
    for i in np.random.default_rng(0).permutation(len(clips))[:n_clips]:
        path = folder / f"{i}.wav"
        folder.mkdir(parents=True, exist_ok=True)
        sr = clips[i].recipe.sr
        soundfile.write(path, clips[i].to_int16()[: int(seconds * sr)], sr)
        row = {"path": path.name, "label": labels[i], "group": groups[i], "fold": folds[i]}
        rows.append(row)
    pd.DataFrame(rows).to_csv(manifest, index=False)
    return manifest


def read_clips(manifest):
    """Return paths, labels, (training, held-out) rows, and groups that share songs."""
    table = pd.read_csv(manifest)
    paths = [str(manifest.parent / path) for path in table["path"]]
    fold = table["fold"].to_numpy()
    splits = [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in np.unique(fold)]
    return paths, table["label"].to_numpy(dtype=object), splits, table["group"].to_numpy()


def base_models():
    """Return the named base models, without a feature cache."""
    return [("lr", make_lr()), ("lgbm", make_lgbm())]


def from_rows(paths):
    """Return the base models over row numbers, for libraries that accept only numbers."""
    read_rows = FunctionTransformer(lambda rows: [paths[int(i)] for i in np.ravel(rows)])
    return [Pipeline([("clips", read_rows), *model.steps]) for _, model in base_models()]


def final_estimator():
    """Make the meta-model."""
    return LogisticRegression(max_iter=1000)


def run_stemstack(paths, y, splits, groups):
    """Stack by OutOfFoldStacker, refitted on all clips like the others."""
    stack = OutOfFoldStacker(base_models(), final_estimator(), cv=splits, refit=True).fit(
        paths, y, groups
    )
    stack.predict_proba(paths[:10])
    return stack


def run_sklearn(paths, y, splits, groups):
    """Stack by StackingClassifier."""
    stack = StackingClassifier(base_models(), final_estimator(), cv=splits).fit(paths, y)
    stack.predict_proba(paths[:10])


def run_vecstack(paths, y, splits, groups):
    """Stack by vecstack's transformer, which has no meta-model."""
    from vecstack import StackingTransformer

    named = [(str(i), model) for i, model in enumerate(from_rows(paths))]
    rows, codes = np.arange(len(paths))[:, None], np.unique(y, return_inverse=True)[1]
    # It accepts a number of folds, not the folds.
    table = StackingTransformer(
        named,
        regression=False,
        needs_proba=True,
        metric=lambda y_true, proba: np.mean(proba.argmax(axis=1) == y_true),
        variant="B",
        n_folds=len(splits),
        shuffle=True,
    ).fit_transform(rows, codes)
    final_estimator().fit(table, codes)


def run_mlxtend(paths, y, splits, groups):
    """Stack by mlxtend's StackingCVClassifier."""
    from mlxtend.classifier import StackingCVClassifier

    rows, codes = np.arange(len(paths))[:, None], np.unique(y, return_inverse=True)[1]
    StackingCVClassifier(from_rows(paths), final_estimator(), use_probas=True, cv=splits).fit(
        rows, codes
    )


LIBRARIES = {
    "OutOfFoldStacker": (run_stemstack, "stemstack"),
    "StackingClassifier": (run_sklearn, "sklearn"),
    "vecstack": (run_vecstack, "vecstack"),
    "mlxtend": (run_mlxtend, "mlxtend"),
}


def measure(name, manifest):
    """Print the seconds, CPU seconds and peak MiB of one library, measured in this process."""
    paths, y, splits, groups = read_clips(manifest)
    # Kernels are compiled and libraries imported before the clock starts.
    make_lr()[0].fit_transform([paths[0]])
    started, cpu = time.perf_counter(), time.process_time()
    stack = LIBRARIES[name][0](paths, y, splits, groups)
    results = {
        "seconds": time.perf_counter() - started,
        "CPU s": time.process_time() - cpu,
        "peak MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    if stack is not None:
        blends = compare_blends(stack.oof_, y, stack.folds_, groups=groups)
        results["scores"] = stack.scores_.to_dict(orient="index")
        results["blends"] = blends.to_dict(orient="index")
    print(json.dumps(results))


def measure_in_process(name, manifest):
    """Measure a library in a new process with one thread."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, __file__, str(manifest), "--measure", name]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def compare(manifest, names):
    """Print one line per library, then the scores of OutOfFoldStacker and of the blends."""
    reference = None
    print(f"{'':20}  seconds    CPU s  peak MiB  relative", flush=True)
    for name in names:
        if find_spec(LIBRARIES[name][1]) is None:
            print(f"{name}: not installed, skipped; pip install {name}", file=sys.stderr)
            continue
        results = measure_in_process(name, manifest)
        reference = results if name == "OutOfFoldStacker" else reference
        ratio = results["CPU s"] / reference["CPU s"] if reference else np.nan
        seconds, cpu, peak = results["seconds"], results["CPU s"], results["peak MiB"]
        print(f"{name:20}{seconds:9.1f}{cpu:9.1f}{peak:10.0f}{ratio:10.1f}", flush=True)
    if reference:
        rows = reference["scores"] | reference["blends"]
        scores = pd.DataFrame.from_dict(rows, orient="index")
        table = scores.rename_axis("macro F1, nested").to_string(float_format="%.3f")
        print(f"\n{table}\n", flush=True)


def add_a_model(manifest, work):
    """Print the cost of a run, of adding a model to it, and of that model alone."""

    def fit(out, models):
        started = time.process_time() + resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        config = Config(str(manifest), models=models, folds=FOLDS)
        fit_run(config, out, resume=True, resources=Resources(work / "added", n_jobs=1))
        return time.process_time() + resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - started

    stamp = f"{time.time():.0f}"
    costs = {
        "lr (with features)": fit(work / f"run-{stamp}", ("lr",)),
        "lgbm added by --resume": fit(work / f"run-{stamp}", ("lr", "lgbm")),
        "lgbm alone, features cached": fit(work / f"alone-{stamp}", ("lgbm",)),
    }
    print(pd.Series(costs, name="CPU s").to_string(float_format="%.1f"))


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="songs in stems")
    parser.add_argument("--work", type=Path, help="folder for clips and runs; large")
    parser.add_argument("--clips", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=30.0, help="clips are cut to it")
    parser.add_argument("--only", default=",".join(LIBRARIES), help="libraries to measure")
    parser.add_argument("--measure", choices=LIBRARIES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, options.data)
        return
    manifest = write_clips(options.data, options.work, options.clips, options.seconds)
    compare(manifest, options.only.split(","))
    add_a_model(manifest, options.work)


if __name__ == "__main__":
    main()
