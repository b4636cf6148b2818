"""Scaling of extraction: a folder of clips by one process and by two, and their memory.

Run ``python benchmarks/batch.py`` for 1,000 clips of 30 s. The two take turns; the whole call is
timed, including the start of the processes. The limit of the machine is measured too: the same
kernels over one clip in memory, in one bare process and in two that share nothing.
"""

import argparse
import json
import multiprocessing
import os
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
from signals import music_like

from stemstack.features import Extractor, extract_batches

SR = 22050
_DISTINCT = 20


def make_folder(folder, count, seconds):
    """Fill a folder with clips: a few recordings under many names, as links."""
    paths = []
    for number in range(count):
        path = Path(folder, f"{number:06d}.wav")
        if number < _DISTINCT:
            clip = music_like(SR, seconds, np.random.default_rng(number))
            soundfile.write(path, clip, SR, subtype="PCM_16")
        else:
            os.link(paths[number % _DISTINCT], path)
        paths.append(path)
    return paths


def seconds_for(paths, jobs):
    """Time one extraction of all clips, from the call to the last row."""
    start = time.perf_counter()
    rows = sum(len(features) for features, _ in extract_batches(paths, Extractor(), n_jobs=jobs))
    if rows != len(paths):
        raise RuntimeError(f"Got {rows} rows for {len(paths)} clips")
    return time.perf_counter() - start


def bare_seconds(n_processes, count):
    """Time the kernels alone, in forked processes that read and return nothing."""
    extractor, clip = Extractor(), music_like(SR)
    share = count // n_processes
    context = multiprocessing.get_context("fork")
    start = time.perf_counter()
    processes = [
        context.Process(target=lambda: [extractor(clip) for _ in range(share)])
        for _ in range(n_processes)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return time.perf_counter() - start


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=30.0, help="length of a clip (30)")
    parser.add_argument("--rounds", type=int, default=3, help="number of rounds (3)")
    parser.add_argument("--json", type=Path, help="write the numbers to this file too")
    options = parser.parse_args()
    Extractor()(np.zeros(SR, np.float32))
    with tempfile.TemporaryDirectory() as folder:
        paths = make_folder(folder, options.clips, options.seconds)
        timings = [(seconds_for(paths, 1), seconds_for(paths, 2)) for _ in range(options.rounds)]
    bare = [(bare_seconds(1, 200), bare_seconds(2, 200)) for _ in range(options.rounds)]
    ceiling = float(np.median([one / two for one, two in bare]))
    ratio = float(np.median([one / two for one, two in timings]))
    alone, together = np.median(timings, axis=0)
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{options.clips} clips of {options.seconds:g} s, median of {options.rounds} rounds")
    print(f"1 job   {alone:7.1f} s {options.clips / alone:8.1f} clips/s")
    print(f"2 jobs  {together:7.1f} s {options.clips / together:8.1f} clips/s  {ratio:.2f} x")
    print(f"two bare processes on this machine: {ceiling:.2f} x one")
    print(f"largest worker: {worker:.0f} MB resident, most of it shared with the parent on Linux")
    if options.json:
        about = {"clips": options.clips, "seconds": options.seconds, "turns": timings}
        numbers = {**about, "ratio": ratio, "ceiling": ceiling, "worker_mb": worker}
        options.json.write_text(json.dumps(numbers, indent=2) + "\n")


if __name__ == "__main__":
    main()
