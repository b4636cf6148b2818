"""One clip under analysis: every intermediate is computed once, when first asked for."""

import warnings
from functools import cached_property

import librosa
import numpy as np


class Analysis:
    """The rows of every standard family, all from one spectrum.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,), float32
    sr : int
        Sample rate in Hz.
    precision : {"librosa", "fast"}
    """

    def __init__(self, samples, sr, precision):
        self.samples = samples
        self.sr = sr
        self.precision = precision

    @cached_property
    def magnitude(self):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="n_fft=")
            return np.abs(librosa.stft(self.samples, n_fft=2048))

    @cached_property
    def power(self):
        return self.magnitude**2

    @cached_property
    def logmel(self):
        return librosa.power_to_db(librosa.feature.melspectrogram(S=self.power, sr=self.sr))

    @cached_property
    def mfcc(self):
        return librosa.feature.mfcc(S=self.logmel)

    @property
    def mfcc_delta(self):
        return self._delta(1)

    @property
    def mfcc_delta2(self):
        return self._delta(2)

    def _delta(self, order):
        mode = "interp" if self.mfcc.shape[1] >= 9 else "nearest"
        return librosa.feature.delta(self.mfcc, order=order, mode=mode)

    @cached_property
    def chroma(self):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Trying to estimate tuning")
            return librosa.feature.chroma_stft(S=self.power, sr=self.sr)

    @property
    def tonnetz(self):
        return librosa.feature.tonnetz(chroma=self.chroma)

    @property
    def contrast(self):
        fmin = 200.0 if self.sr > 12800 else 200.0 * self.sr / 22050
        return librosa.feature.spectral_contrast(S=self.magnitude, sr=self.sr, fmin=fmin)

    @cached_property
    def centroid(self):
        return librosa.feature.spectral_centroid(S=self.magnitude, sr=self.sr)

    @property
    def bandwidth(self):
        return librosa.feature.spectral_bandwidth(
            S=self.magnitude, sr=self.sr, centroid=self.centroid
        )

    @property
    def rolloff(self):
        return librosa.feature.spectral_rolloff(S=self.magnitude, sr=self.sr)

    @property
    def flatness(self):
        return librosa.feature.spectral_flatness(S=self.magnitude)

    @property
    def zcr(self):
        return librosa.feature.zero_crossing_rate(self.samples)

    @property
    def rms(self):
        return librosa.feature.rms(y=self.samples)

    @cached_property
    def onset_strength(self):
        if self.logmel.shape[1] < 2:
            return np.zeros((1, 1), dtype=np.float32)
        return librosa.onset.onset_strength(S=self.logmel, sr=self.sr)[None]

    @property
    def tempo(self):
        return librosa.feature.tempo(onset_envelope=self.onset_strength[0], sr=self.sr)
