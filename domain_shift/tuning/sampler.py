"""The studio of a tuning: it draws mashups, describes them, and holds them against test clips."""

from dataclasses import replace
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from ...audio import DEFAULT_SR, load_clip
from ...features import Extractor
from ...runs.config import Config
from ...runs.training_clips import sample_training
from ...utils.parallel import parallel_map
from ..gap.clip_stats import FACTS, clip_stats, measure_clip_stats
from ..gap.measure import bind_recipes, compare, describe
from .length_level import fit_to_clips
from .search import apply

# In s; longer than any song.
_ENDLESS = 36000.0
# Mashups whose lengths tell how long mashups of a tempo mode can be.
_MEASURED = 400


class MashupSampler:
    """Draws and describes mashups, and holds them against test clips.

    Parameters
    ----------
    data : DataSet
        Songs and noise to draw from.
    test : ClipSet
    start : Settings
    plan : Plan
    places : dict
        ``cache``, ``n_jobs`` and ``progress``.
    """

    def __init__(self, data, test, start, plan, places):
        self.start = start
        self.plan = plan
        self._test = test.sample(plan.gap_clips, plan.seed)
        self._places = places
        self._classes = len(data.classes)
        self._bases = {}
        config = Config(
            str(data.root), folds=plan.folds, mashups_per_genre=1, settings=start.to_dict()
        )
        self._pool = sample_training(data, config, **places).pool

    def base(self, mode):
        """Give the start in a tempo mode, with length and level of the test clips."""
        if mode not in self._bases:
            start = replace(self.start, tempo=mode)
            endless = replace(start, durations=((1.0, _ENDLESS, _ENDLESS),))
            lengths = [recipe.length / recipe.sr for recipe in self._draw(endless, _MEASURED, 0)]
            self._bases[mode] = fit_to_clips(start, self._test_facts, lengths)
        return self._bases[mode]

    def sample_recipes(self, parameters, seed, n=None):
        """Draw recipes by parameters: about ``n``, by default as many as a pilot has."""
        settings = apply(self.base(parameters["tempo"]), parameters)
        return self._draw(settings, n or self.plan.clips, seed)

    def describe_initial_trial(self, parameters, seed):
        """Describe the mashups of a pilot."""
        clips = bind_recipes(self.sample_recipes(parameters, seed), self._pool.source_store).clips
        return compute_fast_features(clips, n_jobs=self._places["n_jobs"]).to_numpy()

    def describe_test(self):
        """Describe the test clips as pilots are."""
        clips, n_jobs = self._test.clips, self._places["n_jobs"]
        with self.stage("describing test clips", len(clips)) as advance:
            return compute_fast_features(clips, n_jobs=n_jobs, advance=advance).to_numpy()

    def gap(self, settings, seed):
        """Measure the gap between mashups by settings and the test clips."""
        recipes = self._draw(settings, self.plan.gap_clips, seed)
        drawn = bind_recipes(recipes, self._pool.source_store)
        table = self._describe(drawn)
        test = self._test_table
        with self.stage("telling them apart", None):
            return compare(drawn, table, self._test, test, seed=self.plan.seed)

    def stage(self, name, total):
        """Announce a stage."""
        return self._places["progress"].stage(name, total)

    @cached_property
    def _test_facts(self):
        clips, n_jobs = self._test.clips, self._places["n_jobs"]
        with self.stage("length and level, test", len(clips)) as advance:
            return clip_stats(clips, n_jobs=n_jobs, advance=advance)

    @cached_property
    def _test_table(self):
        return self._describe(self._test)

    def _describe(self, clips):
        return describe(clips, list(self.plan.families), **self._places)

    def _draw(self, settings, n, seed):
        pool = replace(self._pool, settings=settings)
        # Two of each class at least: what a fold teaches is tried on another.
        return pool.sample_all(max(2, round(n / self._classes)), seed)


SECONDS = 10.0
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
STATISTICS = ("mean", "std", "min", "max", "median")


def compute_fast_features(clips, *, n_jobs=None, advance=None):
    """Measure the facts of clips, and some features of their beginnings.

    Parameters
    ----------
    clips : sequence of clips
    n_jobs : int, optional
        Processes; the result is the same for any number.
    advance : callable, optional
        Called with the number of clips done since its last call.

    Returns
    -------
    DataFrame of shape (n_clips, n_features)

    Raises
    ------
    AudioError
        A clip cannot be read.
    """
    rows = list(parallel_map(_describe, clips, n_jobs=n_jobs, advance=advance))
    return pd.DataFrame(np.stack(rows), columns=[*FACTS, *_extractor().names])


def _describe(clip):
    samples = load_clip(clip, DEFAULT_SR)
    start = samples[: round(SECONDS * DEFAULT_SR)]
    return np.concatenate([measure_clip_stats(samples, DEFAULT_SR), _extractor()(start)])


@lru_cache(maxsize=1)
def _extractor():
    return Extractor(DEFAULT_SR, FAMILIES, STATISTICS)
