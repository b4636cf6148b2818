"""PatchExtractor: patches of the log-mel spectrogram of a clip, from which patterns can be learnt.

A patch is 16 frames of 40 mel bands. Its two-dimensional discrete cosine transform, cut off, says
what it looks like in a seventh of the numbers; without the first, it does not depend on the level.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
import scipy.fft

from ..utils.threads import one_blas_thread
from .descriptors.mel import mel_spectrogram, power_to_db
from .extractor import check_rate
from .kernels.spectrum import magnitude_spectrogram

N_PATCHES = 64
# Part of the key of every stored row: raise it whenever any number may change.
_VERSION = 1
_N_BANDS, _N_FRAMES = 40, 16
# Coefficients over bands and over frames; the first of all is the level.
_SHAPE = (16, 6)


@dataclass(frozen=True)
class PatchExtractor:
    """Function from the samples of one clip to its patches, with the interface of an extractor.

    Parameters
    ----------
    sr : int, default=22050
        Sample rate in Hz.

    Raises
    ------
    UsageError
        ``sr`` is not a positive number.

    See Also
    --------
    PatchFeatures : The same as a scikit-learn transformer of many clips.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.features.patches import PatchExtractor
    >>> row = PatchExtractor()(np.zeros(22050, np.float32))
    >>> row.shape, float(np.abs(row).max())
    ((6080,), 0.0)
    """

    # Whether several processes may compute.
    forks: ClassVar[bool] = True

    sr: int = 22050

    def __post_init__(self):
        check_rate(self.sr)

    @property
    def names(self):
        """Column names, as a list of str."""
        return _names()

    @property
    def store_name(self):
        """Folder of its rows in a store: what the numbers depend on."""
        return f"patches-v{_VERSION}-{self.sr:g}hz"

    @one_blas_thread()
    def __call__(self, samples):
        """Compute the patches of one clip.

        Parameters
        ----------
        samples : ndarray of shape (n_samples,), float32
            Mono, at the rate ``sr``; one sample is enough.

        Returns
        -------
        ndarray of shape (64 * 95,), float32
            Patch by patch; patches are spread evenly over the clip, and may overlap.
        """
        magnitude = magnitude_spectrogram(samples, "fast")
        log_mel = power_to_db(mel_spectrogram(magnitude, self.sr, n_mels=_N_BANDS))
        missing = max(0, _N_FRAMES - log_mel.shape[1])
        log_mel = np.pad(log_mel, ((0, 0), (0, missing)), mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(log_mel, _N_FRAMES, axis=1)
        starts = np.linspace(0, windows.shape[1] - 1, N_PATCHES).round().astype(int)
        patches = windows[:, starts].transpose(1, 0, 2)
        bands, frames = _SHAPE
        spectrum = scipy.fft.dctn(patches, axes=(1, 2), norm="ortho")[:, :bands, :frames]
        return spectrum.reshape(N_PATCHES, -1)[:, 1:].astype(np.float32).ravel()


@lru_cache(maxsize=1)
def _names():
    return [f"patch{i:02d}_{j:02d}" for i in range(N_PATCHES) for j in range(1, np.prod(_SHAPE))]
