"""Importance of feature families to a model, and contributions of features to a prediction.

A *feature pipeline* is a :class:`~sklearn.pipeline.Pipeline` whose first step is
:class:`~stemstack.features.SpectralFeatures`; ``Z`` is the DataFrame that its classifier is given.
"""

import warnings

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from ..features import FAMILIES, family_of
from .inspection import leading_extractor
from .seed_ensemble import ensemble_members

# Family of columns made of several families, such as principal components.
_OTHER = "other"


def supports_importance(model):
    """Return whether the importance of feature families to a model can be measured.

    Parameters
    ----------
    model : fitted estimator

    Returns
    -------
    bool
        Whether it is a feature pipeline that ends in a linear classifier, in LightGBM, or in an
        ensemble of either.
    """
    if leading_extractor(model) is None or not hasattr(model, "predict_proba"):
        return False
    members = ensemble_members(model[-1])
    return all(map(_is_boosted, members)) or all(hasattr(m, "coef_") for m in members)


def supports_contributions(model):
    """Return whether :func:`feature_contributions` can explain a model.

    Parameters
    ----------
    model : fitted estimator

    Returns
    -------
    bool
        Whether it is a feature pipeline that ends in logistic regression, discriminant analysis or
        LightGBM, or in an ensemble of these.
    """
    explained = (LogisticRegression, LinearDiscriminantAnalysis, LGBMClassifier)
    return leading_extractor(model) is not None and all(
        isinstance(member, explained) for member in ensemble_members(model[-1])
    )


def classifier_inputs(model, features):
    """Return the table that the classifier of a fitted feature pipeline is given.

    Parameters
    ----------
    model : Pipeline
    features : DataFrame of shape (n, n_features)
        What the first step returns.

    Returns
    -------
    DataFrame of shape (n, n_columns)
    """
    head = Pipeline(model.steps[1:-1]) if len(model.steps) > 2 else None
    if head is None:
        return features
    Z = head.transform(features)
    if isinstance(Z, pd.DataFrame):
        return Z
    try:
        columns = head.get_feature_names_out(features.columns)
    except (AttributeError, ValueError):
        columns = [f"column{i}" for i in range(Z.shape[1])]
    return pd.DataFrame(Z, index=features.index, columns=columns)


