"""The magnitude spectrogram all families share.

Conventions: frames of 2048 samples every 512, centred on a clip padded by zeros, under a periodic
Hann window; magnitudes, not powers, as (bin, frame) float32, as ``abs(librosa.stft(y))`` gives.
"""

import numpy as np

from .fft import HOP, N_FFT, fill_magnitudes, tables

N_BINS = N_FFT // 2 + 1


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
    """
    dtype = np.float64 if precision == "librosa" else np.float32
    magnitude = np.empty((N_BINS, count_frames(len(samples))), dtype=np.float32)
    fill_magnitudes(np.ascontiguousarray(samples), magnitude, *tables(dtype))
    return magnitude
