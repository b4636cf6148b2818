"""A small convolutional net for log-mels that starts from scratch.

Five blocks of two 3 x 3 convolutions, halved in time and frequency after each block, the channels
doubling from block to block: the plain shape that won the Messy Mashup task, about 6 M parameters.
"""

from itertools import pairwise

# Channels of the first block, by name; the tiny one is for checks that only need some net.
SCRATCH_WIDTHS = {"cnn": 36, "cnn_tiny": 2}
_BLOCKS = 5


def build_scratch(name):
    """Build a scratch net by name.

    Parameters
    ----------
    name : {"cnn", "cnn_tiny"}

    Returns
    -------
    torch.nn.Module
        Maps (n, 1, n_mels, n_frames) to (n, 16 * width, ⌈n_mels / 32⌉, ⌈n_frames / 32⌉).
    """
    from torch import nn

    widths = [1, *(SCRATCH_WIDTHS[name] * 2**i for i in range(_BLOCKS))]
    return nn.Sequential(*(_block(*pair) for pair in pairwise(widths)))


def _block(n_in, n_out):
    from torch import nn

    layers = []
    for n_from in (n_in, n_out):
        layers += [
            nn.Conv2d(n_from, n_out, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(n_out),
            nn.ReLU(inplace=True),
        ]
    # Rounding up lets a picture of a single frame through.
    return nn.Sequential(*layers, nn.AvgPool2d(2, ceil_mode=True))
