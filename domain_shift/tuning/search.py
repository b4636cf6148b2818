"""Search: the parameters, initial random trials, and CMA-ES over a surrogate cost, by optuna.

Each parameter is on a scale where equal steps sound about equally large. The gains of single stems
and the number of noise clips are not searched for, because they cannot be estimated from a mashup
of unknown stems.
"""

import json
import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...audio.levels import db_to_amplitude
from ...exceptions import DataError, UsageError, import_optional

# "stretch" may be searched too, but takes ten times as long to render.
TEMPO_MODES = ("interpolate", "none")


@dataclass(frozen=True)
class SearchParameter:
    """Parameter of the search: its name, range and scale."""

    name: str
    low: float
    high: float
    log: bool = False


SEARCH_SPACE = (
    SearchParameter("noise_probability", 0.0, 1.0),
    SearchParameter("noise_top", -30.0, 6.0),
    SearchParameter("noise_span", 0.0, 24.0),
    SearchParameter("lowpass_probability", 0.0, 1.0),
    SearchParameter("lowpass_low", 1500.0, 10000.0, log=True),
    SearchParameter("lowpass_octaves", 0.0, 2.0),
    SearchParameter("overdrive", 0.0, 12.0),
)


def suggest_parameters(trial, tempo):
    """Return the parameters that an optuna trial suggests.

    Parameters
    ----------
    trial : optuna.trial.Trial
    tempo : str
        The tempo mode, which is not suggested.

    Returns
    -------
    dict
        See :func:`apply_parameters`.
    """
    values = {p.name: trial.suggest_float(p.name, p.low, p.high, log=p.log) for p in SEARCH_SPACE}
    return {"tempo": tempo} | values


def apply_parameters(base, parameters):
    """Return settings with the parameters of a search.

    Parameters
    ----------
    base : Settings
        The other settings are taken from it.
    parameters : dict
        ``tempo``; ``noise_probability``; ``noise_top``, the highest noise gain in dB, and
        ``noise_span``, the range below it in dB; ``lowpass_probability``; ``lowpass_low``, the
        lowest cutoff in Hz, and ``lowpass_octaves``, the range above it; ``overdrive``, the largest
        one in dB.

    Returns
    -------
    Settings
    """
    top, cutoff = parameters["noise_top"], parameters["lowpass_low"]
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
    """Finished trial: its number within its tempo mode, its parameters and its cost."""

    number: int
    parameters: dict
    cost: float


@dataclass(frozen=True)
class InitialTrial:
    """Random parameters, the seed of their mashups, and the features of these mashups."""

    parameters: dict
    seed: int
    table: np.ndarray


