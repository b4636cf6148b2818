"""``lgbm``: gradient-boosted trees over handcrafted features, as they are."""

from lightgbm import LGBMClassifier
from sklearn.pipeline import Pipeline

from ..audio import DEFAULT_SR
from ..features import SpectralFeatures, feature_columns


def make_lgbm(
    *,
    sr=DEFAULT_SR,
    families="all",
    n_estimators=300,
    learning_rate=0.05,
    cache=None,
    n_jobs=None,
    random_state=0,
):
    """Make the LightGBM pipeline over clips.

    Small trees, each of a tenth of the features and of thresholds drawn at random (extremely
    randomised, Geurts et al. 2006): neighbouring mel bands say nearly the same, and the trees gain
    more from differing than from choosing.

    Parameters
    ----------
    sr : int, default=22050
        Sample rate in Hz.
    families : str or sequence of str, default="all"
        Feature families, as in :class:`~stemstack.features.SpectralFeatures`.
    n_estimators : int, default=300
        Boosting rounds.
    learning_rate : float, default=0.05
    cache : str or os.PathLike, optional
        Folder of the feature table, so that no clip is computed twice.
    n_jobs : int, optional
        Processes for the features; the trees are the same for any number.
    random_state : int, default=0

    Returns
    -------
    Pipeline
        Steps ``spectral``, ``columns``, ``classifier``.
    """
    classifier = LGBMClassifier(
        n_estimators=n_estimators,
        learning_rate=learning_rate,
        num_leaves=7,
        min_child_samples=5,
        extra_trees=True,
        # Bins are cheap to be coarse where thresholds are drawn at random.
        max_bin=31,
        colsample_bytree=0.1,
        subsample=0.8,
        subsample_freq=1,
        reg_lambda=1.0,
        random_state=random_state,
        # Folds and models run side by side; threads within one would wait for each other.
        n_jobs=1,
        # Sums in a fixed order, so that the trees do not depend on the number of threads.
        deterministic=True,
        force_col_wise=True,
        verbose=-1,
    )
    return Pipeline(
        [
            ("spectral", SpectralFeatures(sr, families=families, cache=cache, n_jobs=n_jobs)),
            ("columns", feature_columns("trees")),
            ("classifier", classifier),
        ]
    )
