import numpy as np
import torch

from stemstack.models.deep.backbones.layers import BandNorm, GeMPooling


def test_the_generalised_mean_of_power_1_is_the_mean_and_of_large_power_the_maximum():
    maps = torch.rand(2, 3, 4, 5) + 0.1
    # float32 powers and roots.
    torch.testing.assert_close(GeMPooling(1.0)(maps), maps.mean((2, 3)), rtol=1e-5, atol=1e-6)
    # The mean of 20 powers: at most 20 ** (1 / 80) below the maximum, which is 4 %.
    torch.testing.assert_close(GeMPooling(80.0)(maps), maps.amax((2, 3)), rtol=0.04, atol=0)


def test_the_power_is_learnt():
    pool = GeMPooling()
    pool(torch.rand(1, 2, 3, 3)).sum().backward()
    assert pool.power.grad.abs() > 0


def test_band_norm_standardises_each_band_over_time():
    pictures = torch.randn(2, 1, 4, 500) * torch.tensor([1.0, 2, 3, 4])[:, None] + 7
    normed = BandNorm(4)(pictures).detach().numpy()
    # float32 sums over 500 frames, and the epsilon of 1e-6 in the variance.
    np.testing.assert_allclose(normed.mean(axis=3), 0, rtol=0, atol=1e-5)
    np.testing.assert_allclose(normed.std(axis=3), 1, rtol=0, atol=1e-5)


def test_an_equaliser_does_not_show_behind_band_norm():
    pictures = torch.randn(2, 1, 4, 50)
    tilted = pictures + torch.tensor([3.0, 1.0, -1.0, -3.0])[:, None]
    # float32: a constant in a band goes with the band's mean.
    torch.testing.assert_close(BandNorm(4)(tilted), BandNorm(4)(pictures), rtol=0, atol=1e-5)


def test_a_lone_frame_and_silence_stay_finite():
    assert not BandNorm(4)(torch.ones(1, 1, 4, 1)).any()
