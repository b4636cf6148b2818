"""Small measurements that a run's duration is foretold from: a few clips, a few fits, a few steps.

Conventions: times are wall seconds of one process on one thread, as folds are fitted; nothing is
written outside a temporary folder.
"""

import logging
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, replace
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from ...audio import check_clips, load_clip
from ...mashups import Mashup
from ...models import find_networks, set_resources
from ...models.deep.data.log_mel import load_log_mels
from ...models.deep.device import resolve_device
from ...stacking import default_final_estimator
from ...utils.progress import NullProgress
from ..fitting.feature_cache import extractor_of
from ..training_clips import sample_training

# Songs of two classes and two folds give mashups to measure by.
_CLASSES, _SONGS, _MASHUPS = 2, 2, 4
_NOISES = 4
# Clips a probe looks at, but on a GPU: that works by batches, and takes as long for few clips.
_PROBED = 8
# What a fold takes beside its fit, in s: reading its features, predicting, saving the model.
_BESIDE = 1.0
# Rows a class of the two fits that a line is drawn through.
_ROWS = (4, 8)
_LONGER = 3


@dataclass(frozen=True)
class FitTimes:
    """What one fold of one model takes.

    Attributes
    ----------
    once : float
        For pictures of clips, which the first folds leave to the others.
    fold : float
        Whatever the epochs: to begin, and to predict.
    epoch : float
        Each epoch of a net; 0 for other models.
    """

    once: float = 0.0
    fold: float = 0.0
    epoch: float = 0.0


@dataclass(frozen=True)
class Sizes:
    """What the times are extrapolated to.

    Attributes
    ----------
    n_classes : int
    n_rows, n_predicted : int
        Clips that a fold trains on, and those it predicts.
    n_clips : int
        All there are.
    """

    n_classes: int
    n_rows: int
    n_predicted: int
    n_clips: int


@dataclass(frozen=True)
class Samples:
    """A few training clips, and what it took to make them.

    Attributes
    ----------
    clips : list of ndarray of shape (n_samples,), float32
    convert, render : float
        Of a stem or noise clip, and of a mashup; 0 for data that are clips already.
    """

    clips: list
    convert: float = 0.0
    render: float = 0.0


def sample_clips(data, config):
    """Take a few training clips to measure by; songs are mashed up in a temporary folder.

    Parameters
    ----------
    data : DataSet
    config : Config

    Returns
    -------
    Samples
    """
    if not data.has_stems:
        rows = np.linspace(0, len(data.train) - 1, min(_PROBED, len(data.train))).astype(int)
        return Samples([load_clip(str(data.root / data.train["path"].iloc[i])) for i in rows])
    few = _cut_down(data)
    drawing = replace(config, folds=2, repeats=1, mashups_per_genre=_MASHUPS, protocol="disjoint")
    n_files = few.train[list(few.stems)].notna().sum().sum()
    n_files += 0 if few.noise is None else len(few.noise)
    with TemporaryDirectory() as cache:
        begun = time.perf_counter()
        draw = sample_training(few, drawing, cache=cache, n_jobs=1, progress=NullProgress())
        convert = (time.perf_counter() - begun) / n_files
        begun = time.perf_counter()
        clips = [Mashup.from_recipe(r, draw.pool.source_store).load(r.sr) for r in draw.recipes]
        render = (time.perf_counter() - begun) / len(clips)
    return Samples(clips, convert, render)


def time_checks(paths):
    """Measure checking a clip for being readable.

    Parameters
    ----------
    paths : list of str
        A few of the clips.

    Returns
    -------
    float
    """
    return _timed(check_clips, paths, n_jobs=1) / len(paths) if paths else 0.0


def time_features(extractor, samples):
    """Measure rendering and describing a clip.

    Parameters
    ----------
    extractor : Extractor
    samples : Samples

    Returns
    -------
    float
    """
    # What is compiled at the first call is compiled once.
    extractor(np.zeros(extractor.sr, dtype=np.float32))
    few = samples.clips[:3]
    with threadpool_limits(1):
        return samples.render + sum(_timed(extractor, clip) for clip in few) / len(few)


