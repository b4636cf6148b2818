"""Splits come from a number, a splitter or rows, and are checked for leaks."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import (
    GroupKFold,
    PredefinedSplit,
    RepeatedStratifiedKFold,
    StratifiedKFold,
)

from stemstack.exceptions import DataError, UsageError
from stemstack.stacking.splits import make_splits

Y = np.tile(["a", "b"], 12)
GROUPS = np.repeat(np.arange(8), 3)
ROWS = np.arange(24)


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
