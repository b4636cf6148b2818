"""Decibels as librosa's ``power_to_db`` defines them."""

from functools import lru_cache

import librosa
import numpy as np
import scipy.fft
import scipy.signal

from ..kernels.banded import banded_matmul, ordered
from ..kernels.spectrum import N_FFT

_FLOOR = 1e-10
_RANGE = 80.0


def power_to_db(power):
    """Turn powers into decibels, cut 80 dB below the maximum of the whole array.

    Parameters
    ----------
    power : ndarray of floats, any shape

    Returns
    -------
    ndarray of the same shape and dtype
        In dB with reference 1; powers under 1e-10 count as -100 dB.
    """
    decibels = np.log(np.maximum(power, power.dtype.type(_FLOOR)))
    decibels *= power.dtype.type(10 / np.log(10))
    return np.maximum(decibels, decibels.max() - power.dtype.type(_RANGE), out=decibels)


def mel_spectrogram(power, sr, n_fft=N_FFT, n_mels=128):
    """Pool a power spectrogram into mel bands.

    Parameters
    ----------
    power : ndarray of shape (1 + n_fft // 2, n_frames), float32
    sr : float
        Sample rate in Hz; the bands reach from 0 to half of it.
    n_fft, n_mels : int, default=2048, 128

    Returns
    -------
    ndarray of shape (n_mels, n_frames), float32
        Slaney's mel scale and area normalisation, as ``librosa.feature.melspectrogram``.
    """
    return banded_matmul(mel_filters(sr, n_fft, n_mels), power)


@lru_cache(maxsize=8)
def mel_filters(sr, n_fft=N_FFT, n_mels=128):
    """Give librosa's mel filters, as an array of shape (n_mels, 1 + n_fft // 2), float32."""
    return librosa.filters.mel(sr=sr, n_fft=n_fft, n_mels=n_mels)


def log_mel(y, sr=22050, *, n_fft=2048, hop_length=512, n_mels=128):
    """Compute the log-mel spectrogram of any frame size.

    Equal to ``librosa.power_to_db(librosa.feature.melspectrogram(y=y, sr=sr))``; for the default
    sizes, to the ``logmel`` family's rows. The plain form, in float64, that faster ones are held
    against.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
    sr : int, default=22050
        Sample rate in Hz.
    n_fft, hop_length, n_mels : int, default=2048, 512, 128

    Returns
    -------
    ndarray of shape (n_mels, 1 + n_samples // hop_length), float32
        In dB with reference 1 (so a full-scale sine is well above 0), cut 80 dB below the clip's
        maximum.
    """
    padded = np.pad(np.asarray(y, dtype=np.float64), n_fft // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop_length]
    window = scipy.signal.get_window("hann", n_fft)
    spectra = scipy.fft.rfft(frames * window, axis=1).astype(np.complex64)
    power = np.ascontiguousarray(np.abs(spectra).T) ** 2
    return power_to_db(mel_spectrogram(power, sr, n_fft, n_mels))


N_MFCC = 20
_WIDTH = 9


def mel_cepstrum(log_mel):
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
    return banded_matmul(_cosines(len(log_mel)), log_mel)


def delta(rows, order):
    """Estimate the slope or curvature of rows over nine frames.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_frames), float32
    order : {1, 2}
        Which derivative, of a polynomial of that degree (Savitzky and Golay).

    Returns
    -------
    ndarray of shape (n_rows, n_frames), float32
        As ``librosa.feature.delta``: the first and last four frames lie on the polynomials of the
        first and last nine. With fewer than nine frames, where librosa refuses, the first and last
        frames are repeated outwards.
    """
    n_frames = rows.shape[1]
    if n_frames >= _WIDTH:
        return _delta(rows, _slopes(order))
    half = _WIDTH // 2
    padded = np.pad(rows, ((0, 0), (half, half)), mode="edge")
    return np.ascontiguousarray(_delta(padded, _slopes(order))[:, half : half + n_frames])


@lru_cache(maxsize=8)
def _cosines(n_mels):
    basis = scipy.fft.dct(np.eye(n_mels), axis=0, norm="ortho")[:N_MFCC]
    return np.ascontiguousarray(basis, dtype=np.float32)


@lru_cache(maxsize=2)
def _slopes(order):
    """Row ``i`` weighs nine frames into the derivative at the ``i``-th of them."""
    return np.array(
        [
            scipy.signal.savgol_coeffs(_WIDTH, order, deriv=order, pos=i, use="dot")
            for i in range(_WIDTH)
        ],
        dtype=np.float32,
    )


@ordered
def _delta(rows, slopes):
    n_rows, n_frames = rows.shape
    half = _WIDTH // 2
    out = np.zeros((n_rows, n_frames), np.float32)
    for i in range(n_rows):
        row, line = rows[i], out[i]
        for j in range(_WIDTH):
            weight = slopes[half, j]
            for f in range(half, n_frames - half):
                line[f] += weight * row[f + j - half]
            for f in range(half):
                line[f] += slopes[f, j] * row[j]
                line[n_frames - half + f] += slopes[half + 1 + f, j] * row[n_frames - _WIDTH + j]
    return out
