"""What a run predicts: one class for each clip, or any number of labels."""

from dataclasses import dataclass

import numpy as np

from ..datasets.label_sets import split_labels
from ..stacking.labelwise import best_thresholds, nested_labels, rank_scores
from ..stacking.metrics import score_classes
from ..stacking.out_of_fold import to_labels
from .predictions import METHOD


@dataclass(frozen=True)
class ClassTarget:
    """One class for each clip; ``y`` holds their names.

    Attributes
    ----------
    classes : list of str
        Sorted.
    """

    classes: list
    is_multilabel, separator = False, None

    def encode(self, cells):
        """Return ``y`` of the labels in a table."""
        return np.asarray(cells, dtype=object)

    def decode(self, y):
        """Return the labels of ``y`` as text for a table."""
        return y

    def thresholds(self, y, proba):
        """Return None: the most probable class needs no threshold."""
        return None

    def predict(self, proba, thresholds=None):
        """Return the ``y`` of probabilities: the most probable class."""
        return to_labels(proba, np.asarray(self.classes, dtype=object), METHOD)

    def predict_out_of_fold(self, y, proba, folds):
        """Return the ``y`` of out-of-fold probabilities."""
        return self.predict(proba)

    def score(self, y_true, y_pred, proba):
        """Return scores as plain data, from :func:`~stemstack.stacking.score_classes`."""
        return score_classes(y_true, y_pred, self.classes)


@dataclass(frozen=True)
class LabelTarget:
    """Any number of labels for each clip; ``y`` is an indicator matrix.

    Attributes
    ----------
    classes : list of str
        The labels, sorted.
    separator : str
        What separates the labels of a clip in a table.
    """

    classes: list
    separator: str
    is_multilabel = True

    def encode(self, cells):
        """Return ``y`` of the labels in a table: shape (n, n_labels), zeros and ones."""
        sets = [set(split_labels(cell, self.separator)) for cell in cells]
        rows = [[int(name in labels) for name in self.classes] for labels in sets]
        return np.array(rows, dtype=int).reshape(-1, len(self.classes))

    def decode(self, y):
        """Return the labels of ``y`` as text for a table."""
        names = np.asarray(self.classes, dtype=object)
        cells = [self.separator.join(names[row.astype(bool)]) for row in y]
        return np.array(cells, dtype=object)

    def thresholds(self, y, proba):
        """Return the probability from which on each label is predicted."""
        return best_thresholds(y, proba).tolist()

    def predict(self, proba, thresholds):
        """Return the ``y`` of probabilities."""
        return (np.asarray(proba) >= np.asarray(thresholds)).astype(int)

    def predict_out_of_fold(self, y, proba, folds):
        """Return the ``y`` of out-of-fold probabilities, with the thresholds of other folds."""
        return nested_labels(y, np.asarray(proba), np.asarray(folds))

    def score(self, y_true, y_pred, proba):
        """Return scores as plain data, with those of the ranking by probability."""
        ranks = {
            name: None if np.isnan(value) else value
            for name, value in rank_scores(y_true, np.asarray(proba)).items()
        }
        return {**score_classes(y_true, y_pred, self.classes), **ranks}


def make_target(classes, separator=None):
    """Return the target of a run.

    Parameters
    ----------
    classes : list of str
        Sorted.
    separator : str, optional
        What separates the labels of a clip; by default each clip has one.

    Returns
    -------
    ClassTarget or LabelTarget

    Examples
    --------
    >>> from stemstack.runs.target import make_target
    >>> target = make_target(["bird", "rain"], ";")
    >>> target.encode(["rain", "", "bird;rain"]).tolist()
    [[0, 1], [0, 0], [1, 1]]
    >>> target.decode(target.predict([[0.9, 0.4]], [0.5, 0.3])).tolist()
    ['bird;rain']
    """
    return ClassTarget(classes) if separator is None else LabelTarget(classes, separator)
