"""Speed of rendering mashups: by mode, by step, and in batches by torch.

Run ``python benchmarks/mash.py`` for the tables, with ``--device cpu`` or ``--device cuda`` for
torch too, and with ``--json FILE`` for the numbers. Stems are synthetic. One process with one
thread; the contenders take turns. Stems are read from the cache, which is in memory after the first
round.
"""

import argparse
import json
import platform
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from signals import music_like
from threadpoolctl import threadpool_limits

from stemstack.mashups import AudioSource, Mashup, Settings, sample_recipes
from stemstack.mashups.rendering.kernels import add_scaled, add_varispeed
from stemstack.mashups.rendering.mastering import normalise, quantise
from stemstack.mashups.rendering.mixing import mix_sources
from stemstack.mashups.rendering.torch_renderer import PackedSources, render_batch
from stemstack.models.deep.data.log_mel import MelSettings, log_mel_batch

SR = 22050
SONGS, NOISES = 8, 8
MODES = {
    "none": {"tempo": "none"},
    "interpolate": {},
    "resample": {"tempo": "resample"},
    "stretch": {"tempo": "stretch"},
    "wsola": {"tempo": "wsola"},
    "interpolate, noise by SNR in bands": {"noise_law": "snr", "noise_band_probability": 1.0},
    "interpolate, to RMS": {"normalize": "rms"},
    "interpolate, to LUFS": {"normalize": "lufs"},
    "interpolate, low-pass": {"lowpass_probability": 1.0},
    "interpolate, MP3": {"codec_probability": 1.0, "codecs": ("mp3",)},
    "interpolate, OGG": {"codec_probability": 1.0, "codecs": ("ogg",)},
}


def make_sources(folder):
    """Write stems of 30 s and noise clips of 5 s: tables of both, and the source store."""
    rng = np.random.default_rng(0)
    stems, source_store = Settings().stems, {}
    songs = [{"song": f"s{i}", "label": "music", "fold": 0} for i in range(SONGS)]
    for song in songs:
        for stem in stems:
            song[stem] = f"{song['song']}-{stem}"
            clip = music_like(SR, 30.0, rng)
            source_store[song[stem]] = _store(folder, song[stem], clip, rng.uniform(80, 160))
    noise = [{"path": f"noise{i}", "fold": 0} for i in range(NOISES)]
    for row in noise:
        clip = 0.1 * rng.standard_normal(5 * SR)
        source_store[row["path"]] = _store(folder, row["path"], clip, float("nan"))
    return pd.DataFrame(songs), pd.DataFrame(noise), source_store


def _store(folder, name, clip, tempo):
    file = Path(folder, f"{name}.i16")
    np.round(np.clip(clip, -1, 1) * 32767).astype("<i2").tofile(file)
    return AudioSource(str(file), len(clip), tempo, 1.0, name)


def sample(songs, noise, source_store, count, seconds, **changes):
    """Sample mashups of a given duration, with the default settings except for some."""
    settings = replace(
        Settings(durations=((1.0, seconds, seconds),), rate_range=(0.5, 2)), **changes
    )
    recipes = sample_recipes(songs, noise, source_store, settings, per_class=count, seed=0)
    return [Mashup.from_recipe(recipe, source_store) for recipe in recipes]


def steps(mashup):
    """Return the steps of rendering a mashup, as functions without parameters by name."""
    recipe, sources = mashup.recipe, mashup.sources
    stems = list(zip(recipe.stems, sources, strict=False))
    mapped = [source.open() for source in sources]
    mix = mix_sources(recipe, sources)
    buffer = np.zeros_like(mix)

    def varispeed():
        for (part, _), samples in zip(stems, mapped, strict=False):
            add_varispeed(buffer, samples, recipe.start, part.rate, np.float32(part.gain))

    def add():
        for samples in mapped:
            add_scaled(buffer[: len(samples)], samples, np.float32(0.5))

    return {
        "read": lambda: [int(source.open()[::2048].sum()) for source in sources],
        "varispeed of all stems": varispeed,
        "mix without change of speed": add,
        "normalise to the peak": lambda: normalise(mix, "peak", 1.0, SR),
        "quantise": lambda: quantise(mix),
    }


def take_turns(functions, rounds):
    """Return the median seconds of each function; they take turns, so that load affects all."""
    times = {name: [] for name in functions}
    for turn in range(rounds + 1):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            # The first turn compiles kernels and fills caches.
            if turn:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(seconds) for name, seconds in times.items()}


def measure_modes(material, options):
    """Return mashups per second in each mode."""
    batches = {
        name: sample(*material, options.count, options.seconds, **changes)
        for name, changes in MODES.items()
    }
    functions = {
        name: lambda batch=batch: [mashup.to_int16() for mashup in batch]
        for name, batch in batches.items()
    }
    times = take_turns(functions, options.rounds)
    return {name: options.count / seconds for name, seconds in times.items()}


def measure_torch(material, options):
    """Return mashups per second by torch: waveforms, and waveforms with their log-mel."""
    import torch

    batch = sample(*material, options.batch, options.seconds)
    packed = PackedSources.from_sources(material[-1].values(), options.device)

    def finish(work):
        def run():
            work()
            if options.device != "cpu":
                torch.cuda.synchronize()

        return run

    mels = MelSettings(SR)
    functions = {
        "waveforms": finish(lambda: render_batch(batch, packed)),
        "waveforms and log-mel": finish(lambda: log_mel_batch(render_batch(batch, packed), mels)),
    }
    times = take_turns(functions, options.rounds)
    return {name: options.batch / seconds for name, seconds in times.items()}


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="length of a mashup (10)")
    parser.add_argument("--count", type=int, default=10, help="mashups of each mode (10)")
    parser.add_argument("--rounds", type=int, default=5, help="turns each takes (5)")
    parser.add_argument("--device", help="measure torch on this device too: cpu or cuda")
    parser.add_argument("--batch", type=int, default=32, help="mashups at a time by torch (32)")
    parser.add_argument("--json", type=Path, help="write the numbers to this file too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        material = make_sources(folder)
        results = {"mashups per second": measure_modes(material, options)}
        one = steps(sample(*material, 1, options.seconds)[0])
        results["ms per mashup"] = {
            k: 1e3 * s for k, s in take_turns(one, 10 * options.rounds).items()
        }
        if options.device:
            results[f"mashups per second, torch on {options.device}"] = measure_torch(
                material, options
            )
    for title, rows in results.items():
        print(f"\n{title} ({options.seconds:g} s at {SR} Hz)")
        for name, value in rows.items():
            print(f"  {name:40}{value:10.2f}" if value < 10 else f"  {name:40}{value:10.0f}")
    if options.json:
        about = {"seconds": options.seconds, "batch": options.batch, "cpu": platform.processor()}
        options.json.write_text(json.dumps({**about, "results": results}, indent=2) + "\n")


if __name__ == "__main__":
    main()
