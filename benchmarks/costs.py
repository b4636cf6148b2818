"""Costs of extraction other than time per clip: memory, long clips, and the first call.

Run ``python benchmarks/costs.py``. Memory and first calls are of fresh processes; kernels are
compiled into a temporary folder, so that the first process finds none.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
from signals import music_like
from threadpoolctl import threadpool_limits

from stemstack.features import Extractor

SR = 22050

_FIRST_CALL = """
import sys, time
start = time.perf_counter()
from stemstack.audio import read_clip
from stemstack.features import Extractor
imported = time.perf_counter()
Extractor()(read_clip(sys.argv[1]))
print(imported - start, time.perf_counter() - imported)
"""
_MEMORY = """
import resource, sys
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
from stemstack.audio import read_clip
from stemstack.features import Extractor
imported = peak()
extractor = Extractor(families=sys.argv[2])
for _ in range(20):
    extractor(read_clip(sys.argv[1]))
print(imported, peak())
"""


def in_fresh_process(script, *arguments, kernels):
    """Run a script that prints two numbers; ``kernels`` is numba's cache folder."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(kernels), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return [float(number) for number in done.stdout.split()]


def time_durations(seconds, rounds=5):
    """Return the best time for a clip of each length, in ms per second of audio."""
    extractor = Extractor()
    clips = {length: music_like(SR, length) for length in seconds}
    best = dict.fromkeys(clips, np.inf)
    for turn in range(rounds + 1):
        for length, clip in clips.items():
            start = time.perf_counter()
            extractor(clip)
            if turn:
                best[length] = min(best[length], 1e3 * (time.perf_counter() - start) / length)
    return best


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the numbers to this file too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        clip, kernels = Path(folder, "clip.wav"), Path(folder, "kernels")
        soundfile.write(clip, music_like(SR), SR, subtype="PCM_16")
        calls = {
            when: in_fresh_process(_FIRST_CALL, clip, kernels=kernels)
            for when in ("nothing compiled yet", "compiled by another process")
        }
        memory = {
            families: in_fresh_process(_MEMORY, clip, families, kernels=kernels)
            for families in ("standard", "all")
        }
        # Again: the first call compiled the kernels of all families, later ones load them.
        memory["all"] = in_fresh_process(_MEMORY, clip, "all", kernels=kernels)
        durations = time_durations((5, 30, 120, 600))
    print("first call in a fresh process, s      imports  first clip")
    for when, (imports, first) in calls.items():
        print(f"  {when:34}{imports:9.2f}{first:12.2f}")
    print("peak memory of a process, MB        after imports  after 20 clips")
    for families, (imported, peak) in memory.items():
        print(f"  families={families!r:26}{imported:12.0f}{peak:16.0f}")
    print("clip, s    ms per second of audio")
    for length, cost in durations.items():
        print(f"{length:7}{cost:17.2f}")
    if options.json:
        numbers = {"first_call_s": calls, "memory_mb": memory, "ms_per_second": durations}
        options.json.write_text(json.dumps(numbers, indent=2) + "\n")


if __name__ == "__main__":
    main()
