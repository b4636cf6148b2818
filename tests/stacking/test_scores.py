"""Macro F1 by counts is scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from stemstack.stacking.scores import macro_f1, macro_f1_of_codes


@given(seed=st.integers(0, 999), n=st.integers(1, 30), n_classes=st.integers(1, 5))
def test_equals_scikit_learn(seed, n, n_classes):
    rng = np.random.default_rng(seed)
    y, predicted = rng.integers(n_classes, size=(2, n)).astype(str)
    expected = f1_score(y, predicted, average="macro", zero_division=0)
    # rel: two orders of one short sum.
    assert macro_f1(y, predicted) == pytest.approx(expected, rel=1e-12)


def test_scores_many_predictions_at_once():
    rng = np.random.default_rng(0)
    y, predicted = rng.integers(3, size=20), rng.integers(3, size=(2, 4, 20))
    together = macro_f1_of_codes(y, predicted, 3)
    assert together.shape == (2, 4)
    for at in np.ndindex(2, 4):
        # rel: two orders of one short sum.
        assert together[at] == pytest.approx(macro_f1(y, predicted[at]), rel=1e-12)
