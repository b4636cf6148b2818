"""From a data set of any layout to labelled training clips with folds."""

import math
import re
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from ..audio.clips import measure_clips
from ..datasets.doctor.name_checks import describe_few_songs
from ..exceptions import DataError, DataWarning, UsageError
from ..mashups import Mashup, Pool, Recipe, Settings, build_source_store, song_recipes
from ..mashups.settings_checks import LONGEST
from ..mashups.sources import list_impulses
from ..stacking import assign_folds
from ..stacking.folds import check_every_class_trains
from ..stacking.groups import connected_groups
from ..utils.formatting import format_names
from ..utils.resources import DEFAULT_RESOURCES
from .config import AUTO
from .target import ClassTarget, LabelTarget, make_target
from .training_windows import (
    cut_recordings,
    describe_windows,
    list_windows,
    recording_lengths,
    recording_weights,
    window_lengths,
)

# Spawn keys of random streams; recipes are sampled under another.
_NOISE_STAGE = 2
_REPEAT_STAGE = 3
_MAX_LISTED = 20


@dataclass(frozen=True)
class TrainingClips:
    """Labelled clips, each with the fold it is held out in.

    Attributes
    ----------
    table : DataFrame
        One row per clip, in the order of ``clips``; columns ``clip, label, group, fold``, and
        ``repeat1`` and so on for each further table of folds.
    clips : list of clips
        Paths, windows or mashups.
    folds : DataFrame
        The items that were split into folds: songs and noise clips, or the clips themselves;
        columns ``item, kind, label, group, fold``, and the repeats.
    recipes : list of Recipe
        Of the mashups; empty for a data set of clips.
    target : ClassTarget or LabelTarget
        What the column ``label`` holds.
    """

    table: pd.DataFrame
    clips: list
    folds: pd.DataFrame
    recipes: list[Recipe]
    target: ClassTarget | LabelTarget

    @property
    def y(self):
        """Labels of the clips, as estimators take them."""
        return self.target.encode(self.table["label"])

    @property
    def window_lengths(self):
        """Lengths in s of the parts of recordings among the clips; None without any."""
        windows = [window.duration for window in list_windows(self.table["clip"])]
        return windows or recording_lengths(self.recipes) or None

    @property
    def weights(self):
        """Sample weights by which recordings count equally; None where no weights are needed."""
        return None if self.recipes else recording_weights(self.table["clip"])


@dataclass(frozen=True)
class SampledMashups:
    """Recipes sampled within folds, with the pool they were sampled from and the folds."""

    recipes: list[Recipe]
    pool: Pool
    folds: pd.DataFrame


def training_clips(data, config, *, test_seconds=(), resources=DEFAULT_RESOURCES):
    """Split a data set into folds, and make its training clips.

    Parameters
    ----------
    data : DataSet
    config : Config
    test_seconds : sequence of float, default=()
        Lengths of the test clips in s, which the windows of recordings follow.
    resources : Resources
        Songs in stems need a cache folder, for converted stems.

    Returns
    -------
    TrainingClips

    Raises
    ------
    DataError
        Training files cannot be read (all are named), or the folds are impossible.
    UsageError
        Repeats are requested for mashups or given folds.
    """
    if config.repeats > 1 and (data.has_stems or "fold" in data.train):
        reason = "given folds" if "fold" in data.train else "mashups, which are drawn within folds"
        raise UsageError(
            f"--repeats splits clips into folds several times, but {data.root} has {reason}. Leave "
            "it out; lgbm(seeds=3) repeats a model with other seeds"
        )
    if data.has_stems:
        return _from_songs(data, config, resources)
    return _from_clips(data, config, test_seconds, resources)


