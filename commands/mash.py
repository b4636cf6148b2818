"""``mash``: labelled mashups from a folder of stems."""

from pathlib import Path

import click

from ..exceptions import DataError, UsageError
from ..utils.atomic_write import atomic_path
from ._shared.options import (
    SettingsFile,
    cache_option,
    jobs_option,
    option,
    quiet_option,
    stems_options,
)


@click.command("mash")
@click.argument("data", type=click.Path())
@option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to fill."
)
@option("--n", type=click.IntRange(min=1), default=None, help="How many, over all classes.")
@option("--settings", type=SettingsFile(), default=None, help="YAML of mashup settings.")
@option("--folds", type=int, default=5, help="Songs and noise are split into these first.")
@option("--seed", type=int, default=0, help="Root of all randomness.")
@click.option(
    "--recipes",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Render the recipes of this file instead of drawing.",
)
@option(
    "--format",
    type=click.Choice(["parquet", "jsonl", "jams"]),
    default="parquet",
    help="How recipes are written.",
)
@click.option("--wav/--recipes-only", default=True, help="Render, or write recipes only.")
@stems_options
@jobs_option()
@cache_option()
@quiet_option()
def mash_command(data, out, n, recipes, format, wav, stems, allow_missing_stems, quiet, **wanted):
    """Draw N mashups from the stems in DATA, and render them.

    \b
    stemstack mash DATA --out MASHUPS --n 1000
    stemstack fit --data MASHUPS/manifest.csv --models lr,lgbm --out RUN

    Writes recipes.parquet, audio/*.wav and manifest.csv (path, label, group, fold), whose folds
    share no song and no noise clip. Run again, it keeps the files that are right already: a killed
    command goes on where it was.
    """
    if (n is None) == (recipes is None):
        raise UsageError("Give --n to draw mashups, or --recipes to render those of a file")
    from ..datasets import read_data
    from ._shared.progress import make_progress

    progress = make_progress(quiet)
    reading = {"stems": stems, "allow_missing_stems": allow_missing_stems}
    dataset = read_data(data, **reading, cache=wanted["cache"], progress=progress)
    if not dataset.has_stems:
        raise UsageError(f"{data}: mash needs a folder with genres_stems; these are clips already")
    if recipes is None:
        mashups = _draw(dataset, n, wanted, progress)
    else:
        mashups = _replay(recipes, dataset, wanted, progress)
    _write_recipes(mashups, out, format)
    if wav:
        _render(mashups, out, wanted["jobs"], progress)
    click.echo(out)


def _draw(dataset, n, wanted, progress):
    """Draw mashups, evenly over classes and folds."""
    from ..mashups import Mashup
    from ..runs import Config, sample_training

    config = Config(
        data=str(dataset.root),
        folds=wanted["folds"],
        seed=wanted["seed"],
        settings=wanted["settings"] or {},
        # One more than the even share where it does not divide; the surplus is cut below.
        mashups_per_genre=-(-n // len(dataset.classes)),
    )
    places = {"cache": wanted["cache"], "n_jobs": wanted["jobs"], "progress": progress}
    draw = sample_training(dataset, config, **places)
    recipes = sorted(draw.recipes, key=lambda recipe: recipe.id.rsplit("-", 1)[1])[:n]
    return [Mashup.from_recipe(recipe, draw.pool.source_store) for recipe in recipes]


def _replay(file, dataset, wanted, progress):
    """Bind the recipes of a file to the stems and noise clips they name."""
    from ..mashups import load_mashups, read_recipes
    from ..utils.resources import Resources

    resources = Resources(wanted["cache"], wanted["jobs"], progress)
    return load_mashups(read_recipes(file), dataset.root, resources)


def _write_recipes(mashups, out, format):
    from ..mashups import write_jams, write_recipes

    if format == "jams":
        for mashup in mashups:
            write_jams(mashup, _inside(out, f"jams/{mashup.recipe.id}.jams"))
        return
    with atomic_path(out / f"recipes.{format}") as temporary:
        write_recipes([mashup.recipe for mashup in mashups], temporary)


def _render(mashups, out, jobs, progress):
    import pandas as pd

    from ..mashups import write_mashups

    recipes = [mashup.recipe for mashup in mashups]
    names = [f"audio/{recipe.id}.wav" for recipe in recipes]
    with progress.stage("rendering", len(names)) as advance:
        paths = [_inside(out, name) for name in names]
        write_mashups(mashups, paths, n_jobs=jobs, advance=advance)
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
    """Give a file's path, unless its name, which may be a stranger's, leads out of the folder."""
    path = out / name
    if out.resolve() not in path.resolve().parents:
        raise DataError(f"The recipe for {name!r} would be written outside {out}; rename its id")
    return path
