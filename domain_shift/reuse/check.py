"""From a data set to its reuse: the library of stems, mashups of known recipe, the test clips."""

from dataclasses import dataclass, replace

import numpy as np

from ...exceptions import DataError, UsageError
from ...mashups import Mashup
from ...runs.clip_list import ClipList
from ...runs.config import Config
from ...runs.training_clips import sample_training
from ...utils.parallel import parallel_map
from ...utils.resources import Resources
from .estimate import Calibration, Known, Reuse, calibrate, estimate_reuse
from .stem_library import StemLibrary

# Apart from the stage numbers that recipes, noise folds and samples of clips are drawn under.
_CLIPS_STAGE = 4
# The threshold is chosen on mashups of one half of the songs, and measured on those of the other.
_HALVES = 2


@dataclass(frozen=True)
class ReuseCheck:
    """What came of a reuse check.

    Attributes
    ----------
    n_stems : int
        In the library.
    calibration : Calibration
    reuse : Reuse
    ids : list
        Of the clips asked.
    findings : list of list of Finding
        For each clip, the stems that are in it.
    problems : tuple of str
        What is wrong with the clips left out.
    """

    n_stems: int
    calibration: Calibration
    reuse: Reuse
    ids: list
    findings: list
    problems: tuple = ()


def check_reuse(data, settings, *, n_known, n_clips, seed, cache, n_jobs, progress):
    """Check whether a data set's test clips hold its training stems.

    Parameters
    ----------
    data : DataSet
        Of songs in stems, with test clips.
    settings : dict
        Mashup settings as plain data, that the known mashups are drawn by; empty for the defaults.
    n_known : int
        About how many mashups of known recipe: the same number for every class.
    n_clips : int
        Test clips to ask at most, taken at random.
    seed : int
    cache : Path
    n_jobs : int or None
    progress : NullProgress

    Returns
    -------
    ReuseCheck

    Raises
    ------
    UsageError
        The data set is not of songs in stems.
    DataError
        There are no test clips, or none can be read.
    """
    if not data.has_stems:
        raise UsageError(
            f"{data.root}: reuse needs a folder with genres_stems; these are clips already"
        )
    clips = _choose_clips(data, n_clips, seed).usable(resources=Resources(cache, n_jobs, progress))
    if not clips.paths:
        raise DataError(f"{data.root}: none of the test clips can be read: {clips.problems[0]}")
    places = {"n_jobs": n_jobs, "progress": progress}
    draw = sample_known(data, settings, n_known, seed=seed, cache=cache, **places)
    library = build_library(data, draw.pool, **places)
    calibration = calibrate_library(library, draw, **places)
    findings = find_stems(library, clips.paths, name="searching test clips", **places)
    reuse = estimate_reuse(findings, calibration)
    named = [[f for f in found if f.correlation > calibration.threshold] for found in findings]
    n_stems = len(library.paths)
    return ReuseCheck(n_stems, calibration, reuse, clips.ids, named, clips.problems)


def sample_known(data, settings, n, *, seed, cache, n_jobs, progress):
    """Draw mashups of either half of a data set's songs and noise clips.

    Parameters
    ----------
    n : int
        About how many: the same number for every class and half.
    data, settings, seed, cache, n_jobs, progress
        As of :func:`check_reuse`.

    Returns
    -------
    Draw
        The fold of a recipe is its half.
    """
    config = Config(
        data=str(data.root),
        folds=_HALVES,
        seed=seed,
        settings=settings,
        mashups_per_genre=_HALVES * max(1, round(n / _HALVES / len(data.classes))),
    )
    return sample_training(data, config, resources=Resources(cache, n_jobs, progress))


def build_library(data, pool, *, n_jobs, progress):
    """Take the fingerprints of all of a data set's stems, to be found at the speeds of a pool.

    Parameters
    ----------
    data : DataSet
    pool : Pool
        Its settings say what a change of speed moves.
    n_jobs : int or None
    progress : NullProgress

    Returns
    -------
    StemLibrary
    """
    wanted = {"moves": "time" if pool.settings.tempo == "stretch" else "pitch"}
    n_stems = int(data.train[list(data.stems)].count().sum())
    with progress.stage("fingerprints", n_stems) as advance:
        wanted |= {"sr": pool.settings.sr, "n_jobs": n_jobs, "advance": advance}
        return StemLibrary.from_songs(data.train, data.stems, pool.source_store, **wanted)


def calibrate_library(library, draw, *, n_jobs, progress):
    """Search mashups of known recipe, with their songs and without, and calibrate by them.

    Parameters
    ----------
    library : StemLibrary
    draw : Draw
        By :func:`sample_known`.
    n_jobs : int or None
    progress : NullProgress

    Returns
    -------
    Calibration
        Chosen on the mashups of one half, measured on those of the other.
    """
    mashups = [Mashup.from_recipe(recipe, draw.pool.source_store) for recipe in draw.recipes]
    songs = [{part.song for part in recipe.stems} for recipe in draw.recipes]
    places = {"n_jobs": n_jobs, "progress": progress}
    findings = find_stems(library, mashups, name="searching known mashups", **places)
    strange = find_stems(library, mashups, songs, name="searching other songs", **places)
    halves = ([], [])
    for known in map(Known, draw.recipes, findings, strange):
        halves[known.recipe.fold].append(known)
    return calibrate(*halves)


def find_stems(library, clips, without=None, *, name, n_jobs, progress):
    """Find the stems of a library in many clips.

    Parameters
    ----------
    library : StemLibrary
    clips : sequence of clips
    without : sequence of set of str, optional
        For each clip, songs to search as if they were not there.
    name : str
        Of the stage.
    n_jobs : int or None
    progress : NullProgress

    Returns
    -------
    list of list of Finding
    """
    without = without or [()] * len(clips)
    with progress.stage(name, len(clips)) as advance:
        return list(parallel_map(library.find, clips, without, n_jobs=n_jobs, advance=advance))


def _choose_clips(data, n_clips, seed):
    clips = ClipList.from_test_table(data)
    if not clips.paths:
        raise DataError(f"{data.root}: there is no test.csv with clips to check; add it")
    stream = np.random.SeedSequence(seed, spawn_key=(_CLIPS_STAGE,))
    kept = sorted(np.random.default_rng(stream).permutation(len(clips.paths))[:n_clips].tolist())
    return replace(clips, ids=[clips.ids[i] for i in kept], paths=[clips.paths[i] for i in kept])
