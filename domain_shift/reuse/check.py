"""Reuse check of a data set: its stem library, calibration mashups, and test clips."""

from dataclasses import dataclass, replace

import numpy as np

from ...exceptions import DataError, UsageError
from ...mashups import Mashup
from ...mashups.tempo_sync import PITCH_KEEPING_MODES
from ...runs.clip_list import ClipList
from ...runs.config import Config
from ...runs.training_clips import sample_training
from ...utils.parallel import parallel_map
from ...utils.threads import one_blas_thread
from .estimate import Calibration, Reuse, SearchedMashup, calibrate, estimate_reuse
from .stem_library import StemLibrary

# Differs from the stages of the random streams of recipes, noise folds and clip sets.
_CLIPS_STAGE = 4
# The threshold is chosen on mashups of one half of the songs, error rates are of the other half.
_HALVES = 2


@dataclass(frozen=True)
class ReuseCheck:
    """Result of a reuse check.

    Attributes
    ----------
    n_stems : int
        Number of stems in the library.
    calibration : Calibration
    reuse : Reuse
    ids : list
        Of the clips that were searched.
    matches : list of list of StemMatch
        The stems found in each clip.
    problems : tuple of str
        What is wrong with the clips that were left out.

    See Also
    --------
    check_reuse : Returns it.

    Examples
    --------
    >>> from stemstack.domain_shift.reuse import Calibration, Proportion, Reuse, ReuseCheck
    >>> from stemstack.domain_shift.reuse import StemMatch
    >>> right, wrong = Proportion(95, 100), Proportion(1, 100)
    >>> calibration = Calibration(0.2, right, wrong, Proportion(95, 96), Proportion(190, 192), {})
    >>> reuse = Reuse(Proportion(1, 2), rate=0.5, interval=(0.1, 0.9))
    >>> match = StemMatch("a/drums.wav", "a", rate=1.0, start=2.5, correlation=0.6)
    >>> check = ReuseCheck(400, calibration, reuse, ["x", "y"], [[match], []])
    >>> {clip: [match.song for match in found] for clip, found in zip(check.ids, check.matches)}
    {'x': ['a'], 'y': []}
    """

    n_stems: int
    calibration: Calibration
    reuse: Reuse
    ids: list
    matches: list
    problems: tuple = ()


@one_blas_thread()
def check_reuse(data, settings=None, *, n_mashups=100, n_clips=300, seed=0, resources):
    """Estimate how many test clips of a data set contain stems of its training songs.

    Parameters
    ----------
    data : DataSet
        Of songs in stems, with test clips.
    settings : dict, optional
        Mashup settings of the calibration mashups as plain data; missing names have their
        defaults.
    n_mashups : int, default=100
        Approximate number of calibration mashups; all classes have the same number.
    n_clips : int, default=300
        Number of test clips to search, at most; a random sample.
    seed : int, default=0
    resources : Resources
        With a cache folder.

    Returns
    -------
    ReuseCheck

    Raises
    ------
    UsageError
        If the data set has no stems.
    DataError
        If there are no test clips, or none can be read.

    See Also
    --------
    StemLibrary : The search for stems in one clip.

    Examples
    --------
    >>> from pathlib import Path
    >>> from stemstack.datasets import read_data
    >>> from stemstack.domain_shift.reuse import check_reuse
    >>> from stemstack.utils.resources import Resources
    >>> check = check_reuse(
    ...     read_data("DATA"), resources=Resources(Path("cache"))
    ... )  # doctest: +SKIP
    >>> check.reuse.is_reused  # doctest: +SKIP
    False
    """
    if not data.has_stems:
        raise UsageError(
            f"{data.root}: reuse needs a folder with genres_stems; these are clips already"
        )
    clips = _sample_clips(data, n_clips, seed)
    clips = clips.usable(resources=resources)
    if not clips.paths:
        raise DataError(f"{data.root}: none of the test clips can be read: {clips.problems[0]}")
    sampled = sample_calibration(data, settings or {}, n_mashups, resources, seed=seed)
    library = build_library(data, sampled.pool, resources)
    calibration = calibrate_library(library, sampled, resources)
    matches = find_stems(library, clips.paths, resources, name="searching test clips")
    reuse = estimate_reuse(matches, calibration)
    above = [[m for m in found if m.correlation > calibration.threshold] for found in matches]
    return ReuseCheck(len(library.paths), calibration, reuse, clips.ids, above, clips.problems)


