"""``mash``: labelled mashups from a folder of stems."""

from pathlib import Path

import click
import pandas as pd

from ..atomic import atomic_path
from ..audio import read_data
from ..errors import UsageError
from ..mashups import Mashup, write_mashups, write_recipes
from ..runs import Config, draw_training
from .options import (
    SettingsFile,
    cache_option,
    jobs_option,
    option,
    quiet_option,
    stems_options,
)
from .progress import make_progress


@click.command("mash")
@click.argument("data")
@option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write.")
@option("--n", type=click.IntRange(min=1), required=True, help="How many, over all classes.")
@option("--settings", type=SettingsFile(), default=None, help="YAML of mashup settings.")
@option("--folds", type=int, default=5, help="Songs and noise are split into these first.")
@option("--seed", type=int, default=0, help="Root of all randomness.")
@click.option("--wav/--recipes-only", default=True, help="Render, or write recipes only.")
@stems_options
@jobs_option()
@cache_option()
@quiet_option()
def mash_command(
    data, out, n, settings, folds, seed, wav, stems, allow_missing_stems, jobs, cache, quiet
):
    """Draw N mashups from the stems in DATA, and render them.

    \b
    stemstack mash DATA --out MASHUPS --n 1000
    stemstack fit --data MASHUPS/manifest.csv --models lr,lgbm --out RUN

    Writes recipes.parquet, audio/*.wav and manifest.csv (path, label, group, fold), whose folds
    share no song and no noise clip.
    """
    progress = make_progress(quiet)
    dataset = read_data(data, stems=stems, allow_missing_stems=allow_missing_stems)
    if dataset.kind != "stems":
        raise UsageError(f"{data}: mash needs a folder with genres_stems; these are clips already")
    config = Config(
        data=data,
        folds=folds,
        seed=seed,
        settings=settings or {},
        # One more than the even share where it does not divide; the surplus is cut below.
        mashups_per_genre=-(-n // len(dataset.classes)),
    )
    draw = draw_training(dataset, config, cache=cache, n_jobs=jobs, progress=progress)
    recipes = sorted(draw.recipes, key=lambda recipe: recipe.id.rsplit("-", 1)[1])[:n]
    with atomic_path(out / "recipes.parquet") as temporary:
        write_recipes(recipes, temporary)
    if wav:
        _render(recipes, draw.bank, out, jobs, progress)
    click.echo(out)


def _render(recipes, bank, out, jobs, progress):
    names = [f"audio/{recipe.id}.wav" for recipe in recipes]
    (out / "audio").mkdir(exist_ok=True)
    mashups = [Mashup.of(recipe, bank) for recipe in recipes]
    with progress.stage("rendering", len(names)) as advance:
        write_mashups(mashups, [out / name for name in names], n_jobs=jobs, progress=advance)
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
