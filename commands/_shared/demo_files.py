"""The demo data set on disk: songs and noise to learn from, mashups of other songs to predict."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from ...datasets import NOISE_FOLDER, SONGS_FOLDER, read_data
from ...datasets.demo import GENRES, TARGETS, write_noise, write_songs
from ...mashups import Mashup, Settings, sample_recipes, write_mashups
from ...runs import convert_sources


def write_demo(directory, answers, wanted, *, n_jobs, progress):
    """Render the demo data set.

    Parameters
    ----------
    directory, answers : Path
        Where the data set goes and, beside it, the labels of its test clips; neither is there yet.
    wanted : dict
        The options of ``demo-data`` by name.
    n_jobs : int or None
        Processes; all cores by default.
    progress : NullProgress
    """
    directory.resolve().parent.mkdir(parents=True, exist_ok=True)
    # Rendered beside the target and moved at the end: a killed command leaves no half data set.
    with tempfile.TemporaryDirectory(dir=directory.resolve().parent, prefix=".demo-") as scratch:
        data, held_out = Path(scratch, "data"), Path(scratch, "held-out")
        songs = {key: wanted[key] for key in ("seconds", "seed", "sr", "mono")}
        sides = ("seen", "unseen") if wanted["shifted"] else (None, None)
        _write_training(data, {**songs, "side": sides[0]}, wanted, n_jobs, progress)
        songs["side"] = sides[1]
        _write_songs(held_out, wanted["test_songs_per_genre"], "test", songs, n_jobs, progress)
        shutil.move(data / NOISE_FOLDER, held_out)
        labels = _write_test(data, held_out, wanted, n_jobs, progress)
        shutil.move(held_out / NOISE_FOLDER, data)
        labels.to_csv(Path(scratch, "answers.csv"), index=False)
        shutil.move(Path(scratch, "answers.csv"), answers)
        shutil.move(data, directory)


def _write_training(data, songs, wanted, n_jobs, progress):
    _write_songs(data, wanted["songs_per_genre"], "train", songs, n_jobs, progress)
    total = len(TARGETS) * wanted["noise_per_category"]
    with progress.stage("noise clips", total) as advance:
        write_noise(
            data / NOISE_FOLDER,
            clips_per_category=wanted["noise_per_category"],
            seed=wanted["seed"],
            n_jobs=n_jobs,
            advance=advance,
        )


def _write_songs(root, per_genre, pool, songs, n_jobs, progress):
    with progress.stage(f"{pool} songs", len(GENRES) * per_genre) as advance:
        write_songs(
            root / SONGS_FOLDER,
            songs_per_genre=per_genre,
            pool=pool,
            n_jobs=n_jobs,
            advance=advance,
            **songs,
        )


def _write_test(data, held_out, wanted, n_jobs, progress):
    """Render the test mashups from the held-out songs; give their answers."""
    hidden, settings = read_data(held_out), Settings.from_dict(wanted["test_settings"] or {})
    with tempfile.TemporaryDirectory() as cache:
        source_store = convert_sources(
            hidden, settings, cache=cache, n_jobs=n_jobs, progress=progress
        )
        recipes = sample_recipes(
            hidden.train.assign(fold=0),
            hidden.noise.assign(fold=0),
            source_store,
            settings,
            per_class=wanted["test_per_genre"],
            seed=wanted["seed"] + 1,
        )
        np.random.default_rng(wanted["seed"]).shuffle(recipes)
        names = [f"mashups/song{number:04d}.wav" for number in range(1, len(recipes) + 1)]
        mashups = [Mashup.from_recipe(recipe, source_store) for recipe in recipes]
        with progress.stage("test mashups", len(names)) as advance:
            write_mashups(mashups, [data / n for n in names], n_jobs=n_jobs, advance=advance)
    ids = np.arange(1, len(names) + 1)
    pd.DataFrame({"id": ids, "filename": names}).to_csv(data / "test.csv", index=False)
    sample = pd.DataFrame({"id": ids, "genre": hidden.classes[0]})
    sample.to_csv(data / "sample_submission.csv", index=False)
    return pd.DataFrame({"id": ids, "genre": [recipe.label for recipe in recipes]})
