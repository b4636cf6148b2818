"""Folding batch norms into the convolutions before them, for prediction.

A batch norm at rest is a scale and an offset a channel, which the weights of a convolution can take
over; on a CPU that saves a pass over memory a layer, 4 to 14 % of a net's time.
"""

import copy

# Of what a backbone says of a probe: float32 sums in another order.
_TOLERANCE = 1e-3


def fuse_conv_bn(net):
    """Give a net that predicts the same with fewer operations.

    Parameters
    ----------
    net : torch.nn.Sequential
        From :func:`~.nets.build_net`, in evaluation mode; not changed.

    Returns
    -------
    torch.nn.Sequential
        The net itself where its backbone has no batch norm right behind a convolution, or where a
        convolution feeds something else as well: what a probe comes to tells.
    """
    import torch

    if not any(isinstance(layer, torch.nn.BatchNorm2d) for layer in net.backbone.modules()):
        return net
    device = next(net.parameters()).device
    # No random number is drawn: a prediction changes no state.
    probe = torch.arange(64.0 * 64, device=device).sin().reshape(1, 1, 64, 64)
    folded = copy.deepcopy(net)
    with torch.no_grad():
        expected = net.backbone(probe)
        _fold(folded.backbone, _find_pairs(folded.backbone, probe))
        furthest = (folded.backbone(probe) - expected).abs().max()
    return folded if furthest <= _TOLERANCE * expected.abs().max() else net


def _find_pairs(backbone, probe):
    """Map each batch norm to the convolution whose output it takes, by watching a probe pass."""
    from torch import nn

    # The outputs are kept: an identity is not given to another tensor while the first one lives.
    made, pairs = {}, {}

    def leave(conv, _, output):
        made[id(output)] = (conv, output)

    def take(norm, inputs, _):
        if id(inputs[0]) in made:
            pairs[norm] = made[id(inputs[0])][0]

    hooks = [
        layer.register_forward_hook(leave if isinstance(layer, nn.Conv2d) else take)
        for layer in backbone.modules()
        if isinstance(layer, nn.Conv2d | nn.BatchNorm2d)
    ]
    backbone(probe)
    for hook in hooks:
        hook.remove()
    return pairs


def _fold(backbone, pairs):
    """Move each norm into its convolution, and leave in its place what else it does."""
    import torch
    from torch.nn.utils.fusion import fuse_conv_bn_weights

    for norm, conv in pairs.items():
        weight, conv.bias = fuse_conv_bn_weights(
            conv.weight,
            conv.bias,
            norm.running_mean,
            norm.running_var,
            norm.eps,
            norm.weight,
            norm.bias,
        )
        conv.weight = torch.nn.Parameter(weight.contiguous(memory_format=torch.channels_last))
    for parent in list(backbone.modules()):
        for name, child in list(parent.named_children()):
            if child in pairs:
                setattr(parent, name, _what_is_left(child))


def _what_is_left(norm):
    """Give what timm's norms do beside norming: dropping out and activating."""
    from torch import nn

    return nn.Sequential(*(getattr(norm, name) for name in ("drop", "act") if hasattr(norm, name)))
