"""``demo-data``: ten genres composed by rules, in the competition's layout."""

import shutil
import tempfile
from pathlib import Path

import click
import numpy as np
import pandas as pd

from ..audio import NOISE_FOLDER, SONGS_FOLDER, read_data
from ..demo import GENRES, TARGETS, write_noise, write_songs
from ..errors import UsageError
from ..mashups import Mashup, Settings, draw_recipes, write_mashups
from ..runs import convert_sources
from .options import SettingsFile, jobs_option, option, quiet_option
from .progress import make_progress


@click.command("demo-data")
@click.argument("directory", type=click.Path(path_type=Path))
@option("--songs-per-genre", type=click.IntRange(min=2), default=12, help="Training songs.")
@option("--test-songs-per-genre", type=click.IntRange(min=1), default=6, help="Held-out songs.")
@option("--test-per-genre", type=click.IntRange(min=1), default=10, help="Test mashups.")
@option("--noise-per-category", type=click.IntRange(min=1), default=5, help="Noise clips.")
@option("--seconds", type=click.FloatRange(min=2), default=30.0, help="Length of a song.")
@option("--seed", type=int, default=0, help="Root of all randomness.")
@option("--sr", type=click.IntRange(min=8000), default=44100, help="Rate of the stems in Hz.")
@option("--mono", is_flag=True, help="Write mono stems.")
@option("--shifted", is_flag=True, help="Test songs of instruments and tempos not trained on.")
@option("--test-settings", type=SettingsFile(), default=None, help="YAML of the test mashups'.")
@jobs_option()
@quiet_option()
def demo_data_command(directory, jobs, quiet, **wanted):
    """Render the demo data set into DIRECTORY, and answers.csv beside it.

    \b
    stemstack demo-data demo/data --songs-per-genre 12 --seconds 15

    The songs of the test mashups are not in DIRECTORY; the noise clips are.
    """
    answers = directory.resolve().parent / "answers.csv"
    for path in (directory, answers):
        if path.exists():
            raise UsageError(f"{path}: is there already; remove it or give another DIRECTORY")
    progress = make_progress(quiet)
    directory.resolve().parent.mkdir(parents=True, exist_ok=True)
    # Rendered beside the target and moved at the end: a killed command leaves no half data set.
    with tempfile.TemporaryDirectory(dir=directory.resolve().parent, prefix=".demo-") as scratch:
        data, held_out = Path(scratch, "data"), Path(scratch, "held-out")
        songs = {key: wanted[key] for key in ("seconds", "seed", "sr", "mono")}
        sides = ("seen", "unseen") if wanted["shifted"] else (None, None)
        _write_training(data, {**songs, "side": sides[0]}, wanted, jobs, progress)
        songs["side"] = sides[1]
        _write_songs(held_out, wanted["test_songs_per_genre"], "test", songs, jobs, progress)
        shutil.move(data / NOISE_FOLDER, held_out)
        labels = _write_test(data, held_out, wanted, jobs, progress)
        shutil.move(held_out / NOISE_FOLDER, data)
        labels.to_csv(Path(scratch, "answers.csv"), index=False)
        shutil.move(Path(scratch, "answers.csv"), answers)
        shutil.move(data, directory)
    click.echo(f"{directory}\n{answers}")


def _write_training(data, songs, wanted, jobs, progress):
    _write_songs(data, wanted["songs_per_genre"], "train", songs, jobs, progress)
    total = len(TARGETS) * wanted["noise_per_category"]
    with progress.stage("noise clips", total) as advance:
        write_noise(
            data / NOISE_FOLDER,
            clips_per_category=wanted["noise_per_category"],
            seed=wanted["seed"],
            n_jobs=jobs,
            progress=advance,
        )


def _write_songs(root, per_genre, pool, songs, jobs, progress):
    with progress.stage(f"{pool} songs", len(GENRES) * per_genre) as advance:
        write_songs(
            root / SONGS_FOLDER,
            songs_per_genre=per_genre,
            pool=pool,
            n_jobs=jobs,
            progress=advance,
            **songs,
        )


def _write_test(data, held_out, wanted, jobs, progress):
    """Render the test mashups from the held-out songs; give their answers."""
    hidden, settings = read_data(held_out), Settings.from_dict(wanted["test_settings"] or {})
    with tempfile.TemporaryDirectory() as cache:
        bank = convert_sources(hidden, settings, cache=cache, n_jobs=jobs, progress=progress)
        recipes = draw_recipes(
            hidden.train.assign(fold=0),
            hidden.noise.assign(fold=0),
            bank,
            settings,
            per_class=wanted["test_per_genre"],
            seed=wanted["seed"] + 1,
        )
        np.random.default_rng(wanted["seed"]).shuffle(recipes)
        names = [f"mashups/song{number:04d}.wav" for number in range(1, len(recipes) + 1)]
        mashups = [Mashup.of(recipe, bank) for recipe in recipes]
        with progress.stage("test mashups", len(names)) as advance:
            write_mashups(mashups, [data / n for n in names], n_jobs=jobs, progress=advance)
    ids = np.arange(1, len(names) + 1)
    pd.DataFrame({"id": ids, "filename": names}).to_csv(data / "test.csv", index=False)
    sample = pd.DataFrame({"id": ids, "genre": hidden.classes[0]})
    sample.to_csv(data / "sample_submission.csv", index=False)
    return pd.DataFrame({"id": ids, "genre": [recipe.label for recipe in recipes]})
