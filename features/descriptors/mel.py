"""Families of the mel spectrogram: log-mel bands, MFCC and their deltas."""

import math
import warnings
from functools import lru_cache

import numpy as np
import scipy.fft

from ..kernels.banded import banded_matmul, banded_matrix
from ..kernels.common import hann_window, njit_ordered, read_only
from ..kernels.spectrum import N_FFT
from .family import descriptor

N_MELS = 128
N_MFCC = 20
_FLOOR = 1e-10
_RANGE_DB = 80.0
_DELTA_WIDTH = 9
# Slaney's mel scale: linear up to 1 kHz, and from there 27 mel for a factor of 6.4.
_HZ_PER_MEL = 200 / 3
_BREAK_HZ = 1000.0
_LOG_STEP = math.log(6.4) / 27
_EMPTY = "Empty filters: use fewer mel bands or a larger n_fft"


@descriptor("mfcc", rows=N_MFCC, unit="dB", explanation="timbre", standard=True)
def mfcc(clip):
    """Mel-frequency cepstral coefficients."""
    return compute_mfcc(clip.log_mel)


@descriptor(
    "mfcc_delta", rows=N_MFCC, unit="dB/frame", explanation="changes of timbre", standard=True
)
def mfcc_delta(clip):
    """Slopes of the MFCC over nine frames."""
    return compute_delta(clip.compute(mfcc), 1)


@descriptor(
    "mfcc_delta2",
    rows=N_MFCC,
    unit="dB/frame²",
    explanation="quick changes of timbre",
    standard=True,
)
def mfcc_delta2(clip):
    """Curvatures of the MFCC over nine frames."""
    return compute_delta(clip.compute(mfcc), 2)


@descriptor("logmel", rows=N_MELS, unit="dB", explanation="spectrum", standard=True)
def logmel(clip):
    """Levels of the mel bands."""
    return clip.log_mel


def power_to_db(power):
    """Convert powers to decibels, cut off 80 dB below the maximum of the whole array.

    Parameters
    ----------
    power : ndarray of floats, any shape

    Returns
    -------
    ndarray of the same shape and dtype
        In dB with reference 1; powers under 1e-10 count as -100 dB. Equal to
        ``librosa.power_to_db``.
    """
    number = power.dtype.type
    decibels = np.log(_at_least(power.ravel(), number(_FLOOR)))
    decibels *= number(10 / np.log(10))
    decibels = _at_least(decibels, decibels.max() - number(_RANGE_DB))
    return decibels.reshape(power.shape)


def mel_spectrogram(magnitude, sr, n_fft=N_FFT, n_mels=N_MELS):
    """Pool the powers of a spectrogram into mel bands.

    Parameters
    ----------
    magnitude : ndarray of shape (1 + n_fft // 2, n_frames), float32
    sr : float
        Sample rate in Hz; the bands reach from 0 Hz to half of it.
    n_fft : int, default=2048
    n_mels : int, default=128

    Returns
    -------
    ndarray of shape (n_mels, n_frames), float32
        In power, by Slaney's mel scale and area normalisation, as in
        ``librosa.feature.melspectrogram``.

    Warns
    -----
    UserWarning
        A band lies between two frequency bins; attributed to the caller of the caller.
    """
    matrix = _mel_matrix(sr, n_fft, n_mels)
    if len(np.unique(matrix.row)) < n_mels:
        warnings.warn(_EMPTY, stacklevel=3)
    return banded_matmul(matrix, magnitude, squared=True)


def mel_filters(sr, n_fft=N_FFT, n_mels=N_MELS):
    """Return the weight of each frequency bin in each mel band.

    Parameters
    ----------
    sr : float
        Sample rate in Hz; the bands reach from 0 Hz to half of it.
    n_fft : int, default=2048
    n_mels : int, default=128

    Returns
    -------
    ndarray of shape (n_mels, 1 + n_fft // 2), float32
        As ``librosa.filters.mel``: triangles between the neighbouring bands, of area 1. Not
        librosa's function itself, which imports ``scipy.signal``.

    Warns
    -----
    UserWarning
        A band lies between two frequency bins, and its filter is empty.

    References
    ----------
    Slaney, "Auditory Toolbox", 1998.
    """
    filters = _compute_filters(sr, n_fft, n_mels)
    if not filters.any(axis=1).all():
        warnings.warn(_EMPTY, stacklevel=2)
    return filters


