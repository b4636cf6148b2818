"""Many clips at once: one bad file never ends a batch."""

import warnings

import joblib

from ..errors import AudioError
from .clips import load_clip
from .reading import DEFAULT_SR


def check_clips(clips, sr=DEFAULT_SR, *, n_jobs=None, progress=None):
    """Decode every clip once, and say which cannot be used.

    Parameters
    ----------
    clips : sequence of clips
    sr : int, default=22050
        Sample rate in Hz.
    n_jobs : int, optional
        Processes.
    progress : callable, optional
        Called with the number of clips done since its last call.

    Returns
    -------
    list of (str or None)
        For each clip, what is wrong with it, or None.

    Warns
    -----
    AudioWarning
        For clips that are usable but cut short, re-issued from the workers.
    """
    checks = joblib.Parallel(n_jobs=n_jobs, return_as="generator")(
        joblib.delayed(_check)(clip, sr) for clip in clips
    )
    problems = []
    for problem, noted in checks:
        problems.append(problem)
        for warning in noted:
            warnings.warn(warning, stacklevel=2)
        if progress is not None:
            progress(1)
    return problems


def _check(clip, sr):
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always")
        try:
            load_clip(clip, sr)
        except AudioError as error:
            return str(error), []
    return None, [warning.message for warning in noted]
