"""Folds are stratified by label, disjoint by group, and refused where impossible."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from stemstack.exceptions import DataError, UsageError
from stemstack.stacking import assign_folds, fold_balance
from stemstack.stacking.folds import check_every_class_trains, check_folds, stratified_group_folds


@given(data=st.data(), n_folds=st.integers(2, 4), seed=st.integers(0, 9))
def test_no_group_is_in_two_folds(data, n_folds, seed):
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=3 * n_folds, max_size=20))
    groups = np.repeat(np.arange(len(sizes)), sizes)
    y = np.array(["a", "b", "c"])[groups % 3]
    try:
        folds = assign_folds(y, groups, n_folds=n_folds, seed=seed)
    except DataError:
        assume(False)
    assert pd.Series(folds).groupby(groups).nunique().max() == 1
    assert set(folds) <= set(range(n_folds))


def test_folds_are_stratified_and_repeatable():
    y = np.repeat(["a", "b"], [40, 20])
    folds = assign_folds(y, n_folds=4, seed=1)
    assert fold_balance(y, folds).to_numpy().tolist() == [[10] * 4, [5] * 4]
    np.testing.assert_array_equal(folds, assign_folds(y, n_folds=4, seed=1))
    assert (folds != assign_folds(y, n_folds=4, seed=2)).any()


def test_stratified_group_folds_keep_groups_whole():
    y, groups = np.repeat([False, True], 50), np.repeat(np.arange(20), 5)
    folds = stratified_group_folds(y, groups, 5, seed=0)
    assert all(len(set(folds[groups == group])) == 1 for group in range(20))
    assert [y[folds == fold].sum() for fold in range(5)] == [10] * 5


def test_balance_counts_rows_by_position():
    y = pd.Series(["a", "b", "a"], index=[7, 8, 9])
    assert fold_balance(y, np.array([0, 1, 1])).to_numpy().tolist() == [[1, 1], [0, 1]]


@pytest.mark.parametrize("missing", [np.nan, None, pd.NA, pd.NaT])
def test_missing_groups_of_any_kind_are_refused(missing):
    for groups in (["a", missing, "b"], [1.0, missing, 2.0], pd.Series(["a", missing, "b"])):
        with pytest.raises(DataError, match="Row 1 has no group; use that of its song"):
            assign_folds([0, 1, 0], groups, n_folds=2)


@pytest.mark.parametrize("missing", [np.nan, None])
def test_missing_labels_and_folds_are_refused(missing):
    with pytest.raises(DataError, match="Row 2 has no label"):
        assign_folds(["a", "b", missing, "a", "b"], n_folds=2)
    with pytest.raises(DataError, match="Row 1 has no fold"):
        check_folds([0, missing, 1], 3)


def test_impossible_folds_are_refused():
    with pytest.raises(DataError, match=r"fewer songs or groups than the 5 folds: b \(3\)"):
        assign_folds(["a"] * 9 + ["b"] * 3, n_folds=5)
    with pytest.raises(
        DataError, match=r"b \(3\); use 3 folds \(cv=3, or --folds 3\), or add songs"
    ):
        assign_folds(["a"] * 9 + ["b"] * 3, n_folds=5)
    with pytest.raises(DataError, match=r"b \(1\); add songs"):
        assign_folds(["a", "a", "b", "b"], groups=[0, 1, 2, 2], n_folds=2)
    with pytest.raises(UsageError, match=r"2 or more\. Got 1"):
        assign_folds(["a", "b"], n_folds=1)
    with pytest.raises(DataError, match="All groups of class 0 are in one fold; use fewer"):
        check_every_class_trains(np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1]))
