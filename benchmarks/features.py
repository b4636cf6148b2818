"""How fast the feature extractor is: every contender in one process and thread, taking turns.

Run ``python benchmarks/features.py`` for the table, ``--json FILE`` for the numbers. audioflux,
Essentia and openSMILE join when they are installed; their feature sets differ and are named.
"""

import argparse
import json
import platform
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import scipy.fft
import soundfile
from others import other_extractors
from reference import careful_rows, features, ordinary_rows
from signals import music_like
from threadpoolctl import threadpool_limits

from stemstack.audio import read_clip
from stemstack.features import Extractor

SR = 22050


def floor(path):
    """Read, frame, window and transform (float32, by SciPy): what any extractor has to do."""
    samples = np.pad(read_clip(path), 1024)
    frames = np.lib.stride_tricks.sliding_window_view(samples, 2048)[::512]
    return scipy.fft.rfft(frames * np.hanning(2048).astype(np.float32), axis=1)


def contenders():
    """Name what is compared: each takes a path and describes the clip."""
    librosa_like, fast = Extractor(), Extractor(precision="fast")
    every = Extractor(families="all")
    return {
        "stemstack": lambda path: librosa_like(read_clip(path)),
        "stemstack fast": lambda path: fast(read_clip(path)),
        "stemstack, all families": lambda path: every(read_clip(path)),
        "librosa, ordinary": lambda path: features(ordinary_rows(read_clip(path), SR)),
        "librosa, one spectrum": lambda path: features(careful_rows(read_clip(path), SR)),
        "floor": floor,
        **other_extractors(),
    }


def take_turns(functions, path, rounds):
    """Time each function once a round, so that a busy spell of the machine falls on all alike."""
    first = {}
    for name, function in functions.items():
        first[name] = _seconds(function, path)
    times = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            # Untimed once: each finds caches and memory as it left them, as in a batch of its own.
            function(path)
            times[name].append(_seconds(function, path))
    return first, times


def _seconds(function, path):
    start = time.perf_counter()
    function(path)
    return time.perf_counter() - start


def report(first, times):
    """Sum the times up: best and median in ms, and how many times ordinary librosa's speed."""
    # Ratios are taken round by round, so that the machine's mood cancels.
    yardstick = times["librosa, ordinary"]
    return {
        name: {
            "best_ms": 1e3 * min(seconds),
            "median_ms": 1e3 * statistics.median(seconds),
            "first_call_s": first[name],
            "times_librosa": statistics.median(
                y / s for y, s in zip(yardstick, seconds, strict=True)
            ),
        }
        for name, seconds in times.items()
    }


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="length of the clip (30)")
    parser.add_argument("--rounds", type=int, default=20, help="turns each takes (20)")
    parser.add_argument("--json", type=Path, help="write the numbers to this file too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        path = Path(folder) / "clip.wav"
        soundfile.write(path, music_like(SR, options.seconds), SR, subtype="PCM_16")
        table = report(*take_turns(contenders(), path, options.rounds))
    print(f"{options.seconds:g} s at {SR} Hz, one thread, {options.rounds} rounds")
    print(f"{'':36}{'best ms':>9}{'median ms':>11}{'x librosa':>11}{'first call s':>14}")
    for name, row in table.items():
        print(
            f"{name:36}{row['best_ms']:9.1f}{row['median_ms']:11.1f}"
            f"{row['times_librosa']:11.1f}{row['first_call_s']:14.2f}"
        )
    if options.json:
        about = {"seconds": options.seconds, "rounds": options.rounds, "cpu": platform.processor()}
        options.json.write_text(json.dumps({**about, "results": table}, indent=2) + "\n")


if __name__ == "__main__":
    main()
