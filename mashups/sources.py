"""Source store: stems and noise clips converted once, so that rendering never decodes audio.

Each file is converted to mono int16 at one sample rate in ``<cache>/sources/`` and memory-mapped
when it is read: any part is read without decoding, processes share the memory, and 20 GB of stereo
stems take 5 GB.
"""

import json
import os
import warnings
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from ..audio import DEFAULT_SR, read_clip
from ..audio.ffmpeg import log_use_of_ffmpeg
from ..audio.levels import INT16_SCALE
from ..datasets.files import find_audio, name_within
from ..exceptions import AudioError, DataError
from ..utils.atomic_write import write_bytes, write_text
from ..utils.cache import read_entry
from ..utils.hashing import file_version, hash_bytes
from ..utils.parallel import parallel_map
from .tempo_sync import SILENCE_RMS, estimate_tempo

_FORMAT = "sources-4"
# Raw samples: reading the header of a .npy file takes longer than mapping the file.
_STORED = np.dtype("<i2")
# Samples that are read at a time to find out whether a file is silent.
_PART = 2**16


@dataclass(frozen=True)
class AudioSource:
    """Converted stem or noise clip.

    Attributes
    ----------
    file : str
        Path of the samples in the cache: raw little-endian int16.
    n_samples : int
    tempo : float
        In beats per minute; NaN when the clip has no beat.
    confidence : float
        Of the tempo, from 0 to 1; see :func:`~stemstack.mashups.tempo_sync.estimate_tempo`.
    content : str
        Hash of the converted samples.

    See Also
    --------
    build_source_store : Convert files to sources.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from stemstack.mashups import AudioSource
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     np.array([0, 16384, -32768], dtype="<i2").tofile(file.name)
    ...     source = AudioSource(file.name, 3, tempo=120.0, confidence=1.0, content="x")
    ...     source.read(start=1)
    array([ 0.5, -1. ], dtype=float32)
    """

    file: str
    n_samples: int
    tempo: float
    confidence: float
    content: str

    def open(self):
        """Map the samples into memory.

        Returns
        -------
        ndarray of shape (n_samples,), int16
            Read-only.

        Raises
        ------
        DataError
            If the file in the cache is missing or has another length.
        """
        try:
            return np.asarray(np.memmap(self.file, _STORED, "r", shape=(self.n_samples,)))
        except (FileNotFoundError, ValueError) as error:
            raise DataError(
                f"{self.file}: this file of the cache is missing or damaged; remove the folder "
                f"{Path(self.file).parent} and run the command again"
            ) from error

    @property
    def is_silent(self):
        """Whether all samples are below -80 dBFS."""
        samples, limit = self.open(), SILENCE_RMS * INT16_SCALE
        # In parts: most files are not silent, and the first part shows it.
        parts = (samples[i : i + _PART] for i in range(0, len(samples), _PART))
        return all(max(part.max(), -int(part.min())) < limit for part in parts)

    def read(self, start=0, stop=None):
        """Read samples ``start`` to ``stop`` (exclusive) as float32 in [-1, 1].

        Parameters
        ----------
        start : int, default=0
        stop : int, optional

        Returns
        -------
        ndarray of shape (stop - start,), float32
        """
        return self.open()[start:stop].astype(np.float32) * np.float32(1 / INT16_SCALE)


def build_source_store(root, paths, *, cache, sr=DEFAULT_SR, n_jobs=None, advance=None):
    """Convert the files that the cache does not hold yet, and return all of them.

    Parameters
    ----------
    root : str or os.PathLike
        The folder that ``paths`` are relative to.
    paths : sequence of str
    cache : str or os.PathLike
        The cache folder. Several processes may use it at once.
    sr : int, default=22050
        Sample rate in Hz.
    n_jobs : int or None, default=None
        Number of worker processes; None means 1. The result is the same for any number.
    advance : callable, optional
        Called with the number of files done since its last call.

    Returns
    -------
    dict of str to AudioSource
        The source store, by path as given.

    Raises
    ------
    DataError
        If files cannot be read. The message names up to 20 of them; the others are in the cache.

    Warns
    -----
    AudioWarning
        For files that are truncated or damaged, when they are converted.

    See Also
    --------
    load_mashups : Convert the files of recipes and bind the recipes to them.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> import soundfile
    >>> from stemstack.mashups import build_source_store
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     soundfile.write(f"{folder}/drums.wav", np.zeros(22050), 22050)
    ...     source_store = build_source_store(folder, ["drums.wav"], cache=folder)
    >>> source_store["drums.wav"].n_samples
    22050
    """
    folder = Path(cache, "sources")
    source_store = {path: _find(_locate(root, path), folder, sr) for path in paths}
    missing = [path for path, source in source_store.items() if source is None]
    log_use_of_ffmpeg(missing)
    if advance is not None:
        advance(len(source_store) - len(missing))
    convert = partial(_convert, folder=folder, sr=sr)
    converted = parallel_map(
        convert, [_locate(root, path) for path in missing], n_jobs=n_jobs, advance=advance
    )
    for path, (result, caught) in zip(missing, converted, strict=True):
        source_store[path] = result
        # Workers return their warnings, as other processes cannot issue them here.
        for warning in caught:
            warnings.warn(warning, stacklevel=2)
    problems = [result for result in source_store.values() if isinstance(result, str)]
    if problems:
        raise DataError(
            f"{len(problems)} of {len(source_store)} files to mix cannot be read; fix or remove "
            "them:",
            problems[:20],
        )
    return source_store


