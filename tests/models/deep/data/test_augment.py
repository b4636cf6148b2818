import numpy as np
import torch

from stemstack.models.deep.data.augment import mixup, smooth_targets, spec_augment


def test_mixup_is_the_weighted_sum_with_the_partner():
    batch, targets = torch.tensor([[0.0, 4.0], [8.0, 0.0]]), torch.eye(2)
    mixed, mixed_targets = mixup(batch, targets, 0.75, [1, 0])
    # Sums of quarters are exact in binary.
    np.testing.assert_array_equal(mixed, [[2, 3], [6, 1]])
    np.testing.assert_array_equal(mixed_targets, [[0.75, 0.25], [0.25, 0.75]])


def test_mixup_with_share_1_changes_nothing():
    batch, targets = torch.randn(3, 2), torch.eye(3)
    mixed, mixed_targets = mixup(batch, targets, 1.0, [2, 0, 1])
    assert torch.equal(mixed, batch)
    assert torch.equal(mixed_targets, targets)


def test_smooth_targets():
    targets = smooth_targets(torch.tensor([1, 0]), 4, 0.2)
    # float32 of 0.8 + 0.05.
    np.testing.assert_allclose(targets[0], [0.05, 0.85, 0.05, 0.05], rtol=1e-6, atol=0)
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-6, atol=0)


def test_spec_augment_hides_whole_bands_and_frames_within_the_limit():
    hidden = (spec_augment(torch.ones(64, 1, 40, 100), 0.2) == 0)[:, 0]
    bands, frames = hidden.all(dim=2).sum(dim=1), hidden.all(dim=1).sum(dim=1)
    assert bands.max() <= 8
    assert frames.max() <= 20
    assert len(set(bands.tolist())) > 2, "each picture has a width of its own"
    expected = bands * 100 + frames * 40 - bands * frames
    assert torch.equal(hidden.sum(dim=(1, 2)), expected)


def test_spec_augment_leaves_its_input_alone():
    batch = torch.ones(4, 1, 16, 16)
    spec_augment(batch, 0.5)
    assert torch.equal(batch, torch.ones(4, 1, 16, 16))
