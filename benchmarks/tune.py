"""Whether tuning finds hidden settings, and what that is worth.

Run ``python benchmarks/tune.py demo-out/data --cache DIR`` after ``make demo``. For each of several
secrets the songs are divided: from one part test mashups are made by settings A, drawn at random;
the other part is what ``tune`` sees, which begins with the defaults and knows no label. Told are
A's main parameters beside those found, within tolerances fixed beforehand; the AUC between mashups
and test clips before and after; and the macro F1 on the test clips of ``lr`` and ``lgbm`` trained
on mashups by the defaults and by the settings found. Nothing is left out: a secret that was not
found is a row like the others.
"""

import argparse
import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from study import draw_clips, features_of, heads, score, side_by_side

from stemstack.datasets import NOISE_FOLDER, SONGS_FOLDER, read_data
from stemstack.domain_shift.tuning.search import KNOBS, apply
from stemstack.domain_shift.tuning.tune import TuneBudget, tune_settings
from stemstack.mashups import Mashup, Settings, write_mashups
from stemstack.runs import Config, sample_training
from stemstack.utils.progress import NullProgress

# Half-widths, in the parameter's own unit; a mode must be the same.
TOLERANCES = {
    "tempo": 0,
    "noise probability": 0.2,
    "noise gain (dB)": 4.0,
    "low-pass probability": 0.2,
    "cutoff (octaves)": 0.5,
    "overdrive (dB)": 2.0,
}


def draw_secret(seed, tempo_modes):
    """Draw settings A at random: all that tuning can come to, and stem gains, which it leaves."""
    rng = np.random.default_rng(seed)
    parameters = {knob.name: knob.value(rng.random()) for knob in KNOBS}
    gains = {"gain_probability": rng.random(), "gain": (rng.uniform(0.1, 1), 1)}
    mode = str(rng.choice(tempo_modes))
    return apply(Settings(**gains), {"tempo": mode, **parameters})


def main_parameters(settings):
    """Give what is compared; NaN for the level of what is hardly ever there."""
    noise = settings.noise_probability if settings.noise_count[1] else 0.0
    cutoff = np.log2(settings.lowpass).mean()
    level = 20 * np.log10(np.mean(settings.noise_gain) * np.mean(settings.noise_count))
    return {
        "tempo": settings.tempo,
        "noise probability": noise,
        "noise gain (dB)": level if noise >= 0.2 else np.nan,
        "low-pass probability": settings.lowpass_probability,
        "cutoff (octaves)": cutoff if settings.lowpass_probability >= 0.2 else np.nan,
        "overdrive (dB)": settings.overdrive[1],
    }


def recovery(secret, found):
    """Tell for each main parameter of the secret whether it was found; None where it has none."""
    truth, ours = main_parameters(secret), main_parameters(found)
    hits = {}
    for name, tolerance in TOLERANCES.items():
        if isinstance(truth[name], str):
            hits[name] = truth[name] == ours[name]
        elif np.isnan(truth[name]):
            hits[name] = None
        else:
            hits[name] = bool(abs(truth[name] - ours[name]) <= tolerance)
    return hits


def divide(data, folder, seed, share):
    """Lay out two data sets of links: songs to tune and train with, and songs for the test."""
    rng = np.random.default_rng(seed)
    parts = (folder / "own", folder / "hidden")
    for label in sorted(path for path in (data / SONGS_FOLDER).iterdir() if path.is_dir()):
        songs = sorted(label.iterdir())
        order = rng.permutation(len(songs))
        for place, i in enumerate(order):
            part = parts[place >= round(share * len(songs))]
            link = part / SONGS_FOLDER / label.name / songs[i].name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(songs[i])
    for part in parts:
        (part / NOISE_FOLDER).symlink_to(data / NOISE_FOLDER)
    return parts