def sample_training(data, config, *, resources=DEFAULT_RESOURCES):
    """Sample training mashups from a data set of songs in stems.

    Songs and noise clips are split into folds, and recipes are sampled within the folds. With the
    protocol ``"shared"`` all songs and noise clips are in one fold.

    Parameters
    ----------
    data : DataSet
    config : Config
    resources : Resources
        With a cache folder, for converted stems.

    Returns
    -------
    SampledMashups

    Raises
    ------
    UsageError
        The number of mashups is ``"auto"``.
    DataError
        Files cannot be read.

    See Also
    --------
    check_sound : Names silent songs, once for all samples of a data set.
    stemstack.mashups.sample_recipes : Samples recipes from tables of songs and noise clips.
    """
    if config.mashups_per_genre == AUTO:
        raise UsageError(
            "mashups_per_genre is 'auto', which only fit_run resolves; give the number of mashups "
            "to sample per class"
        )
    settings = _mashup_settings(data, config)
    if data.has_recordings and config.window != "auto":
        seconds = LONGEST if config.window == "off" else float(config.window)
        settings = replace(settings, durations=((1.0, seconds, seconds),))
    songs = _split_songs(data.train, config)
    noise = _split_noise(data.noise, songs["fold"].nunique(), config)
    source_store = convert_sources(data, settings, resources=resources)
    pool = Pool.from_tables(songs, noise, source_store, settings)
    with resources.progress.stage("drawing mashups"):
        recipes = pool.sample_all(config.mashups_per_genre, config.seed)
    folds = pd.concat([_fold_items(songs, "song", "song"), _fold_items(noise, "path", "noise")])
    return SampledMashups(recipes, pool, folds.reset_index(drop=True))


def _mashup_settings(data, config):
    settings = Settings.from_dict({"stems": list(data.stems), **config.settings})
    return settings.with_stems(data.stems)


def check_sound(data, config, *, resources):
    """Raise an error for a class without sound, and warn of silent songs.

    Parameters
    ----------
    data : DataSet
        Of songs in stems.
    config : Config
    resources : Resources
        With a cache folder, for converted stems.

    Raises
    ------
    DataError
        Files cannot be read, or all songs of a class are silent.

    Warns
    -----
    DataWarning
        All stems of a song are silent.
    """
    source_store = convert_sources(data, _mashup_settings(data, config), resources=resources)
    songs = data.train
    silent = np.array(
        [
            all(source_store[path].is_silent for path in row if isinstance(path, str))
            for row in songs[list(data.stems)].to_numpy()
        ]
    )
    by_class = pd.Series(silent).groupby(songs["label"].to_numpy()).all()
    if by_class.any():
        label = by_class.index[by_class][0]
        raise DataError(
            f"all songs of {label} are silent; replace their files, or remove the class"
        )
    if silent.any():
        warnings.warn(
            f"silent songs: {format_names(songs['song'][silent])} of {len(songs)}; replace their "
            "files, or remove them",
            DataWarning,
            stacklevel=2,
        )


def drop_silent_noise(data, config, *, resources):
    """Return a data set without the noise clips that are silent, as they would add nothing.

    Parameters
    ----------
    data : DataSet
    config : Config
    resources : Resources
        With a cache folder, for converted noise clips.

    Returns
    -------
    DataSet

    Raises
    ------
    DataError
        Noise clips cannot be read, or all are silent.

    Warns
    -----
    DataWarning
        There are silent ones.
    """
    settings = _mashup_settings(data, config)
    if data.noise is None or not settings.has_noise:
        return data
    paths = data.noise["path"].tolist()
    sources = _convert("converting noise clips", data.root, paths, settings.sr, resources)
    silent = [path for path in paths if sources[path].is_silent]
    if not silent:
        return data
    example = Path(silent[0]).name
    if len(silent) == len(paths):
        raise DataError(f"all {len(paths)} noise clips are silent, such as {example}; add others")
    warnings.warn(
        f"silent noise clips are left out: {len(silent)} of {len(paths)}, such as {example}",
        DataWarning,
        stacklevel=2,
    )
    return replace(data, noise=data.noise[~data.noise["path"].isin(silent)])


