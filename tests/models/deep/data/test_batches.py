import numpy as np
import pytest
import torch

from stemstack.models.deep.data.batches import (
    crop,
    even_crops,
    even_starts,
    mixup,
    random_crops,
    smooth_targets,
    spec_augment,
    split_batches,
)


def ramp(n_frames, n_mels=2):
    """A log-mel whose every cell is the number of its frame."""
    return np.tile(np.arange(n_frames, dtype=np.float16), (n_mels, 1))


def test_crop_repeats_a_short_log_mel():
    np.testing.assert_array_equal(crop(ramp(3), 0, 8)[0], [0, 1, 2, 0, 1, 2, 0, 1])


@pytest.mark.parametrize(
    ("n_spare", "n_crops", "expected"),
    [(10, 1, [5]), (10, 2, [0, 10]), (10, 3, [0, 5, 10]), (0, 3, [0, 0, 0])],
)
def test_even_starts_include_both_ends(n_spare, n_crops, expected):
    assert even_starts(n_spare, n_crops) == expected


def test_even_crops_are_ordered_by_log_mel():
    crops = even_crops([ramp(10), ramp(4)], width=4, n_crops=2)
    assert crops.shape == (4, 1, 2, 4)
    assert crops.dtype == np.float16
    np.testing.assert_array_equal(crops[:, 0, 0, 0], [0, 6, 0, 0])


def test_random_crops_reach_both_ends():
    rng = np.random.default_rng(0)
    first = random_crops([ramp(6)] * 200, 4, rng)[:, 0, 0, 0]
    assert set(first) == {0, 1, 2}


def test_random_crops_repeat_by_seed():
    first, second = (random_crops([ramp(50)] * 8, 4, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert len(np.unique(first[:, 0, 0, 0])) > 1


@pytest.mark.parametrize(("n", "sizes"), [(3, [3]), (8, [4, 4]), (11, [6, 5]), (1, [1])])
def test_split_batches_are_never_small(n, sizes):
    batches = split_batches(np.arange(n), 4)
    assert [len(batch) for batch in batches] == sizes
    np.testing.assert_array_equal(np.concatenate(batches), np.arange(n))


def test_mixup_blends_with_the_partner():
    batch, targets = torch.tensor([[0.0, 4.0], [8.0, 0.0]]), torch.eye(2)
    mixed, mixed_targets = mixup(batch, targets, 0.75, [1, 0])
    # Sums of quarters are exact in binary.
    np.testing.assert_array_equal(mixed, [[2, 3], [6, 1]])
    np.testing.assert_array_equal(mixed_targets, [[0.75, 0.25], [0.25, 0.75]])


def test_mixup_with_share_1_is_identity():
    batch, targets = torch.randn(3, 2), torch.eye(3)
    mixed, mixed_targets = mixup(batch, targets, 1.0, [2, 0, 1])
    assert torch.equal(mixed, batch)
    assert torch.equal(mixed_targets, targets)


def test_smooth_targets_spread_the_share():
    targets = smooth_targets(torch.tensor([1, 0]), 4, 0.2)
    # float32 of 0.8 + 0.05.
    np.testing.assert_allclose(targets[0], [0.05, 0.85, 0.05, 0.05], rtol=1e-6, atol=0)
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-6, atol=0)


def test_spec_augment_masks_bands_and_frames():
    masked = (spec_augment(torch.ones(64, 1, 40, 100), 0.2) == 0)[:, 0]
    bands, frames = masked.all(dim=2).sum(dim=1), masked.all(dim=1).sum(dim=1)
    assert bands.max() <= 8
    assert frames.max() <= 20
    assert len(set(bands.tolist())) > 2, "each log-mel has a width of its own"
    expected = bands * 100 + frames * 40 - bands * frames
    assert torch.equal(masked.sum(dim=(1, 2)), expected)


def test_spec_augment_does_not_change_its_input():
    batch = torch.ones(4, 1, 16, 16)
    spec_augment(batch, 0.5)
    assert torch.equal(batch, torch.ones(4, 1, 16, 16))
