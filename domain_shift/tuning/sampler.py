"""Sampler of a tuning: mashups of settings and of generators, and their features."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from ...audio import DEFAULT_SR, load_clip
from ...features import Extractor
from ...mashups import Mashup
from ...mashups.settings_checks import LONGEST
from ...runs.config import Config
from ...runs.training_clips import sample_training
from ...utils.parallel import parallel_map
from ..gap.clip_stats import CLIP_STATS, waveform_stats
from .length_level import fit_durations

# Number of recipes from which the longest possible durations are estimated.
_N_LENGTHS = 400
# Spawn key of the random streams of pilots.
_PILOT_STAGE = 4


class MashupSampler:
    """Sampler of mashups of one data set.

    Parameters
    ----------
    data : DataSet
        Songs and noise clips to sample from.
    start : Settings
        Stems and sample rate are taken from it.
    folds, seed : int
    resources : Resources
    """

    def __init__(self, data, start, *, folds, seed, resources):
        self._seed, self._resources = seed, resources
        config = Config(
            str(data.root), folds=folds, mashups_per_genre=1, seed=seed, settings=start.to_dict()
        )
        self._pool = sample_training(data, config, resources=resources).pool

    def fit_durations(self, start, seconds):
        """Return settings with the durations of clips of some lengths in s."""
        unlimited = replace(start, durations=((1.0, LONGEST, LONGEST),))
        recipes = self._sample(unlimited, _N_LENGTHS, self._seed)
        available = [recipe.length / recipe.sr for recipe in recipes]
        return replace(start, durations=fit_durations(seconds, available))

    def describe(self, settings, n, seed):
        """Compute the features of about ``n`` mashups: a table, and groups that share songs."""
        return self._describe(self._sample(settings, n, seed), "mashups")

    def describe_pilots(self, generators, first):
        """Compute the features of one mashup of each generator: a table and groups.

        The classes and folds take turns; ``first`` is the number of pilots before these.
        """
        cells, recipes = sorted(self._pool.songs), []
        for number, generator in enumerate(generators, start=first):
            label, fold = cells[number % len(cells)]
            stream = np.random.SeedSequence(self._seed, spawn_key=(_PILOT_STAGE, number))
            pool = replace(self._pool, settings=generator)
            rng = np.random.default_rng(stream)
            recipes.append(pool.sample_recipe(f"pilot-{number}", label, fold, rng))
        return self._describe(recipes, "pilots")

    def _sample(self, settings, n, seed):
        pool = replace(self._pool, settings=settings)
        n_classes = len({label for label, _ in pool.songs})
        return pool.sample_all(max(1, round(n / n_classes)), seed)

    def _describe(self, recipes, name):
        clips = [Mashup.from_recipe(recipe, self._pool.source_store) for recipe in recipes]
        groups = [f"{recipe.label}/{recipe.fold}" for recipe in recipes]
        return describe_clips(clips, name, self._resources), groups


def describe_clips(clips, name, resources):
    """Compute the fast features of clips, as a stage of the progress."""
    with resources.progress.stage(f"describing {name}", len(clips)) as advance:
        return compute_fast_features(clips, n_jobs=resources.n_jobs, advance=advance)


_SECONDS = 10.0
FAMILIES = (
    "mfcc",
    "contrast",
    "centroid",
    "flatness",
    "rms",
    "onset_strength",
    "octaves",
    "texture",
    "dynamics",
)
_STATISTICS = ("mean", "std", "min", "max", "median")


def compute_fast_features(clips, *, n_jobs=None, advance=None):
    """Compute statistics of whole clips, and some features of their first ten seconds.

    Parameters
    ----------
    clips : sequence of clips
    n_jobs : int or None, default=None
        Number of worker processes; None means 1. The result is the same for any number.
    advance : callable, optional
        Called with the number of clips done since its last call.

    Returns
    -------
    DataFrame of shape (n_clips, n_features)

    Raises
    ------
    AudioError
        If a clip cannot be read.
    """
    rows = list(parallel_map(_fast_features, clips, n_jobs=n_jobs, advance=advance))
    return pd.DataFrame(np.stack(rows), columns=[*CLIP_STATS, *_extractor().names])


def _fast_features(clip):
    samples = load_clip(clip, DEFAULT_SR)
    beginning = samples[: round(_SECONDS * DEFAULT_SR)]
    return np.concatenate([waveform_stats(samples, DEFAULT_SR), _extractor()(beginning)])


@lru_cache(maxsize=1)
def _extractor():
    return Extractor(DEFAULT_SR, FAMILIES, _STATISTICS)