def open_study(path, problem, *, resume):
    """Open the file that the initial trials of a search are stored in.

    Parameters
    ----------
    path : str or os.PathLike
    problem : dict
        Plain data that define the search. A file of another problem is refused.
    resume : bool
        Whether to continue the search in an existing file.

    Returns
    -------
    optuna.study.Study
        Stored in a file of optuna's journal.

    Raises
    ------
    UsageError
        If the file exists and ``resume`` is false, or it is of another problem.
    DataError
        If the file is no such journal.
    MissingExtraError
        If the ``tune`` extra is not installed.
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
        raise DataError(f"{path}: is not the file of a search; remove it") from error
    _check_problem(study, json.loads(json.dumps(problem)), path)
    return study


def run_initial_trials(study, describe, *, count, seed, tempo_modes, advance=None):
    """Describe mashups of random parameters, with the tempo modes in turn.

    Parameters
    ----------
    study : optuna.study.Study
        From :func:`open_study`; the trials that it has are not run again.
    describe : callable
        Takes a dict of parameters and a seed, which differs between trials; returns an array.
    count : int
        Number of trials.
    seed : int
    tempo_modes : sequence of str
    advance : callable, optional
        Called with the number of trials done since its last call.

    Returns
    -------
    list of InitialTrial
    """
    optuna = _quiet_optuna()
    for number in range(count):
        if number >= len(_finished(study)):
            study.sampler = optuna.samplers.RandomSampler(seed=_trial_seed(seed, number))
            trial = study.ask()
            parameters = suggest_parameters(trial, tempo_modes[number % len(tempo_modes)])
            table = describe(parameters, _trial_seed(seed, number))
            trial.set_user_attr("parameters", parameters)
            trial.set_user_attr("table", np.asarray(table, dtype=np.float32).tolist())
            study.tell(trial, 0.0)
        if advance is not None:
            advance(1)
    return [
        InitialTrial(attrs["parameters"], _trial_seed(seed, number), np.array(attrs["table"]))
        for number, attrs in enumerate(trial.user_attrs for trial in _finished(study))
    ]


def run_search(cost, *, n_trials, seed, tempo_modes, max_seconds=None, advance=None):
    """Minimise a cost by CMA-ES, in each tempo mode.

    Parameters
    ----------
    cost : callable
        Takes a dict of parameters; returns a float.
    n_trials : int
        Split evenly between the tempo modes, at least one each.
    seed : int
    tempo_modes : sequence of str
    max_seconds : float, optional
        Start no trial after this time, except the first of each tempo mode.
    advance : callable, optional
        Called with the number of trials done since its last call.

    Returns
    -------
    list of Trial
        Ordered by tempo mode.

    References
    ----------
    Hansen, "The CMA evolution strategy: a tutorial", arXiv 1604.00772.
    """
    optuna = _quiet_optuna()
    import_optional("cmaes", "tune")
    started, trials = time.monotonic(), []
    for i, tempo in enumerate(tempo_modes):
        sampler = optuna.samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False)
        study = optuna.create_study(sampler=sampler)
        for number in range(max(1, (n_trials + i) // len(tempo_modes))):
            if number and max_seconds is not None and time.monotonic() - started > max_seconds:
                break
            trial = study.ask()
            parameters = suggest_parameters(trial, tempo)
            trials.append(Trial(number, parameters, cost(parameters)))
            study.tell(trial, trials[-1].cost)
            if advance is not None:
                advance(1)
    return trials


def best_trials(trials, count):
    """Return the best trial of each tempo mode, filled up with the best of all.

    Each tempo mode is represented because the surrogate cost may rank the modes wrongly.

    Parameters
    ----------
    trials : sequence of Trial
    count : int
        Number of trials, or one per tempo mode if there are more modes.

    Returns
    -------
    list of Trial
        With distinct parameters, by rising cost.
    """
    ranked, best_of_mode = [], {}
    for trial in sorted(trials, key=lambda trial: trial.cost):
        best_of_mode.setdefault(trial.parameters["tempo"], trial)
        if all(trial.parameters != other.parameters for other in ranked):
            ranked.append(trial)
    others = [trial for trial in ranked if trial not in best_of_mode.values()]
    best = [*best_of_mode.values(), *others[: max(count - len(best_of_mode), 0)]]
    return sorted(best, key=lambda trial: trial.cost)


def _quiet_optuna():
    optuna = import_optional("optuna", "tune")
    logging.getLogger("optuna").setLevel(logging.WARNING)
    return optuna


def _finished(study):
    complete = import_optional("optuna", "tune").trial.TrialState.COMPLETE
    return study.get_trials(deepcopy=False, states=[complete])


def _trial_seed(seed, number):
    return int(np.random.SeedSequence(seed, spawn_key=(number,)).generate_state(1)[0])


def _check_problem(study, problem, path):
    stored = study.user_attrs.get(_PROBLEM, problem)
    for name in sorted({*stored, *problem}):
        if stored.get(name) != problem.get(name):
            raise UsageError(
                f"{path}: the search in this file has other {name}; resume it with the same "
                "options and data, or use another --out"
            )
    study.set_user_attr(_PROBLEM, problem)
