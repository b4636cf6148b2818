"""Tuning: from test clips to settings whose mashups cannot be told from them.

Length and level are read off the test clips. Pilots, mashups by random parameters, teach how to
read off a clip what was done to it; optuna searches for parameters by which the same would be read
off mashups as off the test clips; and the classifier of ``gap`` chooses among the best.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...audio import clip_key
from ...exceptions import DataError
from ...mashups import Settings
from ...utils.hashing import hash_bytes
from ..gap.measure import FOLDS, list_test
from ..gap.two_sample import Gap
from .regression import NearestRecipeSurrogate, RecipeRegressor, distance
from .sampler import MashupSampler
from .search import TEMPO_MODES, apply, best_trials, open_record, run_initial_trials, run_search

# The clips of the report are drawn under another seed than those that finalists were chosen by.
_REPORT_SEED = 1
# Recipes that a cost is foretold from.
_FORETOLD = 300


@dataclass(frozen=True)
class TuneBudget:
    """How much a tuning may cost.

    Attributes
    ----------
    budget : int
        Trials, none of which renders a mashup.
    pilots : int
    clips : int
        Mashups a pilot.
    finalists : int
        Trials that the real test chooses among, besides the start; one for each tempo mode at
        least.
    gap_clips : int
        Clips of each side in the real test.
    seconds : float or None
        Begin no trial after so much time.
    tempo_modes : tuple of str
    families : tuple of str
        Features of the real test.
    folds : int
        Parts that songs and noise clips are split into; mashups stay within one.
    seed : int

    Raises
    ------
    UsageError
        A tempo mode is none.
    """

    budget: int = 600
    pilots: int = 100
    clips: int = 60
    finalists: int = 4
    gap_clips: int = 300
    seconds: float | None = None
    tempo_modes: tuple = TEMPO_MODES
    families: tuple = ("all",)
    folds: int = FOLDS
    seed: int = 0

    def __post_init__(self):
        for mode in self.tempo_modes:
            Settings(tempo=mode)


@dataclass(frozen=True)
class Candidate:
    """Settings that were held to the real test.

    Attributes
    ----------
    name : str
        Which trial, or the start with length and level of the test clips.
    cost : float or None
        What the search brought down; None for the start.
    auc : float
    settings : Settings
    """

    name: str
    cost: float | None
    auc: float
    settings: Settings


@dataclass(frozen=True)
class Tuning:
    """What a tuning came to.

    Attributes
    ----------
    start, settings : Settings
        Before and after.
    before, after : Gap
        On fresh mashups of each.
    n_trials : int
    finalists : tuple of Candidate
    problems : tuple of str
        What is wrong with the test clips left out.
    """

    start: Settings
    settings: Settings
    before: Gap
    after: Gap
    n_trials: int
    finalists: tuple[Candidate, ...]
    problems: tuple = ()


def tune_settings(data, start, plan, *, record, resume=False, cache, n_jobs, progress):
    """Search for the settings of a data set's test clips.

    Parameters
    ----------
    data : DataSet
        Of songs in stems, with test clips; no label of theirs is used.
    start : Settings
    plan : Plan
    record : str or os.PathLike
        The file that the search is kept in.
    resume : bool, default=False
        Go on with the search kept there.
    cache : Path
    n_jobs : int or None
    progress : NullProgress

    Returns
    -------
    Tuning

    Raises
    ------
    DataError
        The data are not stems, or have no test clips.
    UsageError
        There is a search already that is not to be resumed, or is of something else.
    """
    _check_data(data)
    start = replace(start, stems=data.stems)
    places = {"cache": cache, "n_jobs": n_jobs, "progress": progress}
    test = list_test(data).usable(n_jobs=n_jobs, progress=progress)
    problem = _problem(test, start, plan)
    record = open_record(record, problem, resume=resume)
    studio = MashupSampler(data, test, start, plan, places)
    trials = _search(record, studio)
    finalists = _choose(studio, trials)
    chosen = finalists[0].settings
    fresh = plan.seed + _REPORT_SEED
    before, after = (studio.gap(settings, fresh) for settings in (start, chosen))
    return Tuning(start, chosen, before, after, len(trials), finalists, test.problems)


def _search(record, studio):
    """Make the pilots, learn to read clips, search; give the trials."""
    plan = studio.plan
    how = {"seed": plan.seed, "tempo_modes": plan.tempo_modes}
    with studio.stage("pilots", plan.pilots) as advance:
        pilots = run_initial_trials(
            record, studio.describe_initial_trial, count=plan.pilots, advance=advance, **how
        )
    foretell = _learn_costs(studio, pilots)
    with studio.stage("search", plan.budget) as advance:
        return run_search(
            foretell, budget=plan.budget, seconds=plan.seconds, advance=advance, **how
        )


def _learn_costs(studio, pilots):
    """Learn from pilots to foretell how far mashups by some parameters are from the test clips."""
    drawn = [studio.sample_recipes(pilot.parameters, pilot.seed) for pilot in pilots]
    recipes = [recipe for some in drawn for recipe in some]
    table = np.concatenate([pilot.table for pilot in pilots])
    reader = RecipeRegressor.learn(table, recipes)
    stand_ins = NearestRecipeSurrogate(
        recipes, reader.read(table, [recipe.fold for recipe in recipes])
    )
    test = studio.describe_test()
    target = reader.read(test, np.arange(len(test)))

    def foretell(parameters):
        recipes = studio.sample_recipes(parameters, studio.plan.seed, _FORETOLD)
        return distance(stand_ins.read(recipes), target, reader.errors)

    return foretell


def _choose(studio, trials):
    """Hold the best trials, and the start, to the real test; the first is the winner."""
    plan, start = studio.plan, studio.start
    tried = [("start, length and level fitted", None, studio.base(start.tempo))]
    for trial in best_trials(trials, plan.finalists):
        mode = trial.parameters["tempo"]
        settings = apply(studio.base(mode), trial.parameters)
        tried.append((f"{mode}, trial {trial.number}", trial.cost, settings))
    finalists = [
        Candidate(name, cost, studio.gap(settings, plan.seed).auc, settings)
        for name, cost, settings in tried
    ]
    # Below 0.5 is chance as much as 0.5 is: of such, the first.
    return tuple(sorted(finalists, key=lambda finalist: max(finalist.auc, 0.5)))


def _check_data(data):
    if not data.has_stems:
        raise DataError(f"{data.root}: tuning needs songs in stems; these are clips already")
    if data.noise is None:
        raise DataError(
            f"{data.root}: tuning needs noise clips to try; put an ESC-50-master folder with "
            "audio/*.wav beside genres_stems"
        )


def _problem(test, start, plan):
    """What must be the same for a search to be gone on with."""
    asked = {
        name: getattr(plan, name) for name in ("pilots", "clips", "gap_clips", "folds", "seed")
    }
    keys = hash_bytes("".join(map(clip_key, test.clips)).encode())
    tempo = list(plan.tempo_modes)
    return asked | {"test clips": keys, "start settings": start.to_dict(), "tempo modes": tempo}


def record_beside(out):
    """Name the record of the search for settings written to ``out``."""
    return Path(out).with_suffix(".search")
