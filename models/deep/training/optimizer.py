"""How a net's weights move: what is frozen, at which rates, along which schedule."""

from collections import defaultdict

from ..backbones.networks import layers_of

# Share of the steps in which the one-cycle schedule rises.
_RISE = 0.3


def make_optimizer(net, plan, n_steps):
    """Make AdamW over a net, and the schedule of its rates.

    Parameters
    ----------
    net : torch.nn.Sequential
        From :func:`~.nets.build_net`.
    plan : Plan
    n_steps : int
        Steps of the whole training.

    Returns
    -------
    optimizer : torch.optim.Optimizer
    schedule : torch.optim.lr_scheduler.LRScheduler
    """
    import torch

    groups = [{"params": params, "lr": rate} for rate, params in rates_of(net, plan).items()]
    # One kernel for all weights: a net has hundreds of tensors.
    optimizer = torch.optim.AdamW(groups, weight_decay=plan.weight_decay, fused=True)
    if plan.schedule == "cosine" or n_steps == 1:
        # A cycle of one step would be at its end: no rate at all.
        return optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_steps)
    highest = [group["lr"] for group in groups]
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=highest, total_steps=n_steps, pct_start=_RISE
    )
    return optimizer, schedule


def rates_of(net, plan):
    """Group a net's trainable weights by learning rate.

    Parameters
    ----------
    net : torch.nn.Sequential
    plan : Plan

    Returns
    -------
    dict of float to list of torch.nn.Parameter
        The head's rate is ``learning_rate``; each layer's below it is ``layer_decay`` times that of
        the layer above.
    """
    layers = layers_of(net.backbone)
    depth = {
        id(weight): len(layers) - i
        for i, layer in enumerate(layers)
        for weight in layer.parameters()
    }
    # What the backbone holds outside its layers stands before the first of them.
    outside = {id(weight): len(layers) for weight in net.backbone.parameters()}
    depth = outside | depth
    groups = defaultdict(list)
    for weight in net.parameters():
        if weight.requires_grad:
            rate = plan.learning_rate * plan.layer_decay ** depth.get(id(weight), 0)
            groups[rate].append(weight)
    return dict(groups)


class Freezer:
    """Keeps a backbone's first layers as they are, and all of it while a new head warms up.

    Parameters
    ----------
    net : torch.nn.Sequential
    plan : Plan
    """

    def __init__(self, net, plan):
        self._net = net
        self._layers = layers_of(net.backbone)
        self._n_frozen = round(plan.frozen * len(self._layers))
        self._warmup_epochs = plan.warmup_epochs
        for layer in self._layers[: self._n_frozen]:
            layer.requires_grad_(False)

    def start_epoch(self, epoch):
        """Put the net into training mode, but for what is frozen in this epoch (from 0 on)."""
        warming = epoch < self._warmup_epochs
        self._net.train()
        for i, layer in enumerate(self._layers):
            frozen = warming or i < self._n_frozen
            layer.requires_grad_(not frozen)
            if frozen:
                # A frozen layer keeps its running means too.
                layer.eval()