def time_fits(model, samples, sizes):
    """Measure one fold of a model.

    Parameters
    ----------
    model : estimator
        Settled; not changed.
    samples : Samples
    sizes : Sizes

    Returns
    -------
    FitTimes
    """
    with _silent(), threadpool_limits(1):
        if find_networks(model):
            return _time_net(model, samples, sizes)
        return _time_pipeline(model, sizes)


def time_second_level(*, n_models, n_classes, n_rows, n_folds):
    """Measure the stack: nested by fold, and on all rows.

    Returns
    -------
    float
    """
    few = min(n_rows, 50 * n_classes)
    rng = np.random.default_rng(0)
    X = rng.dirichlet(np.ones(n_classes), size=(few, n_models)).reshape(few, -1)
    with threadpool_limits(1):
        once = _timed(default_final_estimator().fit, X, np.arange(few) % n_classes)
    return once * (n_folds + 1) * n_rows / few


def _time_pipeline(model, sizes):
    """Fit on two numbers of made-up rows, and draw a line through them."""
    tail, names = Pipeline(model.steps[1:]), extractor_of(model).names
    few, more = (min(k * sizes.n_classes, sizes.n_rows) for k in _ROWS)
    short, long = (_time_tail(tail, names, sizes.n_classes, n) for n in (few, more))
    by_row = max(0.0, long - short) / max(1, more - few)
    return FitTimes(fold=_BESIDE + long + by_row * (sizes.n_rows - more))


def _time_tail(tail, names, n_classes, n_rows):
    rng = np.random.default_rng(0)
    y = np.arange(n_rows) % n_classes
    centres = 0.3 * rng.standard_normal((n_classes, len(names)))
    values = rng.standard_normal((n_rows, len(names))) + centres[y]
    table = pd.DataFrame(values.astype(np.float32), columns=names)
    return _timed(clone(tail).fit, table, y)


def _time_net(model, samples, sizes):
    """Train on few clips for one epoch and for some more: what they differ by is epochs."""
    nets = find_networks(model)
    net = set_resources(clone(nets[0])).set_params(epochs=1, patience=None, verbose=False)
    device = resolve_device(net.device)
    n_probe = _PROBED if device.type == "cpu" else net.batch_size
    clips = [samples.clips[i % len(samples.clips)] for i in range(n_probe)]
    labels = np.arange(n_probe) % 2
    pictures = _timed(load_log_mels, clips, net.mel_settings(), device=device)
    short = _timed(net.fit, clips, labels)
    predicting = max(0.0, _timed(net.predict_proba, clips) - pictures)
    long = _timed(clone(net).set_params(epochs=1 + _LONGER).fit, clips, labels)
    epoch = max(0.0, long - short) / _LONGER
    begin = max(0.0, short - epoch - pictures)
    by_picture = samples.render + pictures / n_probe
    by_row = epoch / n_probe + (by_picture if net.remix else 0.0)
    return FitTimes(
        once=by_picture * sizes.n_clips,
        fold=len(nets) * (begin + predicting / n_probe * sizes.n_predicted),
        epoch=len(nets) * by_row * sizes.n_rows,
    )


@contextmanager
def _silent():
    """Keep to itself what a probe has to say: the fits will say it."""
    logger = logging.getLogger("stemstack")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _cut_down(data):
    """Keep as few songs and noise clips as make mashups in two folds."""
    labels = data.train["label"].unique()[:_CLASSES]
    songs = data.train[data.train["label"].isin(labels)]
    songs = songs.drop_duplicates("group").groupby("label").head(_SONGS)
    noise = None if data.noise is None else data.noise.drop_duplicates("group").head(_NOISES)
    return replace(data, train=songs, noise=noise)


def _timed(function, *arguments, **options):
    begun = time.perf_counter()
    function(*arguments, **options)
    return time.perf_counter() - begun
