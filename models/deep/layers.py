"""Layers of our own around a backbone. This module alone imports torch at its head: it defines
torch's classes, and is itself imported inside functions only."""

import torch
from torch import nn

_EPSILON = 1e-6


class GeneralisedMean(nn.Module):
    """Pool each channel by the generalised mean, whose power is learnt; pictures become vectors.

    Notes
    -----
    ``(mean(x ** p)) ** (1 / p)`` over positive x: the plain mean for p = 1, the maximum for p → ∞.

    References
    ----------
    Radenović, Tolias, Chum, "Fine-tuning CNN image retrieval with no human annotation", TPAMI 2018.
    """

    def __init__(self, power=3.0):
        super().__init__()
        self.power = nn.Parameter(torch.tensor([power]))

    def forward(self, maps):
        """Map (n, n_channels, height, width) to (n, n_channels)."""
        positive = maps.clamp_min(_EPSILON)
        return positive.pow(self.power).mean((2, 3)).pow(1 / self.power)


class BandNorm(nn.Module):
    """Standardise each band of each picture over time, then scale it by learnt numbers.

    An instance norm whose channels are the bands: what a room, a microphone or an equaliser does to
    the sound is taken away, and the average timbre with it.
    """

    def __init__(self, n_bands):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(n_bands, 1))
        self.offset = nn.Parameter(torch.zeros(n_bands, 1))

    def forward(self, pictures):
        """Map (n, 1, n_bands, n_frames) to the same shape."""
        centred = pictures - pictures.mean(3, keepdim=True)
        deviation = centred.pow(2).mean(3, keepdim=True).add(_EPSILON).sqrt()
        return self.gain * (centred / deviation) + self.offset
