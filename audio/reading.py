"""Read one audio file as a clip: mono float32 in [-1, 1] at a given sample rate.

Conventions: ``sr`` is in Hz, ``offset`` and ``duration`` are in seconds of the file; channels are
averaged; resampling is soxr's high quality. Every error is an :class:`AudioError` with the file's
path.
"""

import os
import warnings
from numbers import Real
from pathlib import Path

import numpy as np
import soxr

from ..exceptions import AudioError, AudioWarning, UsageError
from ..utils.constraints import Constraint, at_least, check_value, is_number
from .decoding import open_stream
from .levels import INT16_SCALE

DEFAULT_SR = 22050
# Samples over all channels that a file may have: 3.1 hours of stereo at 44.1 kHz. The resampled
# clip may not have more, either.
MAX_SAMPLES_VARIABLE = "STEMSTACK_MAX_SAMPLES"
MAX_SAMPLES = 1_000_000_000
# In samples: a clip of 30 s in stereo fits, so that it is decoded in one call.
_BLOCK = 1 << 22
# The least, as what is before an offset may be decoded in blocks, too.
_MIN_BLOCK = 1 << 16
# Floats beyond it, +48 dBFS, are 16-bit or longer integers that were not scaled.
FAR_BEYOND_FULL_SCALE = 256
_NUMBER = Constraint(lambda value: is_number(value, Real), "a number of seconds")
_DURATION = Constraint(
    lambda value: value is None or (is_number(value, Real) and value > 0),
    "a number of seconds above 0, or None",
)
_RATE = at_least(1.0)
# The largest sample; the features of larger ones would be infinite in float32.
MAX_PEAK = 2.0**32


def read_clip(path, sr=DEFAULT_SR, offset=0.0, duration=None, *, max_samples=None):
    """Read an audio file as mono float32.

    WAV, FLAC, OGG, MP3 and other files of any rate, sample width and channel count are read by
    libsndfile to their true end, whatever their header declares. Formats that it does not read,
    such as M4A and WMA, are read through the ffmpeg program, if it is on the PATH. A 16-bit file is
    read as integers and scaled, which takes a tenth of the time of reading floats.

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
    max_samples : int, optional
        Largest number of samples, over all channels, to decode. By default the environment variable
        ``STEMSTACK_MAX_SAMPLES``, or 1,000,000,000: 3.1 hours of stereo at 44.1 kHz.

    Returns
    -------
    ndarray of shape (n_samples,), float32
        In [-1, 1], unless the file itself has floats beyond that.

    Raises
    ------
    AudioError
        The file is missing, a folder, empty, unreadable, not audio, has no samples (after
        ``offset``), too many of them, or NaN or infinite ones.
    UsageError
        ``sr``, ``offset`` or ``duration`` is not such a number.

    Warns
    -----
    AudioWarning
        The file is truncated or damaged, and was read as far as possible; or its samples are far
        beyond [-1, 1].

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
    path, max_samples = Path(path), _resolve_max_samples(max_samples)
    for name, value, constraint in (("sr", sr, _RATE), ("offset", offset, _NUMBER)):
        check_value(name, value, constraint)
    check_value("duration", duration, _DURATION)
    with open_stream(path) as stream:
        native = stream.samplerate
        start = round(offset * native)
        if start < 0:
            raise AudioError(path, f"offset {offset:g} s is before its start")
        n_frames = None if duration is None else max(1, round(duration * native))
        blocks = _limited_blocks(stream, path, start, n_frames, max_samples)
        mono = _concatenate([mix_down(block) for block in blocks])
        if mono is None:
            _raise_no_samples(path, offset)
        if duration is None:
            _warn_if_damaged(path, stream.describe_damage(start + len(mono)))
        _check_samples([_measure_samples(mono)], path)
        if native == sr:
            return mono
        _check_limit(len(mono) * sr // native, max_samples, path)
        return resample(mono, native, sr)


def measure_clip(path, sr=DEFAULT_SR, *, max_samples=None):
    """Decode an audio file in blocks, and return its length; it is not held in memory.

    Parameters
    ----------
    path : str or os.PathLike
    sr : int, default=22050
        Sample rate in Hz that :func:`read_clip` would read it at.
    max_samples : int, optional
        As in :func:`read_clip`.

    Returns
    -------
    float
        In s.

    Raises
    ------
    AudioError
        :func:`read_clip` cannot read the file.

    Warns
    -----
    AudioWarning
        As by :func:`read_clip`.
    """
    path, max_samples = Path(path), _resolve_max_samples(max_samples)
    with open_stream(path) as stream:
        blocks = map(mix_down, _limited_blocks(stream, path, 0, None, max_samples))
        measured = [(len(mono), _measure_samples(mono)) for mono in blocks]
        if not measured:
            _raise_no_samples(path, 0)
        n_frames = sum(length for length, _ in measured)
        _warn_if_damaged(path, stream.describe_damage(n_frames))
        _check_samples([samples for _, samples in measured], path)
        _check_limit(n_frames * sr // stream.samplerate, max_samples, path)
        return n_frames / stream.samplerate


def declared_seconds(path):
    """Return the length of an audio file by its header, which may be wrong.

    Parameters
    ----------
    path : str or os.PathLike

    Returns
    -------
    float
        In s; of a header without a length, the file's true one.

    Raises
    ------
    AudioError
        The file cannot be read.
    """
    with open_stream(Path(path)) as stream:
        if stream.length is not None:
            return stream.length / stream.samplerate
    return measure_clip(path)


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
    damage : str or None
        How much less the file has than its header declares, such as ``"512 bytes missing"``.

    Raises
    ------
    AudioError
        The file is missing, a folder, empty, unreadable, not audio, or has no samples or too many.
    """
    path = Path(path)
    with open_stream(path) as stream:
        blocks = _limited_blocks(stream, path, 0, None, _resolve_max_samples(None))
        samples = _concatenate(list(blocks))
        if samples is None:
            _raise_no_samples(path, 0)
        return samples, stream.samplerate, stream.describe_damage(len(samples))


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
    # Damaged samples, such as inf and -inf, are found after the mean.
    with np.errstate(over="ignore", invalid="ignore"):
        return samples[:, 0].copy() if n_channels == 1 else samples.mean(axis=1)


