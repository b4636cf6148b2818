"""Tuning: from unlabelled test clips to settings whose mashups match them.

Durations are read from the test clips. In rounds, if there are any, the law of the level is read
too, and everything else is inferred from mashups: pilots of generators from a wide prior are
rendered, a classifier separates them from the test clips, and its density ratios weigh the
generators (:mod:`.selection`). The result is a mixture of generators. Further rounds render pilots
of the generators selected before, crossed with each other: population Monte Carlo (Beaumont et al.
2009).

References
----------
Beaumont, M. A., Cornuet, J.-M., Marin, J.-M., Robert, C. P. (2009). Adaptive approximate Bayesian
computation. Biometrika 96 (4).
"""

import time
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd

from ...exceptions import DataError
from ...mashups import Settings
from ...utils.threads import one_blas_thread
from ..gap.clip_sets import DEFAULT_FOLDS, ClipSet
from ..gap.two_sample import Gap, domain_gap
from .generators import cross, sample_generators, to_mixture
from .length_level import fit_level
from .sampler import MashupSampler, describe_clips
from .selection import log_density_ratios, select_generators

# Fewer clips show nothing of a distribution.
LEAST_CLIPS = 20
# Level in dBFS of silent clips, which are not used.
_SILENCE_DBFS = -80.0
# Generators of the result, and candidates that they are selected from.
_N_GENERATORS, _N_CANDIDATES = 100, 1000
# Of the random stream of generators. The reported gaps are of other mashups than the pilots.
_GENERATOR_STAGE = 5


@dataclass(frozen=True)
class TuneBudget:
    """Size of a tuning.

    Attributes
    ----------
    n_pilots : int, default=300
        Mashups rendered in each round.
    n_rounds : int, default=0
        Rounds in which generators are weighed; without any, those of the start are kept.
    gap_clips : int, default=300
        Test clips, at most, and mashups that they are compared with before and after.
    matched_auc : float, default=0.6
        Leave settings as they are if a classifier separates their mashups from the test clips with
        at most this AUC.
    max_seconds : float or None, default=None
        Start no further round after this time.
    folds : int, default=3
        Songs and noise clips are split into these; mashups are within one.
    seed : int, default=0

    See Also
    --------
    tune_settings : The tuning.

    Examples
    --------
    >>> from stemstack.domain_shift.tuning import TuneBudget
    >>> TuneBudget(n_rounds=1, gap_clips=150).n_pilots
    300
    """

    n_pilots: int = 300
    n_rounds: int = 0
    gap_clips: int = 300
    matched_auc: float = 0.6
    max_seconds: float | None = None
    folds: int = DEFAULT_FOLDS
    seed: int = 0

    @property
    def n_clips(self):
        """Number of test clips and mashups that are described, at most."""
        return self.n_rounds * self.n_pilots + 3 * self.gap_clips


DEFAULT_BUDGET = TuneBudget()


@dataclass(frozen=True)
class Round:
    """Round of a tuning.

    Attributes
    ----------
    n_pilots : int
        Mashups rendered so far.
    auc : float
        Of the classifier that separates them from the test clips.
    seconds : float
        Since the tuning began.

    See Also
    --------
    Tuning : Has all rounds.

    Examples
    --------
    >>> from stemstack.domain_shift.tuning import Round
    >>> Round(n_pilots=300, auc=0.93, seconds=40.0).auc
    0.93
    """

    n_pilots: int
    auc: float
    seconds: float


@dataclass(frozen=True)
class Tuning:
    """Result of :func:`tune_settings`.

    Attributes
    ----------
    start : Settings
    settings : Settings
        The result: ``start`` if its mashups match the test clips already, or better.
    before, after : Gap
        Of mashups of the start and of the result to the test clips.
    rounds : tuple of Round
        Empty if the start matches, or the budget has none.
    problems : tuple of str
        One message for each test clip that was left out.

    See Also
    --------
    tune_settings : Makes this.

    Examples
    --------
    >>> from stemstack.domain_shift.gap import Gap
    >>> from stemstack.domain_shift.tuning import Tuning
    >>> from stemstack.mashups import Settings
    >>> gap = Gap(100, 100, 0.51, (0.43, 0.59), 0.4, 199, {"mfcc": 0.52}, ())
    >>> Tuning(Settings(), Settings(), gap, gap).is_changed
    False
    """

    start: Settings
    settings: Settings
    before: Gap
    after: Gap
    rounds: tuple[Round, ...] = ()
    problems: tuple = ()

    @property
    def is_changed(self):
        """Whether the settings are other than those of the start."""
        return self.settings != self.start

    def to_dict(self):
        """Return plain data for JSON."""
        return {
            "settings": self.settings.to_dict(),
            "start": self.start.to_dict(),
            "before": self.before.to_dict(),
            "after": self.after.to_dict(),
            "rounds": [asdict(one) for one in self.rounds],
        }


