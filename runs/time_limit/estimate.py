"""Estimate of a fit: its stages, and the time of each, from a few small measurements.

Times are wall-clock seconds on an idle machine, with one thread per process as folds are fitted.
Nothing is written outside a temporary folder. Ledger entries are counted by model name; whether
they are of the same data is checked only when the run is resumed.
"""

import logging
import math
import time
import warnings
from collections import Counter
from dataclasses import asdict, dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from joblib import cpu_count, effective_n_jobs
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from ...audio import check_clips, clip_key, load_clip
from ...exceptions import AudioError
from ...features import FeatureStore
from ...features.computation import source_of
from ...mashups import Mashup, Settings
from ...mashups.sources import list_unconverted
from ...models import find_networks, model_columns, set_resources
from ...models.deep.data.log_mel import load_log_mels
from ...models.deep.device import resolve_device
from ...models.inspection import find_extractors, leading_extractor
from ...stacking.pseudo_labels import N_ROUNDS
from ...utils.leftovers import temporary_folder
from ...utils.resources import Resources
from ..training_clips import list_sources, sample_training
from ..training_windows import plan_clips
from .budget import ModelCost, choose, feature_seconds, with_epochs

# Songs per class, classes, noise clips and mashups per class of the mashups to measure with.
_SONGS, _CLASSES, _NOISES, _MASHUPS = 2, 2, 4, 4
# Clips to measure with.
_CLIPS = 8
# Rows per class of two fits, and further epochs of a network, to extrapolate from.
_ROWS, _EPOCHS = (4, 8), 3
# Time of a fold besides its fit: reading features, predicting, saving the model.
_FOLD_SECONDS = 1.0
# Time of the report and model card, and of the slowest blend per clip, class, model and fit.
_REPORT_SECONDS, _META_SECONDS = 5.0, 5e-6
# Fits of a fold of a self-trained model before the last: one, and one in each round.
_SELF_TRAINING_FITS = 1 + N_ROUNDS
# Fits of the leakage checks: shuffled labels, tones, and a stack that shuffles labels once more.
_AUDIT_FITS = 4


@dataclass(frozen=True)
class PlannedStage:
    """One stage of a fit, as in ``costs.json``: steps in all, those done already, and s."""

    stage: str
    n: int
    done: int
    seconds: float


@dataclass(frozen=True)
class FitPlan:
    """Sizes of a fit, and its stages with their estimated times.

    Attributes
    ----------
    classes, training_clips, test_clips, folds, processes : int
        Numbers of them.
    models : list of str
        As in ``--models``, with reduced epochs.
    decisions : list of str
        One message for each change of models and epochs.
    resolved : dict
        What parameters set to ``auto`` resolved to, by model.
    self_training : {"auto", "off"}
        Off where there is no time for it.
    stages : list of PlannedStage
    """

    classes: int
    training_clips: int
    test_clips: int
    folds: int
    processes: int
    models: list
    decisions: list
    resolved: dict
    self_training: str
    stages: list

    @property
    def seconds(self):
        """Total time in s."""
        return sum(stage.seconds for stage in self.stages)

    def to_dict(self):
        """Return the plan as plain data."""
        return {**asdict(self), "seconds": self.seconds}