def check_peak(samples, path):
    """Check that samples are in a range of which features can be computed.

    Parameters
    ----------
    samples : ndarray
        NaN and infinite samples pass.
    path : str or os.PathLike
        The file, or a noun, for messages.

    Raises
    ------
    AudioError
        A finite sample is beyond 2**32 times full scale.
    """
    if samples.dtype.kind != "f" or not samples.size:
        return
    peak = max(samples.max(), -samples.min())
    if MAX_PEAK < peak < np.inf:
        raise AudioError(
            path, f"has samples up to {peak:.3g}, which cannot be audio; render or convert it again"
        )


def _resolve_max_samples(max_samples):
    """Return the limit: the argument, ``STEMSTACK_MAX_SAMPLES``, or the default."""
    if max_samples is not None:
        return max_samples
    text = os.environ.get(MAX_SAMPLES_VARIABLE, "")
    if text and not text.isdecimal():
        raise UsageError(f"{MAX_SAMPLES_VARIABLE} must be a whole number. Got {text!r} instead.")
    return int(text or MAX_SAMPLES)


def _limited_blocks(stream, path, start, n_frames, max_samples):
    """Yield blocks from a start, up to a number of frames if there is one."""
    n_read = 0
    size = _BLOCK if n_frames is None else min(_BLOCK, max(_MIN_BLOCK, n_frames * stream.channels))
    for block in stream.blocks(start, size):
        if n_frames is not None:
            block = block[: n_frames - n_read]
        n_read += len(block)
        _check_limit(n_read * stream.channels, max_samples, path)
        check_peak(block, path)
        yield block
        if n_read == n_frames:
            return


def _check_limit(n_samples, max_samples, path):
    if n_samples > max_samples:
        raise AudioError(
            path,
            f"decodes to more than {max_samples:,} samples; cut it, or raise the limit with the "
            f"environment variable {MAX_SAMPLES_VARIABLE}",
        )


def _concatenate(blocks):
    """Join blocks, without a copy of a single one; None if there is none."""
    return np.concatenate(blocks) if len(blocks) > 1 else next(iter(blocks), None)


def _raise_no_samples(path, offset):
    if not offset:
        raise AudioError(path, "no sample could be decoded; copy or download it again")
    with open_stream(path) as stream:
        n_frames = sum(len(block) for block in stream.blocks(0, _BLOCK))
        seconds = n_frames / stream.samplerate
    raise AudioError(path, f"offset {offset:g} s is not within its {seconds:.2f} s")


def _warn_if_damaged(path, damage):
    if damage:
        warnings.warn(
            f"{path}: cut short ({damage}); it was read as far as possible",
            AudioWarning,
            stacklevel=3,
        )


def _measure_samples(mono):
    """Return the largest magnitude of samples, and how many are NaN or infinite."""
    # NaN and infinite samples are among the extremes, whose search takes less time than a mask.
    peak = max(abs(mono.max()), abs(mono.min()))
    return peak, 0 if np.isfinite(peak) else int(np.count_nonzero(~np.isfinite(mono)))


def _check_samples(measured, path):
    """Raise an error for NaN and infinite samples, and warn of integers as floats."""
    bad = sum(n_bad for _, n_bad in measured)
    if bad:
        raise AudioError(path, f"has {bad} NaN or infinite samples; render or convert it again")
    peak = max(peak for peak, _ in measured)
    if peak > FAR_BEYOND_FULL_SCALE:
        warnings.warn(
            f"{path}: has samples up to {peak:.0f}, far beyond full scale, which is 1; write it "
            "again with samples divided by their full scale",
            AudioWarning,
            stacklevel=3,
        )
