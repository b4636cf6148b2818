"""The second level: a classifier over out-of-fold predictions, scored without looking at itself."""

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression


def default_final_estimator():
    """Make the logistic regression that stacks by default, as scikit-learn's stacking does."""
    return LogisticRegression(max_iter=1000)


def nested_predictions(final_estimator, features, y, folds):
    """Predict each fold's second level by a clone that has not seen that fold.

    The first-level predictions of the other folds come from models that did see it; what remains
    of that is small and known as the cost of single-level nesting.

    Parameters
    ----------
    final_estimator : classifier
        Not changed.
    features : ndarray of shape (n, n_features)
        Out-of-fold predictions.
    y : ndarray of shape (n,)
    folds : ndarray of shape (n,), int

    Returns
    -------
    ndarray of shape (n, n_classes)
        Probabilities, classes in sorted order.
    """
    predictions = np.empty((len(y), len(np.unique(y))))
    for fold in np.unique(folds):
        seen = folds != fold
        fitted = clone(final_estimator).fit(features[seen], y[seen])
        predictions[~seen] = fitted.predict_proba(features[~seen])
    return predictions
