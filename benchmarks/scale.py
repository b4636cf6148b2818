"""Time and memory of the classical models on large feature tables, as ``fit`` fits them.

The rows are those of real mashups, repeated with noise of a tenth of each column's deviation; a row
is in the fold of the mashup that it comes from, so scores are those of new songs. The features are
put into a feature store, and folds are fitted from it in worker processes: what is measured is
everything but the features themselves.

    python benchmarks/scale.py DATA WORK --rows 2000 20000 --models lr,lgbm
    python benchmarks/scale.py DATA WORK --rows 100000 --fit-folds 1

DATA are songs in stems. WORK receives converted stems and features.
"""

import argparse
import shutil
import threading
import time
from pathlib import Path

import numpy as np
import psutil
from sklearn.metrics import f1_score
from study import features_of, sample_clips

from stemstack.audio import clip_key
from stemstack.features import Extractor, FeatureStore
from stemstack.features.computation import BATCH
from stemstack.models import make_model, set_resources
from stemstack.stacking.out_of_fold import fit_fold, to_labels
from stemstack.utils.parallel import parallel_map

METHOD = "predict_proba"


def enlarge(X, y, fold, n_rows, seed=0):
    """Return rows of a table drawn with noise: features, labels and folds."""
    rng = np.random.default_rng(seed)
    rows = np.arange(n_rows) % len(X) if n_rows <= len(X) else rng.integers(0, len(X), n_rows)
    values, scale = X.to_numpy(), (0.1 * X.std()).to_numpy()

    def batches():
        for start in range(0, n_rows, BATCH):
            part = values[rows[start : start + BATCH]]
            noise = rng.standard_normal(part.shape, dtype=np.float32) * scale
            yield (part + (noise if n_rows > len(X) else 0)).astype(np.float32)

    return batches(), y[rows], fold[rows]


def store_rows(batches, n_rows, folder):
    """Put rows into a new feature store; return the clips, of one sample each, that they are of."""
    shutil.rmtree(folder, ignore_errors=True)
    clips = [np.array([number / n_rows], dtype=np.float32) for number in range(n_rows)]
    store, extractor, start = FeatureStore(folder / "features"), Extractor(families="all"), 0
    for rows in batches:
        keys = [clip_key(clip) for clip in clips[start : start + len(rows)]]
        store.put(keys, rows, extractor)
        start += len(rows)
    return clips


class PeakMemory:
    """Peak of the memory of this process and its children in GB, shared memory counted once."""

    def __init__(self):
        self.peak, self._done = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._done.set()
        self._thread.join()

    def _watch(self):
        this = psutil.Process()
        while not self._done.wait(0.5):
            total = 0
            for process in [this, *this.children(recursive=True)]:
                try:
                    info = process.memory_full_info()
                except psutil.Error:
                    continue
                total += getattr(info, "pss", info.rss)
            self.peak = max(self.peak, total / 1e9)


def fit(model, clips, y, train, held_out):
    """Fit one fold: predictions, and CPU time in s."""
    start = time.process_time()
    fold = fit_fold(model, clips, y, train, held_out, method=METHOD)
    return fold.predictions, time.process_time() - start


def measure(name, clips, y, fold, *, cache, jobs, n_folds):
    """Fit a model by fold; print time, memory and macro F1."""
    model = set_resources(make_model(name, random_state=0), cache=cache)
    folds = np.unique(fold)[:n_folds]
    splits = [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in folds]
    start = time.perf_counter()
    with PeakMemory() as memory:
        calls = zip(*[(model, clips, y, *split) for split in splits], strict=True)
        found = list(parallel_map(fit, *calls, n_jobs=jobs, n_threads=1))
    wall, cpu = time.perf_counter() - start, sum(seconds for _, seconds in found)
    y_pred = to_labels(np.concatenate([p for p, _ in found]), np.unique(y), METHOD)
    y_true = np.concatenate([y[held_out] for _, held_out in splits])
    macro_f1 = f1_score(y_true, y_pred, average="macro")
    print(
        f"{name}, {len(y)} rows, {len(folds)} folds: {wall:.0f} s, CPU {cpu:.0f} s, "
        f"peak {memory.peak:.1f} GB, macro F1 {macro_f1:.3f}",
        flush=True,
    )


def main():
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="songs in stems")
    parser.add_argument("work", type=Path)
    parser.add_argument("--rows", type=int, nargs="+", default=[2000, 20_000])
    parser.add_argument("--models", default="lr,lgbm")
    parser.add_argument("--per-class", type=int, default=40, help="real mashups per class")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--fit-folds", type=int, default=5, help="fit only so many of five folds")
    options = parser.parse_args()
    real, cache = {"seed": 0, "per_class": options.per_class, "folds": 5}, options.work / "real"
    sampled, y, fold = sample_clips(options.data, cache=cache, settings={"mixture": "wide"}, **real)
    X = features_of(sampled, cache)
    for n_rows in options.rows:
        batches, labels, folds = enlarge(X, y, fold, n_rows)
        cache = options.work / f"rows{n_rows}"
        clips = store_rows(batches, n_rows, cache)
        for name in options.models.split(","):
            sizes = {"cache": cache, "jobs": options.jobs, "n_folds": options.fit_folds}
            measure(name, clips, labels, folds, **sizes)
        shutil.rmtree(cache)


if __name__ == "__main__":
    main()