def labelled_clips(data, *, resources=DEFAULT_RESOURCES):
    """Return the training clips of a data set and its test clips.

    A song in stems becomes the plain sum of its stems.

    Parameters
    ----------
    data : DataSet
    resources : Resources
        Songs in stems need a cache folder, for converted stems.

    Returns
    -------
    table : DataFrame
        One row per clip: columns ``clip, label, split`` (``train`` or ``test``). Test clips have no
        label.
    clips : list of clips
    """
    if data.has_stems:
        settings = Settings(stems=data.stems)
        source_store = convert_sources(data, settings, resources=resources)
        recipes = song_recipes(data.train, source_store, settings)
        clips = [Mashup.from_recipe(recipe, source_store) for recipe in recipes]
        train = data.train[["song", "label"]].rename(columns={"song": "clip"})
    else:
        clips = [str(data.root / path) for path in data.train["path"]]
        train = data.train[["clip", "label"]]
    tables = [train.assign(split="train")]
    if data.test is not None:
        clips += [str(data.root / path) for path in data.test["path"]]
        tables.append(pd.DataFrame({"clip": data.test["path"], "label": None, "split": "test"}))
    return pd.concat(tables, ignore_index=True), clips


def convert_sources(data, settings, *, resources):
    """Convert stems, noise clips and impulse responses to the sample rate of the settings.

    Parameters
    ----------
    data : DataSet
        Missing stems are left out.
    settings : Settings
    resources : Resources
        With a cache folder, which the converted files are written to.

    Returns
    -------
    dict of str to AudioSource
        By path.

    Raises
    ------
    DataError
        Files cannot be read, or the ``reverb_folder`` of the settings has none.
    """
    paths = [*list_sources(data), *list_impulses(data.root, settings)]
    return _convert("converting stems", data.root, paths, settings.sr, resources)


def _convert(stage, root, paths, sr, resources):
    options = {"cache": resources.cache, "sr": sr, "n_jobs": resources.n_jobs}
    with resources.progress.stage(stage, len(paths)) as advance:
        return build_source_store(root, paths, advance=advance, **options)


def list_sources(data):
    """Return the paths of all stems and noise clips of a data set; missing stems are left out."""
    stems = [path for stem in data.stems for path in data.train[stem].dropna()]
    return [*stems, *(data.noise["path"] if data.noise is not None else [])]


def fold_columns(table):
    """Return the columns with fold numbers: ``fold``, and those of the repeats."""
    return ["fold", *(column for column in table if re.fullmatch(r"repeat\d+", column))]


def song_groups(table, recipes):
    """Return the group of each clip, where clips that share songs are in one group.

    Clips share a group also when they share songs with a third clip only.

    Parameters
    ----------
    table : DataFrame or None
        Column ``group`` with the groups of clips that are not mashups; one row per clip.
    recipes : sequence of Recipe
        Of the clips, in order; empty when they are not mashups.

    Returns
    -------
    ndarray of shape (n_clips,)
    """
    if not recipes:
        return table["group"].to_numpy()
    return connected_groups([{part.song for part in recipe.stems} for recipe in recipes])


def _from_songs(data, config, resources):
    sampled = sample_training(data, config, resources=resources)
    recipes, folds = sampled.recipes, sampled.folds
    if config.protocol != "shared":
        counts = data.train.groupby("label")["group"].nunique()
        for problem, fix in describe_few_songs(counts, config.folds, len(data.stems)):
            resources.progress.log(f"{problem}; {fix}")
    table = pd.DataFrame(
        {
            "clip": [recipe.id for recipe in recipes],
            "label": [recipe.label for recipe in recipes],
            # Mashups of one fold share songs: the fold is the smallest group that does not leak.
            "group": [f"fold{recipe.fold}" for recipe in recipes],
            "fold": [recipe.fold for recipe in recipes],
        }
    )
    target = make_target(data.classes)
    if config.protocol == "shared":
        table = _split_ignoring_songs(table, config, target)
        folds = _fold_items(table, "clip", "clip")
    pool = sampled.pool.save(Path(resources.cache, "pools"))
    store = sampled.pool.source_store
    clips = [Mashup.from_recipe(recipe, store, pool) for recipe in recipes]
    return TrainingClips(table, clips, folds, recipes, target)