def log_mel(y, sr=22050, *, n_fft=N_FFT, hop_length=512, n_mels=N_MELS):
    """Compute the log-mel spectrogram of any frame size, in float64.

    Equal to ``librosa.power_to_db(librosa.feature.melspectrogram(y=y, sr=sr))``, and for the
    default sizes to the rows of the ``logmel`` family.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
    sr : int, default=22050
        Sample rate in Hz.
    n_fft : int, default=2048
        Samples per frame.
    hop_length : int, default=512
        Samples from one frame to the next.
    n_mels : int, default=128

    Returns
    -------
    ndarray of shape (n_mels, 1 + n_samples // hop_length), float32
        In dB with reference 1 (so a full-scale sine is well above 0), cut off 80 dB below the
        maximum of the clip.

    Warns
    -----
    UserWarning
        A band lies between two frequency bins, and has no energy.

    See Also
    --------
    SpectralFeatures : Statistics of these rows and of other families.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.features import log_mel
    >>> sine = np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
    >>> log_mel(sine, n_mels=40).shape
    (40, 44)
    """
    padded = np.pad(np.asarray(y, dtype=np.float64), n_fft // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop_length]
    spectra = scipy.fft.rfft(frames * hann_window(n_fft), axis=1).astype(np.complex64)
    magnitude = np.ascontiguousarray(np.abs(spectra).T)
    return power_to_db(mel_spectrogram(magnitude, sr, n_fft, n_mels))


def compute_mfcc(log_mel):
    """Compute MFCC from a log-mel spectrogram.

    Parameters
    ----------
    log_mel : ndarray of shape (n_mels, n_frames), float32
        In dB.

    Returns
    -------
    ndarray of shape (20, n_frames), float32
        The first coefficients of the orthonormal DCT-II, as ``librosa.feature.mfcc``.
    """
    return banded_matmul(_dct_matrix(len(log_mel)), log_mel)


def compute_delta(rows, order):
    """Estimate the slope or curvature of rows over nine frames.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_frames), float32
    order : {1, 2}
        Order of the derivative, and degree of the polynomial fitted (Savitzky and Golay).

    Returns
    -------
    ndarray of shape (n_rows, n_frames), float32
        As ``librosa.feature.delta``: the first and last four frames are derivatives of the
        polynomials of the first and last nine. With fewer than nine frames, where librosa raises,
        the first and last frames are repeated outwards.
    """
    n_frames = rows.shape[1]
    if n_frames >= _DELTA_WIDTH:
        return _delta(rows, _savgol_weights(order))
    half = _DELTA_WIDTH // 2
    padded = np.pad(rows, ((0, 0), (half, half)), mode="edge")
    return np.ascontiguousarray(_delta(padded, _savgol_weights(order))[:, half : half + n_frames])


@lru_cache(maxsize=8)
def _mel_matrix(sr, n_fft, n_mels):
    return banded_matrix(_compute_filters(sr, n_fft, n_mels))


def _compute_filters(sr, n_fft, n_mels):
    highest = min(sr / 2, _BREAK_HZ) / _HZ_PER_MEL
    highest += math.log(max(sr / 2 / _BREAK_HZ, 1)) / _LOG_STEP
    edges = _hz_of_mel(np.linspace(0, highest, n_mels + 2))[:, None]
    bins = np.arange(1 + n_fft // 2) * (sr / n_fft)
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    filters = np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
    return (filters * (2.0 / (edges[2:] - edges[:-2]))).astype(np.float32)


def _hz_of_mel(mel):
    """Convert mel to Hz by Slaney's scale: linear up to 1 kHz, then logarithmic."""
    above = np.maximum(mel - _BREAK_HZ / _HZ_PER_MEL, 0)
    return np.where(above > 0, _BREAK_HZ * np.exp(_LOG_STEP * above), _HZ_PER_MEL * mel)


@lru_cache(maxsize=8)
def _dct_matrix(n_mels):
    basis = scipy.fft.dct(np.eye(n_mels), axis=0, norm="ortho")[:N_MFCC]
    return banded_matrix(basis.astype(np.float32))


@lru_cache(maxsize=2)
def _savgol_weights(order):
    """Return weights of nine frames, row ``i`` for the derivative at the ``i``-th of them."""
    frames = np.arange(_DELTA_WIDTH)
    fits = [np.linalg.pinv(np.vander(frames - i, order + 1)) for i in frames]
    # Of the polynomial around frame i, the highest coefficient, which comes first.
    weights = np.array([math.factorial(order) * fit[0] for fit in fits], dtype=np.float32)
    return read_only(weights)


@njit_ordered
def _at_least(values, limit):
    out = np.empty(len(values), values.dtype)
    # Unlike that of NumPy, this maximum does not look for NaN, and is vectorised.
    for i in range(len(values)):
        out[i] = max(values[i], limit)
    return out


@njit_ordered
def _delta(rows, weights):
    n_rows, n_frames = rows.shape
    half = _DELTA_WIDTH // 2
    out = np.zeros((n_rows, n_frames), np.float32)
    for i in range(n_rows):
        row, line = rows[i], out[i]
        for j in range(_DELTA_WIDTH):
            weight = weights[half, j]
            for f in range(half, n_frames - half):
                line[f] += weight * row[f + j - half]
            for f in range(half):
                line[f] += weights[f, j] * row[j]
                tail = row[n_frames - _DELTA_WIDTH + j]
                line[n_frames - half + f] += weights[half + 1 + f, j] * tail
    return out
