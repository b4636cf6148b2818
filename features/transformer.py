"""SpectralFeatures: clips in, a table of named descriptors out."""

import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ..audio import validate_clips
from .extraction import extract
from .extractor import Extractor


class SpectralFeatures(TransformerMixin, BaseEstimator):
    """Describe clips by librosa's spectral features, summed up over time.

    One spectrum per clip is shared by all families: 20 MFCC with first and second deltas, 12
    chroma, 7-band spectral contrast, centroid, bandwidth, rolloff, flatness, zero-crossing rate,
    RMS, tonnetz, onset strength, tempo and the 128-band log-mel spectrogram; each row over time
    becomes seven statistics: 1541 columns in all. ``families="all"`` adds families that hold under
    noise, gain and tempo change, which the Notes list: 3298 columns.

    Parameters
    ----------
    sr : int, default=22050
        Sample rate in Hz that clips are read at; waveforms given as arrays are taken to be at it.
    families : str or sequence of str, default="standard"
        Which families: ``"standard"``, ``"all"``, a name, a regular expression, or several.
    statistics : str or sequence of str, default="standard"
        Which of ``mean, std, min, max, median, skew, kurtosis``, in the same way.
    precision : {"librosa", "fast"}, default="librosa"
        ``"librosa"`` transforms in float64 as librosa does and gives its numbers on every kind of
        signal; ``"fast"`` transforms in float32.
    n_jobs : int, optional
        Processes, as in joblib; the numbers are the same for any.
    cache : str or os.PathLike, optional
        Folder of a :class:`FeatureStore`: a clip described once is never described again.

    Attributes
    ----------
    feature_names_ : list of str
        The columns, named ``<row>_<statistic>``, such as ``mfcc_03_mean``.
    n_features_in_ : int
        Samples per clip, when fitted on a 2-D array of waveforms.

    Notes
    -----
    The features are librosa's, with these definitions where librosa has none. A frame of silence
    has centroid, bandwidth, rolloff and chroma 0. A row that is constant has skew and kurtosis 0.
    With fewer than nine frames the deltas repeat the edge frames. A clip without onsets has the
    tempo its prior prefers. At rates up to 12.8 kHz the contrast bands shrink with the rate.

    The robust families, with their sources in the functions named:

    - ``levelfree``: log-mel less the mean of each frame (``robust.level_free``);
    - ``entropy``, ``flux``: of the spectrum's shape (``robust``);
    - ``denoised``: 32 bands less their noise floor (``noise_floor.subtract_floor``);
    - ``pcen``: per-channel energy normalisation of 32 bands (``noise_floor.normalise_energy``);
    - ``hpss``: share, centroid, entropy and flux of the harmonic and percussive parts (``hpss``);
    - ``octaves``: shares of eight octaves; ``texture``: how their levels vary within a second
      (``octaves``);
    - ``modulation``: rhythm pattern, 16 bands by six octaves of modulation frequency
      (``modulation``);
    - ``beat_histogram``, ``beat_ratios``: onset autocorrelation by tempo, and at multiples and
      fractions of the beat (``beat``);
    - ``dynamics``: loudness range and peak-to-loudness ratio (``dynamics``).

    The output is a DataFrame, so that what follows in a pipeline can choose columns by name.

    Examples
    --------
    >>> import numpy as np
    >>> clips = np.sin(2 * np.pi * np.outer([440, 880], np.arange(22050) / 22050))
    >>> spectral = SpectralFeatures(families=["centroid", "zcr"], statistics="mean")
    >>> spectral.fit_transform(clips).astype(float).round(2)
       centroid_mean  zcr_mean
    0         452.21      0.04
    1         895.85      0.08
    """

    def __init__(
        self,
        sr=22050,
        *,
        families="standard",
        statistics="standard",
        precision="librosa",
        n_jobs=None,
        cache=None,
    ):
        self.sr = sr
        self.families = families
        self.statistics = statistics
        self.precision = precision
        self.n_jobs = n_jobs
        self.cache = cache

    def fit(self, X, y=None):
        """Check the parameters and name the columns; nothing is learnt from the clips.

        Parameters
        ----------
        X : sequence of clips, or array-like of shape (n_clips, n_samples)
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        UsageError
            A parameter is not one of those expected.
        """
        validate_clips(self, X, reset=True)
        self.feature_names_ = self.extractor_.names
        return self

    def transform(self, X):
        """Describe clips.

        Parameters
        ----------
        X : sequence of clips, or array-like of shape (n_clips, n_samples)

        Returns
        -------
        DataFrame of shape (n_clips, n_features), float32
            All finite; indexed as ``X`` when it is a pandas object.

        Raises
        ------
        AudioError
            A clip cannot be read.
        """
        check_is_fitted(self)
        clips = validate_clips(self, X, reset=False)
        features, _ = extract(
            clips,
            sr=self.sr,
            families=self.families,
            statistics=self.statistics,
            precision=self.precision,
            n_jobs=self.n_jobs,
            cache=self.cache,
        )
        return features.set_axis(X.index) if isinstance(X, pd.DataFrame | pd.Series) else features

    def get_feature_names_out(self, input_features=None):
        """Name the columns.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of shape (n_features,), str objects
        """
        check_is_fitted(self)
        return pd.Index(self.feature_names_).to_numpy(dtype=object)

    @property
    def extractor_(self):
        """The :class:`Extractor` of one clip with these parameters."""
        return Extractor(self.sr, self.families, self.statistics, self.precision)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # Nothing is learnt: stacks compute it once for all folds.
        tags.requires_fit = False
        tags.transformer_tags.preserves_dtype = []
        return tags
