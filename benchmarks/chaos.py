"""Commands that are killed at random moments: resumed results must equal undisturbed ones.

Run ``python benchmarks/chaos.py --kinds fit,features --kills 10`` for a table with one row per kind
of command. Each command first runs undisturbed. Then it is started again, killed by ``kill -9``
after a random part of that time, and resumed, until it was killed so often; a command that finishes
before is compared and started from nothing, with an empty cache. The files it wrote must equal the
undisturbed ones byte for byte, except for times; no worker process may stay longer than the next
start takes, and no temporary file. Exit code 1 if anything differs.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

CALL = "import sys; from stemstack.commands import main; sys.exit(main())"
SMALL = ("--folds", "2", "--mashups-per-genre", "8")
CLASSICAL = ("--models", "lr(families=rms),lgbm(families=rms,n_estimators=20)")
NET = ("--models", "effnet", "--backbone", "cnn_tiny", "--weights", "none", "--epochs", "2")
TUNE = ("--pilots", "20", "--rounds", "2", "--n", "20")
# Files that hold times, or are drawn from them.
TIMES = ("costs.json", "report.html", "match.json")
# Seconds until workers of a killed command are gone, on a busy machine.
PATIENCE = 60


@dataclass(frozen=True)
class Kind:
    """A kind of command.

    Parameters
    ----------
    arguments : tuple of str
        ``{data}``, ``{out}``, and ``{run}`` and ``{other}``, two finished runs, are filled in.
    out : str
        The file or folder that it writes.
    resume : tuple of str
        Added when it is started again.
    once : bool
        Whether it must not be started again when ``out`` exists, for it appears complete.
    """

    arguments: tuple
    out: str = "RUN"
    resume: tuple = ()
    once: bool = False
    options: tuple = ("--jobs", "2")


_FIT = ("fit", "--data", "{data}", "--out", "{out}", *SMALL)
KINDS = {
    "fit": Kind((*_FIT, *CLASSICAL), resume=("--resume",)),
    "network": Kind((*_FIT, *NET), resume=("--resume",)),
    "cluster": Kind((*_FIT, *CLASSICAL, "--scheduler", "local:2"), resume=("--resume",)),
    "stack": Kind(("stack", "{run}", "{other}", "--out", "{out}"), once=True, options=()),
    "pseudo-label": Kind(
        ("pseudo-label", "{run}", "--out", "{out}", "--confidence", "0.3"), once=True
    ),
    "merge": Kind(("ledger", "merge", "{run}", "{other}", "--out", "{out}"), once=True, options=()),
    "features": Kind(("features", "{data}", "--families", "all", "--out", "{out}"), "f.parquet"),
    "mash": Kind(("mash", "{data}", "--n", "300", "--folds", "2", "--out", "{out}"), "MASHUPS"),
    "tune": Kind(("tune", "{data}", "--folds", "2", *TUNE, "--out", "{out}"), "settings.yaml"),
}


@dataclass
class Result:
    """What happened to a kind of command."""

    kills: int = 0
    finished: int = 0
    faults: list = field(default_factory=list)
    slowest_exit: float = 0.0

    def row(self, seconds):
        """Return the row of the table."""
        return {
            "undisturbed, s": round(seconds, 1),
            "kills": self.kills,
            "resumed to the end": self.finished,
            "workers gone after, s": round(self.slowest_exit, 1),
            "faults": "; ".join(self.faults) or "none",
        }


class Trial:
    """One working folder: a command is started in it, killed and resumed."""

    def __init__(self, kind, folder, inputs):
        self.kind, self.folder = kind, folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.out, self._started = folder / kind.out, 0
        self._inputs = {**inputs, "out": self.out}

    def start(self):
        """Start the command, or resume it."""
        arguments = [text.format(**self._inputs) for text in self.kind.arguments]
        if "stack" not in arguments and "ledger" not in arguments:
            arguments += ["--cache", str(self.folder / "cache")]
        arguments += [*self.kind.options, "--quiet", *(self.kind.resume if self._started else ())]
        self._started += 1
        with (self.folder / "log").open("a") as log:
            return subprocess.Popen(
                [sys.executable, "-c", CALL, *arguments], stdout=log, stderr=log
            )

    def run(self):
        """Run the command to its end; return the seconds it took."""
        started = time.monotonic()
        if self.kind.once and self.out.exists():
            return 0.0
        code = self.start().wait()
        if code:
            log = (self.folder / "log").read_text()
            raise RuntimeError(f"exit code {code}: {log.strip().splitlines()[-1:]}")
        return time.monotonic() - started

    def files(self):
        """Return the content of each file, by relative path."""
        paths = [p for p in sorted(self.out.rglob("*")) if p.is_file()] or [self.out]
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in paths
            if path.name not in TIMES
        }

    def temporary_files(self):
        """Return the temporary files that are left."""
        return [p.name for p in self.folder.rglob(".*") if p != self.folder]


def kill(process, delay):
    """Kill a command after a delay; return whether it still ran, and its worker processes."""
    try:
        process.wait(delay)
        return False, []
    except subprocess.TimeoutExpired:
        workers = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait()
        return True, workers


def wait_until_gone(processes, timeout):
    """Wait for processes that are not children of this one; return those that still run."""
    deadline = time.monotonic() + timeout
    # Without a process that reaps orphans, one that has ended stays as a zombie.
    while (running := [p for p in processes if _runs(p)]) and time.monotonic() < deadline:
        time.sleep(0.1)
    return running


def _runs(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def compare(trial, whole):
    """Return what differs between a resumed command and an undisturbed one."""
    files, expected = trial.files(), whole.files()
    faults = [f"{name} is missing" for name in expected.keys() - files.keys()]
    faults += [f"{name} is left over" for name in files.keys() - expected.keys()]
    faults += [f"{n} differs" for n in expected.keys() & files.keys() if files[n] != expected[n]]
    return faults + [f"{name} is left over" for name in trial.temporary_files()]


def disturb(kind, folder, inputs, n_kills, rng, max_seconds):
    """Kill and resume one kind of command; return the undisturbed time and the result."""
    whole, result = Trial(kind, folder / "whole", inputs), Result()
    seconds = whole.run()
    deadline = time.monotonic() + max_seconds
    while result.kills < n_kills and time.monotonic() < deadline:
        trial = Trial(kind, folder / "killed", inputs)
        # Up to four kills, some of which come after the end.
        for _ in range(min(4, n_kills - result.kills)):
            if kind.once and trial.out.exists():
                break
            ran, workers = kill(trial.start(), rng.uniform(0.1, 1) * seconds)
            if not ran:
                break
            result.kills += 1
            started = time.monotonic()
            alive = wait_until_gone(workers, PATIENCE)
            result.slowest_exit = max(result.slowest_exit, time.monotonic() - started)
            result.faults += [f"worker stays: {' '.join(p.cmdline()[-2:])}" for p in alive]
        try:
            trial.run()
        except RuntimeError as error:
            result.faults.append(str(error))
            continue
        result.finished += 1
        result.faults += compare(trial, whole)
    return seconds, result


def make_inputs(folder, data, kinds):
    """Fit the two runs that some kinds start from; render a small data set if none is given."""
    if data is None:
        data = folder / "data"
        size = ("--songs-per-genre", "2", "--seconds", "3", "--sr", "22050", "--mono")
        _run("demo-data", data, *size, "--test-per-genre", "2", "--jobs", "2")
    inputs = {"data": data, "run": folder / "RUN", "other": folder / "OTHER"}
    if not any("{run}" in kind.arguments for kind in kinds):
        return inputs
    for name, models in (("run", CLASSICAL), ("other", ("--models", "heuristic"))):
        cache = ("--cache", folder / "cache", "--jobs", "2")
        _run("fit", "--data", data, "--out", inputs[name], *SMALL, *models, *cache)
    return inputs


def _run(*arguments):
    call = [sys.executable, "-c", CALL, *map(str, arguments), "--quiet"]
    subprocess.run(call, check=True, stdout=subprocess.DEVNULL)


def main(arguments=None):
    """Print the table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kinds", default=",".join(KINDS), help="comma-separated")
    parser.add_argument("--kills", type=int, default=10, help="of each kind")
    parser.add_argument("--minutes", type=float, default=10, help="time limit of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", type=Path, help="competition folder; a small demo by default")
    options = parser.parse_args(arguments)
    rows = {}
    with tempfile.TemporaryDirectory(prefix="chaos-") as work:
        folder = Path(work)
        names = options.kinds.split(",")
        data = options.data and options.data.absolute()
        inputs = make_inputs(folder / "inputs", data, [KINDS[name] for name in names])
        for number, name in enumerate(names):
            rng = np.random.default_rng([options.seed, number])
            limit = 60 * options.minutes
            arguments = KINDS[name], folder / name, inputs, options.kills, rng, limit
            seconds, result = disturb(*arguments)
            rows[name] = result.row(seconds)
            print(f"{name}: {rows[name]}", file=sys.stderr, flush=True)
    print(pd.DataFrame.from_dict(rows, orient="index").to_string())
    return int(any(row["faults"] != "none" for row in rows.values()))


if __name__ == "__main__":
    sys.exit(main())
