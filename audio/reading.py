"""Read one audio file as a clip: mono float32 in [-1, 1] at a given sample rate.

Conventions: ``sr`` is in Hz, ``offset`` and ``duration`` are in seconds of the file; channels are
averaged; resampling is soxr's high quality. Every error is an :class:`AudioError` with the file's
path.
"""

import os
import struct
import warnings
from pathlib import Path

import numpy as np
import soundfile
import soxr

from ..exceptions import AudioError, AudioWarning
from .levels import INT16_SCALE

DEFAULT_SR = 22050
_BLOCK = 1024


def read_clip(path, sr=DEFAULT_SR, offset=0.0, duration=None):
    """Read an audio file as mono float32.

    WAV, FLAC, OGG and MP3 files of any rate, sample width and channel count are read by libsndfile.
    A 16-bit file is read as integers and scaled, which takes a tenth of the time of reading floats.

    Parameters
    ----------
    path : str or os.PathLike
    sr : int, default=22050
        Sample rate of the result in Hz.
    offset : float, default=0
        Where to start, in seconds.
    duration : float, optional
        How much to read, in seconds; by default everything after ``offset``. A file that ends
        earlier gives a shorter clip.

    Returns
    -------
    ndarray of shape (n_samples,), float32
        In [-1, 1], unless the file itself has floats beyond that.

    Raises
    ------
    AudioError
        The file is missing, a folder, empty, unreadable, not audio, has no samples (after
        ``offset``), or has NaN or infinite samples.

    Warns
    -----
    AudioWarning
        The file is truncated; it was read as far as possible.

    See Also
    --------
    load_clip : Loads clips of any type.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> import soundfile
    >>> from stemstack.audio import read_clip
    >>> with TemporaryDirectory() as folder:
    ...     soundfile.write(f"{folder}/clip.wav", np.zeros((44100, 2)), 44100)
    ...     read_clip(f"{folder}/clip.wav", duration=0.5).shape
    (11025,)
    """
    path = Path(path)
    with _open(path) as file:
        native = file.samplerate
        start = round(offset * native)
        if not 0 <= start < file.frames:
            raise AudioError(
                path, f"offset {offset:g} s is not within its {file.frames / native:.2f} s"
            )
        file.seek(start)
        n_frames = file.frames - start
        if duration is not None:
            n_frames = min(n_frames, max(1, round(duration * native)))
        samples = _read_frames(file, n_frames, path)
    if duration is None:
        _warn_if_truncated(path, len(samples), n_frames)
    mono = mix_down(samples)
    if not np.isfinite(mono).all():
        bad = int(np.count_nonzero(~np.isfinite(mono)))
        raise AudioError(path, f"has {bad} NaN or infinite samples; render or convert it again")
    return mono if native == sr else resample(mono, native, sr)


def read_channels(path):
    """Read all channels of an audio file at its own sample rate.

    Parameters
    ----------
    path : str or os.PathLike

    Returns
    -------
    samples : ndarray of shape (n_frames, n_channels)
        int16 for a 16-bit file, otherwise float32, which may have NaN.
    sr : int
        Sample rate in Hz.
    missing : str or None
        How much less the file has than its header declares, such as ``"512 bytes"``.

    Raises
    ------
    AudioError
        The file is missing, a folder, empty, unreadable, not audio, or has no samples.
    """
    path = Path(path)
    with _open(path) as file:
        samples = _read_frames(file, file.frames, path)
        return samples, file.samplerate, _describe_missing(path, len(samples), file.frames)


def resample(clip, sr_in, sr_out):
    """Resample a mono clip with soxr's high-quality filter.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,)
    sr_in, sr_out : float
        Sample rates in Hz.

    Returns
    -------
    ndarray of shape (round(n_samples * sr_out / sr_in),), float32
        At least one sample.

    See Also
    --------
    read_clip : Reads a file at any sample rate.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.audio import resample
    >>> resample(np.zeros(44100), 44100, 22050).shape
    (22050,)
    """
    resampled = soxr.resample(np.asarray(clip, dtype=np.float32), sr_in, sr_out, quality="HQ")
    return resampled if len(resampled) else np.zeros(1, dtype=np.float32)