def _locate(root, path):
    """Return the path of a file without the ``..`` of noise from another folder."""
    full = Path(root, path)
    return Path(os.path.realpath(full.parent), full.name) if ".." in full.parts else full


def reverb_folders(settings):
    """Return the folders of impulse responses that settings name, of all alternatives: a set."""
    return {one.reverb_folder for one in (settings, *settings.components)} - {None}


def list_impulses(root, settings):
    """List the impulse responses that settings use.

    Parameters
    ----------
    root : str or os.PathLike
        The data set, in which the folders are.
    settings : Settings

    Returns
    -------
    list of str
        Paths relative to ``root``.

    Raises
    ------
    DataError
        If a folder is missing, or has no audio files.
    """
    paths = []
    for name in sorted(reverb_folders(settings)):
        folder = Path(root, name)
        files = find_audio(folder)
        if not files:
            problem = "has no audio files" if folder.is_dir() else "no such folder"
            raise DataError(
                f"{folder}: {problem}; put impulse responses there, or leave reverb_folder out of "
                "the settings"
            )
        paths += [name_within(file, Path(root)) for file in files]
    return paths


def list_unconverted(root, paths, *, cache, sr=DEFAULT_SR):
    """Return the paths of files that the cache does not hold yet.

    Parameters
    ----------
    root : str or os.PathLike
        The folder that ``paths`` are relative to.
    paths : sequence of str
    cache : str or os.PathLike
    sr : int, default=22050
        Sample rate in Hz.

    Returns
    -------
    list of str
    """
    folder = Path(cache, "sources")
    return [p for p in paths if _open(folder / _entry_name(_locate(root, p), sr)) is None]


def _find(path, folder, sr):
    """Return the converted file; None when it is not in the cache or the file is missing."""
    try:
        entry = folder / _entry_name(path, sr)
    except OSError:
        return None
    return _open(entry)


def _convert(path, folder, sr):
    """Convert one file; return an AudioSource, or a message if it cannot be read, and warnings."""
    try:
        entry = folder / _entry_name(path, sr)
    except OSError as error:
        return f"{path}: {(error.strerror or 'cannot be read').lower()}", []
    if source := _open(entry):  # Another process may have converted it meanwhile.
        return source, []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            clip = read_clip(path, sr)
        except AudioError as error:
            return str(error), []
    return _store(clip, entry, sr), [warning.message for warning in caught]


def _open(entry):
    """Return the converted file; None if it is not in the cache, or damaged there."""
    return read_entry(entry.with_suffix(".json"), _read_source)


def _read_source(path):
    values = json.loads(path.read_text(encoding="utf-8"))
    source = AudioSource(**values | {"file": str(path.with_suffix(".i16"))})
    expected, size = source.n_samples * _STORED.itemsize, os.stat(source.file).st_size
    if size != expected:
        raise ValueError(f"{size} bytes of samples, expected {expected}")
    return source


def _store(clip, entry, sr):
    """Write the samples, then the JSON file that marks them as complete; return the source."""
    samples = np.clip(np.round(clip * INT16_SCALE), -INT16_SCALE, INT16_SCALE - 1).astype(_STORED)
    tempo = estimate_tempo(clip, sr)
    source = AudioSource("", len(samples), tempo.bpm, tempo.confidence, hash_bytes(samples))
    write_bytes(entry, samples)
    write_text(entry.with_suffix(".json"), json.dumps(asdict(source)))
    return replace(source, file=str(entry))


def _entry_name(path, sr):
    # By size and times: hashing 20 GB of audio at each start would take too long.
    identity = f"{_FORMAT}|{path.resolve()}|{file_version(path)}|{sr}"
    return hash_bytes(os.fsencode(identity)) + ".i16"
