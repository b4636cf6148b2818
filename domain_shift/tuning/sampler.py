"""Sampler of a tuning: sampled mashups, their features, and their gaps to the test clips."""

from dataclasses import replace
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from ...audio import DEFAULT_SR, load_clip
from ...features import Extractor
from ...runs.config import Config
from ...runs.training_clips import sample_training
from ...utils.parallel import parallel_map
from ..gap.clip_sets import ClipSet, compare, describe
from ..gap.clip_stats import CLIP_STATS, compute_clip_stats, waveform_stats
from .length_level import fit_to_clips
from .search import apply_parameters

# In s; the longest that settings allow.
_UNLIMITED = 3600.0
# Number of recipes from which the longest possible durations are estimated.
_N_LENGTHS = 400


class MashupSampler:
    """Sampler of mashups for one data set and its test clips.

    Parameters
    ----------
    data : DataSet
        Songs and noise clips to sample from.
    test : ClipSet
    start : Settings
        What is not searched for is taken from these.
    budget : TuneBudget
    resources : Resources
    """

    def __init__(self, data, test, start, budget, resources):
        self.start = start
        self.budget = budget
        self.progress = resources.progress
        self._resources = resources
        self._test = test.sample(budget.gap_clips, budget.seed)
        self._n_classes = len(data.classes)
        self._base_settings = {}
        config = Config(
            str(data.root), folds=budget.folds, mashups_per_genre=1, settings=start.to_dict()
        )
        self._pool = sample_training(data, config, resources=resources).pool

    def base_settings(self, tempo):
        """Return the start with a tempo mode, and with duration and level of the test clips."""
        if tempo not in self._base_settings:
            start = replace(self.start, tempo=tempo)
            unlimited = replace(start, durations=((1.0, _UNLIMITED, _UNLIMITED),))
            recipes = self._sample(unlimited, _N_LENGTHS, 0)
            lengths = [recipe.length / recipe.sr for recipe in recipes]
            self._base_settings[tempo] = fit_to_clips(start, self._test_stats, lengths)
        return self._base_settings[tempo]

    def settings(self, parameters):
        """Return the settings of some parameters of the search."""
        return apply_parameters(self.base_settings(parameters["tempo"]), parameters)

    def sample_recipes(self, parameters, seed, n=None):
        """Sample about ``n`` recipes; by default as many as an initial trial has."""
        return self._sample(self.settings(parameters), n or self.budget.clips_per_trial, seed)

    def describe_initial_trial(self, parameters, seed):
        """Compute the fast features of the mashups of an initial trial."""
        recipes = self.sample_recipes(parameters, seed)
        clips = ClipSet.from_recipes(recipes, self._pool.source_store).clips
        return compute_fast_features(clips, n_jobs=self._resources.n_jobs).to_numpy()

    def describe_test(self):
        """Compute the fast features of the test clips."""
        clips, n_jobs = self._test.clips, self._resources.n_jobs
        with self.progress.stage("describing test clips", len(clips)) as advance:
            return compute_fast_features(clips, n_jobs=n_jobs, advance=advance).to_numpy()

    def gap(self, settings, seed):
        """Measure the gap between mashups and the test clips."""
        recipes = self._sample(settings, self.budget.gap_clips, seed)
        mashups = ClipSet.from_recipes(recipes, self._pool.source_store)
        X = self._describe(mashups)
        X_test = self._test_features
        with self.progress.stage("two-sample test"):
            return compare(mashups, X, self._test, X_test, seed=self.budget.seed)

    @cached_property
    def _test_stats(self):
        clips, n_jobs = self._test.clips, self._resources.n_jobs
        with self.progress.stage("length and level, test", len(clips)) as advance:
            return compute_clip_stats(clips, n_jobs=n_jobs, advance=advance)

    @cached_property
    def _test_features(self):
        return self._describe(self._test)

    def _describe(self, clips):
        return describe(clips, list(self.budget.families), self._resources)

    def _sample(self, settings, n, seed):
        pool = replace(self._pool, settings=settings)
        # At least two per class, because the regressors are cross-fitted over folds.
        return pool.sample_all(max(2, round(n / self._n_classes)), seed)


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
