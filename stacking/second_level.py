"""The second level: a classifier over out-of-fold predictions, scored without looking at itself."""

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression


def default_final_estimator():
    """Make the logistic regression that stacks by default, as scikit-learn's stacking does."""
    return LogisticRegression(max_iter=1000)


def nested_predictions(final_estimator, features, y, folds, method="predict"):
    """Predict each fold's second level by a clone that has not seen that fold.

    The first-level predictions of the other folds come from models that did see it; what remains
    of that is small, and is the price of fitting the first level once.

    Parameters
    ----------
    final_estimator : classifier
        Not changed.
    features : ndarray of shape (n, n_features)
        Out-of-fold predictions.
    y : ndarray of shape (n,)
    folds : ndarray of shape (n,), int
    method : {"predict", "predict_proba"}, default="predict"

    Returns
    -------
    ndarray of shape (n,) or (n, n_classes)
        Classes in sorted order.
    """
    predictions = None
    for fold in np.unique(folds):
        seen = folds != fold
        fitted = clone(final_estimator).fit(features[seen], y[seen])
        part = getattr(fitted, method)(features[~seen])
        if predictions is None:
            predictions = np.empty((len(y), *part.shape[1:]), dtype=part.dtype)
        predictions[~seen] = part
    return predictions
