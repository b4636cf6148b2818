"""``codebook``: patterns of the log-mel spectrogram that are learnt from the training clips."""

from numbers import Integral
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.cluster import MiniBatchKMeans
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted, validate_data
from threadpoolctl import threadpool_limits

from ..audio import DEFAULT_SR
from ..features import PatchFeatures
from ..features.patches import N_PATCHES
from .discriminant import ComponentsLDA

# Patches that a dictionary is learnt from.
_MAX_PATCHES = 40_000
_N_COMPONENTS = 80
# Of the largest variance of a component: smaller ones are not enlarged further by whitening.
_LEAST_VARIANCE = 1e-3
# Rows whose patches are encoded at a time.
_AT_ONCE = 256


class Codebook(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Dictionary of patterns, learnt by k-means, and how strongly patches resemble them.

    Parameters
    ----------
    n_codes : int, default=500
        Number of patterns; fewer where there are fewer patches.
    n_patches : int, default=1
        Patches in a row, of the same number of features each.
    random_state : int, RandomState instance or None, default=None
        Of the sample of patches and of k-means.

    Attributes
    ----------
    mean_ : ndarray of shape (n_features_in_ / n_patches,)
        Mean patch of the training rows.
    projection_ : ndarray of shape (n_features_in_ / n_patches, n_codes)
        Whitening, and the patterns, of length 1.
    n_features_in_ : int

    See Also
    --------
    make_codebook : A classifier of clips.

    Notes
    -----
    Patches are whitened by their principal components and scaled to length 1, and k-means finds
    the patterns (without labels). The similarity of a whitened patch to a pattern is their scalar
    product, or 0 if that is negative; a row becomes the mean and the standard deviation of the
    similarities of its patches to each pattern.

    References
    ----------
    Coates, A., Ng, A. (2012). Learning feature representations with k-means. Neural Networks:
    Tricks of the Trade.

    Salamon, J., Bello, J. (2015). Unsupervised feature learning for urban sound classification.
    ICASSP.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.models.codebook import Codebook
    >>> X = np.random.default_rng(0).normal(size=(50, 4 * 10))
    >>> Codebook(n_codes=8, n_patches=4, random_state=0).fit_transform(X).shape
    (50, 16)
    """

    _parameter_constraints: ClassVar[dict] = {
        "n_codes": [Interval(Integral, 1, None, closed="left")],
        "n_patches": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, n_codes=500, *, n_patches=1, random_state=None):
        self.n_codes = n_codes
        self.n_patches = n_patches
        self.random_state = random_state

    def fit(self, X, y=None):
        """Learn the patterns.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_patches * n_features)
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            The columns cannot be divided into ``n_patches``.
        """
        self._validate_params()
        X = validate_data(self, X, dtype=[np.float32, np.float64])
        if X.shape[1] % self.n_patches:
            raise ValueError(f"{X.shape[1]} features are not those of {self.n_patches} patches")
        rng = check_random_state(self.random_state)
        patches = X.reshape(len(X) * self.n_patches, -1)
        if len(patches) > _MAX_PATCHES:
            patches = patches[np.sort(rng.choice(len(patches), _MAX_PATCHES, replace=False))]
        # In one thread: with several, sums would depend on their number.
        with threadpool_limits(1):
            self._learn(patches.astype(np.float64), rng)
        self._n_features_out = 2 * self.projection_.shape[1]
        return self

    def _learn(self, patches, rng):
        self.mean_ = patches.mean(axis=0)
        centred = patches - self.mean_
        variances, axes = np.linalg.eigh(centred.T @ centred / len(centred))
        # Where all patches are alike, they are left as they are.
        least = _LEAST_VARIANCE * variances[-1] or 1.0
        whitening = (axes / np.sqrt(np.maximum(variances, least)))[:, -_N_COMPONENTS:]
        directions = _to_unit_length(centred @ whitening)
        n_codes = min(self.n_codes, len(patches))
        sizes = {"batch_size": 4096, "n_init": 1}
        found = MiniBatchKMeans(n_codes, random_state=rng, **sizes).fit(directions)
        self.projection_ = whitening @ _to_unit_length(found.cluster_centers_).T

    def transform(self, X):
        """Describe rows by the similarity of their patches to the patterns.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_patches * n_features)

        Returns
        -------
        ndarray of shape (n_rows, 2 * n_codes), of the dtype of ``X``
            Means of the similarities, and then their standard deviations.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=[np.float32, np.float64], reset=False)
        projection = self.projection_.astype(X.dtype)
        bias = (self.mean_ @ self.projection_).astype(X.dtype)
        encoded = np.empty((len(X), 2 * projection.shape[1]), X.dtype)
        for start in range(0, len(X), _AT_ONCE):
            rows = X[start : start + _AT_ONCE].reshape(-1, self.n_patches, len(projection))
            similarity = np.maximum(rows @ projection - bias, 0)
            moments = [similarity.mean(axis=1), similarity.std(axis=1)]
            encoded[start : start + _AT_ONCE] = np.hstack(moments)
        return encoded


def _to_unit_length(rows):
    """Scale rows to length 1; rows of zeros are unchanged."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)


def make_codebook(*, sr=DEFAULT_SR, n_codes=500, cache=None, n_jobs=None, random_state=0):
    """Make the pipeline of a dictionary of patterns and a discriminant analysis over clips.

    Alone it is weaker than the models of handcrafted features, and it differs from them, so a stack
    gains by it.

    Parameters
    ----------
    sr : int, default=22050
        Sample rate in Hz.
    n_codes : int, default=500
        Number of patterns.
    cache : str or os.PathLike, optional
        Folder of the feature cache, so that no clip is described twice.
    n_jobs : int, optional
        Number of processes for the patches.
    random_state : int, default=0
        Seed of the dictionary.

    Returns
    -------
    Pipeline
        Unfitted.

    See Also
    --------
    make_lda : The same classifier on handcrafted features.

    Examples
    --------
    >>> from stemstack.models import make_codebook
    >>> [name for name, _ in make_codebook().steps]
    ['patches', 'codebook', 'classifier']
    """
    return Pipeline(
        [
            ("patches", PatchFeatures(sr, cache=cache, n_jobs=n_jobs)),
            ("codebook", Codebook(n_codes, n_patches=N_PATCHES, random_state=random_state)),
            ("classifier", ComponentsLDA()),
        ]
    )
