"""Extract the features of many clips: streamed, in parallel, stored as they come.

Conventions: results come in the order of the clips and are the same for any number of jobs; a bad
clip is a :class:`~stemstack.errors.DataError` of its own and never ends a batch unless asked to.
"""

import warnings
from itertools import islice

import numpy as np
import pandas as pd
from joblib import Parallel, delayed, effective_n_jobs

from ..audio import clip_key, load_clip
from ..errors import DataError, UsageError
from .extractor import Extractor
from .table import FeatureTable

BATCH = 256
_CHUNK = 4


def extract(
    clips,
    *,
    sr=22050,
    families="standard",
    statistics="standard",
    precision="librosa",
    n_jobs=None,
    cache=None,
    on_error="raise",
    progress=None,
):
    """Extract the features of clips into one table.

    Parameters
    ----------
    clips : sequence of clips
        Paths, waveforms or mashups.
    sr, families, statistics, precision, n_jobs, cache
        As of :class:`~stemstack.features.SpectralFeatures`.
    on_error : {"raise", "skip"}, default="raise"
        Stop at the first clip that cannot be used, or leave it out and go on.
    progress : callable, optional
        Called with the number of clips done since its last call.

    Returns
    -------
    features : DataFrame of shape (n_good, n_features), float32
        Indexed by the position in ``clips``.
    errors : list of DataError
        Of the clips left out, in order.

    Raises
    ------
    UsageError
        A parameter is not one of those expected.
    DataError
        A clip cannot be used and ``on_error="raise"``; an :class:`AudioError` names the file.
    """
    extractor = Extractor(sr, families, statistics, precision)
    frames, errors = [], []
    for frame, failed in extract_batches(
        clips, extractor, n_jobs=n_jobs, cache=cache, on_error=on_error, progress=progress
    ):
        frames.append(frame)
        errors += failed
    return pd.concat(frames), errors


def extract_batches(clips, extractor, *, n_jobs=None, cache=None, on_error="raise", progress=None):
    """Extract features batch by batch, in memory that does not grow with the number of clips.

    Parameters
    ----------
    clips : sequence of clips
    extractor : Extractor
    n_jobs, cache, on_error, progress
        As of :func:`extract`.

    Yields
    ------
    features : DataFrame of shape (n_good, n_features), float32
        Of the next 256 clips, indexed by their position in ``clips``.
    errors : list of DataError
    """
    if on_error not in ("raise", "skip"):
        raise UsageError(f"on_error must be 'raise' or 'skip'. Got {on_error!r} instead.")
    progress = progress or _ignore
    if cache is None:
        outcomes = _stream(clips, extractor, n_jobs)
        batches = _plain_batches(outcomes, len(clips), progress)
    else:
        batches = _stored_batches(clips, extractor, n_jobs, FeatureTable(cache), progress)
    names = extractor.names
    for start, batch in zip(range(0, len(clips), BATCH), batches, strict=True):
        failed = [row for row in batch if isinstance(row, DataError)]
        if failed and on_error == "raise":
            raise failed[0]
        good = [i for i, row in enumerate(batch) if not isinstance(row, DataError)]
        rows = np.stack([batch[i] for i in good]) if good else np.empty((0, len(names)), np.float32)
        yield pd.DataFrame(rows, columns=names, index=np.array(good, dtype=int) + start), failed


def _plain_batches(outcomes, n_clips, progress):
    """Lists of rows and errors, without a table."""
    for start in range(0, n_clips, BATCH):
        batch = []
        for outcome in islice(outcomes, min(BATCH, n_clips - start)):
            batch.append(outcome)
            progress(1)
        yield batch


def _stored_batches(clips, extractor, n_jobs, table, progress):
    """The same through a table: what it lacks is computed, stored, then read back."""
    keys = [_key_or_error(clip) for clip in clips]
    missing = table.missing([key for key in keys if isinstance(key, str)], extractor)
    todo = {key: clip for key, clip in zip(keys, clips, strict=True) if key in missing}
    outcomes = _stream(list(todo.values()), extractor, n_jobs)
    failed = {}
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        fresh = [key for key in dict.fromkeys(batch) if key in missing]
        missing.difference_update(fresh)
        computed = {}
        for key, outcome in zip(fresh, outcomes, strict=False):
            (failed if isinstance(outcome, DataError) else computed)[key] = outcome
            progress(1)
        if computed:
            table.put(list(computed), list(computed.values()), extractor)
        found, rows = table.get(batch, extractor)
        yield [
            row if there else (key if isinstance(key, DataError) else failed[key])
            for key, there, row in zip(batch, found, rows, strict=True)
        ]
        progress(len(batch) - len(fresh))


def _stream(clips, extractor, n_jobs):
    """Yield a row of features, or the clip's DataError, for each clip in order."""
    jobs = min(effective_n_jobs(n_jobs), len(clips))
    if jobs <= 1:
        yield from (_extract_one(extractor, clip) for clip in clips)
        return
    # Compile the kernels here, once: the workers then load them from numba's cache on disk, where
    # several compiling at a time would get in each other's way.
    extractor(np.zeros(extractor.sr, dtype=np.float32))
    parallel = Parallel(jobs, backend="loky", return_as="generator", inner_max_num_threads=1)
    chunks = (clips[start : start + _CHUNK] for start in range(0, len(clips), _CHUNK))
    for outcomes, caught in parallel(delayed(_extract_chunk)(extractor, chunk) for chunk in chunks):
        for message in caught:
            warnings.warn(message, stacklevel=2)
        yield from outcomes


def _extract_chunk(extractor, clips):
    """In a worker: the outcomes, and the warnings to be given again by the parent."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        outcomes = [_extract_one(extractor, clip) for clip in clips]
    return outcomes, [warning.message for warning in caught]


def _extract_one(extractor, clip):
    try:
        return extractor(load_clip(clip, extractor.sr))
    except DataError as error:
        return error


def _key_or_error(clip):
    try:
        return clip_key(clip)
    except DataError as error:
        return error


def _ignore(n_done):
    """The progress of one who does not watch."""
