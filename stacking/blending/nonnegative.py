"""Weights by non-negative least squares on the one-hot labels."""

import numpy as np
from scipy.optimize import nnls

from ...exceptions import DataError
from .base import Blend


class NonNegativeBlend(Blend):
    r"""Weighted mean that is closest to the one-hot labels in squares.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    weights_ : Series of shape (n_models,)

    See Also
    --------
    GreedyBlend : Weights for macro F1 instead of squares.
    MeanBlend : Equal weights.

    Notes
    -----
    Minimises :math:`\sum_{ik} (\sum_m w_m p_{mik} - [y_i = k])^2` over :math:`w \ge 0`, then scales
    the weights to sum 1. This is the blend for the Brier score: smooth, fast and without
    parameters.

    References
    ----------
    Breiman, L. (1996). Stacked regressions. Machine Learning 24, 49–64.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.stacking.blending import NonNegativeBlend
    >>> y = np.arange(9) % 3
    >>> right, wrong = np.eye(3)[y], np.eye(3)[(y + 1) % 3]
    >>> NonNegativeBlend().fit(np.hstack([right, wrong]), y).weights_.tolist()
    [1.0, 0.0]
    """

    def compute_weights(self, proba, y, sample_weight=None):
        """Solve the non-negative least squares.

        Raises
        ------
        DataError
            No model assigns any probability to the true classes.
        """
        # Multiplying both sides by a root weights the squares.
        scale = 1 if sample_weight is None else np.sqrt(sample_weight)[:, None]
        one_hot = np.eye(proba.shape[2])[y] * scale
        weights, _ = nnls((proba * scale).reshape(len(proba), -1).T, one_hot.ravel())
        if not weights.any():
            raise DataError(
                "No model assigns any probability to the true classes; check that the columns are "
                "in the order of the sorted classes"
            )
        return weights / weights.sum()
