"""Costs of a stack on millions of clips, extrapolated from measurements per clip.

Run ``python benchmarks/scale_costs.py DATA [--clips 10000000 --cores 256 --price 0.04]`` with songs
in stems. Each figure is the best of some rounds on one core, multiplied by the clips and divided by
the cores, which holds as long as nothing is shared; docs/explanation/scale.md describes the limits.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
from study import heads, sample_clips
from threadpoolctl import threadpool_limits

from stemstack.features import Extractor
from stemstack.models import EffNetClassifier

N_CLASSES, FOLDS = 10, 5


def best(function, rounds=3):
    """Return the shortest time of some rounds, in s."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def measure_clips(data, work):
    """Return seconds and bytes per clip of 30 s: rendering, features, files."""
    clips, _, _ = sample_clips(data, seed=0, per_class=1, cache=work / "cache")
    clips = [clip for clip in clips if clip.recipe.length > 20 * clip.recipe.sr][:6]
    seconds = np.mean([clip.recipe.length / clip.recipe.sr for clip in clips])
    extractor = Extractor(families="all")
    waves = [clip.load(22050) for clip in clips]
    extractor(waves[0])
    path = work / "clip.wav"
    soundfile.write(path, waves[0], 22050)
    to_30 = 30 / seconds / len(clips)
    return {
        "render": best(lambda: [clip.load(22050) for clip in clips]) * to_30,
        "extract": best(lambda: [extractor(wave) for wave in waves]) * to_30,
        "wave bytes": path.stat().st_size / (len(waves[0]) / 22050) * 30,
        "row bytes": 4 * len(extractor.names),
    }


def measure_fits(n_features, rows=(300, 600)):
    """Return seconds per clip of lr and lgbm over all folds, from the slope between two sizes."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((rows[-1], n_features)).astype(np.float32)
    y = rng.integers(0, N_CLASSES, rows[-1])
    X[:, :40] += y[:, None] * rng.standard_normal(40)
    names = Extractor(families="all").names
    table = pd.DataFrame(X, columns=names)
    slopes = {}
    for name, head in heads().items():
        seconds = [best(lambda h=head, n=n: h.fit(table[:n], y[:n]), rounds=1) for n in rows]
        slope = max(seconds[1] - seconds[0], 0) / (rows[1] - rows[0])
        slopes[name] = slope * (FOLDS - 1)
    return slopes


def measure_network(clips, epochs):
    """Return seconds per clip of ``effnet``, for training some epochs and for predicting once."""
    network = EffNetClassifier("tf_efficientnet_lite2", device="cpu", n_threads=1, random_state=0)
    labels = np.arange(len(clips)) % 2

    def train(n_epochs):
        return best(lambda: network.set_params(epochs=n_epochs).fit(clips, labels), rounds=2)

    # The constant cost of a fit, such as log-mels, cancels out.
    epoch_seconds = (train(3) - train(1)) / 2
    predicted = best(lambda: network.predict_proba(clips))
    return epochs * epoch_seconds / len(clips), predicted / len(clips)


def to_table(measured, fits, n_clips, cores, price):
    """Return a table of costs for a number of clips."""
    per_clip = {
        "render mashups": measured["render"],
        "extract all features": measured["extract"],
        **{f"fit {name}, {FOLDS} folds": s for name, s in fits.items()},
    }
    table = pd.DataFrame({"ms per clip": pd.Series(per_clip) * 1000})
    table["core hours"] = table["ms per clip"] / 1000 * n_clips / 3600
    table["hours"] = table["core hours"] / cores
    # A fold is one fit on one core: no more cores than folds are used.
    is_fit = table.index.str.startswith("fit ")
    table.loc[is_fit, "hours"] = table["core hours"] / min(cores, FOLDS)
    table["price"] = table["core hours"] * price
    return table


def main():
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="songs in stems")
    parser.add_argument("--clips", type=int, default=10_000_000)
    parser.add_argument("--cores", type=int, default=256)
    parser.add_argument("--epochs", type=int, default=8, help="of effnet")
    parser.add_argument("--price", type=float, default=0.04, help="per core hour")
    options = parser.parse_args()
    with threadpool_limits(1), tempfile.TemporaryDirectory() as work:
        measured = measure_clips(options.data, Path(work))
        fits = measure_fits(measured["row bytes"] // 4)
        clip = np.random.default_rng(0).standard_normal(30 * 22050, dtype=np.float32)
        trained, predicted = measure_network([clip] * 32, options.epochs)
        fits[f"effnet, {options.epochs} epochs"] = trained * (FOLDS - 1) + predicted
    print(
        to_table(measured, fits, options.clips, options.cores, options.price).to_string(
            float_format="%.1f"
        )
    )
    n = options.clips
    sizes = {
        "clips as 16-bit WAV, TB": n * measured["wave bytes"] / 1e12,
        "feature table, GB": n * measured["row bytes"] / 1e9,
        "feature table of one fold fit in memory, GB": n * measured["row bytes"] * 0.8 / 1e9,
        "one model's ledger, GB": n * 8 * N_CLASSES / 1e9,
        "list of paths sent to each worker, GB": n * 150 / 1e9,
    }
    print(pd.Series(sizes).to_string(float_format="%.1f"))


if __name__ == "__main__":
    main()
