"""What is a probability, and what only looks like one."""

import numpy as np

from ..errors import DataError

# Deep models give single precision, and fold models are averaged: sums are not 1 to the last digit.
TOLERANCE = 1e-3


def check_probabilities(said, name):
    """Refuse decision values, logits and features: a mean or a logarithm of them means nothing.

    Parameters
    ----------
    said : ndarray of shape (..., n_classes)
        Finite.
    name : str
        What the caller calls it.

    Raises
    ------
    DataError
        A value is below 0 or above 1, or the classes do not sum to 1.
    """
    if not said.size:
        return
    off = np.abs(said.sum(axis=-1) - 1).max()
    low, high = said.min(), said.max()
    if off > TOLERANCE or low < -TOLERANCE or high > 1 + TOLERANCE:
        raise DataError(
            f"{name} must hold probabilities, which sum to 1 over the classes of each model; give "
            f"predict_proba. Got values in [{low:.3g}, {high:.3g}] with sums off by up to {off:.3g}"
        )
