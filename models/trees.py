"""``lgbm``: gradient-boosted trees over unscaled handcrafted features."""

from lightgbm import LGBMClassifier
from sklearn.pipeline import Pipeline

from ..audio import DEFAULT_SR
from .feature_steps import feature_steps


def make_lgbm(
    *,
    sr=DEFAULT_SR,
    families="all",
    embeddings=None,
    n_estimators=300,
    learning_rate=0.05,
    cache=None,
    n_jobs=None,
    random_state=0,
):
    """Make the LightGBM pipeline over clips.

    Small trees, each on a tenth of the features and with random thresholds (extremely randomised
    trees): neighbouring mel bands are highly correlated, and an ensemble gains more from
    diverse trees than from the best thresholds.

    Parameters
    ----------
    sr : int, default=22050
        Sample rate in Hz.
    families : str or sequence of str, default="all"
        Feature families, as in :class:`~stemstack.features.SpectralFeatures`.
    embeddings : str or sequence of str, optional
        Networks, as in :class:`AudioEmbedding`, whose embeddings are columns beside the features.
    n_estimators : int, default=300
        Boosting rounds.
    learning_rate : float, default=0.05
        Shrinkage of each round.
    cache : str or os.PathLike, optional
        Folder of the feature cache, so that no clip is computed twice.
    n_jobs : int, optional
        Number of processes for the features; the trees are the same for any number.
    random_state : int, default=0
        Seed of the trees.

    Returns
    -------
    Pipeline
        Unfitted.

    See Also
    --------
    make_lr : Logistic regression.

    References
    ----------
    P. Geurts, D. Ernst, L. Wehenkel, "Extremely randomized trees", Machine Learning 63, 2006.

    Examples
    --------
    >>> from stemstack.models import make_lgbm
    >>> make_lgbm(n_estimators=50).steps[-1][1].n_estimators
    50
    """
    classifier = LGBMClassifier(
        n_estimators=n_estimators,
        learning_rate=learning_rate,
        num_leaves=7,
        min_child_samples=5,
        extra_trees=True,
        # Coarse bins cost little accuracy where thresholds are random.
        max_bin=31,
        # Rows enough for 31 quantiles; and dense features exclude no others. Of 16,000 rows, both
        # searches would be an eighth of the fit.
        subsample_for_bin=5000,
        enable_bundle=False,
        colsample_bytree=0.1,
        subsample=0.8,
        subsample_freq=1,
        reg_lambda=1.0,
        random_state=random_state,
        # Folds and models run in parallel; threads within one would compete.
        n_jobs=1,
        # Sums in a fixed order, so that the trees do not depend on the number of threads.
        deterministic=True,
        force_col_wise=True,
        verbose=-1,
    )
    features = feature_steps(
        "trees", sr=sr, families=families, embeddings=embeddings, cache=cache, n_jobs=n_jobs
    )
    return Pipeline([*features, ("classifier", classifier)])
