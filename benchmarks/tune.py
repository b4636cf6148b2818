"""Recovery of hidden settings by tuning, and its effect on macro F1.

Run ``python benchmarks/tune.py demo-out/data --cache DIR`` after ``make demo``. For each of several
hidden settings, the songs are divided: test mashups of one part are rendered with random settings;
``tune`` has the other part, starts from the defaults, and has no labels. The tables compare the
main hidden parameters with those found, within tolerances fixed in advance; the AUC between
mashups and test clips before and after; and the macro F1 on the test clips of ``lr`` and ``lgbm``,
trained on mashups of the default, the tuned and the hidden settings. All results are reported.
"""

import argparse
import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from study import features_of, heads, sample_clips, score, score_all

from stemstack.datasets import NOISE_FOLDER, SONGS_FOLDER, read_data
from stemstack.domain_shift.tuning import TuneBudget, tune_settings
from stemstack.domain_shift.tuning.search import SEARCH_SPACE, apply_parameters
from stemstack.mashups import Mashup, Settings, write_mashups
from stemstack.runs import Config
from stemstack.runs.training_clips import sample_training
from stemstack.utils.resources import Resources

# Half-widths, in the parameter's own unit; a mode must be the same.
TOLERANCES = {
    "tempo": 0,
    "noise probability": 0.2,
    "noise gain (dB)": 4.0,
    "low-pass probability": 0.2,
    "cutoff (octaves)": 0.5,
    "overdrive (dB)": 2.0,
}


def sample_hidden(seed, tempo_modes):
    """Sample all settings that tuning searches for, and stem gains, for which it does not."""
    rng = np.random.default_rng(seed)
    parameters = {parameter.name: value_at(parameter, rng.random()) for parameter in SEARCH_SPACE}
    gains = {"gain_probability": rng.random(), "gain": (rng.uniform(0.1, 1), 1)}
    mode = str(rng.choice(tempo_modes))
    return apply_parameters(Settings(**gains), {"tempo": mode, **parameters})


def value_at(parameter, position):
    """Return the value of a search parameter at a position in its range, from 0 to 1."""
    scale, inverse = (np.log, np.exp) if parameter.log else (float, float)
    low, high = scale(parameter.low), scale(parameter.high)
    value = float(inverse(low + position * (high - low)))
    return min(max(value, parameter.low), parameter.high)


def main_parameters(settings):
    """Return the parameters that are compared; NaN for levels of steps that are rarely applied."""
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


def recovery(hidden, tuned):
    """Return for each main parameter whether it was found; None if it does not apply."""
    expected, found = main_parameters(hidden), main_parameters(tuned)
    hits = {}
    for name, tolerance in TOLERANCES.items():
        if isinstance(expected[name], str):
            hits[name] = expected[name] == found[name]
        elif np.isnan(expected[name]):
            hits[name] = None
        else:
            hits[name] = bool(abs(expected[name] - found[name]) <= tolerance)
    return hits


def divide(data, folder, seed, share):
    """Make two data sets of links: songs to tune and train with, and songs for the test."""
    rng = np.random.default_rng(seed)
    parts = (folder / "own", folder / "hidden")
    for label in sorted(path for path in (data / SONGS_FOLDER).iterdir() if path.is_dir()):
        songs = sorted(label.iterdir())
        order = rng.permutation(len(songs))
        for position, i in enumerate(order):
            part = parts[position >= round(share * len(songs))]
            link = part / SONGS_FOLDER / label.name / songs[i].name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(songs[i])
    for part in parts:
        (part / NOISE_FOLDER).symlink_to(data / NOISE_FOLDER)
    return parts


