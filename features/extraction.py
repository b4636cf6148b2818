"""Extract the features of many clips: streamed, in parallel, stored as they come.

Conventions: results come in the order of the clips and are the same for any number of jobs. A clip
that cannot be used yields a :class:`~stemstack.exceptions.DataError`; it ends a batch only with
``on_error="raise"``.
"""

import warnings
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import islice

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from joblib import effective_n_jobs

from ..audio import clip_key, load_clip
from ..exceptions import DataError, UsageError
from ..utils.atomic_write import atomic_path
from ..utils.parallel import forked_map
from .extractor import Extractor
from .store import FeatureStore

BATCH = 256
_CHUNK = 8


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
    advance=None,
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
    advance : callable, optional
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
        clips, extractor, n_jobs=n_jobs, cache=cache, on_error=on_error, advance=advance
    ):
        frames.append(frame)
        errors += failed
    return pd.concat(frames), errors


def extract_batches(clips, extractor, *, n_jobs=None, cache=None, on_error="raise", advance=None):
    """Extract features batch by batch, in memory that does not grow with the number of clips.

    Parameters
    ----------
    clips : sequence of clips
    extractor : Extractor
    n_jobs, cache, on_error, advance
        As of :func:`extract`.

    Yields
    ------
    features : DataFrame of shape (n_good, n_features), float32
        Of the next 256 clips, indexed by their position in ``clips``.
    errors : list of DataError
    """
    if on_error not in ("raise", "skip"):
        raise UsageError(f"on_error must be 'raise' or 'skip'. Got {on_error!r} instead.")
    advance = advance or _ignore
    jobs = min(effective_n_jobs(n_jobs), len(clips))
    if cache is None:
        outcomes = _stream(clips, extractor, jobs)
        batches = _plain_batches(outcomes, len(clips), advance)
    else:
        batches = _stored_batches(clips, extractor, jobs, FeatureStore(cache), advance)
    names = extractor.names
    for start, batch in zip(range(0, len(clips), BATCH), batches, strict=True):
        failed = [row for row in batch if isinstance(row, DataError)]
        if failed and on_error == "raise":
            raise failed[0]
        good = [i for i, row in enumerate(batch) if not isinstance(row, DataError)]
        rows = np.stack([batch[i] for i in good]) if good else np.empty((0, len(names)), np.float32)
        yield pd.DataFrame(rows, columns=names, index=np.array(good, dtype=int) + start), failed


def _plain_batches(outcomes, n_clips, advance):
    """Lists of rows and errors, without a table."""
    for start in range(0, n_clips, BATCH):
        batch = []
        for outcome in islice(outcomes, min(BATCH, n_clips - start)):
            batch.append(outcome)
            advance(1)
        yield batch


def _stored_batches(clips, extractor, jobs, table, advance):
    """The same through a table: what it lacks is computed, stored, then read back."""
    plans = _Plans(clips, extractor, table)
    outcomes = _stream(plans.missing_clips(), extractor, jobs)
    failed = {}
    while plan := plans.next_batch():
        keys, fresh = plan
        computed = {}
        for key, outcome in zip(fresh, outcomes, strict=False):
            (failed if isinstance(outcome, DataError) else computed)[key] = outcome
            advance(1)
        if computed:
            table.put(list(computed), list(computed.values()), extractor)
        found, rows = table.get([key for key in keys if isinstance(key, str)], extractor)
        stored = zip(found, rows, strict=True)
        yield [_row_or_error(key, stored, failed) for key in keys]
        advance(len(keys) - len(fresh))


def _row_or_error(key, stored, failed):
    """The row or the error of one clip, taking the next stored row when the clip has a key."""
    if isinstance(key, DataError):
        return key
    there, row = next(stored)
    return row if there else failed[key]


class _Plans:
    """Which clips of each batch are still to be computed, found out just ahead of the work.

    Keys take reading the files: done here, it also brings them into memory for the workers.
    """

    def __init__(self, clips, extractor, table):
        self._clips = clips
        self._extractor = extractor
        self._table = table
        self._seen = set()
        self._todo = deque()
        self._ready = deque()
        self._coming = self._make()

    def next_batch(self):
        """Give the next batch's keys and those to compute first, or None after the last."""
        if not self._ready:
            self._advance()
        return self._ready.popleft() if self._ready else None

    def missing_clips(self):
        """Yield the clips to compute, planning further batches as they are asked for."""
        while self._todo or self._advance():
            if self._todo:
                yield self._todo.popleft()

    def _advance(self):
        plan = next(self._coming, None)
        if plan is None:
            return False
        self._ready.append(plan)
        return True

    def _make(self):
        for start in range(0, len(self._clips), BATCH):
            batch = self._clips[start : start + BATCH]
            keys = [_key_or_error(clip) for clip in batch]
            named = dict(zip(keys, batch, strict=True))
            asked = {key for key in keys if isinstance(key, str)} - self._seen
            missing = self._table.missing(asked, self._extractor)
            fresh = [key for key in named if key in missing]
            self._seen |= missing
            self._todo.extend(named[key] for key in fresh)
            yield keys, fresh


def _stream(clips, extractor, jobs):
    """Yield a row of features, or the clip's DataError, for each clip in order."""
    if jobs <= 1:
        yield from _extract_all(extractor, clips)
        return
    # Compiled here, once: forked workers have the kernels from the start, others load them from
    # numba's cache on disk, where several compiling at a time would get in each other's way.
    extractor(np.zeros(extractor.sr, dtype=np.float32))
    work = partial(_extract_chunk, extractor)
    for outcomes, caught in forked_map(work, _chunks(clips), jobs):
        for message in caught:
            warnings.warn(message, stacklevel=2)
        yield from outcomes


def _chunks(clips):
    clips = iter(clips)
    while chunk := list(islice(clips, _CHUNK)):
        yield chunk


def _extract_chunk(extractor, clips):
    """In a worker: the outcomes, and the warnings to be given again by the parent."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        outcomes = list(_extract_all(extractor, clips))
    return outcomes, [warning.message for warning in caught]


def _extract_all(extractor, clips):
    """Describe clips one after another, each while the next one is being read."""
    with ThreadPoolExecutor(1) as reader:
        coming = (reader.submit(_load_or_error, clip, extractor.sr) for clip in clips)
        reading = next(coming, None)
        while reading:
            following = next(coming, None)
            samples = reading.result()
            yield samples if isinstance(samples, DataError) else extractor(samples)
            reading = following


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


def _ignore(n_done):
    """Default of ``advance``: show nothing."""


def write_features(path, labels, batches):
    """Write features beside what is known of their clips, one row group a batch.

    Parameters
    ----------
    path : str or os.PathLike
        The Parquet file; there when the last batch is, whole.
    labels : DataFrame of str
        One row a clip.
    batches : iterable of (DataFrame, list)
        As :func:`extract_batches` yields.

    Returns
    -------
    list of DataError
        Of the clips left out.
    """
    errors, writer = [], None
    with atomic_path(path) as temporary, ExitStack() as stack:
        for features, failed in batches:
            if writer is None:
                fields = [(name, pa.string()) for name in labels]
                schema = pa.schema(fields + [(name, pa.float32()) for name in features])
                writer = stack.enter_context(pq.ParquetWriter(temporary, schema))
            rows = labels.loc[features.index].join(features)
            writer.write_table(pa.Table.from_pandas(rows, schema, preserve_index=False))
            errors += failed
    return errors
