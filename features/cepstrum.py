"""Mel-frequency cepstral coefficients and their deltas."""

from functools import lru_cache

import numpy as np
import scipy.fft
import scipy.signal

from .kernels import combine, ordered

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
    return combine(_cosines(len(log_mel)), log_mel)


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