def predict_table(classifier, Z):
    """Predict probabilities from columns that may lack names, or have them, unlike in ``fit``.

    Parameters
    ----------
    classifier : fitted classifier
    Z : DataFrame or ndarray of shape (n, n_columns)
        Without names a prediction is quicker: thousands take longer to check than to predict.

    Returns
    -------
    ndarray of shape (n, n_classes)
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="X (does not have valid|has) feature names")
        return classifier.predict_proba(Z)


def family_positions(columns):
    """Return the positions of each family's columns.

    Parameters
    ----------
    columns : sequence of str

    Returns
    -------
    dict of str to ndarray of int
        Families in registry order; columns of none are ``"other"``.

    Examples
    --------
    >>> from stemstack.models.importance import family_positions
    >>> family_positions(["tempo", "mfcc_00_mean", "pca0"])
    {'mfcc': array([1]), 'tempo': array([0]), 'other': array([2])}
    """
    families = np.array([family or _OTHER for family in family_of(columns)])
    present = [name for name in (*FAMILIES, _OTHER) if name in families]
    return {name: np.flatnonzero(families == name) for name in present}


def permuted_probabilities(classifier, Z, *, n_repeats, rng):
    """Predict with the columns of one family at a time permuted among the clips.

    The columns of a family are permuted together: their relation to each other stays, their
    relation to the clip is lost.

    Parameters
    ----------
    classifier : fitted classifier
    Z : DataFrame of shape (n, n_columns)
        Of clips that the classifier was not fitted on.
    n_repeats : int
        Number of permutations per family.
    rng : numpy.random.Generator

    Yields
    ------
    family : str
    probabilities : ndarray of shape (n_repeats, n, n_classes)

    References
    ----------
    Breiman, "Random forests", 2001, for single columns; families are permuted as wholes because
    neighbouring bands are correlated.
    """
    values = Z.to_numpy()
    tiled = np.tile(values, (n_repeats, 1))
    for family, positions in family_positions(Z.columns).items():
        rows = np.concatenate([rng.permutation(len(Z)) for _ in range(n_repeats)])
        tiled[:, positions] = values[np.ix_(rows, positions)]
        proba = predict_table(classifier, tiled)
        tiled[:, positions] = np.tile(values[:, positions], (n_repeats, 1))
        yield family, proba.reshape(n_repeats, len(Z), -1)


def native_importance(classifier, Z):
    """Compute each family's share of a classifier's own measures of importance.

    Parameters
    ----------
    classifier : fitted classifier
        The last step of a model that :func:`supports_importance` accepts.
    Z : DataFrame of shape (n, n_columns)
        Of clips that the classifier was not fitted on.

    Returns
    -------
    dict of str to dict of str to float
        By measure and family: shares that add up to 1. For a linear model
        ``"absolute coefficients"``, summed over classes. For trees ``"gain"`` and ``"SHAP"``, the
        mean over clips and classes of the absolute contribution of a family. For an ensemble the
        mean over its members.

    References
    ----------
    Lundberg et al., "From local explanations to global understanding with explainable AI for
    trees", 2020; computed by LightGBM.
    """
    shares = [_family_shares(member, Z) for member in ensemble_members(classifier)]
    return {
        measure: {family: sum(s[measure][family] for s in shares) / len(shares) for family in first}
        for measure, first in shares[0].items()
    }


def _family_shares(classifier, Z):
    """Compute the shares of one member."""
    positions = family_positions(Z.columns)
    if not _is_boosted(classifier):
        mass = np.abs(classifier.coef_).sum(axis=0)
        return {"absolute coefficients": _normalise(mass, positions)}
    gain = classifier.booster_.feature_importance("gain")
    # LightGBM appends the base score to the columns, class after class.
    added = classifier.booster_.predict(Z.to_numpy(), pred_contrib=True)
    added = added.reshape(len(Z), -1, Z.shape[1] + 1)
    by_family = [np.abs(added[:, :, p].sum(axis=2)).mean() for p in positions.values()]
    single = {family: [i] for i, family in enumerate(positions)}
    return {"gain": _normalise(gain, positions), "SHAP": _normalise(np.array(by_family), single)}


def _normalise(weights, positions):
    total = max(weights.sum(), np.finfo(float).tiny)
    return {family: float(weights[columns].sum() / total) for family, columns in positions.items()}


def _is_boosted(classifier):
    return hasattr(classifier, "booster_")


def feature_contributions(classifier, row):
    """Compute what each feature adds to the logits of one clip.

    Parameters
    ----------
    classifier : fitted classifier
        The last step of a model that :func:`supports_contributions` accepts.
    row : DataFrame of shape (1, n_columns)
        The classifier's input, from :func:`classifier_inputs`.

    Returns
    -------
    ndarray of shape (n_classes, n_columns + 1)
        Each row sums to the logit of a class; the last column is the intercept or base score. Of
        two classes the first has logit 0. For an ensemble the mean over its members.

    Notes
    -----
    Coefficient times standardised value for a linear model; SHAP values, which are exact too, for
    trees.

    References
    ----------
    Lundberg, S. M., Erion, G. G., Lee, S.-I. (2018). Consistent individualized feature attribution
    for tree ensembles. arXiv:1802.03888.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> from stemstack.models.importance import feature_contributions
    >>> X = pd.DataFrame({"zcr_mean": [0.0, 1.0, 2.0, 3.0]})
    >>> classifier = LogisticRegression().fit(X, ["a", "a", "b", "b"])
    >>> added = feature_contributions(classifier, X[:1])
    >>> bool(added[1].sum() == classifier.decision_function(X[:1])[0])
    True
    """
    members = ensemble_members(classifier)
    return np.mean([_member_contributions(member, row) for member in members], axis=0)


def _member_contributions(classifier, row):
    if hasattr(classifier, "coef_"):
        products = classifier.coef_ * row.to_numpy(dtype=float)
        added = np.hstack([products, classifier.intercept_[:, None]])
    else:
        added = classifier.predict_proba(row, pred_contrib=True).reshape(-1, row.shape[1] + 1)
    return np.vstack([np.zeros_like(added), added]) if len(added) == 1 else added


def sum_by_family(values):
    """Sum the values of the columns of each family.

    Parameters
    ----------
    values : Series of float
        Indexed by column, such as ``mfcc_03_mean``.

    Returns
    -------
    Series of float
        Indexed by family, the largest absolute value first; columns of none are ``"other"``.
    """
    families = [family or _OTHER for family in family_of(values.index)]
    sums = values.groupby(families).sum()
    return sums.sort_values(key=np.abs, ascending=False, kind="stable")