def write_test(own, hidden, settings, options, seed):
    """Render test mashups of the hidden songs into the data set to tune; give their labels."""
    n_classes = len(read_data(hidden).classes)
    config = Config(
        str(hidden),
        folds=2,
        seed=seed,
        settings=settings.to_dict(),
        mashups_per_genre=max(2, options.test // n_classes),
    )
    draw = sample_training(read_data(hidden), config, **places(options))
    names = [f"mashups/{i:05d}.wav" for i in range(len(draw.recipes))]
    mashups = [Mashup.from_recipe(recipe, draw.pool.source_store) for recipe in draw.recipes]
    write_mashups(mashups, [own / name for name in names], n_jobs=options.jobs)
    pd.DataFrame({"id": names, "filename": names}).to_csv(own / "test.csv", index=False)
    labels = np.array([recipe.label for recipe in draw.recipes], dtype=object)
    return [str(own / name) for name in names], labels


def train_and_score(own, test, labels, settings, options, seed):
    """Macro F1 on the test clips of the models trained on mashups by some settings."""
    clips, y, fold = draw_clips(
        own,
        seed=seed,
        per_class=options.per_class,
        cache=options.cache,
        folds=options.folds,
        settings=settings.to_dict(),
    )
    X, X_test = (features_of(some, options.cache, options.families) for some in (clips, test))
    calls = [(model, X, y, fold, X_test, labels) for model in heads().values()]
    scores = side_by_side(score, calls, options.jobs)
    return {name: on_test for name, (_, on_test) in zip(heads(), scores, strict=True)}


def measure(options, seed):
    """Hide one secret, tune, and give the row of the table."""
    with tempfile.TemporaryDirectory(dir=options.work) as folder:
        own, hidden = divide(options.data.resolve(), Path(folder), seed, options.share)
        plan = replace(plan_of(options), seed=seed)
        secret = draw_secret(seed, plan.tempo_modes)
        test, labels = write_test(own, hidden, secret, options, seed)
        record = Path(folder, "tune.search")
        tuning = tune_settings(read_data(own), Settings(), plan, record=record, **places(options))
        f1 = {
            name: train_and_score(own, test, labels, settings, options, seed)
            for name, settings in (
                ("default", Settings()),
                ("tuned", tuning.settings),
                ("secret", secret),
            )
        }
    return {
        "seed": seed,
        "secret": main_parameters(secret),
        "found": main_parameters(tuning.settings),
        "hits": recovery(secret, tuning.settings),
        "auc": {"before": tuning.before.auc, "after": tuning.after.auc},
        "floor": tuning.after.floor,
        "chosen": tuning.finalists[0].name,
        "f1": f1,
    }


def plan_of(options):
    """Read the plan off the options."""
    return TuneBudget(
        budget=options.budget,
        pilots=options.pilots,
        clips=options.clips,
        finalists=options.finalists,
        gap_clips=options.gap_clips,
        folds=options.folds,
    )


def places(options):
    """Give where things are kept and how many processes work."""
    return {"cache": options.cache, "n_jobs": options.jobs, "progress": NullProgress()}


def show(rows):
    """Print the tables: parameters secret by secret, hits, AUC and F1 with mean and spread."""
    pd.set_option("display.width", 200, "display.max_columns", None)
    pairs = {(row["seed"], side): row[side] for row in rows for side in ("secret", "found")}
    print(pd.DataFrame(pairs).T.convert_dtypes().to_string(float_format="{:.2f}".format))
    hits = pd.DataFrame([row["hits"] for row in rows])
    print("\nwithin tolerance, of the secrets that have the parameter:")
    for name, tolerance in TOLERANCES.items():
        known = hits[name].dropna()
        print(f"  {name:22} ±{tolerance:<4} {int(known.sum())} of {len(known)}")
    numbers = {("AUC", side): [row["auc"][side] for row in rows] for side in ("before", "after")}
    numbers["AUC", "floor"] = [row["floor"] for row in rows]
    for model in heads():
        for data in rows[0]["f1"]:
            numbers[model, data] = [row["f1"][data][model] for row in rows]
        difference = np.subtract(numbers[model, "tuned"], numbers[model, "default"])
        numbers[model, "gain"] = difference.tolist()
    table = pd.DataFrame(numbers, index=[row["seed"] for row in rows])
    table.loc["mean"], table.loc["spread"] = table.mean(), table.std()
    print("\nAUC between synthetic and test clips, and macro F1 on the test clips:")
    print(table.to_string(float_format="{:.3f}".format))


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, required=True, help="folder for stems and features")
    parser.add_argument("--work", type=Path, help="folder for what is made on the way")
    parser.add_argument("--secrets", type=int, default=5, help="how many (5)")
    parser.add_argument("--seed", type=int, default=0, help="of the first secret (0)")
    parser.add_argument("--share", type=float, default=0.6, help="of songs to tune with (0.6)")
    parser.add_argument("--test", type=int, default=100, help="test mashups (100)")
    parser.add_argument("--per-class", type=int, default=30, help="training mashups a class (30)")
    parser.add_argument("--folds", type=int, default=2, help="of songs (2)")
    parser.add_argument("--pilots", type=int, default=TuneBudget.pilots)
    parser.add_argument("--budget", type=int, default=TuneBudget.budget)
    parser.add_argument("--clips", type=int, default=TuneBudget.clips, help="mashups a trial")
    parser.add_argument("--finalists", type=int, default=TuneBudget.finalists)
    parser.add_argument("--gap-clips", type=int, default=200, help="of the real test (200)")
    parser.add_argument("--families", default="standard", help="of the models")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--json", type=Path, help="write every row to this file")
    options = parser.parse_args()
    rows = []
    for seed in range(options.seed, options.seed + options.secrets):
        rows.append(measure(options, seed))
        if options.json:
            options.json.write_text(json.dumps(rows, indent=1) + "\n")
    show(rows)


if __name__ == "__main__":
    main()
