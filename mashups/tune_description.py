"""A cheap description of clips: length and level of the whole, some features of ten seconds."""

from functools import lru_cache

import joblib
import numpy as np
import pandas as pd

from ..audio import DEFAULT_SR, load_clip
from ..features import Extractor
from .gap_facts import FACTS, measure_facts

SECONDS = 10.0
FAMILIES = (
    "mfcc",
    "contrast",
    "centroid",
    "flatness",
    "rms",
    "onset_strength",
    "octaves",
    "texture",
    "dynamics",
)
STATISTICS = ("mean", "std", "min", "max", "median")


def describe_quickly(clips, *, n_jobs=None, progress=None):
    """Measure the facts of clips, and some features of their beginnings.

    Parameters
    ----------
    clips : sequence of clips
    n_jobs : int, optional
        Processes; the result is the same for any number.
    progress : callable, optional
        Called with the number of clips done since its last call.

    Returns
    -------
    DataFrame of shape (n_clips, n_features)

    Raises
    ------
    AudioError
        A clip cannot be read.
    """
    jobs = joblib.Parallel(n_jobs=n_jobs, return_as="generator")(
        joblib.delayed(_describe)(clip) for clip in clips
    )
    rows = []
    for row in jobs:
        rows.append(row)
        if progress is not None:
            progress(1)
    return pd.DataFrame(np.stack(rows), columns=[*FACTS, *_extractor().names])


def _describe(clip):
    samples = load_clip(clip, DEFAULT_SR)
    start = samples[: round(SECONDS * DEFAULT_SR)]
    return np.concatenate([measure_facts(samples, DEFAULT_SR), _extractor()(start)])


@lru_cache(maxsize=1)
def _extractor():
    return Extractor(DEFAULT_SR, FAMILIES, STATISTICS)
