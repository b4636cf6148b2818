"""``heuristic``: naive Bayes on three features, a baseline for the other models."""

from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline

from ..audio import DEFAULT_SR
from ..features import SpectralFeatures, feature_columns

_COLUMNS = ["tempo", "centroid_mean", "zcr_mean"]


def make_baseline(*, sr=DEFAULT_SR, cache=None, n_jobs=None):
    """Make the baseline pipeline over clips: Gaussian naive Bayes on three features.

    Tempo, mean spectral centroid and mean zero-crossing rate of a clip are compared with their
    distribution in each class.

    Parameters
    ----------
    sr : int, default=22050
        Sample rate in Hz.
    cache : str or os.PathLike, optional
        Folder of the feature cache.
    n_jobs : int, optional
        Number of processes for the features.

    Returns
    -------
    Pipeline
        Unfitted.

    See Also
    --------
    make_lr : Logistic regression on all features.

    Examples
    --------
    >>> from stemstack.models import make_baseline
    >>> make_baseline().steps[-1][1]
    GaussianNB(var_smoothing=0.01)
    """
    return Pipeline(
        [
            # All features, though three are used: the other models' cache then serves it too.
            ("spectral", SpectralFeatures(sr, cache=cache, n_jobs=n_jobs)),
            ("columns", feature_columns([(_COLUMNS, "robust")])),
            # A class whose songs share exactly one tempo must not rule out every other tempo.
            ("classifier", GaussianNB(var_smoothing=0.01)),
        ]
    )
