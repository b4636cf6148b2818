"""The search: optuna's TPE, one trial after another, resumed to the trials it would have made.

Every suggestion is a function of the finished trials and the seed alone, for the sampler is seeded
anew for each; what a killed search left unfinished is set aside.
"""

import json
import logging
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import DataError, UsageError, require
from .tune_space import suggest

_PROBLEM = "problem"


@dataclass(frozen=True)
class Trial:
    """One finished trial: its number, the parameters tried and what they cost."""

    number: int
    parameters: dict
    cost: float


@dataclass(frozen=True)
class Pilot:
    """Parameters drawn at random, and the summary of mashups by them."""

    parameters: dict
    summary: np.ndarray


@dataclass(frozen=True)
class Record:
    """The two studies of a tuning, in one file of optuna's journal."""

    pilots: object
    search: object


def open_record(path, problem, *, resume):
    """Open the record of a tuning.

    Parameters
    ----------
    path : str or os.PathLike
    problem : dict
        What the tuning is about, plain data: a record of another problem is refused.
    resume : bool
        Go on with the record that is there.

    Returns
    -------
    Record

    Raises
    ------
    UsageError
        There is a record and ``resume`` is false, or it is of another problem.
    DataError
        The file is no such record.
    MissingExtraError
        The ``tune`` extra is not installed.
    """
    optuna = require("optuna", "tune")
    logging.getLogger("optuna").setLevel(logging.WARNING)
    path = Path(path)
    if path.exists() and not resume:
        raise UsageError(f"{path}: there is a search already; add --resume, or remove it")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        backend = optuna.storages.journal.JournalFileBackend(str(path))
        storage = optuna.storages.JournalStorage(backend)
        record = Record(
            *(
                optuna.create_study(storage=storage, study_name=name, load_if_exists=True)
                for name in ("pilots", "search")
            )
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: is not the record of a search; remove it") from error
    _check_problem(record.pilots, json.loads(json.dumps(problem)), path)
    for study in (record.pilots, record.search):
        for trial in study.get_trials(deepcopy=False, states=[optuna.trial.TrialState.RUNNING]):
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
    return record


def run_pilots(record, summarise, *, count, seed, tempo_modes, progress=None):
    """Summarise mashups by parameters drawn at random.

    Parameters
    ----------
    record : Record
        Of :func:`open_record`; its finished pilots count.
    summarise : callable
        Gives an array for a dict of parameters and a seed, another one for each pilot.
    count, seed : int
    tempo_modes : sequence of str
    progress : callable, optional
        Called with the number of pilots done since its last call.

    Returns
    -------
    list of Pilot
    """
    optuna = require("optuna", "tune")
    study = record.pilots
    for number in range(count):
        if number >= len(_finished(study)):
            study.sampler = optuna.samplers.RandomSampler(seed=_seed_of(seed, number))
            trial = study.ask()
            summary = summarise(suggest(trial, tempo_modes), _seed_of(seed, number))
            trial.set_user_attr("summary", np.asarray(summary).tolist())
            study.tell(trial, 0.0)
        if progress is not None:
            progress(1)
    return [
        Pilot(trial.params, np.array(trial.user_attrs["summary"])) for trial in _finished(study)
    ]


def run_search(
    record, cost, *, known, begin, budget, seed, tempo_modes, seconds=None, progress=None
):
    """Try parameters until the budget is spent.

    Parameters
    ----------
    record : Record
        Of :func:`open_record`; its finished trials count.
    cost : callable
        Gives a float, the lower the better, for a dict of parameters.
    known : sequence of float
        What the pilots cost; they are the search's first trials.
    begin : sequence of dict
        Tried next.
    budget : int
        Trials after the pilots.
    seed : int
    tempo_modes : sequence of str
    seconds : float, optional
        Begin no trial after so much time.
    progress : callable, optional
        Called with the number of trials done since its last call.

    Returns
    -------
    list of Trial
        All finished ones, in order, pilots first.

    References
    ----------
    Bergstra et al., "Algorithms for hyper-parameter optimization", NeurIPS 2011; the multivariate
    form as in optuna's documentation.
    """
    study, begun = record.search, time.monotonic()
    _add_pilots(study, record.pilots, known)
    for number in range(budget):
        done = len(_finished(study)) - len(known)
        if seconds is not None and time.monotonic() - begun > seconds:
            break
        if number >= done:
            fixed = begin[number] if number < len(begin) else None
            study.sampler = _make_sampler(_seed_of(seed, len(known) + number), fixed)
            trial = study.ask()
            study.tell(trial, cost(suggest(trial, tempo_modes)))
        if progress is not None:
            progress(1)
    finished = _finished(study)
    return [Trial(number, trial.params, trial.value) for number, trial in enumerate(finished)]


def best_trials(trials, count):
    """Choose trials for the real test: the cheapest of each tempo mode, then the cheapest at all.

    A tempo mode is a choice of kind, which the cheap distance may get wrong as a whole.

    Parameters
    ----------
    trials : sequence of Trial
    count : int
        How many, or one for each mode when that is more.

    Returns
    -------
    list of Trial
        Of different parameters, the cheapest first.
    """
    ranked, chosen = [], {}
    for trial in sorted(trials, key=lambda trial: trial.cost):
        chosen.setdefault(trial.parameters["tempo"], trial)
        if all(trial.parameters != other.parameters for other in ranked):
            ranked.append(trial)
    others = [trial for trial in ranked if trial not in chosen.values()]
    best = [*chosen.values(), *others[: max(count - len(chosen), 0)]]
    return sorted(best, key=lambda trial: trial.cost)


def _add_pilots(study, pilots, known):
    """Add to the search the pilots that it does not hold yet."""
    optuna = require("optuna", "tune")
    for pilot, cost in list(zip(_finished(pilots), known, strict=True))[len(_finished(study)) :]:
        study.add_trial(
            optuna.trial.create_trial(
                params=pilot.params, distributions=pilot.distributions, value=cost
            )
        )


def _make_sampler(seed, fixed):
    """Make TPE's sampler, or one that answers with the parameters given."""
    optuna = require("optuna", "tune")
    with warnings.catch_warnings():
        # Marked experimental: what they suggest may change with optuna's version.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = optuna.samplers.TPESampler(seed=seed, multivariate=True)
        return sampler if fixed is None else optuna.samplers.PartialFixedSampler(fixed, sampler)


def _finished(study):
    complete = require("optuna", "tune").trial.TrialState.COMPLETE
    return study.get_trials(deepcopy=False, states=[complete])


def _seed_of(seed, number):
    return int(np.random.SeedSequence(seed, spawn_key=(number,)).generate_state(1)[0])


def _check_problem(study, ours, path):
    theirs = study.user_attrs.get(_PROBLEM, ours)
    for name in sorted({*theirs, *ours}):
        if theirs.get(name) != ours.get(name):
            raise UsageError(
                f"{path}: the search there was begun with another {name}; resume it with the same "
                "options and data, or give another --out"
            )
    study.set_user_attr(_PROBLEM, ours)
