"""What a stack of millions of clips would cost, from figures measured a clip here.

Run ``python benchmarks/scale_costs.py DATA [--clips 10000000 --cores 256 --price 0.04]`` with songs
in stems. Each figure is the best of some rounds on one core; the table multiplies it and divides by
the cores, which holds while nothing is shared: docs/scale.md says where that ends.
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
    """Give the least seconds of some rounds."""
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def measure_clips(data, work):
    """Give seconds and bytes a clip of 30 s: rendered, read, described, kept."""
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
        "describe": best(lambda: [extractor(wave) for wave in waves]) * to_30,
        "wave bytes": path.stat().st_size / (len(waves[0]) / 22050) * 30,
        "row bytes": 4 * len(extractor.names),
    }


def measure_fits(n_features, rows=(300, 600)):
    """Give seconds a clip of lr and lgbm by all folds, from the slope between two sizes."""
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


def measure_net(clips, epochs):
    """Give seconds a clip of ``effnet``: trained once, for some epochs, and predicted once."""
    net = EffNetClassifier("tf_efficientnet_lite2", device="cpu", n_threads=1, random_state=0)
    labels = np.arange(len(clips)) % 2

    def train(n_epochs):
        return best(lambda: net.set_params(epochs=n_epochs).fit(clips, labels), rounds=2)

    # What a fit costs however long it is, log-mels among it, falls out of the difference.
    an_epoch = (train(3) - train(1)) / 2
    predicted = best(lambda: net.predict_proba(clips))
    return epochs * an_epoch / len(clips), predicted / len(clips)


def lay_out(measured, fits, n_clips, cores, price):
    """Multiply the figures into a table."""
    a_clip = {
        "render mashups": measured["render"],
        "describe (3298 features)": measured["describe"],
        **{f"fit {name}, {FOLDS} folds": s for name, s in fits.items()},
    }
    table = pd.DataFrame({"ms a clip": pd.Series(a_clip) * 1000})
    table["core hours"] = table["ms a clip"] / 1000 * n_clips / 3600
    table["hours"] = table["core hours"] / cores
    # A fold model is one fit on one core: no more cores than folds help it.
    is_fit = table.index.str.startswith("fit ")
    table.loc[is_fit, "hours"] = table["core hours"] / min(cores, FOLDS)
    table["price"] = table["core hours"] * price
    return table


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="songs in stems")
    parser.add_argument("--clips", type=int, default=10_000_000)
    parser.add_argument("--cores", type=int, default=256)
    parser.add_argument("--epochs", type=int, default=8, help="of effnet")
    parser.add_argument("--price", type=float, default=0.04, help="of a core hour")
    asked = parser.parse_args()
    with threadpool_limits(1), tempfile.TemporaryDirectory() as work:
        measured = measure_clips(asked.data, Path(work))
        fits = measure_fits(measured["row bytes"] // 4)
        clip = np.random.default_rng(0).standard_normal(30 * 22050, dtype=np.float32)
        trained, predicted = measure_net([clip] * 32, asked.epochs)
        fits[f"effnet, {asked.epochs} epochs"] = trained * (FOLDS - 1) + predicted
    print(
        lay_out(measured, fits, asked.clips, asked.cores, asked.price).to_string(
            float_format="%.1f"
        )
    )
    n = asked.clips
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