def write_test(own, hidden, settings, options, seed):
    """Render test mashups of the hidden songs into the other data set: their paths and labels."""
    n_classes = len(read_data(hidden).classes)
    config = Config(
        str(hidden),
        folds=2,
        seed=seed,
        settings=settings.to_dict(),
        mashups_per_genre=max(2, options.test // n_classes),
    )
    sampled = sample_training(read_data(hidden), config, resources=resources_of(options))
    names = [f"mashups/{i:05d}.wav" for i in range(len(sampled.recipes))]
    mashups = [Mashup.from_recipe(recipe, sampled.pool.source_store) for recipe in sampled.recipes]
    write_mashups(mashups, [own / name for name in names], n_jobs=options.jobs)
    pd.DataFrame({"id": names, "filename": names}).to_csv(own / "test.csv", index=False)
    labels = np.array([recipe.label for recipe in sampled.recipes], dtype=object)
    return [str(own / name) for name in names], labels


def train_and_score(own, test, labels, settings, options, seed):
    """Return macro F1 on the test clips of each model, trained on mashups of some settings."""
    clips, y, fold = sample_clips(
        own,
        seed=seed,
        per_class=options.per_class,
        cache=options.cache,
        folds=options.folds,
        settings=settings.to_dict(),
    )
    X, X_test = (features_of(some, options.cache, options.families) for some in (clips, test))
    calls = [(model, X, y, fold, X_test, labels) for model in heads().values()]
    scores = score_all(score, calls, options.jobs)
    return {name: on_test for name, (_, on_test) in zip(heads(), scores, strict=True)}


def measure(options, seed):
    """Hide settings, tune, and return the row of the table."""
    with tempfile.TemporaryDirectory(dir=options.work) as folder:
        own, hidden = divide(options.data.resolve(), Path(folder), seed, options.share)
        budget = replace(budget_of(options), seed=seed)
        secret = sample_hidden(seed, budget.tempo_modes)
        test, labels = write_test(own, hidden, secret, options, seed)
        tuning = tune_settings(
            read_data(own),
            Settings(),
            budget,
            search_file=Path(folder, "tune.search"),
            resources=resources_of(options),
        )
        f1 = {
            name: train_and_score(own, test, labels, settings, options, seed)
            for name, settings in (
                ("default", Settings()),
                ("tuned", tuning.settings),
                ("hidden", secret),
            )
        }
    return {
        "seed": seed,
        "hidden": main_parameters(secret),
        "found": main_parameters(tuning.settings),
        "hits": recovery(secret, tuning.settings),
        "auc": {"before": tuning.before.auc, "after": tuning.after.auc},
        "between_songs": tuning.after.between_songs_auc,
        "selected": tuning.candidates[0].name,
        "f1": f1,
    }


def budget_of(options):
    """Return the TuneBudget of the options."""
    return TuneBudget(
        n_trials=options.budget,
        n_initial_trials=options.pilots,
        clips_per_trial=options.clips,
        n_candidates=options.finalists,
        gap_clips=options.gap_clips,
        folds=options.folds,
    )


def resources_of(options):
    """Return the Resources of the options."""
    return Resources(options.cache, options.jobs)


def show(rows):
    """Print the tables: parameters, hits, AUC and F1 with mean and standard deviation."""
    pd.set_option("display.width", 200, "display.max_columns", None)
    pairs = {(row["seed"], name): row[name] for row in rows for name in ("hidden", "found")}
    print(pd.DataFrame(pairs).T.convert_dtypes().to_string(float_format="{:.2f}".format))
    hits = pd.DataFrame([row["hits"] for row in rows])
    print("\nwithin tolerance, of the hidden settings to which the parameter applies:")
    for name, tolerance in TOLERANCES.items():
        applicable = hits[name].dropna()
        found = f"{int(applicable.sum())} of {len(applicable)}"
        print(f"  {name:22} ±{tolerance:<4} {found}")
    numbers = {("AUC", when): [row["auc"][when] for row in rows] for when in ("before", "after")}
    numbers["AUC", "between songs"] = [row["between_songs"] for row in rows]
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
    parser.add_argument("--work", type=Path, help="folder for temporary files")
    parser.add_argument("--secrets", type=int, default=5, help="number of hidden settings (5)")
    parser.add_argument("--seed", type=int, default=0, help="of the first hidden settings (0)")
    parser.add_argument("--share", type=float, default=0.6, help="of songs to tune with (0.6)")
    parser.add_argument("--test", type=int, default=100, help="test mashups (100)")
    parser.add_argument("--per-class", type=int, default=30, help="training mashups per class (30)")
    parser.add_argument("--folds", type=int, default=2, help="folds of songs (2)")
    parser.add_argument("--pilots", type=int, default=TuneBudget.n_initial_trials)
    parser.add_argument("--budget", type=int, default=TuneBudget.n_trials)
    parser.add_argument("--clips", type=int, default=TuneBudget.clips_per_trial)
    parser.add_argument("--finalists", type=int, default=TuneBudget.n_candidates)
    parser.add_argument("--gap-clips", type=int, default=200, help="of the two-sample test (200)")
    parser.add_argument("--families", default="standard", help="feature families of the models")
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
