"""Optimizer, learning rates by layer, and frozen layers."""

from collections import defaultdict

from ..backbones.networks import layers_of

# Share of the steps in which the one-cycle schedule rises.
_RISE = 0.3


def make_optimizer(net, schedule, n_steps):
    """Make AdamW and a learning-rate scheduler for a network.

    Parameters
    ----------
    net : torch.nn.Sequential
        From :func:`~stemstack.models.deep.backbones.networks.build_net`.
    schedule : TrainingSchedule
    n_steps : int
        Optimizer steps of the whole training.

    Returns
    -------
    optimizer : torch.optim.Optimizer
    lr_scheduler : torch.optim.lr_scheduler.LRScheduler
    """
    import torch

    groups = [{"params": p, "lr": rate} for rate, p in group_by_rate(net, schedule).items()]
    # One kernel for all weights: a network has hundreds of tensors.
    optimizer = torch.optim.AdamW(groups, weight_decay=schedule.weight_decay, fused=True)
    if schedule.schedule == "cosine" or n_steps == 1:
        # A one-cycle schedule of one step would be at its end, with a rate of 0.
        return optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_steps)
    max_rates = [group["lr"] for group in groups]
    return optimizer, torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=max_rates, total_steps=n_steps, pct_start=_RISE
    )


def group_by_rate(net, schedule):
    """Group the trainable weights of a network by their learning rate.

    Parameters
    ----------
    net : torch.nn.Sequential
    schedule : TrainingSchedule

    Returns
    -------
    dict of float to list of torch.nn.Parameter
        The rate of the head is ``learning_rate``; that of each layer of the backbone is
        ``layer_decay`` times the rate of the layer above it.
    """
    layers = layers_of(net.backbone)
    # Weights of the backbone outside its layers count as below the first layer.
    depth = {id(weight): len(layers) for weight in net.backbone.parameters()}
    for i, layer in enumerate(layers):
        depth |= {id(weight): len(layers) - i for weight in layer.parameters()}
    groups = defaultdict(list)
    for weight in net.parameters():
        if weight.requires_grad:
            rate = schedule.learning_rate * schedule.layer_decay ** depth.get(id(weight), 0)
            groups[rate].append(weight)
    return dict(groups)


class Freezer:
    """Freezing of a backbone's first layers, and of all its layers while the head warms up.

    Parameters
    ----------
    net : torch.nn.Sequential
    schedule : TrainingSchedule
    """

    def __init__(self, net, schedule):
        self._net = net
        self._layers = layers_of(net.backbone)
        self._n_frozen = round(schedule.frozen * len(self._layers))
        self._warmup_epochs = schedule.warmup_epochs
        for layer in self._layers[: self._n_frozen]:
            layer.requires_grad_(False)

    def start_epoch(self, epoch):
        """Set all but the layers frozen in an epoch, counted from 0, to training mode."""
        warming_up = epoch < self._warmup_epochs
        self._net.train()
        for i, layer in enumerate(self._layers):
            frozen = warming_up or i < self._n_frozen
            layer.requires_grad_(not frozen)
            if frozen:
                # In evaluation mode a layer keeps its running statistics, too.
                layer.eval()
