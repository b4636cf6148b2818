"""Read one audio file as a clip: mono float32 in [-1, 1] at the rate asked for.

Conventions: ``sr`` is in Hz, ``offset`` and ``duration`` in seconds of the file's own time;
channels are averaged; resampling is soxr's high quality. Every error is an :class:`AudioError`
naming the file.
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

    WAV, FLAC, OGG and MP3 of any rate, sample width and channel count are read by libsndfile; a
    16-bit file is read as integers and scaled, which costs a tenth of asking for floats.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    sr : int, default=22050
        Sample rate of the result, in Hz.
    offset : float, default=0
        Where to start, in seconds.
    duration : float, optional
        How much to read, in seconds; all that follows ``offset`` by default. A clip that ends
        sooner is returned as long as it is.

    Returns
    -------
    ndarray of shape (n_samples,), float32
        In [-1, 1] unless the file itself holds floats beyond.

    Raises
    ------
    AudioError
        The file is missing, a folder, empty, unreadable, not audio, holds no samples (after
        ``offset``), or holds NaN or infinite samples.

    Warns
    -----
    AudioWarning
        The file is cut short: it was read as far as it goes.

    Examples
    --------
    >>> read_clip("song0001.wav", duration=10).shape  # doctest: +SKIP
    (220500,)
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
        wanted = file.frames - start
        if duration is not None:
            wanted = min(wanted, max(1, round(duration * native)))
        samples = _read_frames(file, wanted, path)
    if duration is None:
        _warn_if_cut_short(path, len(samples), wanted)
    mono = mix_down(samples)
    if not np.isfinite(mono).all():
        bad = int(np.count_nonzero(~np.isfinite(mono)))
        raise AudioError(path, f"holds {bad} NaN or infinite samples; render or convert it again")
    return mono if native == sr else resample(mono, native, sr)


def read_channels(path):
    """Read a whole audio file as it is stored: every channel, at its own rate.

    Parameters
    ----------
    path : str or os.PathLike

    Returns
    -------
    samples : ndarray of shape (n_frames, n_channels)
        int16 for a 16-bit file, else float32, which may hold NaN.
    sr : int
        Sample rate in Hz.
    lack : str or None
        How much the header promises beyond what is there, such as ``"512 bytes"``.

    Raises
    ------
    AudioError
        The file is missing, a folder, empty, unreadable, not audio, or holds no samples.
    """
    path = Path(path)
    with _open(path) as file:
        samples = _read_frames(file, file.frames, path)
        return samples, file.samplerate, _find_missing_bytes(path, len(samples), file.frames)


def resample(clip, sr_in, sr_out):
    """Resample a mono clip by soxr's high-quality filter.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,)
    sr_in, sr_out : float
        Rates in Hz.

    Returns
    -------
    ndarray of shape (round(n_samples * sr_out / sr_in),), float32
        At least one sample long.
    """
    resampled = soxr.resample(np.asarray(clip, dtype=np.float32), sr_in, sr_out, quality="HQ")
    return resampled if len(resampled) else np.zeros(1, dtype=np.float32)


def mix_down(samples):
    """Average the channels of a file's samples, and scale integers to [-1, 1].

    Parameters
    ----------
    samples : ndarray of shape (n_frames, n_channels), int16 or float32

    Returns
    -------
    ndarray of shape (n_frames,), float32
    """
    n_channels = samples.shape[1]
    if samples.dtype == np.int16:
        # Column by column: numpy's sum along a short axis costs eight times as much.
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
    # Bytes carry any POSIX file name, even one that is not valid UTF-8; Windows wants text.
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


def _read_frames(file, wanted, path):
    """Read ``wanted`` frames, or as many as decode before the stream breaks."""
    dtype = "int16" if file.subtype == "PCM_16" else "float32"
    start = file.tell()
    try:
        samples = file.read(wanted, dtype=dtype, always_2d=True)
    except soundfile.LibsndfileError:
        file.seek(start)
        samples = _read_until_broken(file, wanted, dtype)
    if not len(samples):
        raise AudioError(path, "no sample could be decoded; copy or download it again")
    return samples


def _read_until_broken(file, wanted, dtype):
    """Read block by block: the blocks before the one that breaks are sound."""
    blocks, got = [np.empty((0, file.channels), dtype=dtype)], 0
    while got < wanted:
        try:
            block = file.read(min(_BLOCK, wanted - got), dtype=dtype, always_2d=True)
        except soundfile.LibsndfileError:
            break
        if not len(block):
            break
        blocks.append(block)
        got += len(block)
    return np.concatenate(blocks)


def _warn_if_cut_short(path, got, wanted):
    lack = _find_missing_bytes(path, got, wanted)
    if lack:
        warnings.warn(
            f"{path}: cut short ({lack} missing); read as far as it goes",
            AudioWarning,
            stacklevel=3,
        )


def _find_missing_bytes(path, got, wanted):
    """Say how much of a file is missing at its end, or None."""
    missing = _missing_wav_bytes(path)
    if missing:
        return f"{missing} bytes"
    return f"{wanted - got} of {wanted} frames" if got < wanted else None


def _missing_wav_bytes(path):
    """How many bytes a WAV's header promises beyond its end (libsndfile hides this)."""
    with open(path, "rb") as file:
        head = file.read(12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return 0
    promised = struct.unpack("<I", head[4:8])[0]
    # Streaming writers leave 0 or the largest size there: neither is a promise.
    if promised in (0, 0xFFFFFFFF):
        return 0
    return max(0, promised + 8 - path.stat().st_size)
