"""From a data set to labelled clips with folds, whichever form the data set has."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ..audio import check_clips
from ..exceptions import DataError, UsageError
from ..mashups import Mashup, Pool, Recipe, Settings, build_source_store
from ..stacking import assign_folds

# Apart from the stage number that recipes are drawn under.
_NOISE_STAGE = 2
_REPEAT_STAGE = 3


@dataclass(frozen=True)
class TrainingClips:
    """Labelled clips, each with the fold it is held out in.

    Attributes
    ----------
    table : DataFrame
        Columns ``clip, label, group, fold``, and for each further table of folds ``repeat1`` and so
        on; in the order of ``clips``.
    clips : list of clips
        Paths or mashups.
    folds : DataFrame
        The split that was decided first: of songs and noise clips, or of the clips themselves;
        columns ``item, kind, label, group, fold``, and the repeats.
    recipes : list of Recipe
        Empty for data that are clips already.
    """

    table: pd.DataFrame
    clips: list
    folds: pd.DataFrame
    recipes: list[Recipe]


@dataclass(frozen=True)
class SampledMashups:
    """Recipes drawn within folds, the pool they came from, and the folds."""

    recipes: list[Recipe]
    pool: Pool
    folds: pd.DataFrame


def training_clips(data, config, *, cache, n_jobs, progress):
    """Decide the folds, then make the clips.

    Parameters
    ----------
    data : DataSet
    config : Config
    cache : Path
        Where converted stems are kept.
    n_jobs : int or None
    progress : NullProgress

    Returns
    -------
    TrainingClips

    Raises
    ------
    DataError
        A training file cannot be read (all such are named), or the folds are impossible.
    """
    if config.repeats > 1 and (data.has_stems or "fold" in data.train):
        what = "mashups, which are drawn within folds" if data.has_stems else "given folds"
        raise UsageError(
            f"--repeats draws folds of clips anew; {data.root} has {what}. Leave it out; "
            "lgbm(seeds=3) repeats a model with other seeds"
        )
    if data.has_stems:
        return _from_songs(data, config, cache=cache, n_jobs=n_jobs, progress=progress)
    return _from_clips(data, config, n_jobs=n_jobs, progress=progress)


def sample_training(data, config, *, cache, n_jobs, progress):
    """Split songs and noise into folds, convert them, and draw recipes within the folds.

    By the protocol ``"shared"`` all songs and noise clips are in one fold.

    Returns
    -------
    Draw
    """
    settings = Settings.from_dict({**config.settings, "stems": list(data.stems)})
    songs, noise = _split_songs(data.train, config), _split_noise(data.noise, config)
    source_store = convert_sources(data, settings, cache=cache, n_jobs=n_jobs, progress=progress)
    pool = Pool.from_tables(songs, noise, source_store, settings)
    with progress.stage("drawing mashups"):
        recipes = pool.sample_all(config.mashups_per_genre, config.seed)
    folds = pd.concat([_items(songs, "song", "song"), _items(noise, "path", "noise")])
    return SampledMashups(recipes, pool, folds.reset_index(drop=True))


def convert_sources(data, settings, *, cache, n_jobs, progress):
    """Convert every stem and noise clip of a data set; missing stems are left out.

    Returns
    -------
    dict of str to AudioSource
    """
    paths = list_sources(data)
    with progress.stage("converting stems", len(paths)) as advance:
        return build_source_store(
            data.root, paths, cache=cache, sr=settings.sr, n_jobs=n_jobs, advance=advance
        )


def list_sources(data):
    """List the files that mashups are made of: stems, missing ones left out, and noise clips.

    Parameters
    ----------
    data : DataSet

    Returns
    -------
    list of str
    """
    stems = [path for stem in data.stems for path in data.train[stem].dropna()]
    return [*stems, *(data.noise["path"] if data.noise is not None else [])]


def _from_songs(data, config, *, cache, n_jobs, progress):
    draw = sample_training(data, config, cache=cache, n_jobs=n_jobs, progress=progress)
    table = pd.DataFrame(
        {
            "clip": [recipe.id for recipe in draw.recipes],
            "label": [recipe.label for recipe in draw.recipes],
            # Mashups of one fold share songs: the fold is the smallest group that does not leak.
            "group": [f"fold{recipe.fold}" for recipe in draw.recipes],
            "fold": [recipe.fold for recipe in draw.recipes],
        }
    )
    folds = draw.folds
    if config.protocol == "shared":
        table = _deal_out(table, config)
        folds = _items(table, "clip", "clip")
    pool = draw.pool.save(Path(cache, "pools"))
    clips = [Mashup.from_recipe(recipe, draw.pool.source_store, pool) for recipe in draw.recipes]
    return TrainingClips(table, clips, folds, draw.recipes)


def _from_clips(data, config, *, n_jobs, progress):
    table = data.train
    if config.protocol == "shared":
        table = _deal_out(table, config)
    elif "fold" not in table:
        table = _split_clips(table, config)
    clips = [str(data.root / path) for path in table["path"]]
    with progress.stage("checking clips", len(clips)) as advance:
        problems = check_clips(clips, n_jobs=n_jobs, advance=advance)
    bad = [problem for problem in problems if problem]
    if bad:
        raise DataError(_list_problems(bad, len(clips)))
    return TrainingClips(
        table[["clip", "label", "group", *fold_columns(table)]],
        clips,
        _items(table, "clip", "clip"),
        [],
    )


def fold_columns(table):
    """Name the tables of folds in a table of clips: ``fold``, then the repeats."""
    return ["fold", *(column for column in table if re.fullmatch(r"repeat\d+", column))]


def _list_problems(bad, total):
    listed = "".join(f"\n  {problem}" for problem in bad[:20])
    more = f"\n  … and {len(bad) - 20} more" if len(bad) > 20 else ""
    return (
        f"{len(bad)} of {total} training clips cannot be used; mend or remove them:{listed}{more}"
    )


def _items(table, column, kind):
    """Lay a split table out in the common columns of ``folds.parquet``."""
    return pd.DataFrame(
        {
            "item": table[column],
            "kind": kind,
            "label": table["label"] if "label" in table else table["category"],
            "group": table["group"],
            **table[fold_columns(table)],
        }
    )


def _deal_out(table, config):
    """Assign clips to folds whatever songs they share."""
    return _split_clips(table.assign(group=table["clip"]), config)


def _split_clips(table, config):
    """Assign clips to folds by their groups, once a repeat."""
    seeds = {"fold": config.seed}
    for repeat in range(1, config.repeats):
        stream = np.random.SeedSequence(config.seed, spawn_key=(_REPEAT_STAGE, repeat))
        seeds[f"repeat{repeat}"] = int(stream.generate_state(1)[0])
    y, groups = table["label"], table["group"]
    return table.assign(
        **{
            column: assign_folds(y, groups, n_folds=config.folds, seed=seed)
            for column, seed in seeds.items()
        }
    )


def _split_songs(songs, config):
    if config.protocol == "shared":
        return songs.assign(fold=0)
    folds = assign_folds(songs["label"], songs["group"], n_folds=config.folds, seed=config.seed)
    return songs.assign(fold=folds)


def _split_noise(noise, config):
    """Deal the recordings that noise clips were cut from out to the folds, evenly, at random."""
    if noise is None:
        return pd.DataFrame({"path": [], "category": [], "group": [], "fold": []})
    if config.protocol == "shared":
        return noise.assign(fold=0)
    recordings = noise["group"].unique()
    fold = np.arange(len(recordings)) % config.folds
    stream = np.random.SeedSequence(config.seed, spawn_key=(_NOISE_STAGE,))
    np.random.default_rng(stream).shuffle(fold)
    return noise.assign(fold=noise["group"].map(dict(zip(recordings, fold, strict=True))))
