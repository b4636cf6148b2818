"""Probabilities are validated before anything is computed from them."""

import numpy as np
import pytest

from stemstack.exceptions import DataError
from stemstack.stacking.check_proba import check_labelled_proba, check_proba, log_proba


def test_labels_become_columns_of_sorted_classes():
    proba = np.array([[0.2, 0.8], [0.9, 0.1], [0.5, 0.5]])
    checked, codes, classes = check_labelled_proba(proba.tolist(), ["jazz", "blues", "jazz"])
    np.testing.assert_array_equal(checked, proba)
    assert codes.tolist() == [1, 0, 1]
    assert classes.tolist() == ["blues", "jazz"]


def test_single_precision_sums_are_accepted():
    proba = np.random.default_rng(0).dirichlet(np.ones(10), size=100).astype(np.float32)
    assert check_proba(proba, 10).dtype == np.float64


@pytest.mark.parametrize(
    ("proba", "message"),
    [
        ([[0.5, 0.5]], r"one column per class, \(n, 3\)\. Got \(1, 2\)"),
        ([0.5, 0.5, 0.0], r"\(n, 3\)\. Got \(3,\)"),
        ([[0.5, 0.5, np.nan]], "not finite"),
        ([[0.5, 0.6, 0.1]], r"sums that differ from 1 by up to 0\.2"),
        ([[1.5, -0.5, 0.0]], r"Got values in \[-0\.5, 1\.5\]"),
    ],
)
def test_other_tables_are_refused(proba, message):
    with pytest.raises(DataError, match=message):
        check_proba(proba, 3)


def test_missing_labels_are_refused():
    with pytest.raises(DataError, match="Row 1 has no label"):
        check_labelled_proba([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]], ["a", None, "b"])
    with pytest.raises(DataError, match=r"one row per label, 3\. Got 2"):
        check_labelled_proba([[1.0, 0.0], [0.0, 1.0]], ["a", "b", "b"])


def test_logarithm_of_zero_is_finite():
    # rtol: rounding.
    np.testing.assert_allclose(log_proba([[0.0, 1.0]]), [[np.log(1e-9), 0.0]], rtol=1e-12)
