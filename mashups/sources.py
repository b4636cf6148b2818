"""Source store: stems and noise clips converted once, so that rendering never decodes audio.

Each file becomes mono int16 at one rate in ``<cache>/sources/``, memory-mapped on use: seeks are
free, any number of processes share the pages, and 20 GB of stereo stems become 5.
"""

import json
import os
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ..audio import DEFAULT_SR, read_clip
from ..audio.levels import INT16_SCALE
from ..exceptions import AudioError, DataError
from ..utils.atomic_write import atomic_path, write_text
from ..utils.hashing import hash_bytes
from ..utils.parallel import parallel_map
from .tempo_sync import estimate_tempo

_FORMAT = "sources-3"
# Without a header: to read numpy's takes longer than to map the file.
_STORED = np.dtype("<i2")


@dataclass(frozen=True)
class AudioSource:
    """One converted file.

    Attributes
    ----------
    file : str
        The samples in the cache: int16, little-endian, and nothing else.
    n_samples : int
    tempo : float
        Beats per minute; NaN when the file has no beat.
    confidence : float
        Of the tempo, from 0 to 1; see :func:`~stemstack.mashups.tempo_sync.estimate_tempo`.
    content : str
        Hash of the converted samples.
    """

    file: str
    n_samples: int
    tempo: float
    confidence: float
    content: str

    def open(self):
        """Map the samples into memory: ndarray of shape (n_samples,), int16, read-only.

        Raises
        ------
        DataError
            The cache no longer holds the file as it was converted.
        """
        try:
            return np.asarray(np.memmap(self.file, _STORED, "r", shape=(self.n_samples,)))
        except (FileNotFoundError, ValueError) as error:
            raise DataError(
                f"{self.file}: the cache no longer holds this file whole; remove the folder "
                f"{Path(self.file).parent} and run the command again"
            ) from error

    def read(self, start=0, stop=None):
        """Read samples ``start`` to ``stop`` as float32 in [-1, 1]."""
        return self.open()[start:stop].astype(np.float32) * np.float32(1 / INT16_SCALE)


def build_source_store(root, paths, *, cache, sr=DEFAULT_SR, n_jobs=None, advance=None):
    """Convert files into the cache, those already there excepted.

    Parameters
    ----------
    root : str or os.PathLike
        The folder that ``paths`` are relative to.
    paths : sequence of str
    cache : str or os.PathLike
        The cache folder; safe for several processes at once.
    sr : int, default=22050
        Sample rate in Hz.
    n_jobs : int, optional
        Processes; the result is the same for any number.
    advance : callable, optional
        Called with the number of files done since its last call.

    Returns
    -------
    dict of str to AudioSource
        By path, as given.

    Raises
    ------
    DataError
        Some files cannot be read: all of them are named, the others are converted and kept.
    """
    folder = Path(cache, "sources")
    folder.mkdir(parents=True, exist_ok=True)
    source_store = {path: _find(Path(root, path), folder, sr) for path in paths}
    missing, problems = [path for path, source in source_store.items() if source is None], []
    if advance is not None:
        advance(len(source_store) - len(missing))
    convert = partial(_convert, folder=folder, sr=sr)
    converted = parallel_map(
        convert, [Path(root, path) for path in missing], n_jobs=n_jobs, advance=advance
    )
    for path, source in zip(missing, converted, strict=True):
        if isinstance(source, AudioSource):
            source_store[path] = source
        else:
            problems.append(source)
    if problems:
        listed = "\n  ".join(problems[:20])
        raise DataError(f"{len(problems)} of {len(source_store)} files:\n  {listed}")
    return source_store


def list_unconverted(root, paths, *, cache, sr=DEFAULT_SR):
    """List the files that the cache does not hold yet.

    Parameters
    ----------
    root, paths, cache, sr
        As of :func:`build_source_store`.

    Returns
    -------
    list of str
    """
    folder = Path(cache, "sources")
    return [p for p in paths if not _is_stored(folder / _entry_name(Path(root, p), sr))]


def _find(path, folder, sr):
    """Give a file converted before; None when it is not, or is no file."""
    try:
        entry = folder / _entry_name(path, sr)
    except OSError:
        return None
    return _open(entry) if _is_stored(entry) else None


def _convert(path, folder, sr):
    """Convert one file, or say in words why it cannot be."""
    try:
        entry = folder / _entry_name(path, sr)
    except OSError as error:
        return f"{path}: {(error.strerror or 'cannot be read').lower()}"
    if not _is_stored(entry):  # nor by another process since
        try:
            clip = read_clip(path, sr)
        except AudioError as error:
            return str(error)
        _store(clip, entry, sr)
    return _open(entry)


def _is_stored(entry):
    return entry.with_suffix(".json").exists() and entry.exists()


def _open(entry):
    return AudioSource(**json.loads(entry.with_suffix(".json").read_text()) | {"file": str(entry)})


def _store(clip, entry, sr):
    """Write the samples, then the record that says they are complete."""
    samples = np.clip(np.round(clip * INT16_SCALE), -INT16_SCALE, INT16_SCALE - 1).astype(_STORED)
    tempo = estimate_tempo(clip, sr)
    source = AudioSource("", len(samples), tempo.bpm, tempo.confidence, hash_bytes(samples))
    with atomic_path(entry) as temporary:
        samples.tofile(temporary)
    write_text(entry.with_suffix(".json"), json.dumps(asdict(source)))


def _entry_name(path, sr):
    # Size and time stand for the content here: hashing 20 GB at each start would be the bottleneck.
    stat = os.stat(path)
    identity = f"{_FORMAT}|{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}|{sr}"
    return hash_bytes(os.fsencode(identity)) + ".i16"
