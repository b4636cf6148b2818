import numpy as np
import pytest
import torch

from stemstack.models.deep.inference import InferenceConfig, predict_outputs, views

CPU = torch.device("cpu")


class Sum(torch.nn.Module):
    """Gives the sum of the lower half of the bands, and of the upper."""

    def forward(self, batch):
        return torch.stack([half.sum((1, 2, 3)) for half in batch.chunk(2, dim=2)], dim=1)


def test_views_are_moved_by_bands_and_scaled_in_contrast():
    batch = torch.arange(4.0)[None, None, :, None].expand(1, 1, 4, 2)
    seen = views(batch, InferenceConfig(2, shift=1, contrast=0.5))
    bands = [view[0, 0, :, 0].tolist() for view in seen]
    assert bands == [
        [0, 1, 2, 3], [0, 0, 1, 2], [1, 2, 3, 3], [0, 1.5, 3, 4.5], [0, 0.5, 1, 1.5],
    ]  # fmt: skip


def test_by_default_a_crop_is_seen_as_it_is():
    assert len(views(torch.zeros(1, 1, 4, 2), InferenceConfig(2))) == 1


@pytest.mark.parametrize("n_pictures", [1, 70])
def test_outputs_are_the_mean_over_crops_and_views(n_pictures):
    rng = np.random.default_rng(0)
    pictures = [rng.standard_normal((6, 20)).astype(np.float32) for _ in range(n_pictures)]
    looks = InferenceConfig(width=8, n_crops=2, shift=2, contrast=0.25)
    outputs = predict_outputs(Sum(), pictures, looks, device=CPU)
    assert outputs.shape == (n_pictures, 2)
    last = pictures[-1]
    seen = [
        view
        for crop in (last[:, :8], last[:, 12:])
        for view in (crop, crop[[0, 0, 0, 1, 2, 3]], crop[[2, 3, 4, 5, 5, 5]], crop, crop)
    ]
    # The two contrasts are 1.25 and 0.75: their mean is the crop. float32 sums.
    expected = np.mean([[view[:3].sum(), view[3:].sum()] for view in seen], axis=0)
    np.testing.assert_allclose(outputs[-1], expected, rtol=1e-5, atol=1e-5)
