"""Files of the demo data set: training songs, noise clips, test mashups of other songs."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from ...datasets import NOISE_FOLDER, SONGS_FOLDER, read_data
from ...datasets.demo import GENRES, TARGETS, write_noise, write_songs
from ...mashups import Mashup, Settings, sample_recipes, write_mashups
from ...runs.training_clips import convert_sources
from ...utils.leftovers import temporary_folder


def write_demo(directory, answers, options, resources):
    """Render the demo data set.

    Parameters
    ----------
    directory, answers : Path
        Folder of the data set and file of the labels of its test clips; neither exists.
    options : dict
        Options of ``demo-data`` by name.
    resources : Resources
    """
    directory.resolve().parent.mkdir(parents=True, exist_ok=True)
    # Rendered next to the target and moved at the end: a killed command leaves no incomplete data.
    with temporary_folder(directory.resolve().parent) as scratch:
        data, held_out = Path(scratch, "data"), Path(scratch, "held-out")
        songs = {key: options[key] for key in ("seconds", "seed", "sr", "mono")}
        domains = ("seen", "unseen") if options["shifted"] else (None, None)
        _write_training(data, {**songs, "domain": domains[0]}, options, resources)
        songs["domain"] = domains[1]
        _write_songs(held_out, options["test_songs_per_genre"], "test", songs, resources)
        shutil.move(data / NOISE_FOLDER, held_out)
        labels = _write_test(data, held_out, options, resources)
        shutil.move(held_out / NOISE_FOLDER, data)
        labels.to_csv(Path(scratch, "answers.csv"), index=False)
        shutil.move(Path(scratch, "answers.csv"), answers)
        shutil.move(data, directory)


def _write_training(data, songs, options, resources):
    _write_songs(data, options["songs_per_genre"], "train", songs, resources)
    total = len(TARGETS) * options["noise_per_category"]
    with resources.progress.stage("noise clips", total) as advance:
        write_noise(
            data / NOISE_FOLDER,
            clips_per_category=options["noise_per_category"],
            seed=options["seed"],
            n_jobs=resources.n_jobs,
            advance=advance,
        )


def _write_songs(root, per_genre, pool, songs, resources):
    with resources.progress.stage(f"{pool} songs", len(GENRES) * per_genre) as advance:
        write_songs(
            root / SONGS_FOLDER,
            songs_per_genre=per_genre,
            pool=pool,
            n_jobs=resources.n_jobs,
            advance=advance,
            **songs,
        )


def _write_test(data, held_out, options, resources):
    """Render the test mashups from the held-out songs, and return their labels."""
    songs, settings = read_data(held_out), Settings.from_dict(options["test_settings"] or {})
    with temporary_folder() as cache:
        source_store = convert_sources(songs, settings, resources=replace(resources, cache=cache))
        recipes = sample_recipes(
            songs.train.assign(fold=0),
            songs.noise.assign(fold=0),
            source_store,
            settings,
            per_class=options["test_per_genre"],
            seed=options["seed"] + 1,
        )
        np.random.default_rng(options["seed"]).shuffle(recipes)
        names = [f"mashups/song{number:04d}.wav" for number in range(1, len(recipes) + 1)]
        mashups = [Mashup.from_recipe(recipe, source_store) for recipe in recipes]
        with resources.progress.stage("test mashups", len(names)) as advance:
            write_mashups(
                mashups, [data / n for n in names], n_jobs=resources.n_jobs, advance=advance
            )
    ids = np.arange(1, len(names) + 1)
    pd.DataFrame({"id": ids, "filename": names}).to_csv(data / "test.csv", index=False)
    sample = pd.DataFrame({"id": ids, "genre": songs.classes[0]})
    sample.to_csv(data / "sample_submission.csv", index=False)
    return pd.DataFrame({"id": ids, "genre": [recipe.label for recipe in recipes]})
