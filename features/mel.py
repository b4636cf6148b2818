"""The mel spectrogram and its decibels, by librosa's conventions."""

import librosa
import numpy as np


def log_mel(y, sr=22050, *, n_fft=2048, hop_length=512, n_mels=128):
    """Compute the log-mel spectrogram.

    Equal to ``librosa.power_to_db(librosa.feature.melspectrogram(y=y, sr=sr))``.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
    sr : int, default=22050
        Sample rate in Hz.
    n_fft, hop_length, n_mels : int, default=2048, 512, 128

    Returns
    -------
    ndarray of shape (n_mels, 1 + n_samples // hop_length), float32
        In dB with reference 1 (full scale is not 0 dB), cut 80 dB below the clip's maximum.
    """
    spectrum = np.abs(librosa.stft(y, n_fft=n_fft, hop_length=hop_length))
    mel = librosa.feature.melspectrogram(S=spectrum**2, sr=sr, n_mels=n_mels)
    return librosa.power_to_db(mel)
