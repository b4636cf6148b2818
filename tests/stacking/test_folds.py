"""Folds and splits are stratified, disjoint by group, and refused where impossible."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.model_selection import (
    GroupKFold,
    PredefinedSplit,
    RepeatedStratifiedKFold,
    StratifiedGroupKFold,
    StratifiedKFold,
)
from sklearn.utils.fixes import parse_version

from stemstack.exceptions import DataError, UsageError
from stemstack.stacking.folds import (
    assign_folds,
    check_every_class_trains,
    check_folds,
    fold_balance,
    make_splits,
    stratified_group_folds,
)

Y = np.tile(["a", "b"], 12)
GROUPS = np.repeat(np.arange(8), 3)
ROWS = np.arange(24)


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


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n_folds", [2, 3, 4])
def test_group_folds_are_balanced_for_every_seed(n_folds, seed):
    groups = np.repeat(np.arange(36), 2)
    folds = stratified_group_folds(groups % 3, groups, n_folds, seed)
    assert fold_balance(groups % 3, folds).to_numpy().tolist() == [[24 // n_folds] * n_folds] * 3


@pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.8"),
    reason="older versions of scikit-learn do not stratify shuffled groups",
)
@pytest.mark.parametrize("seed", range(5))
def test_group_folds_equal_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    groups = rng.choice([f"song{i}" for i in range(30)], 200)
    y = rng.integers(3, size=200)
    splitter = StratifiedGroupKFold(4, shuffle=True, random_state=seed)
    folds = stratified_group_folds(y, groups, 4, seed)
    for fold, (_, held_out) in enumerate(splitter.split(y, y, groups)):
        np.testing.assert_array_equal(np.flatnonzero(folds == fold), held_out)


def test_balance_counts_rows_by_position():
    y = pd.Series(["a", "b", "a"], index=[7, 8, 9])
    assert fold_balance(y, np.array([0, 1, 1])).to_numpy().tolist() == [[1, 1], [0, 1]]


def test_balance_leaves_no_row_out():
    with pytest.raises(DataError, match=r"one value per row, \(4,\)\. Got \(3,\)"):
        fold_balance(["a", "b", "a", "b"], [0, 1, 0])
    with pytest.raises(DataError, match="Row 1 has no label"):
        fold_balance(["a", None, "b"], [0, 1, 1])


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


def test_repeats_differ_and_each_keeps_groups_together():
    y = np.repeat(np.tile(["a", "b"], 4), 3)
    splits, tables = make_splits(2, y, GROUPS, n_repeats=3, random_state=0)
    assert tables.shape == (3, 24) and len(splits) == 6
    assert len({tuple(table) for table in tables}) > 1
    for table in tables:
        assert pd.Series(table).groupby(GROUPS).nunique().max() == 1
    np.testing.assert_array_equal(make_splits(2, y, GROUPS, random_state=0)[1], tables[:1])


def test_splits_of_a_repeating_splitter_become_tables():
    cv = RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0)
    splits, tables = make_splits(cv, Y)
    assert len(splits) == 6 and tables.shape == (2, 24)
    assert set(tables[0]) == set(tables[1]) == {0, 1, 2}


def test_rows_masks_and_splitters_are_equivalent():
    half = ROWS % 4 < 2
    _, by_rows = make_splits([(ROWS[half], ROWS[~half]), (ROWS[~half], ROWS[half])], Y)
    _, by_masks = make_splits([(half, ~half), (~half, half)], Y)
    _, by_table = make_splits(PredefinedSplit(half.astype(int)), Y)
    np.testing.assert_array_equal(by_rows, by_masks)
    np.testing.assert_array_equal(by_rows, by_table)


def test_training_rows_may_leave_some_out():
    splits, _ = make_splits([(ROWS[14:], ROWS[:12]), (ROWS[:10], ROWS[12:])], Y)
    assert [len(train) for train, _ in splits] == [10, 10]


@pytest.mark.parametrize(
    ("cv", "message"),
    [
        ([(ROWS[::2], ROWS[1::2])], "never holds out row 0"),
        ([(ROWS[:9], ROWS[9:]), (ROWS[:9], ROWS[9:])], "held out exactly once"),
        ([(ROWS, ROWS[:12]), (ROWS, ROWS[12:])], "row 0 on both sides of split 0"),
        ([(ROWS[:12], [24])], "contains row 24; the data have rows 0 to 23"),
        ([(ROWS, [])], "without training or without held-out rows"),
        ([], "never holds out"),
    ],
)
def test_splits_that_are_no_partition_are_refused(cv, message):
    with pytest.raises(DataError, match=message):
        make_splits(cv, Y)


def test_splitter_that_separates_groups_is_refused():
    with pytest.raises(DataError, match="group 2 on both sides of split 0"):
        make_splits(StratifiedKFold(3), Y, GROUPS)
    splits, _ = make_splits(GroupKFold(3), Y, GROUPS)
    assert len(splits) == 3


def test_repeats_need_a_number_of_folds():
    with pytest.raises(UsageError, match="needs a 'cv' that is a number"):
        make_splits(StratifiedKFold(3), Y, n_repeats=2)
    with pytest.raises(UsageError, match="1 or more"):
        make_splits(3, Y, n_repeats=0)