def plan_fit(
    data,
    config,
    run,
    models,
    resolved,
    *,
    available=math.inf,
    prepared=False,
    audit=False,
    match_clips=0,
    resources,
):
    """Plan a fit.

    Parameters
    ----------
    data : DataSet
    config : Config
    run : Run
        New, or to be resumed.
    models : dict of str to estimator
        By column, in the order of ``config.models``.
    resolved : dict of str to dict
        What parameters set to ``auto`` resolved to, by column.
    available : float, default=inf
        Time for the whole fit, in s. A UsageError is raised if no model fits into it.
    prepared : bool, default=False
        Whether clips are converted and checked already.
    audit : bool, default=False
        Whether leakage checks are run.
    match_clips : int, default=0
        Number of clips that matching the settings renders or reads.
    resources : Resources

    Returns
    -------
    plan : FitPlan
    costs : list of ModelCost
        Of the planned models.
    """
    task = _Task(data, config, run, resources)
    costs = [
        task.model_cost(name, column, model, on_gpu=resolved[column].get("device", "cpu") != "cpu")
        for name, (column, model) in zip(config.models, models.items(), strict=True)
    ]
    stages = [] if prepared else task.preparation()
    if match_clips and task.sources:
        seconds = match_clips * task.load_seconds / task.n_jobs
        stages.append(PlannedStage("matching settings", match_clips, 0, seconds))
    if audit:
        seconds = sum(cost.fold for cost in costs if not cost.epoch) * task.n_folds
        stages.append(PlannedStage("checking for leakage", 1, 0, _AUDIT_FITS * seconds))
    meta_fits = task.n_train * len(data.classes) * len(models) * (config.folds + 1)
    closing = PlannedStage("stack and report", 1, 0, _META_SECONDS * meta_fits + _REPORT_SECONDS)
    spent = sum(stage.seconds for stage in [*stages, closing])
    chosen, decisions = choose(costs, available - spent)
    requested = {cost.name: cost for cost in costs}
    names = [
        cost.name
        if cost.epochs == requested[cost.name].epochs
        else with_epochs(cost.name, cost.epochs)
        for cost in chosen
    ]
    is_dropped = any(requested[cost.name].self_training > cost.self_training for cost in chosen)
    plan = FitPlan(
        classes=len(data.classes),
        training_clips=task.n_train,
        test_clips=len(task.test),
        folds=task.n_folds,
        processes=task.n_jobs,
        models=names,
        decisions=decisions,
        resolved=resolved,
        self_training="off" if is_dropped else config.self_training,
        stages=[*stages, *task.fits(names, chosen), closing],
    )
    return plan, chosen


