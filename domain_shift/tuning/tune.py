"""Tuning: from unlabelled test clips to settings whose mashups match them.

Duration and level are estimated from the test clips directly. For the other settings, mashups of
random parameters are rendered (the initial trials), regressors are fitted on them that predict the
parameters of a recipe from a clip, and CMA-ES searches for parameters for which these predictions
have the same distribution as for the test clips. The classifier two-sample test of
:mod:`stemstack.domain_shift.gap` then selects among the best candidates.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...audio import clip_key
from ...exceptions import DataError
from ...mashups import Settings
from ...utils.hashing import hash_bytes
from ...utils.threads import one_blas_thread
from ..gap.clip_sets import DEFAULT_FOLDS, ClipSet
from ..gap.two_sample import Gap
from .regression import NearestRecipeSurrogate, RecipeRegressor, prediction_distance
from .sampler import MashupSampler
from .search import TEMPO_MODES, best_trials, open_study, run_initial_trials, run_search

# Added to the seed for the reported gaps, whose mashups are not those that selected the candidate.
_REPORT_SEED = 1
# Number of recipes that a cost is estimated from.
_N_COST_RECIPES = 300


@dataclass(frozen=True)
class TuneBudget:
    """Size of a tuning.

    Attributes
    ----------
    n_trials : int, default=600
        Trials of the search, which render nothing.
    n_initial_trials : int, default=100
        Random parameters whose mashups are rendered.
    clips_per_trial : int, default=60
        Mashups per initial trial.
    n_candidates : int, default=4
        Trials that the two-sample test selects among, in addition to the start; at least one for
        each tempo mode.
    gap_clips : int, default=300
        Number of mashups and of test clips in the two-sample test, at most.
    max_seconds : float or None, default=None
        Start no trial of the search after this time.
    tempo_modes : tuple of str, default=("interpolate", "none")
    families : tuple of str, default=("all",)
        Feature families of the two-sample test.
    folds : int, default=3
        Songs and noise clips are split into these; mashups are within one.
    seed : int, default=0

    Raises
    ------
    UsageError
        If a tempo mode does not exist.

    See Also
    --------
    tune_settings : The tuning.

    Examples
    --------
    >>> from stemstack.domain_shift.tuning import TuneBudget
    >>> TuneBudget(n_trials=200, max_seconds=60).n_initial_trials
    100
    """

    n_trials: int = 600
    n_initial_trials: int = 100
    clips_per_trial: int = 60
    n_candidates: int = 4
    gap_clips: int = 300
    max_seconds: float | None = None
    tempo_modes: tuple = TEMPO_MODES
    families: tuple = ("all",)
    folds: int = DEFAULT_FOLDS
    seed: int = 0

    def __post_init__(self):
        for tempo in self.tempo_modes:
            Settings(tempo=tempo)


DEFAULT_BUDGET = TuneBudget()


@dataclass(frozen=True)
class Candidate:
    """Settings that were compared with the test clips by the two-sample test.

    Attributes
    ----------
    name : str
        Tempo mode and number of the trial; or the start, with duration and level fitted.
    cost : float or None
        Cost in the search; None for the start.
    auc : float
        Of the two-sample test.
    settings : Settings

    See Also
    --------
    Tuning : Has all candidates, the selected one first.

    Examples
    --------
    >>> from stemstack.domain_shift.tuning import Candidate
    >>> from stemstack.mashups import Settings
    >>> Candidate("none, trial 7", 0.3, 0.52, Settings(tempo="none")).settings.tempo
    'none'
    """

    name: str
    cost: float | None
    auc: float
    settings: Settings


@dataclass(frozen=True)
class Tuning:
    """Result of a tuning.

    Attributes
    ----------
    start, settings : Settings
        Before and after.
    before, after : Gap
        Between the test clips and new mashups of each.
    n_trials : int
    candidates : tuple of Candidate
        The selected one first.
    problems : tuple of str
        What is wrong with the test clips that were left out.

    See Also
    --------
    tune_settings : Returns it.

    Examples
    --------
    >>> from stemstack.domain_shift.gap import Gap
    >>> from stemstack.domain_shift.tuning import Tuning
    >>> from stemstack.mashups import Settings
    >>> before = Gap(99, 99, 0.98, (0.95, 1.0), 0.005, 199, {"mfcc": 0.98}, ())
    >>> after = Gap(99, 99, 0.51, (0.43, 0.59), 0.4, 199, {"mfcc": 0.51}, ())
    >>> tuning = Tuning(Settings(), Settings(tempo="none"), before, after, 600, ())
    >>> tuning.before.is_separable, tuning.after.is_separable
    (True, False)
    """

    start: Settings
    settings: Settings
    before: Gap
    after: Gap
    n_trials: int
    candidates: tuple[Candidate, ...]
    problems: tuple = ()


@one_blas_thread()
def tune_settings(data, start, budget=DEFAULT_BUDGET, *, search_file, resume=False, resources):
    """Search for the mashup settings that match the test clips of a data set.

    Parameters
    ----------
    data : DataSet
        Of songs in stems, with noise and test clips. Labels of the test clips are not used.
    start : Settings
        Settings that are not searched for are taken from these.
    budget : TuneBudget
        Default: 100 initial trials and 600 trials.
    search_file : str or os.PathLike
        File that the initial trials are stored in.
    resume : bool, default=False
        Whether to continue the search in ``search_file``.
    resources : Resources
        With a cache folder.

    Returns
    -------
    Tuning

    Raises
    ------
    DataError
        If the data are not stems, or have no noise or test clips.
    UsageError
        If ``search_file`` exists and ``resume`` is false, or it is of another search.
    MissingExtraError
        If the ``tune`` extra is not installed.

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
    ...     Settings(),
    ...     search_file="settings.search",
    ...     resources=Resources(Path("cache")),
    ... )  # doctest: +SKIP
    >>> tuning.settings.to_yaml("settings.yaml")  # doctest: +SKIP
    """
    _check_data(data)
    start = replace(start, stems=data.stems)
    test = ClipSet.from_test(data).usable(resources=resources)
    study = open_study(search_file, _problem(test, start, budget), resume=resume)
    sampler = MashupSampler(data, test, start, budget, resources)
    trials = _search(study, sampler)
    candidates = _rank_candidates(sampler, trials)
    selected = candidates[0].settings
    seed = budget.seed + _REPORT_SEED
    before, after = (sampler.gap(settings, seed) for settings in (start, selected))
    return Tuning(start, selected, before, after, len(trials), candidates, test.problems)


def _search(study, sampler):
    """Run the initial trials, fit the surrogate cost, and search: a list of Trial."""
    budget = sampler.budget
    common = {"seed": budget.seed, "tempo_modes": budget.tempo_modes}
    with sampler.progress.stage("initial trials", budget.n_initial_trials) as advance:
        initial_trials = run_initial_trials(
            study,
            sampler.describe_initial_trial,
            count=budget.n_initial_trials,
            advance=advance,
            **common,
        )
    cost = _fit_cost(sampler, initial_trials)
    with sampler.progress.stage("search", budget.n_trials) as advance:
        return run_search(
            cost,
            n_trials=budget.n_trials,
            max_seconds=budget.max_seconds,
            advance=advance,
            **common,
        )


def _fit_cost(sampler, initial_trials):
    """Return a function that estimates the distance of parameters from the test clips."""
    recipes = [
        recipe
        for trial in initial_trials
        for recipe in sampler.sample_recipes(trial.parameters, trial.seed)
    ]
    X = np.concatenate([trial.table for trial in initial_trials])
    regressor = RecipeRegressor().fit(X, recipes)
    predictions = regressor.predict(X, [recipe.fold for recipe in recipes])
    surrogate = NearestRecipeSurrogate(recipes, predictions)
    X_test = sampler.describe_test()
    target = regressor.predict(X_test, np.arange(len(X_test)))

    def cost(parameters):
        recipes = sampler.sample_recipes(parameters, sampler.budget.seed, _N_COST_RECIPES)
        return prediction_distance(surrogate.predict(recipes), target, regressor.errors_)

    return cost


def _rank_candidates(sampler, trials):
    """Apply the two-sample test to the start and the best trials: Candidates, the best first."""
    budget, start = sampler.budget, sampler.start
    settings = [("start, length and level fitted", None, sampler.base_settings(start.tempo))]
    for trial in best_trials(trials, budget.n_candidates):
        name = f"{trial.parameters['tempo']}, trial {trial.number}"
        settings.append((name, trial.cost, sampler.settings(trial.parameters)))
    candidates = [
        Candidate(name, cost, sampler.gap(one, budget.seed).auc, one)
        for name, cost, one in settings
    ]
    # An AUC below 0.5 is as good as 0.5; of equal candidates, the first.
    return tuple(sorted(candidates, key=lambda candidate: max(candidate.auc, 0.5)))


def _check_data(data):
    if not data.has_stems:
        raise DataError(f"{data.root}: tuning needs songs in stems; these are clips already")
    if data.noise is None:
        raise DataError(
            f"{data.root}: tuning needs noise clips; put an ESC-50-master folder with audio/*.wav "
            "next to genres_stems"
        )


def _problem(test, start, budget):
    """Return what must be equal for a search to be resumed; names are those of the options."""
    return {
        "pilots": budget.n_initial_trials,
        "clips": budget.clips_per_trial,
        "gap_clips": budget.gap_clips,
        "folds": budget.folds,
        "seed": budget.seed,
        "test clips": hash_bytes("".join(map(clip_key, test.clips)).encode()),
        "start settings": start.to_dict(),
        "tempo modes": list(budget.tempo_modes),
    }


def default_search_file(out):
    """Return the file of the search for settings that are written to ``out``."""
    return Path(out).with_suffix(".search")
