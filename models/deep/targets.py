"""Targets of a network: one class for each clip, or any number of labels.

Everything that differs between the two in training and prediction. Arrays are numpy's, but
``targets`` and the ``logits`` of a loss torch's: the targets of a batch after smoothing and mixup.
"""

import numpy as np
from scipy.special import expit, softmax
from sklearn.metrics import f1_score, log_loss
from sklearn.utils.class_weight import compute_class_weight

from ...exceptions import UsageError, first_line
from ...stacking.metrics import macro_f1
from ...stacking.multilabel import to_indicator
from .data.batches import smooth_targets


def encode_labels(y):
    """Return the classes of labels, and the labels as a network is trained on them.

    Parameters
    ----------
    y : ndarray of shape (n,), or of shape (n, n_labels), int
        As from :func:`~stemstack.stacking.multilabel.check_targets`.

    Returns
    -------
    classes : ndarray of shape (n_classes,), or list of ndarray
        0 and 1 for each label of an indicator matrix.
    labels : ndarray of shape (n,), or of shape (n, n_labels), int64
        Positions of classes, or the matrix.
    """
    if y.ndim == 2:
        return [np.array([0, 1])] * y.shape[1], y.astype(np.int64)
    classes, labels = np.unique(y, return_inverse=True)
    return classes, labels.astype(np.int64)


def targets_of(classes):
    """Return the kind of target that has these classes.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,), or list of ndarray
        ``classes_`` of an estimator.

    Returns
    -------
    ClassTargets or LabelTargets
    """
    return LabelTargets(len(classes)) if isinstance(classes, list) else ClassTargets(classes)


class ClassTargets:
    """One class for each clip: softmax and cross-entropy.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)

    Attributes
    ----------
    names : sequence
        Of the outputs.
    """

    def __init__(self, classes):
        self.names = classes

    def smooth(self, labels, smoothing):
        """Convert a tensor of positions to targets of shape (n, n_classes)."""
        return smooth_targets(labels, len(self.names), smoothing)

    def class_weights(self, class_weight, labels):
        """Return the weights of the classes in the loss, of shape (n_classes,)."""
        try:
            y = self.names[labels]
            return compute_class_weight(class_weight, classes=self.names, y=y)
        except ValueError as error:  # for a class that is not in y
            raise UsageError(f"class_weight: {first_line(error)}") from error

    def loss(self, logits, targets, weights=None):
        """Compute the mean loss of a batch from tensors."""
        import torch

        return torch.nn.functional.cross_entropy(logits, targets, weight=weights)

    def decide(self, logits):
        """Return the position of the class with the highest logit; of arrays or tensors."""
        return logits.argmax(1)

    def decide_targets(self, targets):
        """Return the position of the class with the largest share of each target."""
        return targets.argmax(1)

    def macro_f1(self, labels, decided):
        """Compute the mean F1 of the classes."""
        return float(f1_score(labels, decided, average="macro"))

    def validation_loss(self, labels, logits):
        """Compute the mean loss of unsmoothed labels."""
        proba = softmax(logits, axis=1)
        return float(log_loss(labels, proba, labels=np.arange(len(self.names))))

    def decision_values(self, logits):
        """Return the logits; of two classes the second minus the first."""
        return logits[:, 1] - logits[:, 0] if len(self.names) == 2 else logits

    def probabilities(self, logits):
        """Return the probability of each class."""
        return softmax(logits, axis=1)

    def predict(self, logits):
        """Return the most probable class of each clip."""
        return self.names[self.decide(logits)]


class LabelTargets:
    """Any number of labels for each clip: sigmoid and binary cross-entropy.

    Parameters
    ----------
    n_labels : int

    Attributes
    ----------
    names : sequence
        Of the outputs.
    """

    def __init__(self, n_labels):
        self.names = range(n_labels)

    def smooth(self, labels, smoothing):
        """Convert a tensor of indicator rows to targets, whose share is spread over 0 and 1."""
        return labels.float() * (1 - smoothing) + smoothing / 2

    def class_weights(self, class_weight, labels):
        """Return the weights of the zeros and of the ones of each label, of shape (2, n_labels)."""
        if class_weight != "balanced":
            raise UsageError(
                "class_weight by class needs one class for each clip, and y is an indicator "
                "matrix: use 'balanced', or leave it out"
            )
        n_ones = labels.sum(axis=0)
        return len(labels) / (2 * np.stack([len(labels) - n_ones, n_ones]))

    def loss(self, logits, targets, weights=None):
        """Compute the mean loss of a batch from tensors."""
        import torch

        zeros, ones = (None, None) if weights is None else (weights[0], weights[1] / weights[0])
        return torch.nn.functional.binary_cross_entropy_with_logits(
            logits, targets, weight=zeros, pos_weight=ones
        )

    def decide(self, logits):
        """Return where labels are predicted; of arrays or tensors."""
        return logits > 0

    def decide_targets(self, targets):
        """Return the labels that have more than half of each target."""
        return targets > 0.5

    def macro_f1(self, labels, decided):
        """Compute the mean F1 of the labels."""
        return macro_f1(labels.astype(int), decided.astype(int))

    def validation_loss(self, labels, logits):
        """Compute the mean loss of unsmoothed labels."""
        return float(np.mean(np.logaddexp(0, logits) - labels * logits))

    def decision_values(self, logits):
        """Return the logits."""
        return logits

    def probabilities(self, logits):
        """Return the probability of each label."""
        return expit(logits)

    def predict(self, logits):
        """Return an indicator matrix of the labels with a probability above 0.5."""
        return to_indicator(self.probabilities(logits), "predict_proba")
