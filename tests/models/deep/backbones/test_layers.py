import numpy as np
import torch

from stemstack.models.deep.backbones.layers import BandNorm, GeMPooling


def test_gem_pooling_ranges_from_mean_to_maximum():
    maps = torch.rand(2, 3, 4, 5) + 0.1
    # float32 powers and roots.
    torch.testing.assert_close(GeMPooling(1.0)(maps), maps.mean((2, 3)), rtol=1e-5, atol=1e-6)
    # The mean of 20 powers: at most 20 ** (1 / 80) below the maximum, which is 4 %.
    torch.testing.assert_close(GeMPooling(80.0)(maps), maps.amax((2, 3)), rtol=0.04, atol=0)


def test_gem_power_has_a_gradient():
    pool = GeMPooling()
    pool(torch.rand(1, 2, 3, 3)).sum().backward()
    assert pool.power.grad.abs() > 0


def test_band_norm_standardises_each_band_over_time():
    log_mels = torch.randn(2, 1, 4, 500) * torch.tensor([1.0, 2, 3, 4])[:, None] + 7
    normed = BandNorm(4)(log_mels).detach().numpy()
    # float32 sums over 500 frames, and the epsilon of 1e-6 in the variance.
    np.testing.assert_allclose(normed.mean(axis=3), 0, rtol=0, atol=1e-5)
    np.testing.assert_allclose(normed.std(axis=3), 1, rtol=0, atol=1e-5)


def test_band_norm_removes_an_equaliser():
    log_mels = torch.randn(2, 1, 4, 50)
    tilted = log_mels + torch.tensor([3.0, 1.0, -1.0, -3.0])[:, None]
    # float32: a constant in a band is part of the mean of the band.
    torch.testing.assert_close(BandNorm(4)(tilted), BandNorm(4)(log_mels), rtol=0, atol=1e-5)


def test_band_norm_of_one_frame_is_zero():
    assert not BandNorm(4)(torch.ones(1, 1, 4, 1)).any()