def _from_clips(data, config, test_seconds, resources):
    lengths = window_lengths(config, test_seconds)
    seconds = _measure_recordings(data, lengths, resources)
    table, clips = cut_recordings(data.train, data.root, seconds, config, lengths)
    if message := describe_windows(table["clip"], seconds, lengths):
        resources.progress.log(message)
    target = make_target(data.classes, data.label_separator)
    if config.protocol == "shared":
        table = _split_ignoring_songs(table, config, target)
    elif "fold" not in table:
        table = _split_clips(table, config, target)
    else:
        check_every_class_trains(target.encode(table["label"]), table["fold"], target.classes)
    columns = ["clip", "label", "group", *fold_columns(table)]
    return TrainingClips(table[columns], clips, _fold_items(table, "clip", "clip"), [], target)


def _measure_recordings(data, lengths, resources):
    """Return the lengths of the training files, in s; raise an error for those of no use."""
    paths = [str(data.root / path) for path in data.train["path"]]
    # Files of any length can be cut.
    options = {} if lengths is None else {"max_samples": math.inf}
    with resources.progress.stage("checking clips", len(paths)) as advance:
        measured = measure_clips(paths, n_jobs=resources.n_jobs, advance=advance, **options)
    problems = [problem for problem, _ in measured if problem]
    if problems:
        raise DataError(
            f"{len(problems)} of {len(paths)} training clips cannot be used; fix or remove them:",
            _first_lines(problems),
        )
    return [seconds for _, seconds in measured]


def _first_lines(problems):
    n_more = len(problems) - _MAX_LISTED
    return problems[:_MAX_LISTED] + ([f"… and {n_more} more"] if n_more > 0 else [])


def _fold_items(table, column, kind):
    """Return the items of a split in the columns of ``folds.parquet``."""
    return pd.DataFrame(
        {
            "item": table[column],
            "kind": kind,
            "label": table["label"] if "label" in table else table["category"],
            "group": table["group"],
            **table[fold_columns(table)],
        }
    )


def _split_ignoring_songs(table, config, target):
    return _split_clips(table.assign(group=table["clip"]), config, target)


def _split_clips(table, config, target):
    """Assign clips to folds by their groups, once per repeat."""
    seeds = {"fold": config.seed}
    for repeat in range(1, config.repeats):
        stream = np.random.SeedSequence(config.seed, spawn_key=(_REPEAT_STAGE, repeat))
        seeds[f"repeat{repeat}"] = int(stream.generate_state(1)[0])
    y, groups = target.encode(table["label"]), table["group"]
    if target.is_multilabel:
        y = pd.DataFrame(y, columns=target.classes)
    return table.assign(
        **{
            column: assign_folds(y, groups, n_folds=config.folds, seed=seed)
            for column, seed in seeds.items()
        }
    )


def _split_songs(songs, config):
    if config.protocol == "shared":
        return songs.assign(fold=0)
    if "fold" in songs:
        return songs
    folds = assign_folds(songs["label"], songs["group"], n_folds=config.folds, seed=config.seed)
    return songs.assign(fold=folds)


def _split_noise(noise, n_folds, config):
    """Assign the recordings that noise clips were cut from to folds, evenly and at random."""
    if noise is None:
        empty = pd.DataFrame(columns=["path", "category", "group", "fold"])
        return empty.astype({"fold": int})
    if config.protocol == "shared":
        return noise.assign(fold=0)
    recordings = noise["group"].unique()
    fold = np.arange(len(recordings)) % n_folds
    stream = np.random.SeedSequence(config.seed, spawn_key=(_NOISE_STAGE,))
    np.random.default_rng(stream).shuffle(fold)
    return noise.assign(fold=noise["group"].map(dict(zip(recordings, fold, strict=True))))
