"""What each feature adds to the logits of a fitted classifier, for one clip.

Exact for both kinds of model: a logit is the sum of its row.
"""

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.linear_model import LogisticRegression

from ..features import family_of


def contributions(classifier, row):
    """Split the logits of one clip into what each feature adds.

    Parameters
    ----------
    classifier : fitted LogisticRegression or LGBMClassifier
    row : DataFrame of shape (1, n_features)
        What the classifier is given.

    Returns
    -------
    ndarray of shape (n_classes, n_features + 1)
        The last column is there before any feature is looked at. Of two classes the first has
        logit 0.

    Notes
    -----
    Coefficient times standardised value for the linear model; for trees SHAP values, which are
    exact for them too.

    References
    ----------
    Lundberg, S. M., Erion, G. G., Lee, S.-I. (2018). Consistent individualized feature attribution
    for tree ensembles. arXiv:1802.03888.
    """
    if isinstance(classifier, LogisticRegression):
        added = np.hstack(
            [classifier.coef_ * row.to_numpy(dtype=float), classifier.intercept_[:, None]]
        )
    else:
        added = classifier.predict_proba(row, pred_contrib=True).reshape(-1, row.shape[1] + 1)
    return np.vstack([np.zeros_like(added), added]) if len(added) == 1 else added


def members_of(model):
    """List the classifiers that end a fitted pipeline: one, or one a seed.

    Parameters
    ----------
    model : estimator

    Returns
    -------
    list of LogisticRegression or LGBMClassifier
        Empty for a model that :func:`contributions` cannot split.
    """
    classifier = getattr(model, "named_steps", {}).get("classifier")
    members = getattr(classifier, "estimators_", [classifier])
    able = all(isinstance(member, LogisticRegression | LGBMClassifier) for member in members)
    return list(members) if able else []


def sum_by_family(values):
    """Add up the values of the features of each family.

    Parameters
    ----------
    values : Series of float
        Indexed by feature, such as ``mfcc_03_mean``.

    Returns
    -------
    Series of float
        Indexed by family, the largest first by size.
    """
    sums = values.groupby(family_of(values.index)).sum()
    return sums.sort_values(key=np.abs, ascending=False, kind="stable")
