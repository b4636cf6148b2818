"""Extractor: from the samples of one clip to its row of features."""

import numbers
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from ..exceptions import UsageError
from ..utils.hashing import content_key
from ..utils.threads import one_blas_thread
from .descriptors.mel import mel_spectrogram, power_to_db
from .kernels import spectrum
from .selection import feature_names, resolve_families, resolve_statistics
from .statistics import STATISTICS, compute_statistics

# Part of the key of every stored row: raise it whenever any number may change.
VERSION = 5

PRECISIONS = ("librosa", "fast")


def check_rate(sr):
    """Raise UsageError unless ``sr`` is a positive number."""
    if not isinstance(sr, numbers.Real) or isinstance(sr, bool) or not sr > 0:
        raise UsageError(f"The 'sr' parameter must be a rate in Hz. Got {sr!r} instead.")


class ClipDescriptors:
    """One clip and its intermediate results, each of which is computed once, when first used.

    A feature family is a function of it.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,), float32
        Mono, in [-1, 1].
    sr : float
        Sample rate in Hz.
    precision : {"librosa", "fast"}, default="librosa"
        As in :class:`SpectralFeatures`.

    Attributes
    ----------
    magnitude, power : ndarray of shape (1025, n_frames), float32
        Spectrogram of frames of 2048 samples every 512 samples, centred, under a Hann window. No
        family of the package uses ``power``; it is there for your own.
    mel : ndarray of shape (128, n_frames), float32
        Mel spectrogram, in power.
    log_mel : ndarray of shape (128, n_frames), float32
        In dB, cut off 80 dB below the maximum of the clip.
    bin_width : float
        Distance of two frequency bins in Hz.
    frame_rate : float
        Frames per second.

    See Also
    --------
    descriptor : Declares a function of a clip as a feature family.
    Extractor : Computes the features of a clip.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.features import FAMILIES, ClipDescriptors
    >>> time = np.arange(22050) / 22050
    >>> sine = 0.5 * np.sin(2 * np.pi * 1000 * time)
    >>> clip = ClipDescriptors(sine.astype(np.float32), sr=22050)
    >>> clip.log_mel.shape
    (128, 44)
    >>> int(clip.compute(FAMILIES["centroid"])[0, 20])
    1000
    """

    def __init__(self, samples, sr, precision="librosa"):
        self.samples = samples
        self.sr = sr
        self.precision = precision
        self.bin_width = sr / spectrum.N_FFT
        self.frame_rate = sr / spectrum.HOP
        self._computed = {}

    @cached_property
    def magnitude(self):
        return spectrum.magnitude_spectrogram(self.samples, self.precision)

    @cached_property
    def power(self):
        return self.magnitude * self.magnitude

    @cached_property
    def mel(self):
        return mel_spectrogram(self.magnitude, self.sr)

    @cached_property
    def log_mel(self):
        return power_to_db(self.mel)

    def compute(self, function):
        """Return ``function(self)``, computed once per clip.

        Parameters
        ----------
        function : callable
            A feature family, or any function of a clip whose result several families share.

        Returns
        -------
        object
            What the function returns; not to be changed by the caller.
        """
        if function not in self._computed:
            self._computed[function] = function(self)
        return self._computed[function]


@dataclass(frozen=True)
class Extractor:
    """Checked parameters of an extraction, and the function from samples to features.

    Parameters
    ----------
    sr : int, default=22050
        Sample rate in Hz.
    families : str or sequence of str, default="standard"
        Feature families, as in :class:`SpectralFeatures`; stored as a tuple of families.
    statistics : str or sequence of str, default="standard"
        Statistics of each row, as in :class:`SpectralFeatures`; stored as a tuple of names.
    precision : {"librosa", "fast"}, default="librosa"
        Compute the spectrum in float64 or in float32.

    Raises
    ------
    UsageError
        A parameter has none of the values expected.

    See Also
    --------
    SpectralFeatures : The same as a scikit-learn transformer of many clips.
    extract_batches : Extracts the features of many clips.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.features import Extractor
    >>> extractor = Extractor(families="centroid", statistics=["median", "std"])
    >>> extractor.names
    ['centroid_std', 'centroid_median']
    >>> sine = np.sin(2 * np.pi * 1000 * np.arange(22050) / 22050)
    >>> int(extractor(sine.astype(np.float32))[1])
    1000
    """

    # Whether several processes may compute.
    forks: ClassVar[bool] = True

    sr: int = 22050
    families: tuple = "standard"
    statistics: tuple = "standard"
    precision: str = "librosa"

    def __post_init__(self):
        check_rate(self.sr)
        if self.precision not in PRECISIONS:
            raise UsageError(
                f"The 'precision' parameter must be one of {PRECISIONS}. "
                f"Got {self.precision!r} instead."
            )
        # The one way to fill a frozen dataclass.
        object.__setattr__(self, "families", resolve_families(self.families))
        object.__setattr__(self, "statistics", resolve_statistics(self.statistics))

    @property
    def names(self):
        """Column names, as a list of str."""
        return feature_names(self.families, self.statistics)

    @property
    def store_name(self):
        """Folder of its rows in a store: what the numbers depend on, except for the columns."""
        name = f"v{VERSION}-{self.sr:g}hz-{self.precision}"
        own = {family.name: family.code.digest for family in self.families if family.code}
        return f"{name}-{content_key(own_families=own)}" if own else name

    @one_blas_thread()
    def __call__(self, samples):
        """Compute the features of one clip.

        Parameters
        ----------
        samples : ndarray of shape (n_samples,), float32
            Mono, at the rate ``sr``; one sample is enough.

        Returns
        -------
        ndarray of shape (n_features,), float32
            All finite, in the order of ``names``.
        """
        clip = ClipDescriptors(samples, self.sr, self.precision)
        selected = [STATISTICS.index(name) for name in self.statistics]
        blocks = []
        for family in self.families:
            rows = clip.compute(family)
            blocks.append(rows if family.scalar else compute_statistics(rows)[:, selected].ravel())
        return np.concatenate(blocks).astype(np.float32)
