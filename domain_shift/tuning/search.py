"""What a tuning searches for, each parameter on a scale where equal steps sound about as large.

Left out is what cannot be heard in a mashup whose stems are not known: the gains of single stems,
and whether noise is one clip or several.
"""

import json
import logging
import math
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...audio.levels import db_to_amplitude
from ...exceptions import DataError, UsageError, import_optional

# "stretch" may be searched as well, at ten times the cost of a pilot.
TEMPO_MODES = ("interpolate", "none")


@dataclass(frozen=True)
class SearchParameter:
    """A number that is searched for, and the range it is searched in."""

    name: str
    low: float
    high: float
    log: bool = False

    def suggest(self, trial):
        """Ask an optuna trial for a value."""
        return trial.suggest_float(self.name, self.low, self.high, log=self.log)

    def clip(self, value):
        """Bring a value into the range."""
        return min(max(value, self.low), self.high)

    def place(self, value):
        """Give where in the range a value lies, from 0 to 1."""
        low, high = self._scale(self.low), self._scale(self.high)
        return (self._scale(value) - low) / (high - low)

    def value(self, place):
        """Give the value at a place in the range, the nearest end for a place outside."""
        low, high = self._scale(self.low), self._scale(self.high)
        scaled = low + min(max(float(place), 0.0), 1.0) * (high - low)
        return self.clip(math.exp(scaled) if self.log else scaled)

    def _scale(self, value):
        return math.log(value) if self.log else value


KNOBS = (
    SearchParameter("noise_probability", 0.0, 1.0),
    SearchParameter("noise_top", -30.0, 6.0),
    SearchParameter("noise_span", 0.0, 24.0),
    SearchParameter("lowpass_probability", 0.0, 1.0),
    SearchParameter("lowpass_low", 1500.0, 10000.0, log=True),
    SearchParameter("lowpass_octaves", 0.0, 2.0),
    SearchParameter("overdrive", 0.0, 12.0),
)


def suggest(trial, tempo):
    """Ask an optuna trial for a value of every number.

    Parameters
    ----------
    trial : optuna.trial.Trial
    tempo : str
        The tempo mode.

    Returns
    -------
    dict
        As of :func:`apply`.
    """
    return {"tempo": tempo} | {knob.name: knob.suggest(trial) for knob in KNOBS}


def apply(base, parameters):
    """Change settings by the parameters of a search.

    Parameters
    ----------
    base : Settings
        What is not searched for is taken from it.
    parameters : dict
        ``tempo``; ``noise_probability``, the highest noise gain ``noise_top`` in dB and how far
        the lowest is below it, ``noise_span``; ``lowpass_probability``,
        the lowest cutoff ``lowpass_low`` in Hz and the octaves to the highest; the most
        ``overdrive`` in dB.

    Returns
    -------
    Settings
    """
    top = parameters["noise_top"]
    cutoff = parameters["lowpass_low"]
    return replace(
        base,
        tempo=parameters["tempo"],
        noise_law="gain",
        noise_probability=parameters["noise_probability"],
        noise_gain=(db_to_amplitude(top - parameters["noise_span"]), db_to_amplitude(top)),
        lowpass_probability=parameters["lowpass_probability"],
        lowpass=(cutoff, cutoff * 2 ** parameters["lowpass_octaves"]),
        overdrive=(0.0, parameters["overdrive"]),
    )


_PROBLEM = "problem"


@dataclass(frozen=True)
class Trial:
    """One finished trial: its number among those of its tempo mode, its parameters, its cost."""

    number: int
    parameters: dict
    cost: float


@dataclass(frozen=True)
class InitialTrial:
    """Parameters drawn at random, the seed of some mashups by them, and what they are like."""

    parameters: dict
    seed: int
    table: np.ndarray


def open_record(path, problem, *, resume):
    """Open the record of a tuning's pilots.

    Parameters
    ----------
    path : str or os.PathLike
    problem : dict
        What the tuning is about, plain data: a record of another problem is refused.
    resume : bool
        Go on with the record that is there.

    Returns
    -------
    optuna.study.Study
        In a file of optuna's journal.

    Raises
    ------
    UsageError
        There is a record and ``resume`` is false, or it is of another problem.
    DataError
        The file is no such record.
    MissingExtraError
        The ``tune`` extra is not installed.
    """
    optuna = _quiet_optuna()
    path = Path(path)
    if path.exists() and not resume:
        raise UsageError(f"{path}: there is a search already; add --resume, or remove it")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        backend = optuna.storages.journal.JournalFileBackend(str(path))
        storage = optuna.storages.JournalStorage(backend)
        study = optuna.create_study(storage=storage, study_name="pilots", load_if_exists=True)
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: is not the record of a search; remove it") from error
    _check_problem(study, json.loads(json.dumps(problem)), path)
    return study


def run_initial_trials(record, describe, *, count, seed, tempo_modes, advance=None):
    """Describe mashups by parameters drawn at random, the tempo modes in turn.

    Parameters
    ----------
    record : optuna.study.Study
        Of :func:`open_record`; its finished pilots count.
    describe : callable
        Gives an array for a dict of parameters and a seed, another one for each pilot.
    count, seed : int
    tempo_modes : sequence of str
    advance : callable, optional
        Called with the number of pilots done since its last call.

    Returns
    -------
    list of Pilot
    """
    optuna = _quiet_optuna()
    for number in range(count):
        if number >= len(_finished(record)):
            record.sampler = optuna.samplers.RandomSampler(seed=_seed_of(seed, number))
            trial = record.ask()
            parameters = suggest(trial, tempo_modes[number % len(tempo_modes)])
            table = describe(parameters, _seed_of(seed, number))
            trial.set_user_attr("parameters", parameters)
            trial.set_user_attr("table", np.asarray(table, dtype=np.float32).tolist())
            record.tell(trial, 0.0)
        if advance is not None:
            advance(1)
    return [
        InitialTrial(attrs["parameters"], _seed_of(seed, number), np.array(attrs["table"]))
        for number, attrs in enumerate(trial.user_attrs for trial in _finished(record))
    ]


def run_search(cost, *, budget, seed, tempo_modes, seconds=None, advance=None):
    """Try parameters in each tempo mode until the budget is spent.

    Parameters
    ----------
    cost : callable
        Gives a float, the lower the better, for a dict of parameters.
    budget : int
        Trials, shared by the tempo modes.
    seed : int
    tempo_modes : sequence of str
    seconds : float, optional
        Begin no trial after so much time, but one of each tempo mode.
    advance : callable, optional
        Called with the number of trials done since its last call.

    Returns
    -------
    list of Trial
        Tempo mode by mode.

    References
    ----------
    Hansen, "The CMA evolution strategy: a tutorial", arXiv 1604.00772.
    """
    optuna = _quiet_optuna()
    import_optional("cmaes", "tune")
    begun, trials = time.monotonic(), []
    for place, mode in enumerate(tempo_modes):
        sampler = optuna.samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False)
        study = optuna.create_study(sampler=sampler)
        for number in range(max(1, (budget + place) // len(tempo_modes))):
            if number and seconds is not None and time.monotonic() - begun > seconds:
                break
            trial = study.ask()
            parameters = suggest(trial, mode)
            trials.append(Trial(number, parameters, cost(parameters)))
            study.tell(trial, trials[-1].cost)
            if advance is not None:
                advance(1)
    return trials


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


def _quiet_optuna():
    optuna = import_optional("optuna", "tune")
    logging.getLogger("optuna").setLevel(logging.WARNING)
    return optuna


def _finished(study):
    complete = import_optional("optuna", "tune").trial.TrialState.COMPLETE
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
