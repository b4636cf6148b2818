"""Fusion of batch norms with the convolutions before them, for prediction.

In evaluation mode a batch norm scales and shifts each channel, which the weights of a convolution
can do as well; on a CPU that saves 4 to 14 % of the time of a network.
"""

import copy

# Relative tolerance of a backbone's output: float32 sums in another order.
_TOLERANCE = 1e-3


def fuse_conv_bn(net):
    """Return a network that predicts the same with fewer operations.

    Parameters
    ----------
    net : torch.nn.Sequential
        From :func:`~stemstack.models.deep.backbones.networks.build_net`, in evaluation mode; not
        changed.

    Returns
    -------
    torch.nn.Sequential
        The network itself where no batch norm directly follows a convolution, or where the output
        of a convolution is used elsewhere as well, so that the output for a probe differs.
    """
    import torch

    # Those with features of their own have no pairs to fuse.
    has_norms = any(isinstance(layer, torch.nn.BatchNorm2d) for layer in net.backbone.modules())
    if not has_norms or hasattr(net.backbone, "n_features"):
        return net
    device = next(net.parameters()).device
    # Not random: a prediction must not change the state of a generator.
    probe = torch.arange(64.0 * 64, device=device).sin().reshape(1, 1, 64, 64)
    fused = copy.deepcopy(net)
    with torch.no_grad():
        expected = net.backbone(probe)
        _fuse(fused.backbone, _find_pairs(fused.backbone, probe))
        difference = (fused.backbone(probe) - expected).abs().max()
    return fused if difference <= _TOLERANCE * expected.abs().max() else net


def _find_pairs(backbone, probe):
    """Map each batch norm to the convolution whose output is its input, found with a probe."""
    from torch import nn

    # Outputs are stored: the identity of a tensor is only unique while the tensor exists.
    outputs, pairs = {}, {}

    def store_output(conv, _, output):
        outputs[id(output)] = (conv, output)

    def match_input(norm, inputs, _):
        if id(inputs[0]) in outputs:
            pairs[norm] = outputs[id(inputs[0])][0]

    hooks = [
        layer.register_forward_hook(store_output if isinstance(layer, nn.Conv2d) else match_input)
        for layer in backbone.modules()
        if isinstance(layer, nn.Conv2d | nn.BatchNorm2d)
    ]
    backbone(probe)
    for hook in hooks:
        hook.remove()
    return pairs


def _fuse(backbone, pairs):
    """Move each norm into its convolution, and put the rest of the norm's module in its place."""
    import torch
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    replacements = {}
    for norm, conv in pairs.items():
        fused = fuse_conv_bn_eval(conv, norm)
        replacements[conv] = fused.to(memory_format=torch.channels_last)
        replacements[norm] = _remainder(norm)
    for parent in list(backbone.modules()):
        for name, child in list(parent.named_children()):
            if child in replacements:
                setattr(parent, name, replacements[child])


def _remainder(norm):
    """Return what timm's norms do besides the normalisation: dropout and activation."""
    from torch import nn

    return nn.Sequential(*(getattr(norm, name) for name in ("drop", "act") if hasattr(norm, name)))
