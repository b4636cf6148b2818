import numpy as np
import pytest

from stemstack.models.deep.data.crops import (
    crop,
    even_crops,
    even_starts,
    random_crops,
    split_batches,
)


def _ramp(n_frames, n_mels=2):
    """A picture whose every cell says which frame it is."""
    return np.tile(np.arange(n_frames, dtype=np.float16), (n_mels, 1))


def test_crop_goes_round_a_short_picture():
    np.testing.assert_array_equal(crop(_ramp(3), 0, 8)[0], [0, 1, 2, 0, 1, 2, 0, 1])


@pytest.mark.parametrize(
    ("spare", "n_crops", "expected"),
    [(10, 1, [5]), (10, 2, [0, 10]), (10, 3, [0, 5, 10]), (0, 3, [0, 0, 0])],
)
def test_even_starts(spare, n_crops, expected):
    assert even_starts(spare, n_crops) == expected


def test_even_crops_stand_together_by_picture():
    crops = even_crops([_ramp(10), _ramp(4)], width=4, n_crops=2)
    assert crops.shape == (4, 1, 2, 4)
    assert crops.dtype == np.float16
    np.testing.assert_array_equal(crops[:, 0, 0, 0], [0, 6, 0, 0])


def test_random_crops_reach_both_ends_and_stay_inside():
    rng = np.random.default_rng(0)
    first = random_crops([_ramp(6)] * 200, 4, rng)[:, 0, 0, 0]
    assert set(first) == {0, 1, 2}


def test_random_crops_repeat_by_seed():
    drawn = [random_crops([_ramp(50)] * 8, 4, np.random.default_rng(3)) for _ in range(2)]
    np.testing.assert_array_equal(*drawn)


@pytest.mark.parametrize(("n", "sizes"), [(3, [3]), (8, [4, 4]), (11, [6, 5]), (1, [1])])
def test_split_batches_leaves_no_batch_nearly_empty(n, sizes):
    assert [len(batch) for batch in split_batches(np.arange(n), 4)] == sizes
