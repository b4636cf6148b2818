"""SpectralFeatures and PatchFeatures: scikit-learn transformers from clips to named features."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from ..audio import validate_clips
from ..utils.targets import check_none_missing
from .extraction import extract_batches
from .extractor import Extractor
from .patches import PatchExtractor


class ClipTransformer(TransformerMixin, BaseEstimator):
    """Base class of transformers from clips to the columns of an extractor, which learn nothing.

    Subclasses have ``extractor_``, with the interface of :class:`Extractor`, and the parameters
    ``n_jobs`` and ``cache``.
    """

    def fit(self, X, y=None):
        """Check the parameters; nothing is learnt from the clips.

        Parameters
        ----------
        X : sequence of clips, or array-like of shape (n_clips, n_samples)
        y : array-like of shape (n_clips,), optional
            Ignored, except that a missing label is an error.

        Returns
        -------
        self

        Raises
        ------
        DataError
            A label is missing (None, NaN).
        UsageError
            A parameter has none of the values expected.
        """
        clips = validate_clips(self, X, reset=True)
        if y is not None:
            # Before hours of features: the classifier at the end of a pipeline would find it later.
            check_none_missing(y, "label", "add it, or leave the row out")
            check_consistent_length(clips, y)
        self.feature_names_ = self.extractor_.names
        return self

    def transform(self, X):
        """Compute the features of clips.

        Parameters
        ----------
        X : sequence of clips, or array-like of shape (n_clips, n_samples)

        Returns
        -------
        DataFrame of shape (n_clips, n_features), float32
            All finite; with the index of ``X`` when it is a pandas object.

        Raises
        ------
        AudioError
            A clip cannot be read.
        """
        check_is_fitted(self)
        clips = validate_clips(self, X, reset=False)
        batches = extract_batches(clips, self.extractor_, n_jobs=self.n_jobs, cache=self.cache)
        # Filled in place: joining the batches would take twice the memory.
        names = self.extractor_.names
        rows = np.empty((len(clips), len(names)), dtype=np.float32)
        for table, _ in batches:
            rows[table.index] = table
        index = pd.Index(np.arange(len(clips)))
        features = pd.DataFrame(rows, index, names, copy=False)
        return features.set_axis(X.index) if isinstance(X, pd.DataFrame | pd.Series) else features

    def get_feature_names_out(self, input_features=None):
        """Return the column names.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of shape (n_features,), str objects
        """
        check_is_fitted(self)
        return pd.Index(self.extractor_.names).to_numpy(dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # Nothing is learnt from the data: stacking computes the features once for all folds.
        tags.requires_fit = False
        tags.transformer_tags.preserves_dtype = []
        return tags


class SpectralFeatures(ClipTransformer):
    """Transformer from clips to statistics of spectral descriptors.

    One spectrum per clip is shared by all families of descriptors: librosa's MFCC with first and
    second deltas, chroma, spectral contrast, centroid, bandwidth, rolloff, flatness, zero-crossing
    rate, RMS, tonnetz, onset strength, tempo and log-mel spectrogram, and robust families that
    change little under noise, gain and tempo changes. Each row over time is reduced to seven
    statistics.

    Parameters
    ----------
    sr : int, default=22050
        Sample rate in Hz that files are read at; arrays are assumed to be at this rate.
    families : str or sequence of str, default="standard"
        Feature families: ``"standard"`` (librosa's), ``"all"``, the name of a family, a regular
        expression that matches whole names, a reference to a family of one's own, such as
        ``"my_families.py:crest"`` or ``"package.module:crest"``, or several of these.
    statistics : str or sequence of str, default="standard"
        Which of ``mean, std, min, max, median, skew, kurtosis``: ``"standard"`` (all of them), a
        name, a regular expression, or several of these.
    precision : {"librosa", "fast"}, default="librosa"
        ``"librosa"`` transforms in float64 and returns librosa's numbers for every kind of signal;
        ``"fast"`` transforms in float32.
    n_jobs : int, optional
        Number of processes, as in joblib; None means 1. The numbers are the same for any.
    cache : str or os.PathLike, optional
        Folder of a :class:`FeatureStore`, so that no clip is described twice. No cache by default.

    Attributes
    ----------
    feature_names_ : list of str
        Column names, ``<row>_<statistic>``, such as ``mfcc_03_mean``.
    extractor_ : Extractor
        Computes the features of one clip.
    n_features_in_ : int
        Samples per clip, when fitted on a 2-D array of waveforms.

    See Also
    --------
    feature_columns : Treats columns by family in a pipeline.
    extract : The same as a function, which can leave out clips that cannot be read.
    descriptor : Declares a family of one's own.

    Notes
    -----
    The standard features are librosa's, with these definitions where librosa has none. A frame of
    silence has centroid, bandwidth, rolloff and chroma 0. A constant row has skew and kurtosis 0.
    With fewer than nine frames the deltas repeat the edge frames. A clip without onsets has a tempo
    of about 120 BPM. At rates up to 12.8 kHz the contrast bands shrink with the rate.

    The table :data:`FAMILIES` has the rows, unit and function of every family; the docstring of the
    function behind each cites its source. The output is a DataFrame, so the following steps of a
    pipeline can select columns by name.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.features import SpectralFeatures
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

    @property
    def extractor_(self):
        """Extractor with these parameters."""
        return Extractor(self.sr, self.families, self.statistics, self.precision)


class PatchFeatures(ClipTransformer):
    """Transformer from clips to patches of their log-mel spectrograms.

    64 patches of 16 frames (0.37 s) and 40 mel bands are spread evenly over a clip, and each is
    described by 95 coefficients of its two-dimensional cosine transform, in dB.

    Parameters
    ----------
    sr : int, default=22050
        Sample rate in Hz that files are read at; arrays are assumed to be at this rate.
    n_jobs : int, optional
        Number of processes, as in joblib; None means 1.
    cache : str or os.PathLike, optional
        Folder of a :class:`FeatureStore`, so that no clip is described twice. No cache by default.

    Attributes
    ----------
    feature_names_ : list of str
        Column names, such as ``patch07_12``.
    extractor_ : PatchExtractor
    n_features_in_ : int
        Samples per clip, when fitted on a 2-D array of waveforms.

    See Also
    --------
    stemstack.models.codebook.Codebook : Learns patterns from patches.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.features import PatchFeatures
    >>> clips = np.random.default_rng(0).normal(size=(2, 22050))
    >>> PatchFeatures().fit_transform(clips).shape
    (2, 6080)
    """

    def __init__(self, sr=22050, *, n_jobs=None, cache=None):
        self.sr = sr
        self.n_jobs = n_jobs
        self.cache = cache

    @property
    def extractor_(self):
        """Extractor with these parameters."""
        return PatchExtractor(self.sr)
