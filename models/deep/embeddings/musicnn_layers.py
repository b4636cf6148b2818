"""The layers of musicnn in torch; importing this module imports torch.

Conventions: a patch has shape (n, n_frames, n_bands); maps of features (n, n_channels, n_frames).
Every convolution is followed by a ReLU and a batch norm, in this order.
"""

import torch
from torch import nn
from torch.nn import functional as F

# Of TensorFlow's batch norms.
_EPS = 1e-3
_TIMBRAL_CHANNELS, _TEMPORAL_CHANNELS, _MID_CHANNELS, _UNITS = 204, 51, 64, 200


class Musicnn(nn.Module):
    """The network of Pons and Serra (2019).

    Parameters
    ----------
    n_tags : int, optional
        By default without the last layer.
    n_bands : int, default=96
    """

    def __init__(self, n_tags=None, n_bands=96):
        super().__init__()
        self.norm = nn.BatchNorm2d(1, eps=_EPS)
        self.timbral = nn.ModuleList(
            BandMaximum(_TIMBRAL_CHANNELS, 7, int(share * n_bands)) for share in (0.4, 0.7)
        )
        self.temporal = nn.ModuleList(
            BandMaximum(_TEMPORAL_CHANNELS, n_frames, 1) for n_frames in (128, 64, 32)
        )
        n_front = 2 * _TIMBRAL_CHANNELS + 3 * _TEMPORAL_CHANNELS
        self.mid = nn.ModuleList(
            TimeConvolution(n, _MID_CHANNELS) for n in (n_front, _MID_CHANNELS, _MID_CHANNELS)
        )
        n_pooled = 2 * (n_front + 3 * _MID_CHANNELS)
        self.pooled_norm = nn.BatchNorm1d(n_pooled, eps=_EPS)
        self.dense = nn.Linear(n_pooled, _UNITS)
        self.dense_norm = nn.BatchNorm1d(_UNITS, eps=_EPS)
        self.dropout = nn.Dropout(0.5)
        self.head = nn.Identity() if n_tags is None else nn.Linear(_UNITS, n_tags)

    def forward(self, patches):
        """Compute three layers of activations.

        Parameters
        ----------
        patches : torch.Tensor of shape (n, n_frames, n_bands)

        Returns
        -------
        pooled : torch.Tensor of shape (n, 1506)
            Maximum and mean over time, in turn, of each channel.
        penultimate : torch.Tensor of shape (n, 200)
        logits : torch.Tensor of shape (n, n_tags)
        """
        pooled = self.pool(patches)
        penultimate = self.embed(pooled)
        return pooled, penultimate, self.head(self.dropout(penultimate))

    def pool(self, patches):
        """Compute the pooled channels of patches; see :meth:`forward`."""
        x = self.norm(patches[:, None])
        front = torch.cat([block(x) for block in (*self.timbral, *self.temporal)], dim=1)
        first = self.mid[0](front)
        second = first + self.mid[1](first)
        third = second + self.mid[2](second)
        channels = torch.cat([front, first, second, third], dim=1)
        return torch.stack([channels.amax(2), channels.mean(2)], dim=2).flatten(1)

    def embed(self, pooled):
        """Compute the penultimate layer from the pooled channels; see :meth:`forward`."""
        hidden = self.dense(self.dropout(self.pooled_norm(pooled)))
        return self.dense_norm(F.relu(hidden))


class MusicnnBackbone(nn.Module):
    """musicnn without its tags, with the interface of a backbone.

    Parameters
    ----------
    wrapped : Musicnn

    Attributes
    ----------
    n_features : int
    """

    def __init__(self, wrapped):
        super().__init__()
        self.wrapped = wrapped
        self.n_features = _UNITS
        wrapped.head = nn.Identity()

    def forward(self, log_mels):
        """Map (n, 1, n_bands, n_frames) to (n, n_features)."""
        patches = log_mels[:, 0].transpose(1, 2)
        return self.wrapped.dropout(self.wrapped.embed(self.wrapped.pool(patches)))


class BandMaximum(nn.Module):
    """Convolution over time and bands, ReLU, batch norm, and the maximum over the bands.

    Parameters
    ----------
    n_channels : int
    n_frames, n_bands : int
        Size of the kernel. Time is padded with zeros, so that the number of frames remains.
    """

    def __init__(self, n_channels, n_frames, n_bands):
        super().__init__()
        self.padding = (0, 0, (n_frames - 1) // 2, n_frames // 2)
        self.conv = nn.Conv2d(1, n_channels, (n_frames, n_bands))
        self.norm = nn.BatchNorm2d(n_channels, eps=_EPS)

    def forward(self, x):
        """Map (n, 1, n_frames, n_bands) to (n, n_channels, n_frames)."""
        x = F.pad(x, self.padding)
        if self.training:
            return self.norm(F.relu(self.conv(x))).amax(3)
        # ReLU and norm are monotonic: they may follow the maximum, or the minimum where the norm
        # has a negative factor, which is the maximum of the negated convolution.
        sign = self.norm.weight.sign()[:, None]
        extremum = self._convolve(x, self.conv.weight * sign[..., None, None]).amax(3) * sign
        extremum = extremum + self.conv.bias[:, None]
        return self.norm(F.relu(extremum)[..., None])[..., 0]

    def _convolve(self, x, weight):
        if weight.shape[3] > 1:
            return F.conv2d(x, weight)
        # A kernel of one band: with the bands as a batch, twice as fast on a CPU.
        n, _, n_frames, n_bands = x.shape
        bands = x[:, 0].transpose(1, 2).reshape(n * n_bands, 1, n_frames)
        convolved = F.conv1d(bands, weight[..., 0])
        return convolved.view(n, n_bands, *convolved.shape[1:]).permute(0, 2, 3, 1)


class TimeConvolution(nn.Module):
    """Convolution over 7 frames and all channels, ReLU and batch norm.

    Parameters
    ----------
    n_inputs, n_channels : int
    """

    def __init__(self, n_inputs, n_channels):
        super().__init__()
        # The channels are the last axis of a map of one channel, as in the published weights.
        self.conv = nn.Conv2d(1, n_channels, (7, n_inputs), padding=(3, 0))
        self.norm = nn.BatchNorm2d(n_channels, eps=_EPS)

    def forward(self, x):
        """Map (n, n_inputs, n_frames) to (n, n_channels, n_frames)."""
        weight = self.conv.weight[:, 0].transpose(1, 2)
        x = F.relu(F.conv1d(x, weight, self.conv.bias, padding=3))
        return self.norm(x[..., None])[..., 0]