def mix_down(samples):
    """Average the channels of samples, and scale integers to [-1, 1].

    Parameters
    ----------
    samples : ndarray of shape (n_frames, n_channels), int16 or float32

    Returns
    -------
    ndarray of shape (n_frames,), float32
    """
    n_channels = samples.shape[1]
    if samples.dtype == np.int16:
        # Column by column: numpy's sum along a short axis takes eight times as long.
        total = samples[:, 0].astype(np.int32)
        for channel in samples.T[1:]:
            total += channel
        return total.astype(np.float32) * np.float32(1 / (INT16_SCALE * n_channels))
    return samples[:, 0].copy() if n_channels == 1 else samples.mean(axis=1)


def _check_readable(path):
    if not path.exists():
        raise AudioError(path, "no such file")
    if path.is_dir():
        raise AudioError(path, "is a folder, not an audio file")
    if path.stat().st_size == 0:
        raise AudioError(path, "is empty (0 bytes); copy or download it again")
    if not os.access(path, os.R_OK):
        raise AudioError(path, "cannot be read: permission denied")


def _open(path):
    """Open a file that has at least one frame."""
    _check_readable(path)
    # Bytes represent any POSIX file name, even one that is not valid UTF-8; Windows needs text.
    name = os.fsencode(path) if os.name == "posix" else str(path)
    try:
        file = soundfile.SoundFile(name)
    except soundfile.LibsndfileError as error:
        raise AudioError(
            path, f"is not audio that can be read ({error.error_string.rstrip('.')})"
        ) from error
    if file.frames == 0:
        file.close()
        raise AudioError(path, "has an audio header but no samples; copy or download it again")
    return file


def _read_frames(file, n_frames, path):
    """Read ``n_frames`` frames, or as many as can be decoded."""
    dtype = "int16" if file.subtype == "PCM_16" else "float32"
    start = file.tell()
    try:
        samples = file.read(n_frames, dtype=dtype, always_2d=True)
    except soundfile.LibsndfileError:
        file.seek(start)
        samples = _read_until_error(file, n_frames, dtype)
    if not len(samples):
        raise AudioError(path, "no sample could be decoded; copy or download it again")
    return samples


def _read_until_error(file, n_frames, dtype):
    """Read block by block, up to the first block that cannot be decoded."""
    blocks, n_read = [np.empty((0, file.channels), dtype=dtype)], 0
    while n_read < n_frames:
        try:
            block = file.read(min(_BLOCK, n_frames - n_read), dtype=dtype, always_2d=True)
        except soundfile.LibsndfileError:
            break
        if not len(block):
            break
        blocks.append(block)
        n_read += len(block)
    return np.concatenate(blocks)


def _warn_if_truncated(path, n_read, n_frames):
    missing = _describe_missing(path, n_read, n_frames)
    if missing:
        warnings.warn(
            f"{path}: cut short ({missing} missing); it was read as far as possible",
            AudioWarning,
            stacklevel=3,
        )


def _describe_missing(path, n_read, n_frames):
    """Return how much of a file is missing at its end, or None."""
    n_bytes = _missing_wav_bytes(path)
    if n_bytes:
        return f"{n_bytes} bytes"
    return f"{n_frames - n_read} of {n_frames} frames" if n_read < n_frames else None


def _missing_wav_bytes(path):
    """Return how many bytes a WAV file lacks of its declared size (libsndfile hides this)."""
    with open(path, "rb") as file:
        head = file.read(12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return 0
    declared = struct.unpack("<I", head[4:8])[0]
    # Streaming writers leave 0 or the largest size there.
    if declared in (0, 0xFFFFFFFF):
        return 0
    return max(0, declared + 8 - path.stat().st_size)
