"""Weights by non-negative least squares on the one-hot truth."""

import numpy as np
from scipy.optimize import nnls

from ...exceptions import DataError
from .base import Blend


class NonNegativeBlend(Blend):
    r"""Weigh models so that their sum is nearest to the truth in squares.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    weights_ : Series of shape (n_models,)

    Notes
    -----
    Minimises :math:`\sum_{ik} (\sum_m w_m p_{mik} - [y_i = k])^2` over :math:`w \ge 0`, then scales
    the weights to sum 1. It is the Brier score's blend: smooth, quick, and without settings.

    References
    ----------
    Breiman, L. (1996). Stacked regressions. Machine Learning 24, 49–64.
    """

    def _learn(self, said, y, sample_weight):
        # Squares weigh by the square of what both sides are multiplied by.
        scale = 1 if sample_weight is None else np.sqrt(sample_weight)[:, None]
        truth = np.eye(said.shape[2])[y] * scale
        weights, _ = nnls((said * scale).reshape(len(said), -1).T, truth.ravel())
        if not weights.any():
            raise DataError(
                "No model gives any probability to the true classes; check that the columns are in "
                "the order of the sorted classes"
            )
        return weights / weights.sum()
