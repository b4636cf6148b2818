"""From recipes to rows of features: mashups rendered and described per second, and memory.

    python benchmarks/rows.py demo-out/data --cache DIR

Run after ``make demo``. Mashups of 20 s of wide settings are rendered and described by all families
in one process and in two, in turn. CPU time is that of one process, so that other load on the
machine does not count.
"""

import argparse
import resource
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import psutil
from study import sample_clips

from stemstack.features import extract

_IMPORT = """
import time
start = time.perf_counter()
import stemstack.features.extraction
print(time.perf_counter() - start)
"""


def seconds_for(clips, jobs):
    """Return seconds on the clock and of CPU for the features of all clips."""
    start, cpu = time.perf_counter(), _cpu_seconds()
    extract(clips, families="all", n_jobs=jobs)
    return time.perf_counter() - start, _cpu_seconds() - cpu


def _cpu_seconds():
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime


@contextmanager
def worker_memory():
    """Yield a dict of the largest ``rss`` and ``pss`` of a worker process so far, in MB."""
    largest, done = {"rss": 0.0, "pss": 0.0}, threading.Event()

    def watch():
        while not done.wait(0.2):
            for child in psutil.Process().children():
                with suppress(psutil.Error):
                    info = child.memory_full_info()
                    for name in largest:
                        largest[name] = max(largest[name], getattr(info, name) / 2**20)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield largest
    finally:
        done.set()
        thread.join()


def import_seconds():
    """Return the time of the imports of a worker process, the fastest of three."""
    calls = [
        subprocess.run([sys.executable, "-c", _IMPORT], capture_output=True, check=True)
        for _ in range(3)
    ]
    return min(float(call.stdout) for call in calls)


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, required=True, help="folder for stems")
    parser.add_argument("--per-class", type=int, default=40, help="mashups (40)")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    settings = {"mixture": "wide", "durations": ((1.0, 20.0, 20.0),)}
    options = {"seed": 0, "per_class": args.per_class, "cache": args.cache}
    clips, *_ = sample_clips(args.data, settings=settings, **options)
    extract(clips[:4], families="all", n_jobs=1)
    turns = [(*seconds_for(clips, 1), seconds_for(clips, 2)[0]) for _ in range(args.rounds)]
    alone, cpu, together = np.median(turns, axis=0)
    print(f"{len(clips)} mashups of 20 s, all families, median of {args.rounds} rounds")
    print(f"1 process    {len(clips) / alone:6.1f} rows/s, {len(clips) / cpu:6.1f} per s of CPU")
    print(f"2 processes  {len(clips) / together:6.1f} rows/s")
    with worker_memory() as memory:
        seconds_for(clips, 2)
    print("largest of two workers: {rss:.0f} MB, {pss:.0f} MB if shared pages are".format(**memory))
    print(f"divided; imports of a worker that is not forked: {import_seconds():.2f} s")


if __name__ == "__main__":
    main()
