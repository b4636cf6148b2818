"""The mel spectrogram and its decibels, by librosa's conventions."""

from functools import lru_cache

import librosa
import numpy as np
import scipy.fft
import scipy.signal

from .decibels import power_to_db
from .kernels import combine
from .spectrum import N_FFT


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
    return combine(mel_filters(sr, n_fft, n_mels), power)


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