def sample_calibration(data, settings, n_mashups, resources, *, seed):
    """Sample mashups of each half of the songs and noise clips of a data set.

    Parameters
    ----------
    data : DataSet
    settings : dict
    n_mashups : int
        Approximate number; all classes and halves have the same number.
    resources : Resources
    seed : int

    Returns
    -------
    SampledMashups
        The fold of a recipe is its half.
    """
    config = Config(
        data=str(data.root),
        folds=_HALVES,
        seed=seed,
        settings=settings,
        mashups_per_genre=_HALVES * max(1, round(n_mashups / _HALVES / len(data.classes))),
    )
    return sample_training(data, config, resources=resources)


def build_library(data, pool, resources):
    """Compute the fingerprints of all stems of a data set.

    Parameters
    ----------
    data : DataSet
    pool : Pool
        Its settings have the tempo mode, which determines what a change of speed moves.
    resources : Resources

    Returns
    -------
    StemLibrary
    """
    n_stems = int(data.train[list(data.stems)].count().sum())
    with resources.progress.stage("fingerprints", n_stems) as advance:
        return StemLibrary.from_songs(
            data.train,
            data.stems,
            pool.source_store,
            moves="time" if pool.settings.tempo in PITCH_KEEPING_MODES else "pitch",
            sr=pool.settings.sr,
            n_jobs=resources.n_jobs,
            advance=advance,
        )


def calibrate_library(library, sampled, resources):
    """Search calibration mashups with and without their songs, and calibrate the search.

    Parameters
    ----------
    library : StemLibrary
    sampled : SampledMashups
        From :func:`sample_calibration`.
    resources : Resources

    Returns
    -------
    Calibration
        Chosen on the mashups of one half, measured on those of the other.
    """
    recipes, source_store = sampled.recipes, sampled.pool.source_store
    mashups = [Mashup.from_recipe(recipe, source_store) for recipe in recipes]
    songs = [{part.song for part in recipe.stems} for recipe in recipes]
    matches = find_stems(library, mashups, resources, name="searching known mashups")
    others = find_stems(library, mashups, resources, songs, name="searching other songs")
    halves = ([], [])
    for mashup in map(SearchedMashup, recipes, matches, others):
        halves[mashup.recipe.fold].append(mashup)
    return calibrate(*halves)


def find_stems(library, clips, resources, without=None, *, name):
    """Search many clips for the stems of a library.

    Parameters
    ----------
    library : StemLibrary
    clips : sequence of clips
    resources : Resources
    without : sequence of set of str, optional
        For each clip, the songs to leave out of the search.
    name : str
        Of the stage in the progress display.

    Returns
    -------
    list of list of StemMatch
    """
    without = without or [()] * len(clips)
    with resources.progress.stage(name, len(clips)) as advance:
        found = parallel_map(library.find, clips, without, n_jobs=resources.n_jobs, advance=advance)
        return list(found)


def _sample_clips(data, n_clips, seed):
    clips = ClipList.from_test_table(data)
    if not clips.paths:
        raise DataError(f"{data.root}: there is no test.csv with clips to check; add it")
    stream = np.random.SeedSequence(seed, spawn_key=(_CLIPS_STAGE,))
    rows = sorted(np.random.default_rng(stream).permutation(len(clips.paths))[:n_clips].tolist())
    return replace(clips, ids=[clips.ids[i] for i in rows], paths=[clips.paths[i] for i in rows])
