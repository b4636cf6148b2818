"""Extractor: from the samples of one clip to its row of features."""

import numbers
from dataclasses import dataclass

import numpy as np

from ..exceptions import UsageError
from .analysis import ClipDescriptors
from .families import FAMILIES, feature_names, resolve_families, resolve_statistics
from .statistics import STATISTICS, compute_statistics

# Part of the key of every stored row: raise it whenever any number may change.
VERSION = 2

PRECISIONS = ("librosa", "fast")


@dataclass(frozen=True)
class Extractor:
    """The parameters of an extraction, checked, and what they do to one clip.

    Parameters
    ----------
    sr : int, default=22050
        Sample rate in Hz.
    families, statistics, precision
        As of :class:`~stemstack.features.SpectralFeatures`; stored resolved to tuples of names.

    Raises
    ------
    UsageError
        A parameter is not one of those expected.

    Examples
    --------
    >>> extractor = Extractor(families="centroid", statistics="mean")
    >>> sine = np.sin(2 * np.pi * 1000 * np.arange(22050) / 22050)
    >>> round(float(extractor(sine.astype(np.float32))[0]))  # the edges click: not quite 1000
    1016
    """

    sr: int = 22050
    families: tuple = "standard"
    statistics: tuple = "standard"
    precision: str = "librosa"

    def __post_init__(self):
        if not isinstance(self.sr, numbers.Real) or isinstance(self.sr, bool) or not self.sr > 0:
            raise UsageError(f"The 'sr' parameter must be a rate in Hz. Got {self.sr!r} instead.")
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
        """The column names, as a list of str."""
        return feature_names(self.families, self.statistics)

    def __call__(self, samples):
        """Describe one clip.

        Parameters
        ----------
        samples : ndarray of shape (n_samples,), float32
            Mono, at ``sr``; one sample is enough.

        Returns
        -------
        ndarray of shape (n_features,), float32
            All finite, in the order of ``names``.
        """
        analysis = ClipDescriptors(samples, self.sr, self.precision)
        keep = [STATISTICS.index(name) for name in self.statistics]
        parts = []
        for name in self.families:
            family = FAMILIES[name]
            rows = family.compute(analysis)
            parts.append(rows if family.scalar else compute_statistics(rows)[:, keep].ravel())
        return np.concatenate(parts).astype(np.float32)