class _Task:
    """Counts of what a fit has to do, and measurements on a few clips."""

    def __init__(self, data, config, run, resources):
        self.data, self.config, self.cache = data, config, resources.cache
        self.n_jobs = min(effective_n_jobs(resources.n_jobs), cpu_count())
        test = [] if data.test is None else [data.root / path for path in data.test["path"]]
        self.test = [str(path) for path in test if path.exists()]
        self.fitted = Counter(entry.model for entry in run.ledger.entries())
        labels = run.ledger.root.glob("*/self-training-*.json")
        self.labelled = {path.parent.name for path in labels}
        self.sources, self.unconverted, self._training = [], [], []
        self.n_folds = config.folds * config.repeats
        if data.has_stems:
            self.n_train = len(data.classes) * config.mashups_per_genre
            self.sources = list_sources(data)
            sr = Settings.from_dict(config.settings).sr
            self.unconverted = list_unconverted(data.root, self.sources, cache=self.cache, sr=sr)
        else:
            self._training = plan_clips(data, config, self.test)[1]
            self.n_train = len(self._training)
            if "fold" in data.train:
                self.n_folds = data.train["fold"].nunique()
        self.n_clips = self.n_train + len(self.test)
        self.n_held_out = self.n_train // config.folds
        measured = _load_samples(data, config, self._training)
        self.convert_seconds, self.load_seconds, self.samples = measured

    def preparation(self):
        """Return the stages before the models."""
        stages = []
        if self.sources:
            n, n_missing = len(self.sources), len(self.unconverted)
            seconds = n_missing * self.convert_seconds / self.n_jobs
            stages.append(PlannedStage("converting stems", n, n - n_missing, seconds))
        clips = self.test if self.sources else self.clips
        seconds = _time(check_clips, clips[:3], n_jobs=1) / len(clips[:3]) if clips else 0.0
        seconds *= len(clips) / self.n_jobs
        return [*stages, PlannedStage("checking clips", len(clips), 0, seconds)]

    def fits(self, names, costs):
        """Yield the stages of models."""
        seconds = feature_seconds(costs)
        for column, cost in zip(model_columns(names), costs, strict=True):
            if cost.features is not None:
                n_done = self.n_clips - cost.n_features
                name = f"features for {column}"
                yield PlannedStage(name, self.n_clips, n_done, seconds[cost.name])
            if cost.self_training:
                yield PlannedStage(f"self-training {column}", 1, 0, cost.self_training)
            n_done = min(self.fitted[column], self.n_folds)
            fit_seconds = cost.fit_seconds - cost.self_training
            yield PlannedStage(f"fitting {column}", self.n_folds, n_done, fit_seconds)

    def model_cost(self, name, column, model, *, on_gpu):
        """Measure a model; of a model that is in the ledger, count its features only."""
        n_missing = max(0, self.n_folds - self.fitted[column])
        waves = math.ceil(n_missing / (1 if on_gpu else self.n_jobs))
        networks, extractors = find_networks(model), find_extractors(model)
        labels_clips = self.test and column in set(self.config.self_trained) - self.labelled
        options = time_fold(model, self) if waves or labels_clips else {"fold": 0.0}
        if labels_clips:
            n_fits = math.ceil(self.n_folds / self.n_jobs) * _SELF_TRAINING_FITS
            options["self_training"] = n_fits * options["fold"]
        if networks:
            options["epochs"] = networks[0].epochs
        elif extractors:
            extractor = extractors[0]
            n = self._count_missing(extractor)
            options["features"] = frozenset([*extractor.names, extractor.store_name])
            options["n_features"], options["source"] = n, source_of(extractor)
            options["load_seconds"] = n * self.load_seconds / self.n_jobs
            options["features_seconds"] = n and n * self._time_features(extractor) / self.n_jobs
        return ModelCost(name, waves=waves, **options)

    @cached_property
    def clips(self):
        """All clips; None where stems would have to be converted first."""
        if not self.sources:
            return [*self._training, *self.test]
        if self.unconverted:
            return None
        return [*_sample_mashups(self.data, self.config, self.cache, self.n_jobs), *self.test]

    @cached_property
    def _keys(self):
        return [clip_key(clip) for clip in self.clips]

    def _count_missing(self, extractor):
        if self.clips is None or self.cache is None:
            return self.n_clips
        return len(FeatureStore(self.cache / "features").missing(self._keys, extractor))

    def _time_features(self, extractor):
        """Return the time to compute the features of a clip, in s."""
        extractor(np.zeros(extractor.sr, dtype=np.float32))  # The first call compiles.
        with threadpool_limits(1):
            seconds = [_time(extractor, clip) for clip in self.samples[:3]]
        return np.mean(seconds)


def _load_samples(data, config, clips):
    """Load a few training clips; ``clips`` are those of a data set of clips.

    Returns
    -------
    convert_seconds : float
        To convert a stem or noise clip; 0 for a data set of clips.
    load_seconds : float
        To render a mashup; 0 for a data set of clips.
    samples : list of ndarray of shape (n_samples,), float32
    """
    if not data.has_stems:
        rows = np.linspace(0, len(clips) - 1, min(_CLIPS, len(clips))).astype(int)
        return 0.0, 0.0, _load_readable([clips[row] for row in rows])
    labels = data.train["label"].unique()[:_CLASSES]
    songs = data.train[data.train["label"].isin(labels)]
    songs = songs.drop_duplicates("group").groupby("label").head(_SONGS)
    noise = None if data.noise is None else data.noise.drop_duplicates("group").head(_NOISES)
    few = replace(data, train=songs, noise=noise)
    config = replace(config, folds=2, repeats=1, mashups_per_genre=_MASHUPS, protocol="disjoint")
    with temporary_folder() as cache:
        start = time.perf_counter()
        mashups = _sample_mashups(few, config, cache)
        converted = time.perf_counter()
        samples = [mashup.load(mashup.recipe.sr) for mashup in mashups]
        loaded = time.perf_counter()
    n_sources = len(list_sources(few))
    return (converted - start) / n_sources, (loaded - converted) / len(samples), samples


