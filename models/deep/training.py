"""The training loop: AdamW under a one-cycle schedule, on random crops, augmented.

Everything random comes from the ``numpy.random.Generator`` given and, for dropout and masks, from
torch's own generator, which :func:`repeatable` lends and gives back as it was.
"""

import time
from contextlib import contextmanager
from dataclasses import dataclass

from .augment import mixup, smooth_targets, spec_augment
from .batches import random_crops, split_batches
from .nets import layers_of

# Share of the steps in which the learning rate rises.
_RISE = 0.3


@dataclass(frozen=True)
class Plan:
    """How a net is trained; the fields are the parameters of the estimators.

    Attributes
    ----------
    width : int
        Frames of a crop.
    epochs, batch_size : int
    learning_rate : float
        The highest of the cycle, for the head.
    backbone_rate : float
        The backbone's learning rate, as a share of the head's.
    weight_decay : float
    frozen : float
        Share of the backbone's layers, from the input on, that keep their weights.
    mixup, spec_augment, label_smoothing : float
    """

    width: int
    epochs: int
    batch_size: int
    learning_rate: float
    backbone_rate: float
    weight_decay: float
    frozen: float
    mixup: float
    spec_augment: float
    label_smoothing: float


@contextmanager
def repeatable(seed, device):
    """Seed torch's generators for a block, and leave them afterwards as they were before.

    Parameters
    ----------
    seed : int
    device : torch.device
    """
    import torch

    on_gpu = device.type == "cuda"
    with torch.random.fork_rng(devices=[device] if on_gpu else []):
        torch.default_generator.manual_seed(seed)
        if on_gpu:
            torch.cuda.manual_seed(seed)
        yield


@contextmanager
def threads(number):
    """Have torch use a number of threads within a block; None leaves it as it is.

    Parameters
    ----------
    number : int or None
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(number or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Trainer:
    """Trains one net.

    Parameters
    ----------
    net : torch.nn.Sequential
        From :func:`build_net`, on ``device``; changed in place.
    plan : Plan
    n_classes : int
    class_weights : ndarray of shape (n_classes,), optional
    device : torch.device
    rng : numpy.random.Generator
    """

    def __init__(self, net, plan, n_classes, *, device, rng, class_weights=None):
        self.net = net
        self.plan = plan
        self.n_classes = n_classes
        self.device = device
        self.rng = rng
        self._class_weights = self._tensor(class_weights)
        self._frozen = self._freeze()

    def run(self, draw_pictures, labels, *, on_epoch):
        """Train for all epochs, or until told to stop.

        Parameters
        ----------
        draw_pictures : callable
            Given the number of the epoch, from 0 on, gives its pictures.
        labels : ndarray of shape (n,), int64
        on_epoch : callable
            Given a dict of ``epoch`` and ``loss``, and the seconds it took, after each epoch; true
            to stop.

        Returns
        -------
        list of dict
            One an epoch.
        """
        n_steps = self.plan.epochs * len(split_batches(labels, self.plan.batch_size))
        optimizer, schedule = self._make_optimizer(n_steps)
        history = []
        for epoch in range(self.plan.epochs):
            started = time.perf_counter()
            loss = self._run_epoch(draw_pictures(epoch), labels, optimizer, schedule)
            history.append({"epoch": epoch + 1, "loss": loss})
            if on_epoch(history[-1], time.perf_counter() - started):
                break
        self.net.eval()
        return history

    def _run_epoch(self, pictures, labels, optimizer, schedule):
        self._set_training()
        total = 0.0
        for rows in split_batches(self.rng.permutation(len(labels)), self.plan.batch_size):
            crops = random_crops([pictures[row] for row in rows], self.plan.width, self.rng)
            loss = self._step(crops, labels[rows], optimizer)
            schedule.step()
            total += loss * len(rows)
        return total / len(labels)

    def _step(self, crops, labels, optimizer):
        import torch

        batch, targets = self._augment(self._tensor(crops), self._tensor(labels))
        # bfloat16 slows training on most CPUs.
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            logits = self.net(batch.contiguous(memory_format=torch.channels_last))
        loss = torch.nn.functional.cross_entropy(
            logits.float(), targets, weight=self._class_weights
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    def _augment(self, batch, labels):
        plan = self.plan
        targets = smooth_targets(labels, self.n_classes, plan.label_smoothing)
        if plan.spec_augment:
            batch = spec_augment(batch, plan.spec_augment)
        if plan.mixup:
            share = float(self.rng.beta(plan.mixup, plan.mixup))
            batch, targets = mixup(batch, targets, share, self.rng.permutation(len(batch)))
        return batch, targets

    def _freeze(self):
        layers = layers_of(self.net.backbone)
        frozen = layers[: round(self.plan.frozen * len(layers))]
        for layer in frozen:
            layer.requires_grad_(False)
        return frozen

    def _set_training(self):
        self.net.train()
        # A frozen layer keeps its running means too.
        for layer in self._frozen:
            layer.eval()

    def _make_optimizer(self, n_steps):
        import torch

        plan = self.plan
        rates = [plan.learning_rate * plan.backbone_rate, plan.learning_rate]
        parts = [self.net.backbone.parameters(), self.net.head.parameters()]
        groups = [
            {"params": [p for p in part if p.requires_grad], "lr": rate}
            for part, rate in zip(parts, rates, strict=True)
        ]
        optimizer = torch.optim.AdamW(groups, weight_decay=plan.weight_decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=rates, total_steps=n_steps, pct_start=_RISE
        )
        return optimizer, schedule

    def _tensor(self, array):
        import torch

        if array is None:
            return None
        tensor = torch.from_numpy(array).to(self.device)
        return tensor.float() if tensor.is_floating_point() else tensor
