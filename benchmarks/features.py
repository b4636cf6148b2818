"""Speed of feature extraction: every contender in one process and thread, in turn.

Run ``python benchmarks/features.py`` for the table, ``--json FILE`` for the numbers. audioflux,
Essentia and openSMILE are included when installed; their feature sets differ.
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
from reference import librosa_rows, librosa_rows_of_one_spectrum, reference_features
from signals import music_like
from threadpoolctl import threadpool_limits

from stemstack.audio import read_clip
from stemstack.features import Extractor

SR = 22050


def floor(path):
    """Read, frame, window and transform (float32, by SciPy): the minimum for any extractor."""
    samples = np.pad(read_clip(path), 1024)
    frames = np.lib.stride_tricks.sliding_window_view(samples, 2048)[::512]
    return scipy.fft.rfft(frames * np.hanning(2048).astype(np.float32), axis=1)


def contenders():
    """Return the contenders by name: each takes a path and computes the features of the clip."""
    librosa_like, fast = Extractor(), Extractor(precision="fast")
    all_families = Extractor(families="all")
    return {
        "stemstack": lambda path: librosa_like(read_clip(path)),
        "stemstack fast": lambda path: fast(read_clip(path)),
        "stemstack, all families": lambda path: all_families(read_clip(path)),
        "librosa, ordinary": lambda path: reference_features(librosa_rows(read_clip(path), SR)),
        "librosa, one spectrum": lambda path: reference_features(
            librosa_rows_of_one_spectrum(read_clip(path), SR)
        ),
        "floor": floor,
        **other_extractors(),
    }


def take_turns(functions, path, rounds):
    """Time each function once per round, so that other load on the machine affects all alike."""
    first = {}
    for name, function in functions.items():
        first[name] = _seconds(function, path)
    times = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            # An untimed call first, so that caches and memory are as in a batch of this function.
            function(path)
            times[name].append(_seconds(function, path))
    return first, times


def _seconds(function, path):
    start = time.perf_counter()
    function(path)
    return time.perf_counter() - start


def report(first, times):
    """Return best and median time in ms, and ratios to librosa and to the standard families."""
    return {
        name: {
            "best_ms": 1e3 * min(seconds),
            "median_ms": 1e3 * statistics.median(seconds),
            "first_call_s": first[name],
            "times_librosa": _ratio(times["librosa, ordinary"], seconds),
            "time_over_standard": _ratio(seconds, times["stemstack"]),
        }
        for name, seconds in times.items()
    }


def _ratio(numerators, denominators):
    """Return the median of ratios by round, in which other load on the machine cancels."""
    return statistics.median(n / d for n, d in zip(numerators, denominators, strict=True))


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="length of the clip (30)")
    parser.add_argument("--rounds", type=int, default=20, help="number of rounds (20)")
    parser.add_argument("--json", type=Path, help="write the numbers to this file too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        path = Path(folder) / "clip.wav"
        soundfile.write(path, music_like(SR, options.seconds), SR, subtype="PCM_16")
        table = report(*take_turns(contenders(), path, options.rounds))
    print(f"{options.seconds:g} s at {SR} Hz, one thread, {options.rounds} rounds")
    header = f"{'':36}{'best ms':>9}{'median ms':>11}{'x librosa':>11}{'/ standard':>12}"
    print(f"{header}{'first call s':>14}")
    for name, row in table.items():
        print(
            f"{name:36}{row['best_ms']:9.1f}{row['median_ms']:11.1f}"
            f"{row['times_librosa']:11.1f}{row['time_over_standard']:12.2f}"
            f"{row['first_call_s']:14.2f}"
        )
    if options.json:
        about = {"seconds": options.seconds, "rounds": options.rounds, "cpu": platform.processor()}
        options.json.write_text(json.dumps({**about, "results": table}, indent=2) + "\n")


if __name__ == "__main__":
    main()
