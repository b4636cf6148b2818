"""Computation of the rows of clips: one after another or in worker processes, and into a store.

A clip is read, or rendered, once for all the extractors that need it. Results are in the order of
the clips; a clip that cannot be used has a DataError in place of its rows.
"""

import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice, tee

import numpy as np

from ..audio import clip_key, load_clip
from ..exceptions import DataError
from ..utils.parallel import forked_map

# Clips per shard of the store, and per task of a worker process.
BATCH = 256
_CHUNK = 8


def source_of(extractor):
    """Return what extractors have in common that one pass over the clips can compute."""
    return extractor.sr, extractor.forks


def fill_store(store, clips, extractors, jobs, advance):
    """Compute the rows that a store lacks, batch by batch.

    Parameters
    ----------
    store : FeatureStore
    clips : sequence of clips
    extractors : sequence of extractors
        Of one sample rate.
    jobs : int
        Number of processes.
    advance : callable
        Called with the number of clips done since the last call.

    Yields
    ------
    batch : sequence of clips
        Those among the next 256 that can be used have their rows in the store.
    keys : list of str or DataError
        Of the batch; an error for a clip that has no key.
    failed : dict of str to DataError
        Of this and earlier batches, by key.
    """
    # One stream of work for all batches, so that workers never wait for the end of one. It takes
    # clips from the same plans, ahead of the loop below: tee holds the plans in between.
    plans, plans_ahead = tee(_plan_batches(clips, extractors, store))
    missing = (task for _, _, tasks in plans_ahead for task in tasks.values())
    outcomes = compute(missing, extractors, jobs)
    failed = {}
    for batch, keys, tasks in plans:
        computed = [{} for _ in extractors]
        for (key, (_, requested)), outcome in zip(tasks.items(), outcomes, strict=False):
            if isinstance(outcome, DataError):
                failed[key] = outcome
            else:
                for i, row in zip(requested, outcome, strict=True):
                    computed[i][key] = row
            advance(1)
        for extractor, rows in zip(extractors, computed, strict=True):
            if rows:
                store.put(list(rows), list(rows.values()), extractor)
        advance(len(keys) - len(tasks))
        yield batch, keys, failed


def compute(tasks, extractors, jobs):
    """Compute the rows of clips, in worker processes if ``jobs`` is more than 1.

    Parameters
    ----------
    tasks : iterable of (clip, list of int)
        Each clip, and the numbers of the extractors that it needs.
    extractors : sequence of extractors
        Of one sample rate.
    jobs : int
        Number of processes.

    Yields
    ------
    list of ndarray of shape (n_features,), or DataError
        One row per extractor of the task.
    """
    if jobs <= 1:
        yield from _compute_serially(extractors, tasks)
        return
    # Compile the kernels here, once: forked workers inherit them, others load them from numba's
    # cache on disk, where several that compile at a time would be in each other's way.
    for extractor in extractors:
        extractor(np.sin(np.arange(extractor.sr, dtype=np.float32)))
    for outcomes, caught in forked_map(partial(_compute_chunk, extractors), _chunks(tasks), jobs):
        for message in caught:
            warnings.warn(message, stacklevel=2)
        yield from outcomes


def _plan_batches(clips, extractors, store):
    """Yield for each batch its clips, their keys, and the tasks of what is missing by key.

    Computing a key reads the file, which is then in memory for the workers.
    """
    planned = set()
    for start in range(0, len(clips), BATCH):
        batch = clips[start : start + BATCH]
        keys = [_key_or_error(clip) for clip in batch]
        new = {key for key in keys if isinstance(key, str)} - planned
        planned |= new
        missing = [store.missing(new, extractor) for extractor in extractors]
        tasks = {}
        for key, clip in zip(keys, batch, strict=True):
            if requested := [i for i, of_one in enumerate(missing) if key in of_one]:
                tasks[key] = clip, requested
        yield batch, keys, tasks


def _chunks(tasks):
    tasks = iter(tasks)
    while chunk := list(islice(tasks, _CHUNK)):
        yield chunk


def _compute_chunk(extractors, tasks):
    """Return outcomes, and the warnings that the parent process is to issue again."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        outcomes = [
            _rows(extractors, _load_or_error(clip, extractors[0].sr), requested)
            for clip, requested in tasks
        ]
    return outcomes, [warning.message for warning in caught]


def _compute_serially(extractors, tasks):
    """Yield the outcomes one after another, while the next clip is being read."""
    sr = extractors[0].sr
    with ThreadPoolExecutor(1) as reader:
        futures = (
            (reader.submit(_load_or_error, clip, sr), requested) for clip, requested in tasks
        )
        current = next(futures, None)
        while current:
            following = next(futures, None)
            yield _rows(extractors, current[0].result(), current[1])
            current = following


def _rows(extractors, samples, requested):
    """Return the rows of the requested extractors, or the error in place of samples."""
    failed = isinstance(samples, DataError)
    return samples if failed else [extractors[i](samples) for i in requested]


def _load_or_error(clip, sr):
    try:
        return load_clip(clip, sr)
    except DataError as error:
        return error


def _key_or_error(clip):
    try:
        return clip_key(clip)
    except DataError as error:
        return error
