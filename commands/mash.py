"""``mash``: sample and render labelled mashups."""

from collections import Counter
from pathlib import Path

import click

from ..exceptions import DataError, UsageError
from ..utils.atomic_write import atomic_path
from ..utils.formatting import format_names
from ._shared.grouped import option
from ._shared.options import (
    cache_option,
    default_settings,
    jobs_option,
    noise_option,
    quiet_option,
    settings_option,
    stems_options,
)
from ._shared.terminal import echo_data
from ._shared.values import FOLDS, MANY, SEED, FilePath


@click.command("mash")
@click.argument("data", type=FilePath())
@option(
    "--out",
    required=True,
    type=FilePath(file_okay=False, path_type=Path),
    help="Folder to write to.",
)
@option("--n", type=click.IntRange(1, MANY), help="Number of mashups over all classes.")
@settings_option("wide")
@option("--folds", type=FOLDS, default=5, help="Folds of songs and noise clips.")
@option("--seed", type=SEED, default=0, help="Random seed.")
@click.option(
    "--recipes",
    type=FilePath(exists=True, dir_okay=False, path_type=Path),
    help="Render the recipes of this file instead of sampling.",
)
@option(
    "--format",
    type=click.Choice(["parquet", "jsonl", "jams"]),
    default="parquet",
    help="File format of the recipes.",
)
@click.option(
    "--wav/--recipes-only", default=True, help="Render the mashups, or write the recipes only."
)
@stems_options
@noise_option()
@jobs_option()
@cache_option()
@quiet_option()
def mash_command(
    data, out, n, recipes, format, wav, stems, allow_missing_stems, noise, quiet, **options
):
    """Sample N mashups of the stems in DATA, and render them.

    \b
    stemstack mash DATA --out MASHUPS --n 1000
    stemstack fit --data MASHUPS/manifest.csv --models lr,lgbm --out RUN

    Writes recipes.parquet, audio/*.wav and manifest.csv (path, label, group, fold), whose folds
    share no song and no noise clip. Existing files that are correct are not rendered again, so an
    interrupted command can be repeated.
    """
    if (n is None) == (recipes is None):
        raise UsageError(
            "Give either --n to sample mashups, or --recipes to render those of a file"
        )
    from ..datasets import local_data, read_data
    from ._shared.progress import make_resources

    resources = make_resources(options["cache"], options["jobs"], quiet)
    reading = {"stems": stems, "allow_missing_stems": allow_missing_stems, "noise": noise}
    local = local_data(data, resources.cache, progress=resources.progress)
    dataset = read_data(local, **reading, cache=resources.cache, progress=resources.progress)
    _check_place(out, local)
    if not dataset.has_stems:
        raise UsageError(
            f"{data}: expected a data set with genres_stems; got clips, which need noise to be "
            "mixed with: --noise FOLDER, or --noise synthetic"
        )
    if recipes is None:
        mashups = _sample(dataset, n, options, resources)
    else:
        mashups = _replay(recipes, dataset, resources)
    _write_recipes(mashups, out, format)
    if wav:
        _render(mashups, out, resources)
    echo_data(out)


def _check_place(out, data):
    """Raise an error for a folder that would become a class of the data set, or is the data set."""
    from ..datasets.layouts import find_layout

    places = [out.resolve()]
    if find_layout(data).name == "class_folders":
        places += places[0].parents
    if data.resolve() in places:
        raise UsageError(f"{out}: is in the data set; choose another --out")


def _sample(dataset, n, options, resources):
    """Sample mashups, evenly over classes and folds."""
    from ..mashups import Mashup
    from ..runs import Config
    from ..runs.training_clips import check_sound, drop_silent_noise, sample_training

    config = Config(
        data=str(dataset.root),
        folds=options["folds"],
        seed=options["seed"],
        settings=default_settings(options["settings"]),
        # Rounded up; the surplus is cut below.
        mashups_per_genre=-(-n // len(dataset.classes)),
    )
    if n < len(dataset.classes):
        raise UsageError(f"--n: {n} mashups are fewer than the {len(dataset.classes)} classes")
    dataset = drop_silent_noise(dataset, config, resources=resources)
    check_sound(dataset, config, resources=resources)
    sample = sample_training(dataset, config, resources=resources)
    recipes = sorted(sample.recipes, key=lambda recipe: recipe.id.rsplit("-", 1)[1])[:n]
    return [Mashup.from_recipe(recipe, sample.pool.source_store) for recipe in recipes]


def _replay(file, dataset, resources):
    """Load the mashups of a recipe file."""
    from ..mashups import read_recipes
    from ..runs.stored_clips import load_recipes

    found = read_recipes(file)
    if not found:
        raise DataError(f"{file}: has no recipes")
    counts = Counter(recipe.id for recipe in found)
    if repeated := [name for name, count in counts.items() if count > 1]:
        raise DataError(
            f"{file}: ids of recipes are repeated, which name the files: {format_names(repeated)}; "
            "give each recipe an id of its own"
        )
    return load_recipes(dataset, found, resources=resources)


def _write_recipes(mashups, out, format):
    from ..mashups import write_jams, write_recipes

    if format == "jams":
        for mashup in mashups:
            write_jams(mashup, _inside(out, f"jams/{mashup.recipe.id}.jams"))
        return
    with atomic_path(out / f"recipes.{format}") as temporary:
        write_recipes([mashup.recipe for mashup in mashups], temporary)


def _render(mashups, out, resources):
    import pandas as pd

    from ..mashups import write_mashups

    recipes = [mashup.recipe for mashup in mashups]
    names = [f"audio/{recipe.id}.wav" for recipe in recipes]
    with resources.progress.stage("rendering", len(names)) as advance:
        paths = [_inside(out, name) for name in names]
        write_mashups(mashups, paths, n_jobs=resources.n_jobs, advance=advance)
    manifest = pd.DataFrame(
        {
            "path": names,
            "label": [recipe.label for recipe in recipes],
            "group": [f"fold{recipe.fold}" for recipe in recipes],
            "fold": [recipe.fold for recipe in recipes],
        }
    )
    with atomic_path(out / "manifest.csv") as temporary:
        manifest.to_csv(temporary, index=False)


def _inside(out, name):
    """Return a path in a folder; refuse names, from untrusted recipes, that lead out of it."""
    path = out / name
    if out.resolve() not in path.resolve().parents:
        raise DataError(f"The recipe of {name!r} would be written outside {out}; rename its id")
    return path
