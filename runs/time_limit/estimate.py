"""What a run is going to do and about how long it takes, known before it does it.

Estimates are of an idle machine, from the few measurements of :mod:`.planning_probes`. What the
ledger has is known by the models' names; whether it was made from the same data is found out when
the run goes on.
"""

import math
from collections import Counter
from dataclasses import asdict, dataclass
from os import cpu_count

from joblib import effective_n_jobs

from ...audio import clip_key
from ...features import FeatureStore
from ...mashups import Mashup, Settings
from ...mashups.sources import list_unconverted
from ...models import find_networks, model_columns
from ...utils.progress import NullProgress
from ..fitting.feature_cache import extractor_of
from ..training_clips import list_sources, sample_training
from .budget import Choice, ModelCost, choose, features_seconds
from .probes import (
    FitTimes,
    Sizes,
    sample_clips,
    time_checks,
    time_features,
    time_fits,
    time_second_level,
)

# For the report and the model card, in s.
_PAPERS = 5.0
# The audit fits on shuffled labels, on tones, and in a stack with shuffles of its own.
_AUDIT_FITS = 4


@dataclass(frozen=True)
class PlannedStage:
    """One stage.

    Attributes
    ----------
    stage : str
        As it is called while it runs.
    n : int
        Its steps.
    done : int
        Those that the cache or the ledger has.
    seconds : float
    """

    stage: str
    n: int
    done: int
    seconds: float


@dataclass(frozen=True)
class FitPlan:
    """What a run is going to do.

    Attributes
    ----------
    stages : tuple of PlannedStage
    choice : Choice
    facts : dict
        ``classes``, ``training_clips``, ``test_clips``, ``folds`` and ``processes``, as counts.
    resolved : dict
        What ``auto`` came to, by model.
    """

    stages: tuple
    choice: Choice
    facts: dict
    resolved: dict

    @property
    def seconds(self):
        """In all."""
        return sum(stage.seconds for stage in self.stages)

    def to_dict(self):
        """Give the plan as plain data."""
        return {
            **self.facts,
            "models": list(self.choice.names),
            "decisions": list(self.choice.decisions),
            "resolved": self.resolved,
            "stages": [asdict(stage) for stage in self.stages],
            "seconds": self.seconds,
        }


