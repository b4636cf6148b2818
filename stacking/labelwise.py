"""Meta-model and scores of multilabel targets: each label by itself."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted, validate_data

from ..exceptions import DataError
from ..utils.threads import one_blas_thread
from .metrics import macro_f1, macro_f1_interval
from .multilabel import check_targets


class LabelwiseClassifier(ClassifierMixin, BaseEstimator):
    """Multilabel meta-model: for each label a classifier over the predictions of this label.

    A label is predicted where its probability is at least the threshold that maximises F1 in
    training, so that rare labels are predicted, too.

    Parameters
    ----------
    estimator : classifier, optional
        A blend, or another classifier with ``predict_proba``; logistic regression by default.

    Attributes
    ----------
    estimators_ : list of classifier
        One per label.
    thresholds_ : ndarray of shape (n_labels,)
    classes_ : list of ndarray
        0 and 1, for each label.

    See Also
    --------
    OutOfFoldStacker : Uses this for multilabel targets.
    sklearn.multioutput.MultiOutputClassifier : Gives every classifier the columns of all labels.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.stacking import LabelwiseClassifier
    >>> y = np.array([[0, 1], [1, 1], [1, 0], [0, 0]] * 5)
    >>> X = 0.2 + 0.6 * np.hstack([y, y])  # two models, each with two labels
    >>> LabelwiseClassifier().fit(X, y).predict(X[:2]).tolist()
    [[0, 1], [1, 1]]
    """

    def __init__(self, estimator=None):
        self.estimator = estimator

    @one_blas_thread()
    def fit(self, X, y, sample_weight=None):
        """Fit a classifier and a threshold per label.

        Parameters
        ----------
        X : array-like of shape (n, n_models * n_labels)
            Models in order, one column per label.
        y : array-like of shape (n, n_labels)
        sample_weight : array-like of shape (n,), optional

        Returns
        -------
        self

        Raises
        ------
        DataError
            The columns are not those of models with all labels.
        """
        X, y = validate_data(self, X, y, multi_output=True)
        y = check_targets(y)
        if y.ndim != 2 or X.shape[1] % y.shape[1]:
            raise DataError(
                f"X has {X.shape[1]} columns, and y has shape {y.shape}; pass an indicator matrix, "
                "and of every model one column per label"
            )
        estimator = LogisticRegression() if self.estimator is None else self.estimator
        params = {} if sample_weight is None else {"sample_weight": sample_weight}
        self.estimators_ = [
            clone(estimator).fit(X[:, label :: y.shape[1]], column, **params)
            for label, column in enumerate(y.T)
        ]
        self.classes_ = [np.array([0, 1])] * y.shape[1]
        proba = self._predict_proba(X)
        self.thresholds_ = best_thresholds(y, proba, sample_weight)
        return self

    @one_blas_thread()
    def predict_proba(self, X):
        """Predict the probability of each label, as an array of shape (n, n_labels)."""
        check_is_fitted(self)
        return self._predict_proba(validate_data(self, X, reset=False))

    def predict(self, X):
        """Predict the labels, as an array of shape (n, n_labels) of zeros and ones."""
        return (self.predict_proba(X) >= self.thresholds_).astype(int)

    def _predict_proba(self, X):
        n_labels = len(self.estimators_)
        return np.column_stack(
            [
                estimator.predict_proba(X[:, label::n_labels])[:, 1]
                for label, estimator in enumerate(self.estimators_)
            ]
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output, tags.target_tags.single_output = True, False
        tags.classifier_tags.multi_label, tags.classifier_tags.multi_class = True, False
        return tags


def best_thresholds(y, proba, sample_weight=None):
    """Return the threshold of each label that maximises its F1.

    Parameters
    ----------
    y : ndarray of shape (n, n_labels), int
        Zeros and ones; each label occurs.
    proba : ndarray of shape (n, n_labels)
    sample_weight : array-like of shape (n,), optional

    Returns
    -------
    ndarray of shape (n_labels,)
        A label is predicted where its probability is at least this.
    """
    pairs = zip(y.T, proba.T, strict=True)
    return np.array([_best_threshold(*pair, sample_weight) for pair in pairs])


def nested_labels(y, proba, folds):
    """Predict the labels of each fold with the thresholds that are best on the other folds.

    Parameters
    ----------
    y : ndarray of shape (n, n_labels), int
    proba : ndarray of shape (n, n_labels)
        Out-of-fold.
    folds : ndarray of shape (n,), int

    Returns
    -------
    ndarray of shape (n, n_labels), int
    """
    y_pred = np.zeros_like(y)
    for fold in np.unique(folds):
        held_out = folds == fold
        thresholds = best_thresholds(y[~held_out], proba[~held_out])
        y_pred[held_out] = proba[held_out] >= thresholds
    return y_pred


def _best_threshold(y, proba, sample_weight):
    precision, recall, thresholds = precision_recall_curve(y, proba, sample_weight=sample_weight)
    total = precision + recall
    f1 = np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)
    best = f1[:-1].argmax()
    # Between the lowest probability that is predicted and the next below it.
    below = thresholds[best - 1] if best > 0 else thresholds[best]
    return (thresholds[best] + below) / 2


def multilabel_final_estimator(final_estimator, passthrough):
    """Return a final estimator for several labels: itself, or one that fits it for each label.

    Parameters
    ----------
    final_estimator : classifier
    passthrough : bool, list of columns, or transformer
        With other columns than predictions, each label's classifier gets all columns.

    Returns
    -------
    classifier
    """
    if get_tags(final_estimator).classifier_tags.multi_label:
        return final_estimator
    if passthrough is False:
        return LabelwiseClassifier(final_estimator)
    return OneVsRestClassifier(final_estimator)


def rank_scores(y_true, proba):
    """Score how well probabilities rank the rows with a label before those without.

    Parameters
    ----------
    y_true : ndarray of shape (n, n_labels), int
        Zeros and ones.
    proba : ndarray of shape (n, n_labels) or None
        Probabilities or decision values.

    Returns
    -------
    dict of str to float
        ``average_precision`` and ``roc_auc``, the mean over the labels that some rows have and some
        have not; NaN without such labels, or without ``proba``.
    """
    varies = y_true.min(axis=0) < y_true.max(axis=0)
    if proba is None or not varies.any():
        return {"average_precision": np.nan, "roc_auc": np.nan}
    y_true, proba = y_true[:, varies], proba[:, varies]
    return {
        "average_precision": float(average_precision_score(y_true, proba)),
        "roc_auc": float(roc_auc_score(y_true, proba)),
    }


def score_labels(y_true, y_pred, proba=None, groups=None):
    """Score the predictions of several labels.

    Parameters
    ----------
    y_true, y_pred : ndarray of shape (n, n_labels), int
    proba : ndarray of shape (n, n_labels), optional
        Probabilities or decision values, by which rows can be ranked.
    groups : array-like of shape (n,), optional
        Which the bootstrap samples as a whole.

    Returns
    -------
    dict of str to float
        ``macro_f1``, with ``low`` and ``high`` of its 95 % interval; ``average_precision`` and
        ``roc_auc``, the mean over labels, NaN without ``proba``.
    """
    low, high = macro_f1_interval(y_true, y_pred, groups)
    scores = {"macro_f1": macro_f1(y_true, y_pred), "low": low, "high": high}
    return scores | rank_scores(y_true, proba)
