"""``heuristic``: the rule a listener would try first, to show the floor."""

from sklearn.neighbors import NearestCentroid
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import RobustScaler

from ..audio import DEFAULT_SR
from ..features import SpectralFeatures


def make_heuristic(*, sr=DEFAULT_SR, cache=None, n_jobs=None):
    """Make the rule "the genre whose usual tempo and brightness are nearest".

    Three numbers a clip (tempo, mean spectral centroid, mean zero-crossing rate) are compared with
    the typical ones of each class.

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
        Steps ``spectral``, ``scale``, ``classifier``.
    """
    spectral = SpectralFeatures(
        sr, families=("tempo", "centroid", "zcr"), statistics=("mean",), cache=cache, n_jobs=n_jobs
    )
    return Pipeline(
        [("spectral", spectral), ("scale", RobustScaler()), ("classifier", NearestCentroid())]
    )
