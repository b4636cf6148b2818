"""``lda``: linear discriminant analysis with shrinkage over standardised handcrafted features."""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import Pipeline

from ..audio import DEFAULT_SR
from .feature_steps import feature_steps


class ComponentsLDA(LinearDiscriminantAnalysis):
    """Linear discriminant analysis with shrinkage, fitted on principal components.

    With thousands of features and hundreds of clips it takes a fraction of the time of the analysis
    of the features themselves. The coefficients are those of the features.

    Parameters
    ----------
    shrinkage : "auto" or float, default="auto"
        Weight in [0, 1] of a multiple of the identity in the covariance of the components;
        ``"auto"`` for the estimate of Ledoit and Wolf.
    variance : float or None, default=0.99
        Share of the variance that the components explain; None for all components.

    Attributes
    ----------
    coef_ : ndarray of shape (n_classes, n_features), or (1, n_features) for two classes
    intercept_ : ndarray of shape (n_classes,) or (1,)
    classes_ : ndarray of shape (n_classes,)

    See Also
    --------
    make_lda : The pipeline over clips.

    References
    ----------
    O. Ledoit, M. Wolf, "Honey, I shrunk the sample covariance matrix", Journal of Portfolio
    Management 30, 2004.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.models.discriminant import ComponentsLDA
    >>> X = np.random.default_rng(0).normal(size=(20, 300))
    >>> X[:10, 0] += 20
    >>> ComponentsLDA().fit(X, ["a"] * 10 + ["b"] * 10).predict(X[8:12]).tolist()
    ['a', 'a', 'b', 'b']
    """

    def __init__(self, shrinkage="auto", variance=0.99):
        super().__init__(solver="lsqr", shrinkage=shrinkage)
        self.variance = variance

    def fit(self, X, y):
        """Fit the classifier.

        Parameters
        ----------
        X : array-like of shape (n, n_features)
        y : array-like of shape (n,)

        Returns
        -------
        self : ComponentsLDA
        """
        # Of more rows than features, the covariance is decomposed in half of the time.
        shape = np.shape(X)
        solver = "covariance_eigh" if len(shape) == 2 and shape[0] > shape[1] else "full"
        components = PCA(self.variance, svd_solver=solver).fit(X)
        super().fit(components.transform(X), y)
        self.coef_ = self.coef_ @ components.components_
        self.intercept_ = self.intercept_ - self.coef_ @ components.mean_
        # Of the features, as they would be without components.
        self.n_features_in_ = components.n_features_in_
        if hasattr(components, "feature_names_in_"):
            self.feature_names_in_ = components.feature_names_in_
        for name in ("means_", "covariance_"):
            delattr(self, name)
        return self


def make_lda(
    *,
    sr=DEFAULT_SR,
    families="all",
    embeddings=None,
    shrinkage="auto",
    cache=None,
    n_jobs=None,
):
    """Make the pipeline of linear discriminant analysis over clips.

    Parameters
    ----------
    sr : int, default=22050
        Sample rate in Hz.
    families : str or sequence of str, default="all"
        Feature families, as in :class:`~stemstack.features.SpectralFeatures`.
    embeddings : str or sequence of str, optional
        Networks, as in :class:`AudioEmbedding`, whose embeddings are columns beside the features.
    shrinkage : "auto" or float, default="auto"
        Regularisation in [0, 1] of the covariance within classes; ``"auto"`` estimates it from the
        clips.
    cache : str or os.PathLike, optional
        Folder of the feature cache, so that no clip is computed twice.
    n_jobs : int, optional
        Number of processes for the features.

    Returns
    -------
    Pipeline
        Unfitted.

    See Also
    --------
    make_lr : Logistic regression.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.models import make_lda
    >>> clips = np.sin(2 * np.pi * np.outer([220, 230, 880, 900], np.arange(4000) / 8000))
    >>> model = make_lda(sr=8000, families="centroid")
    >>> model.fit(clips, ["low", "low", "high", "high"]).predict(clips[::3]).tolist()
    ['low', 'high']
    """
    features = feature_steps(
        "linear", sr=sr, families=families, embeddings=embeddings, cache=cache, n_jobs=n_jobs
    )
    return Pipeline([*features, ("classifier", ComponentsLDA(shrinkage))])
