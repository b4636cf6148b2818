"""What models say of clips whose truth is known."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .metrics import score_classes


@dataclass(frozen=True, eq=False)
class Side:
    """One set of clips and what every model of a run says of them.

    Attributes
    ----------
    name : str
        Such as ``out of fold``.
    classes : list of str
        Sorted.
    truth : ndarray of shape (n,)
    groups : ndarray of shape (n,)
        Clips of one group are not independent.
    said : dict of str to ndarray of shape (n, n_classes)
        Probabilities by model, the stack last.
    """

    name: str
    classes: list
    truth: np.ndarray
    groups: np.ndarray
    said: dict

    @cached_property
    def guesses(self):
        """The most probable class of each clip, by model."""
        classes = np.asarray(self.classes, dtype=object)
        return {model: classes[values.argmax(axis=1)] for model, values in self.said.items()}

    @cached_property
    def scores(self):
        """Scores as :func:`~stemstack.reports.score_classes` gives them, by model."""
        return {
            model: score_classes(self.truth, guess, self.classes)
            for model, guess in self.guesses.items()
        }

    @property
    def stack(self):
        """The name of the stack."""
        return list(self.said)[-1]

    @property
    def models(self):
        """The names of the models that are stacked."""
        return list(self.said)[:-1]
