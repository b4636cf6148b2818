import numpy as np
import pytest
import torch

from stemstack.models.deep.inference import InferenceConfig, augmented_views, predict_outputs

CPU = torch.device("cpu")


class Sum(torch.nn.Module):
    """Sums of the lower half of the bands, and of the upper half."""

    def forward(self, batch):
        return torch.stack([half.sum((1, 2, 3)) for half in batch.chunk(2, dim=2)], dim=1)


def test_views_are_shifted_and_scaled():
    batch = torch.arange(4.0)[None, None, :, None].expand(1, 1, 4, 2)
    views = augmented_views(batch, InferenceConfig(2, shift=1, contrast=0.5))
    bands = [view[0, 0, :, 0].tolist() for view in views]
    assert bands == [
        [0, 1, 2, 3], [0, 0, 1, 2], [1, 2, 3, 3], [0, 1.5, 3, 4.5], [0, 0.5, 1, 1.5],
    ]  # fmt: skip


def test_crops_are_not_augmented_by_default():
    batch = torch.rand(1, 1, 4, 2)
    (view,) = augmented_views(batch, InferenceConfig(2))
    assert torch.equal(view, batch)


@pytest.mark.parametrize("n_log_mels", [1, 70])
def test_outputs_are_the_mean_over_crops_and_views(n_log_mels):
    rng = np.random.default_rng(0)
    log_mels = [rng.standard_normal((6, 20)).astype(np.float32) for _ in range(n_log_mels)]
    config = InferenceConfig(width=8, n_crops=2, shift=2, contrast=0.25)
    outputs = predict_outputs(Sum(), log_mels, config, device=CPU)
    assert outputs.shape == (n_log_mels, 2)
    last = log_mels[-1]
    views = [
        view
        for crop in (last[:, :8], last[:, 12:])
        for view in (crop, crop[[0, 0, 0, 1, 2, 3]], crop[[2, 3, 4, 5, 5, 5]], crop, crop)
    ]
    # The two contrasts are 1.25 and 0.75: their mean is the crop. float32 sums.
    expected = np.mean([[view[:3].sum(), view[3:].sum()] for view in views], axis=0)
    np.testing.assert_allclose(outputs[-1], expected, rtol=1e-5, atol=1e-5)
