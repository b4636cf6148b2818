"""Layers around a backbone.

torch is imported at the top of this module alone, which defines torch classes; it is itself only
imported inside functions.
"""

import torch
from torch import nn

from ....exceptions import UsageError

_EPSILON = 1e-6


class GeMPooling(nn.Module):
    """Generalised-mean pooling of each channel, with a trainable power.

    Notes
    -----
    ``mean(x ** p) ** (1 / p)`` over positive x: the mean for p = 1, the maximum for p → ∞.

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
    """Standardisation of each band over time, followed by a trainable scale and offset.

    An instance norm whose channels are the bands: it removes the frequency response of a room, a
    microphone or an equaliser, and with it the average timbre.
    """

    def __init__(self, n_bands):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(n_bands, 1))
        self.offset = nn.Parameter(torch.zeros(n_bands, 1))

    def forward(self, log_mels):
        """Map (n, 1, n_bands, n_frames) to the same shape."""
        centred = log_mels - log_mels.mean(3, keepdim=True)
        deviation = centred.pow(2).mean(3, keepdim=True).add(_EPSILON).sqrt()
        return self.gain * (centred / deviation) + self.offset


class Transformer(nn.Module):
    """Audio transformer of the transformers library with the interface of a backbone.

    Parameters
    ----------
    wrapped : transformers.PreTrainedModel
        Maps (n, n_frames, n_bands) to an output with ``pooler_output``.

    Attributes
    ----------
    n_features : int
    architecture : str
        Its configuration as JSON, from which the model can be built again.
    """

    def __init__(self, wrapped):
        super().__init__()
        self.wrapped = wrapped
        self.n_features = wrapped.config.hidden_size
        self.architecture = wrapped.config.to_json_string()

    def forward(self, log_mels):
        """Map (n, 1, n_bands, n_frames) to (n, n_features)."""
        self.check_size(*log_mels.shape[2:])
        return self.wrapped(log_mels[:, 0].transpose(1, 2)).pooler_output

    def check_size(self, n_bands, n_frames):
        """Raise UsageError if the input size is not that of the transformer."""
        expected = self.wrapped.config.num_mel_bins, self.wrapped.config.max_length
        if (n_bands, n_frames) != expected:
            raise UsageError(
                "This transformer expects crops of {} bands and {} frames. Got {} and {}: set "
                "n_mels and crop_seconds accordingly".format(*expected, n_bands, n_frames)
            )
