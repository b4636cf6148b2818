"""The magnitude spectrogram all families share.

Conventions: frames of 2048 samples every 512, centred on a clip padded by zeros, under a periodic
Hann window; magnitudes, not powers, as (bin, frame) float32, as ``abs(librosa.stft(y))`` gives.
"""

import numpy as np
import scipy.fft

from .kernels import ordered

N_FFT = 2048
HOP = 512
N_BINS = N_FFT // 2 + 1

# So many frames are transformed at a time that their spectra stay in the second-level cache.
_BLOCK = 32


def count_frames(n_samples):
    """Tell how many frames a clip has."""
    return 1 + n_samples // HOP


def magnitude_spectrogram(samples, precision="librosa"):
    """Compute the magnitude spectrogram of a clip.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,), float32
    precision : {"librosa", "fast"}, default="librosa"
        Transform in float64, as librosa does, or in float32, which is faster but leaves rounding
        noise some 130 dB below the loudest bin of a frame.

    Returns
    -------
    ndarray of shape (1025, 1 + n_samples // 512), float32

    Notes
    -----
    The window is applied after the transform, where the periodic Hann window is three numbers:
    :math:`X_w[k] = X[k] / 2 - (X[k - 1] + X[k + 1]) / 4`. Frames then need no copy.
    """
    dtype = np.float64 if precision == "librosa" else np.float32
    n_frames = count_frames(len(samples))
    padded = np.zeros(N_FFT + (n_frames - 1) * HOP, dtype=dtype)
    inside = min(len(samples), len(padded) - N_FFT // 2)
    padded[N_FFT // 2 : N_FFT // 2 + inside] = samples[:inside]
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]
    magnitude = np.empty((N_BINS, n_frames), dtype=np.float32)
    for start in range(0, n_frames, _BLOCK):
        spectra = scipy.fft.rfft(frames[start : start + _BLOCK], axis=1)
        _window_and_measure(spectra.view(dtype), magnitude[:, start : start + _BLOCK])
    return magnitude


@ordered
def _window_and_measure(spectra, magnitude):
    """From spectra, real and imaginary parts interleaved, to windowed magnitudes (bin, frame)."""
    n_frames, last = len(spectra), N_BINS - 1
    quarter, half = spectra.dtype.type(0.25), spectra.dtype.type(0.5)
    line = np.empty(2 * N_BINS, spectra.dtype)
    lengths = np.empty((n_frames, N_BINS), np.float32)
    for f in range(n_frames):
        x = spectra[f]
        for i in range(2, 2 * last):
            line[i] = half * x[i] - quarter * (x[i - 2] + x[i + 2])
        # Beyond the ends a real signal's spectrum goes on as its own mirror image.
        line[0], line[1] = half * (x[0] - x[2]), 0
        line[2 * last], line[2 * last + 1] = half * (x[2 * last] - x[2 * last - 2]), 0
        for k in range(N_BINS):
            lengths[f, k] = np.sqrt(line[2 * k] * line[2 * k] + line[2 * k + 1] * line[2 * k + 1])
    for k in range(N_BINS):
        for f in range(n_frames):
            magnitude[k, f] = lengths[f, k]
