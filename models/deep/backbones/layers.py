"""Layers of our own around a backbone. This module alone imports torch at its head: it defines
torch's classes, and is itself imported inside functions only."""

import torch
from torch import nn

from ....exceptions import UsageError

_EPSILON = 1e-6


class GeMPooling(nn.Module):
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


class Transformer(nn.Module):
    """An audio transformer of transformers', behind the interface of a backbone.

    Parameters
    ----------
    wrapped : transformers.PreTrainedModel
        Takes (n, n_frames, n_bands), gives a pooled output.

    Attributes
    ----------
    n_features : int
    architecture : str
        JSON that its configuration is made from again.
    """

    def __init__(self, wrapped):
        super().__init__()
        self.wrapped = wrapped
        self.n_features = wrapped.config.hidden_size
        self.architecture = wrapped.config.to_json_string()

    def forward(self, pictures):
        """Map (n, 1, n_bands, n_frames) to (n, n_features)."""
        self.check_size(*pictures.shape[2:])
        return self.wrapped(pictures[:, 0].transpose(1, 2)).pooler_output

    def check_size(self, n_bands, n_frames):
        """Refuse pictures of another size than it takes.

        Raises
        ------
        UsageError
            The message says what it takes.
        """
        expected = self.wrapped.config.num_mel_bins, self.wrapped.config.max_length
        if (n_bands, n_frames) != expected:
            raise UsageError(
                "This transformer looks at {} bands and {} frames at a time. Got {} and {}: set "
                "n_mels and crop_seconds so".format(*expected, n_bands, n_frames)
            )