def _load_readable(clips):
    """Return the samples of the clips that can be read; the fit names the others.

    Raises
    ------
    AudioError
        No clip can be read.
    """
    found, problem = [], None
    for clip in clips:
        try:
            found.append(load_clip(clip))
        except AudioError as error:
            problem = error
    if not found:
        raise problem
    return found


def _sample_mashups(data, config, cache, n_jobs=1):
    sampled = sample_training(data, config, resources=Resources(cache, n_jobs))
    return [Mashup.from_recipe(r, sampled.pool.source_store) for r in sampled.recipes]


def time_fold(model, task):
    """Return the times ``fold``, ``once`` and ``epoch`` of a :class:`ModelCost` from small fits."""
    logger = logging.getLogger("stemstack")
    level = logger.level
    # Messages and warnings are those of the real fits.
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore")
            return _time_network(model, task) if find_networks(model) else _time_model(model, task)
    finally:
        logger.setLevel(level)


def _time_model(model, task):
    """Extrapolate linearly from fits on two numbers of rows."""
    n_classes, n_rows = len(task.data.classes), task.n_train - task.n_held_out
    few, more = (min(n * n_classes, n_rows) for n in _ROWS)
    short, long = (_time_rows(model, task, n_classes, n) for n in (few, more))
    per_row = max(0.0, long - short) / max(1, more - few)
    return {"fold": _FOLD_SECONDS + long + per_row * (n_rows - more)}


def _time_rows(model, task, n_classes, n_rows):
    """Time a fit on random features; on clips for a model that is not a feature pipeline."""
    codes, extractor = np.arange(n_rows) % n_classes, leading_extractor(model)
    y, samples = _as_target(codes, n_classes, task), task.samples
    if extractor is None:
        return _time(clone(model).fit, [samples[i % len(samples)] for i in range(n_rows)], y)
    rng, names = np.random.default_rng(0), extractor.names
    centres = 0.3 * rng.standard_normal((n_classes, len(names)))
    X = rng.standard_normal((n_rows, len(names))) + centres[codes]
    X = pd.DataFrame(X.astype(np.float32), columns=names)
    return _time(clone(Pipeline(model.steps[1:])).fit, X, y)


def _as_target(codes, n_classes, task):
    """Return classes by number, or as an indicator matrix where clips have any number of labels."""
    is_multilabel = task.data.label_separator is not None
    return np.eye(n_classes, dtype=int)[codes] if is_multilabel else codes


def _time_network(model, task):
    """Extrapolate from one epoch, and some more, on a few clips."""
    networks = find_networks(model)
    network = set_resources(clone(networks[0])).set_params(epochs=1, patience=None, verbose=False)
    device = resolve_device(network.device)
    # A GPU takes as long for a few clips as for a batch.
    n = _CLIPS if device.type == "cpu" else network.batch_size
    clips = [task.samples[i % len(task.samples)] for i in range(n)]
    y = _as_target(np.arange(n) % 2, 2, task)
    log_mel = _time(load_log_mels, clips, network.mel_settings(), device=device) / n
    short = _time(network.fit, clips, y)
    long = _time(clone(network).set_params(epochs=1 + _EPOCHS).fit, clips, y)
    epoch = max(0.0, long - short) / _EPOCHS / n
    start = max(0.0, short - n * (epoch + log_mel))
    predicting = max(0.0, _time(network.predict_proba, clips) / n - log_mel)
    n_predicted = task.n_held_out + len(task.test)
    per_clip = task.load_seconds + log_mel
    per_row = epoch + (per_clip if network.remix else 0.0)
    return {
        "once": per_clip * task.n_clips,
        "fold": len(networks) * (start + predicting * n_predicted),
        "epoch": len(networks) * per_row * (task.n_train - task.n_held_out),
    }


def _time(function, *arguments, **options):
    start = time.perf_counter()
    function(*arguments, **options)
    return time.perf_counter() - start