class Planner:
    """Looks at what there is to do, and measures what it takes.

    Parameters
    ----------
    data : DataSet
    config : Config
    run : Run
        Perhaps begun.
    cache : Path
    n_jobs : int or None
    """

    def __init__(self, data, config, run, *, cache, n_jobs):
        self._data = data
        self._config = config
        self._cache = cache
        self._jobs = min(effective_n_jobs(n_jobs), cpu_count())
        self._test = [] if data.test is None else [str(data.root / p) for p in data.test["path"]]
        self._done = Counter(entry.model for entry in run.ledger.entries())
        self._sources, self._unconverted = self._look_for_sources()
        self._clips = self._list_clips()
        self._samples = sample_clips(data, config)
        self._keys = None

    @property
    def facts(self):
        """Counts of what there is; see :class:`FitPlan`."""
        return {
            "classes": len(self._data.classes),
            "training_clips": self._n_train,
            "test_clips": len(self._test),
            "folds": self._n_folds,
            "processes": self._jobs,
        }

    def plan(self, models, resolved, *, room=math.inf, prepared=False, audit=False):
        """Make a plan.

        Parameters
        ----------
        models : dict of str to estimator
            Settled, by the names that were asked for.
        resolved : dict of str to dict
            What ``auto`` came to, by column.
        room : float, default=inf
            Seconds from now that all of it may take.
        prepared : bool, default=False
            Whether clips are converted and checked already.
        audit : bool, default=False
            Whether leaks are looked for.

        Returns
        -------
        Plan

        Raises
        ------
        UsageError
            Not even one model fits.
        """
        costs = [self._cost(name, model, resolved) for name, model in models.items()]
        ahead = [] if prepared else self._preparing()
        if audit:
            fits = sum(cost.fold for cost in costs if not cost.epoch) * self._n_folds
            ahead.append(PlannedStage("looking for leaks", 1, 0, _AUDIT_FITS * fits))
        stack = time_second_level(
            n_models=len(models),
            n_classes=len(self._data.classes),
            n_rows=self._n_train,
            n_folds=self._config.folds,
        )
        closing = PlannedStage("stack and papers", 1, 0, stack + _PAPERS)
        choice = choose(costs, room - sum(stage.seconds for stage in [*ahead, closing]))
        stages = (*ahead, *self._fitting(choice), closing)
        return FitPlan(stages, choice, self.facts, resolved)

    @property
    def _n_train(self):
        if not self._data.has_stems:
            return len(self._data.train)
        return len(self._data.classes) * self._config.mashups_per_genre

    @property
    def _n_folds(self):
        if "fold" in self._data.train:
            return self._data.train["fold"].nunique()
        return self._config.folds * self._config.repeats

    def _look_for_sources(self):
        if not self._data.has_stems:
            return [], []
        sources, sr = list_sources(self._data), Settings.from_dict(self._config.settings).sr
        return sources, list_unconverted(self._data.root, sources, cache=self._cache, sr=sr)

    def _list_clips(self):
        """List all clips, or None where they cannot be known without converting stems."""
        if not self._data.has_stems:
            return [
                *(str(self._data.root / path) for path in self._data.train["path"]),
                *self._test,
            ]
        if self._unconverted:
            return None
        means = {"cache": self._cache, "n_jobs": self._jobs, "progress": NullProgress()}
        draw = sample_training(self._data, self._config, **means)
        return [*(Mashup.from_recipe(r, draw.pool.source_store) for r in draw.recipes), *self._test]

    def _preparing(self):
        """Foretell what comes before the models."""
        stages = []
        if self._sources:
            n, todo = len(self._sources), len(self._unconverted)
            seconds = todo * self._samples.convert / self._jobs
            stages.append(PlannedStage("converting stems", n, n - todo, seconds))
        clips = self._test if self._data.has_stems else self._clips
        seconds = len(clips) * time_checks(clips[:3]) / self._jobs
        return [*stages, PlannedStage("checking clips", len(clips), 0, seconds)]

    def _fitting(self, choice):
        """Lay out the stages of the chosen models."""
        paid = features_seconds(choice.kept)
        for cost, column in zip(choice.kept, model_columns(choice.names), strict=True):
            if cost.features is not None:
                n = self._n_train + len(self._test)
                seconds = paid[cost.name]
                yield PlannedStage(f"features for {column}", n, n - cost.n_features, seconds)
            epochs = choice.epochs[cost.name]
            done = min(self._done[column], self._n_folds)
            yield PlannedStage(f"fitting {column}", self._n_folds, done, cost.fits(epochs))

    def _cost(self, name, model, resolved):
        """Measure one model; of one that the ledger has whole, only features are looked up."""
        (column,) = model_columns([name])
        on_gpu = resolved[column].get("device", "cpu") != "cpu"
        left = max(0, self._n_folds - self._done[column])
        waves = math.ceil(left / (1 if on_gpu else self._jobs))
        times = time_fits(model, self._samples, self._sizes) if waves else FitTimes()
        nets, extractor = find_networks(model), extractor_of(model)
        if nets:
            more = {"once": times.once, "epoch": times.epoch, "epochs": nets[0].epochs}
            return ModelCost(name, times.fold, waves, **more)
        n_features = self._count_missing(extractor)
        by_clip = time_features(extractor, self._samples) if n_features else 0.0
        return ModelCost(
            name,
            times.fold,
            waves,
            features=frozenset([*extractor.names, f"{extractor.sr} Hz", extractor.precision]),
            n_features=n_features,
            features_seconds=n_features * by_clip / self._jobs,
        )

    @property
    def _sizes(self):
        held_out = self._n_train // self._config.folds
        return Sizes(
            n_classes=len(self._data.classes),
            n_rows=self._n_train - held_out,
            n_predicted=held_out + len(self._test),
            n_clips=self._n_train + len(self._test),
        )

    def _count_missing(self, extractor):
        """Count the clips whose features are to be computed."""
        if self._clips is None:
            return self._n_train + len(self._test)
        if self._keys is None:
            self._keys = [clip_key(clip) for clip in self._clips]
        return len(FeatureStore(self._cache / "features").missing(self._keys, extractor))
