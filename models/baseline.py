"""``heuristic``: the rule a listener would try first, to show the floor."""

from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline

from ..audio import DEFAULT_SR
from ..features import SpectralFeatures, feature_columns

_LOOKED_AT = ["tempo", "centroid_mean", "zcr_mean"]


def make_baseline(*, sr=DEFAULT_SR, cache=None, n_jobs=None):
    """Make the rule "the genre whose usual tempo and brightness are most like this clip's".

    Three numbers a clip (tempo, mean spectral centroid, mean zero-crossing rate) are compared with
    the typical ones of each class and their spread.

    Parameters
    ----------
    sr : int, default=22050
        Sample rate in Hz.
    cache : str or os.PathLike, optional
        Folder of the feature table.
    n_jobs : int, optional
        Processes for the features.

    Returns
    -------
    Pipeline
        Steps ``spectral``, ``columns``, ``classifier``.
    """
    return Pipeline(
        [
            # All features, though three are looked at: the other models' table then serves it too.
            ("spectral", SpectralFeatures(sr, cache=cache, n_jobs=n_jobs)),
            ("columns", feature_columns([(_LOOKED_AT, "robust")])),
            # A class whose songs share one tempo to the digit must not rule out every other tempo.
            ("classifier", GaussianNB(var_smoothing=0.01)),
        ]
    )
