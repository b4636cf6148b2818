"""One clip under analysis: every intermediate is computed once, when first asked for."""

from functools import cached_property

import numpy as np

from .descriptors import (
    chroma,
    contrast,
    hpss,
    mel,
    modulation,
    noise_floor,
    octaves,
    rhythm,
)
from .descriptors import (
    loudness_range as dynamics,
)
from .descriptors import (
    mel as cepstrum,
)
from .descriptors import (
    rhythm as beat,
)
from .descriptors import (
    rms_zcr as level,
)
from .descriptors import (
    spectral_shape as robust,
)
from .descriptors import (
    spectral_shape as shape,
)
from .descriptors.mel import power_to_db
from .kernels import spectrum


class ClipDescriptors:
    """The rows of every family, all from one spectrum.

    Each family is an attribute of its name: an array of shape (n_rows, n_frames), or (n_rows,) for
    a scalar family. The functions behind them are in the modules named for their subject.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,), float32
    sr : float
        Sample rate in Hz.
    precision : {"librosa", "fast"}, default="librosa"
    """

    def __init__(self, samples, sr, precision="librosa"):
        self.samples = samples
        self.sr = sr
        self.precision = precision
        self.bin_width = sr / spectrum.N_FFT
        self.frame_rate = sr / spectrum.HOP

    @cached_property
    def magnitude(self):
        return spectrum.magnitude_spectrogram(self.samples, self.precision)

    @cached_property
    def power(self):
        return self.magnitude * self.magnitude

    @cached_property
    def _mel(self):
        return mel.mel_spectrogram(self.power, self.sr)

    @cached_property
    def logmel(self):
        return power_to_db(self._mel)

    @cached_property
    def mfcc(self):
        return cepstrum.mel_cepstrum(self.logmel)

    @property
    def mfcc_delta(self):
        return cepstrum.delta(self.mfcc, 1)

    @property
    def mfcc_delta2(self):
        return cepstrum.delta(self.mfcc, 2)

    @cached_property
    def chroma(self):
        return chroma.chroma(self.power, self.sr)

    @property
    def tonnetz(self):
        return chroma.tonnetz(self.chroma)

    @property
    def contrast(self):
        return contrast.contrast(self.magnitude, self.sr)

    @cached_property
    def _location(self):
        return np.stack(shape.centroid_and_bandwidth(self.magnitude, self.bin_width))

    @property
    def centroid(self):
        return self._location[:1]

    @property
    def bandwidth(self):
        return self._location[1:]

    @property
    def rolloff(self):
        return shape.rolloff(self.magnitude, self.bin_width)[None]

    @property
    def flatness(self):
        return shape.flatness(self.magnitude)[None]

    @property
    def zcr(self):
        return level.zero_crossing_rate(self.samples)[None]

    @property
    def rms(self):
        return level.rms(self.samples)[None]

    @cached_property
    def onset_strength(self):
        return rhythm.onset_strength(self.logmel)[None]

    @cached_property
    def _tempogram(self):
        return rhythm.mean_tempogram(self.onset_strength[0], rhythm.tempogram_window(self.sr))

    @cached_property
    def tempo(self):
        return np.array([rhythm.tempo(self._tempogram, self.sr)])

    @property
    def levelfree(self):
        return robust.level_free(self.logmel)

    @property
    def entropy(self):
        return robust.spectral_entropy(self.magnitude)[None]

    @property
    def flux(self):
        return robust.spectral_flux(self.magnitude)[None]

    @cached_property
    def _bands(self):
        return noise_floor.pool_bands(self._mel)

    @property
    def denoised(self):
        return noise_floor.subtract_floor(self._bands)

    @property
    def pcen(self):
        return noise_floor.normalise_energy(self._bands, self.sr, spectrum.HOP)

    @property
    def modulation(self):
        levels = power_to_db(noise_floor.pool_bands(self._mel, modulation.N_BANDS))
        return modulation.modulation_spectrum(levels, self.frame_rate)

    @property
    def beat_histogram(self):
        return beat.beat_histogram(self._tempogram, self.frame_rate)

    @property
    def beat_ratios(self):
        return beat.beat_ratios(self._tempogram, self.frame_rate, self.tempo[0])

    @property
    def hpss(self):
        return hpss.hpss(self._mel)

    @cached_property
    def _octaves(self):
        return octaves.octave_powers(self.power, self.bin_width)

    @property
    def octaves(self):
        return octaves.octave_shares(self._octaves)

    @property
    def texture(self):
        return octaves.texture(self._octaves, self.frame_rate)

    @property
    def dynamics(self):
        return dynamics.dynamics(self.power, self.samples, self.sr)