@one_blas_thread()
def tune_settings(data, start, budget=DEFAULT_BUDGET, *, resources):
    """Find mashup settings that match the test clips of a data set.

    Parameters
    ----------
    data : DataSet
        Of songs in stems, with noise and test clips. Labels of the test clips are not used.
    start : Settings
        Settings to compare with. A part of the generators is sampled from them.
    budget : TuneBudget
        Default: durations are read from the test clips, and nothing else.
    resources : Resources
        With a cache folder.

    Returns
    -------
    Tuning

    Raises
    ------
    DataError
        If the data are not stems, have no noise, or fewer than 20 test clips that can be read and
        are not silent.

    See Also
    --------
    stemstack.domain_shift.gap.measure_gap : Measure the gap that the tuning reduces.

    Examples
    --------
    >>> from pathlib import Path
    >>> from stemstack.datasets import read_data
    >>> from stemstack.domain_shift.tuning import tune_settings
    >>> from stemstack.mashups import Settings
    >>> from stemstack.utils.resources import Resources
    >>> tuning = tune_settings(
    ...     read_data("DATA"),
    ...     Settings(mixture="wide"),
    ...     resources=Resources(Path("cache")),
    ... )  # doctest: +SKIP
    >>> tuning.settings.to_yaml("settings.yaml")  # doctest: +SKIP
    """
    _check_data(data)
    began = time.monotonic()
    start = start.with_stems(data.stems)
    X_test, problems = _describe_test(data, budget, resources)
    sampler = MashupSampler(data, start, folds=budget.folds, seed=budget.seed, resources=resources)
    before = _measure_gap(sampler, start, X_test, budget)
    if before.auc <= budget.matched_auc:
        return Tuning(start, start, before, before, problems=problems)
    base = sampler.fit_durations(start, X_test["duration"])
    if budget.n_rounds:
        base = fit_level(base, X_test)
    generators, rounds = _search(sampler, base, X_test, budget, began)
    settings = to_mixture(replace(base, mixture=()), generators) if generators else base
    after = _measure_gap(sampler, settings, X_test, budget)
    if after.auc > before.auc:
        settings, after = start, before
    return Tuning(start, settings, before, after, rounds, problems)


def _describe_test(data, budget, resources):
    """Compute the features of the test clips that can be used; also return their problems."""
    test = ClipSet.from_test(data).sample(budget.gap_clips, budget.seed)
    _check_count(data, len(test.clips))
    test = test.usable(resources=resources)
    X = describe_clips(test.clips, "test clips", resources)
    X = X[X["rms_dbfs"] > _SILENCE_DBFS]
    _check_count(data, len(X))
    return X, test.problems


def _check_count(data, n_clips):
    if n_clips < LEAST_CLIPS:
        raise DataError(
            f"{data.root}: has {n_clips} test clips that can be read and are not silent; at least "
            f"{LEAST_CLIPS} are needed to match settings to them"
        )


def _search(sampler, base, X_test, budget, began):
    """Select generators in rounds: a list of Settings, and a tuple of Round."""
    stream = np.random.SeedSequence(budget.seed, spawn_key=(_GENERATOR_STAGE,))
    rng = np.random.default_rng(stream)
    selected, pilots, tables, groups, rounds = [], [], [], [], []
    for _ in range(budget.n_rounds):
        new = _propose(base, selected, budget.n_pilots, rng)
        X, new_groups = sampler.describe_pilots(new, len(pilots))
        pilots, tables, groups = [*pilots, *new], [*tables, X], [*groups, *new_groups]
        log_ratios, auc = log_density_ratios(
            pd.concat(tables, ignore_index=True), X_test, groups, budget.seed
        )
        # As the pilots: those of the first round are of the prior, others of the selected.
        per_round = _N_CANDIDATES // len(tables)
        candidates = sample_generators(base, per_round, rng)
        if selected:
            candidates += cross(selected, _N_CANDIDATES - per_round, rng)
        selected = select_generators(candidates, pilots, log_ratios, _N_GENERATORS, rng)
        rounds.append(Round(len(pilots), auc, time.monotonic() - began))
        if budget.max_seconds is not None and rounds[-1].seconds > budget.max_seconds:
            break
    return selected, tuple(rounds)


def _propose(base, selected, n, rng):
    """Sample the generators of the pilots of a round."""
    return cross(selected, n, rng) if selected else sample_generators(base, n, rng)


def _measure_gap(sampler, settings, X_test, budget):
    X, groups = sampler.describe(settings, budget.gap_clips, budget.seed)
    return domain_gap(X, X_test, groups, seed=budget.seed)


def _check_data(data):
    if not data.has_stems:
        raise DataError(f"{data.root}: tuning needs songs in stems; these are clips already")
    if data.noise is None:
        raise DataError(
            f"{data.root}: tuning needs noise clips; put an ESC-50-master folder with audio/*.wav "
            "next to genres_stems"
        )
