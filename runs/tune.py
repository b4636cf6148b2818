"""Tuning: from test clips to settings whose mashups cannot be told from them.

Length and level are read off the test clips. The rest is searched: pilots by random parameters
teach a cheap distance, optuna brings it down, and the classifier of ``gap`` chooses among the best.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ..audio import clip_key, hash_bytes
from ..errors import DataError
from ..mashups import Settings
from ..mashups.gap import Gap
from ..mashups.gap_facts import clip_facts
from ..mashups.tune_distance import Distance
from ..mashups.tune_search import best_trials, open_record, run_pilots, run_search
from ..mashups.tune_space import TEMPO_MODES, apply, fit_to_clips, locate
from ..mashups.tune_summary import describe_quickly, summarise_table
from .config import Config
from .gap import FOLDS, ClipSet, bind_recipes, compare, describe, list_test
from .training_clips import draw_training

# The clips of the report are drawn under another seed than those that finalists were chosen by.
_REPORT_SEED = 1


@dataclass(frozen=True)
class Plan:
    """How much a tuning may cost.

    Attributes
    ----------
    budget : int
        Trials after the pilots.
    pilots : int
        More of them teach more than as many trials of the search.
    clips : int
        Mashups a trial.
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

    budget: int = 40
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
class Finalist:
    """Settings that were held to the real test.

    Attributes
    ----------
    name : str
        Which trial, or the start with length and level of the test clips.
    cost : float or None
        The cheap distance; None for the start.
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
    finalists : tuple of Finalist
    problems : tuple of str
        What is wrong with the test clips left out.
    """

    start: Settings
    settings: Settings
    before: Gap
    after: Gap
    n_trials: int
    finalists: tuple[Finalist, ...]
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
    progress : Quiet

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
    record = open_record(record, _problem(test, start, plan), resume=resume)
    base = fit_to_clips(start, _facts(test, n_jobs, progress))
    studio = Studio(data, test, base, plan, places)
    trials = _search(record, studio)
    finalists = _choose(studio, trials)
    chosen = finalists[0].settings
    fresh = plan.seed + _REPORT_SEED
    before, after = (studio.gap(settings, fresh) for settings in (start, chosen))
    return Tuning(start, chosen, before, after, len(trials), finalists, test.problems)


class Studio:
    """Draws and describes the mashups of trials, and holds them against test clips.

    Parameters
    ----------
    data : DataSet
        Songs and noise to draw from.
    test : ClipSet
    base : Settings
    plan : Plan
    places : dict
        ``cache``, ``n_jobs`` and ``progress``.
    """

    def __init__(self, data, test, base, plan, places):
        self.base = base
        self.plan = plan
        self._test = test.sample(plan.gap_clips, plan.seed)
        self._places = places
        self._classes = len(data.classes)
        config = Config(
            str(data.root), folds=plan.folds, mashups_per_genre=1, settings=base.to_dict()
        )
        self._pool = draw_training(data, config, **places).pool

    def draw(self, settings, n, seed):
        """Draw about ``n`` mashups, as a :class:`ClipSet`."""
        pool = replace(self._pool, settings=settings)
        return bind_recipes(pool.draw_all(max(1, round(n / self._classes)), seed), pool.bank)

    def summarise(self, parameters, seed):
        """Summarise mashups by parameters."""
        clips = self.draw(apply(self.base, parameters), self.plan.clips, seed).clips
        return summarise_table(describe_quickly(clips, n_jobs=self._places["n_jobs"]))

    def summarise_test(self):
        """Summarise the test clips."""
        clips, n_jobs = self._test.clips, self._places["n_jobs"]
        with self.stage("describing test clips", len(clips)) as advance:
            return summarise_table(describe_quickly(clips, n_jobs=n_jobs, progress=advance))

    def gap(self, settings, seed):
        """Measure the gap between mashups by settings and the test clips."""
        drawn = self.draw(settings, self.plan.gap_clips, seed)
        table = self._describe(drawn)
        return compare(drawn, table, self._test, self._test_table, seed=self.plan.seed)

    @cached_property
    def _test_table(self):
        return self._describe(self._test)

    def _describe(self, clips):
        return describe(clips, list(self.plan.families), **self._places)

    def stage(self, name, total):
        """Announce a stage."""
        return self._places["progress"].stage(name, total)


def _search(record, studio):
    """Make the pilots, learn the distance, search; give the trials, pilots first."""
    plan = studio.plan
    how = {"seed": plan.seed, "tempo_modes": plan.tempo_modes}
    with studio.stage("pilots", plan.pilots) as advance:
        pilots = run_pilots(record, studio.summarise, count=plan.pilots, progress=advance, **how)
    distance = Distance.learn(
        [pilot.summary for pilot in pilots],
        [pilot.parameters for pilot in pilots],
        studio.summarise_test(),
    )
    with studio.stage("search", plan.budget) as advance:
        return run_search(
            record,
            lambda parameters: distance.cost(studio.summarise(parameters, plan.seed)),
            known=[distance.cost(pilot.summary) for pilot in pilots],
            begin=[*distance.guesses(plan.tempo_modes), locate(studio.base, plan.tempo_modes)],
            budget=plan.budget,
            seconds=plan.seconds,
            progress=advance,
            **how,
        )


def _choose(studio, trials):
    """Hold the best trials, and the start, to the real test; the first is the winner."""
    plan, base = studio.plan, studio.base
    tried = [("start, length and level fitted", None, base)]
    for trial in best_trials(trials, plan.finalists):
        tried.append((f"trial {trial.number}", trial.cost, apply(base, trial.parameters)))
    finalists = [
        Finalist(name, cost, studio.gap(settings, plan.seed).auc, settings)
        for name, cost, settings in tried
    ]
    # Below 0.5 is chance as much as 0.5 is: of such, the first.
    return tuple(sorted(finalists, key=lambda finalist: max(finalist.auc, 0.5)))


def _check_data(data):
    if data.kind != "stems":
        raise DataError(f"{data.root}: tuning needs songs in stems; these are clips already")
    if data.noise is None:
        raise DataError(
            f"{data.root}: tuning needs noise clips to try; put an ESC-50-master folder with "
            "audio/*.wav beside genres_stems"
        )


def _facts(test: ClipSet, n_jobs, progress):
    with progress.stage("length and level, test", len(test.clips)) as advance:
        return clip_facts(test.clips, n_jobs=n_jobs, progress=advance)


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
