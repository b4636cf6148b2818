"""``lr``: multinomial logistic regression over standardised handcrafted features."""

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from ..audio import DEFAULT_SR
from .feature_steps import feature_steps


def make_lr(
    *,
    sr=DEFAULT_SR,
    families="all",
    embeddings=None,
    C=0.01,
    cache=None,
    n_jobs=None,
):
    """Make the logistic-regression pipeline over clips.

    Parameters
    ----------
    sr : int, default=22050
        Sample rate in Hz.
    families : str or sequence of str, default="all"
        Feature families, as in :class:`~stemstack.features.SpectralFeatures`.
    embeddings : str or sequence of str, optional
        Networks, as in :class:`AudioEmbedding`, whose embeddings are columns beside the features.
    C : float, default=0.01
        Inverse strength of the L2 penalty; small, because there are more features than songs.
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
    make_lgbm : Gradient-boosted trees.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.models import make_lr
    >>> clips = np.sin(2 * np.pi * np.outer([220, 880], np.arange(4000) / 8000))
    >>> make_lr(sr=8000, families="centroid").fit(clips, ["low", "high"]).predict(clips).tolist()
    ['low', 'high']
    """
    features = feature_steps(
        "linear", sr=sr, families=families, embeddings=embeddings, cache=cache, n_jobs=n_jobs
    )
    return Pipeline([*features, ("classifier", LogisticRegression(C=C, max_iter=2000))])
