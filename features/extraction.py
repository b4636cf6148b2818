"""Extract the features of many clips: streamed, in parallel, stored as they are computed.

Conventions: results are in the order of the clips and the same for any number of jobs. A clip that
cannot be used results in a :class:`~stemstack.exceptions.DataError`, which ends the extraction only
with ``on_error="raise"``.
"""

from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from joblib import effective_n_jobs
from pyarrow.csv import CSVWriter
from pyarrow.parquet import ParquetWriter

from ..audio.ffmpeg import log_use_of_ffmpeg
from ..exceptions import DataError, UsageError
from ..utils.atomic_write import atomic_path
from ..utils.containers import as_sequence
from ..utils.resources import DEFAULT_RESOURCES
from . import computation
from .extractor import Extractor
from .store import FeatureStore

# By the ending of a table's name.
_WRITERS = {".parquet": ParquetWriter, ".csv": CSVWriter}


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
        Paths, 1-D arrays of samples, or mashups.
    sr : int, default=22050
        Sample rate in Hz.
    families : str or sequence of str, default="standard"
        Feature families, as in :class:`SpectralFeatures`.
    statistics : str or sequence of str, default="standard"
        Statistics of each row, as in :class:`SpectralFeatures`.
    precision : {"librosa", "fast"}, default="librosa"
        Compute spectra in float64 or in float32.
    n_jobs : int, optional
        Number of processes, as in joblib. None means 1.
    cache : str or os.PathLike, optional
        Folder of a :class:`FeatureStore`. No cache by default.
    on_error : {"raise", "skip"}, default="raise"
        Stop at the first clip that cannot be used, or leave such clips out.
    advance : callable, optional
        Called with the number of clips done since the last call.

    Returns
    -------
    features : DataFrame of shape (n_good, n_features), float32
        Indexed by the position in ``clips``.
    errors : list of DataError
        Of the clips left out, in order.

    Raises
    ------
    UsageError
        A parameter has none of the values expected.
    DataError
        A clip cannot be used and ``on_error="raise"``; an :class:`AudioError` names the file.

    See Also
    --------
    extract_batches : The same batch by batch.
    SpectralFeatures : The same as a scikit-learn transformer.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.features import extract
    >>> sine = np.sin(np.arange(22050)).astype(np.float32)
    >>> features, errors = extract(
    ...     [sine, np.zeros(0), 0.5 * sine], families="rms", statistics="max", on_error="skip"
    ... )
    >>> features.round(2)
       rms_max
    0     0.71
    2     0.35
    >>> errors
    [AudioError('waveform: is empty: a clip needs at least one sample')]
    """
    extractor = Extractor(sr, families, statistics, precision)
    tables, errors = [], []
    for table, failed in extract_batches(
        clips, extractor, n_jobs=n_jobs, cache=cache, on_error=on_error, advance=advance
    ):
        tables.append(table)
        errors += failed
    return pd.concat(tables), errors


def extract_batches(clips, extractor, *, n_jobs=None, cache=None, on_error="raise", advance=None):
    """Extract features batch by batch, in memory that does not grow with the number of clips.

    Parameters
    ----------
    clips : sequence of clips
        Paths, 1-D arrays of samples, or mashups.
    extractor : Extractor
    n_jobs : int, optional
        Number of processes, as in joblib. None means 1.
    cache : str or os.PathLike, optional
        Folder of a :class:`FeatureStore`. Each batch is stored before it is yielded, so an
        extraction that was killed continues after its last batch. No cache by default.
    on_error : {"raise", "skip"}, default="raise"
        Stop at the first clip that cannot be used, or leave such clips out.
    advance : callable, optional
        Called with the number of clips done since the last call.

    Yields
    ------
    features : DataFrame of shape (n_good, n_features), float32
        Of the next 256 clips, indexed by their position in ``clips``.
    errors : list of DataError
        Of the clips left out.

    Raises
    ------
    UsageError
        ``on_error`` has none of the values expected.
    DataError
        A clip cannot be used and ``on_error="raise"``.

    See Also
    --------
    extract : The same in one table.
    write_features : Writes the batches to a Parquet file.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.features import Extractor, extract_batches
    >>> clips = [np.zeros(100, np.float32)] * 600
    >>> extractor = Extractor(families="zcr", statistics="mean")
    >>> [len(features) for features, errors in extract_batches(clips, extractor)]
    [256, 256, 88]
    """
    if on_error not in ("raise", "skip"):
        raise UsageError(f"on_error must be 'raise' or 'skip'. Got {on_error!r} instead.")
    advance, clips = advance or (lambda n_done: None), as_sequence(clips, "clips")
    log_use_of_ffmpeg(clips)
    jobs = _count_jobs(n_jobs, clips, [extractor])
    if cache is None:
        outcomes = _computed_outcomes(clips, extractor, jobs, advance)
    else:
        outcomes = _stored_outcomes(clips, extractor, jobs, advance, FeatureStore(cache))
    names = extractor.names
    # Without clips, one batch without rows.
    for start in range(0, max(len(clips), 1), computation.BATCH):
        batch = list(islice(outcomes, computation.BATCH))
        failed = [outcome for outcome in batch if isinstance(outcome, DataError)]
        if failed and on_error == "raise":
            raise failed[0]
        good = [i for i, outcome in enumerate(batch) if not isinstance(outcome, DataError)]
        rows = np.stack([batch[i] for i in good]) if good else np.empty((0, len(names)), np.float32)
        yield pd.DataFrame(rows, columns=names, index=np.array(good, dtype=int) + start), failed


def store_features(clips, extractors, *, n_jobs=None, cache, advance=None):
    """Compute the rows that a store lacks, of several extractions at a time.

    Each clip is read, or rendered, once for all of them.

    Parameters
    ----------
    clips : sequence of clips
        Paths, 1-D arrays of samples, or mashups.
    extractors : sequence of extractors
        Of one sample rate.
    n_jobs : int, optional
        Number of processes, as in joblib. None means 1.
    cache : str or os.PathLike
        Folder of a :class:`FeatureStore`, which is written to batch by batch.
    advance : callable, optional
        Called with the number of clips done since the last call.

    Raises
    ------
    DataError
        A clip cannot be used. The batches before it are stored.

    See Also
    --------
    extract_batches : Yields the rows of one extraction.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from stemstack.features import Extractor, extract
    >>> from stemstack.features.extraction import store_features
    >>> from stemstack.features.patches import PatchExtractor
    >>> clips = [np.ones(100, np.float32)]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store_features(clips, [Extractor(families="tempo"), PatchExtractor()], cache=folder)
    ...     features, _ = extract(clips, families="tempo", cache=folder)  # Only read.
    >>> features.shape
    (1, 1)
    """
    log_use_of_ffmpeg(clips)
    advance = advance or (lambda n_done: None)
    jobs = _count_jobs(n_jobs, clips, extractors)
    store = FeatureStore(cache)
    for _, keys, failed in computation.fill_store(store, clips, extractors, jobs, advance):
        for key in keys:
            error = key if isinstance(key, DataError) else failed.get(key)
            if error is not None:
                raise error


def extract_table(clips, extractor, title="features", *, resources=DEFAULT_RESOURCES):
    """Extract the features of clips into one table, with a stage of the progress display.

    Parameters
    ----------
    clips : sequence of clips
        Paths, 1-D arrays of samples, or mashups.
    extractor : Extractor or EmbeddingExtractor
    title : str, default="features"
        Name of the stage.
    resources : Resources
        With a cache folder, rows are read from its feature store, and those computed are stored.

    Returns
    -------
    DataFrame of shape (n_clips, n_features), float32

    Raises
    ------
    DataError
        A clip cannot be used.

    See Also
    --------
    extract : The same without an extractor.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.features import Extractor
    >>> from stemstack.features.extraction import extract_table
    >>> extract_table([np.ones(100, np.float32)], Extractor(families="tempo")).shape
    (1, 1)
    """
    options = {
        "n_jobs": resources.n_jobs,
        "cache": resources.cache and Path(resources.cache, "features"),
    }
    with resources.progress.stage(title, len(clips)) as advance:
        batches = extract_batches(clips, extractor, advance=advance, **options)
        return pd.concat([table for table, _ in batches])


def join_batches(*extractions):
    """Join the columns of several extractions of the same clips, batch by batch.

    Parameters
    ----------
    *extractions : iterable of (DataFrame, list of DataError)
        As :func:`extract_batches` yields.

    Yields
    ------
    features : DataFrame of shape (n_good, n_features), float32
        The columns of all extractions.
    errors : list of DataError
        Of the clips left out.

    See Also
    --------
    extract_batches : Extracts one of them.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.features import Extractor, extract_batches, join_batches
    >>> clips = [np.ones(100, np.float32)]
    >>> parts = [extract_batches(clips, Extractor(families=name)) for name in ("tempo", "zcr")]
    >>> features, errors = next(join_batches(*parts))
    >>> features.columns[:2].tolist()
    ['tempo', 'zcr_mean']
    """
    for batches in zip(*extractions, strict=True):
        tables, errors = zip(*batches, strict=True)
        # A clip may be of use to one of them only.
        distinct = {str(error): error for of_one in errors for error in of_one}
        yield pd.concat(tables, axis=1, join="inner"), list(distinct.values())


def write_features(path, labels, batches):
    """Write features and labels of clips to a Parquet or CSV file, as the batches come.

    Parameters
    ----------
    path : str or os.PathLike
        The file, ``.parquet`` or ``.csv``, which appears when it is complete.
    labels : DataFrame of str
        One row per clip; its columns come before the features.
    batches : iterable of (DataFrame, list of DataError)
        As :func:`extract_batches` yields.

    Returns
    -------
    list of DataError
        Of the clips left out.

    Raises
    ------
    UsageError
        The name ends otherwise.

    See Also
    --------
    extract_batches : Extracts the batches.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> import pandas as pd
    >>> from stemstack.features import Extractor, extract_batches, write_features
    >>> batches = extract_batches([np.ones(100, np.float32)], Extractor(families="tempo"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     errors = write_features(f"{folder}/out.parquet", pd.DataFrame({"clip": ["a"]}), batches)
    ...     pd.read_parquet(f"{folder}/out.parquet").columns.tolist()
    ['clip', 'tempo']
    """
    errors, writer, make_writer = [], None, find_writer(path)
    with atomic_path(path) as temporary, ExitStack() as stack:
        for features, failed in batches:
            if writer is None:
                fields = [(name, pa.string()) for name in labels]
                schema = pa.schema(fields + [(name, pa.float32()) for name in features])
                writer = stack.enter_context(make_writer(temporary, schema))
            rows = labels.loc[features.index].join(features)
            writer.write_table(pa.Table.from_pandas(rows, schema, preserve_index=False))
            errors += failed
    return errors


def find_writer(path):
    """Return the writer of tables of a file name.

    Parameters
    ----------
    path : str or os.PathLike

    Returns
    -------
    type

    Raises
    ------
    UsageError
        The name ends neither in ``.parquet`` nor in ``.csv``.
    """
    writer = _WRITERS.get(Path(path).suffix.lower())
    if writer is None:
        raise UsageError(f"{path}: features are written to {' or '.join(_WRITERS)} files")
    return writer


def _stored_outcomes(clips, extractor, jobs, advance, store):
    """Yield the features, or the DataError, of each clip from a store, which is filled first."""
    for batch, keys, failed in computation.fill_store(store, clips, [extractor], jobs, advance):
        yield from _stored_or_failed(batch, keys, extractor, store, failed)


def _stored_or_failed(clips, keys, extractor, store, failed):
    """Return the features, or the DataError, of each clip of a batch that was put in the store."""
    found, rows = store.get(keys, extractor)
    # A clip without a key has its error in place of one.
    outcomes = [rows[i] if found[i] else failed.get(key, key) for i, key in enumerate(keys)]
    # Rows of a shard that turned out to be damaged, or that another process has removed.
    lost = [i for i, outcome in enumerate(outcomes) if isinstance(outcome, str)]
    computed = _computed_outcomes([clips[i] for i in lost], extractor, 1)
    for i, outcome in zip(lost, computed, strict=True):
        outcomes[i] = outcome
    good = {keys[i]: outcomes[i] for i in lost if not isinstance(outcomes[i], DataError)}
    if good:
        store.put(list(good), list(good.values()), extractor)
    return outcomes


def _computed_outcomes(clips, extractor, jobs, advance=lambda n_done: None):
    """Yield the features, or the DataError, of each clip."""
    tasks = ((clip, [0]) for clip in clips)
    for outcome in computation.compute(tasks, [extractor], jobs):
        advance(1)
        yield outcome if isinstance(outcome, DataError) else outcome[0]


def _count_jobs(n_jobs, clips, extractors):
    forks = all(extractor.forks for extractor in extractors)
    return max(1, min(effective_n_jobs(n_jobs), len(clips))) if forks else 1
