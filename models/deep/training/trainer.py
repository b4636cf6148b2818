"""Training loop of the networks: AdamW on random crops of log-mels.

All randomness comes from one ``numpy.random.Generator`` and, for dropout and masks, from torch's
global generator, which :func:`~stemstack.models.deep.device.seeded_rng` seeds. The state at the end
of an epoch is plain data, so that a resumed training ends in the same bits.
"""

import sys
import time
from dataclasses import dataclass

import numpy as np

from ....exceptions import UsageError
from ..data.batches import mixup, random_crops, spec_augment, split_batches
from .optimizer import Freezer, make_optimizer


@dataclass(frozen=True)
class TrainingSchedule:
    """Settings of a training; most fields are parameters of the estimators of the same name.

    Attributes
    ----------
    width : int
        Frames of a crop.
    epochs, batch_size, accumulate_grad_batches : int
    learning_rate : float
        Maximum of the schedule, for the head.
    schedule : {"one_cycle", "cosine"}
    layer_decay, weight_decay : float
    frozen : float
        Share of the backbone's layers, counted from the input, that keep their weights.
    warmup_epochs : int
    ema, mixup, spec_augment, label_smoothing : float
    bf16, compile : bool
    """

    width: int
    epochs: int
    batch_size: int
    accumulate_grad_batches: int
    learning_rate: float
    schedule: str
    layer_decay: float
    weight_decay: float
    frozen: float
    warmup_epochs: int
    ema: float
    mixup: float
    spec_augment: float
    label_smoothing: float
    bf16: bool
    compile: bool


class Trainer:
    """Training of one network, with early stopping and resume from a checkpoint.

    Parameters
    ----------
    net : torch.nn.Sequential
        From :func:`~stemstack.models.deep.backbones.networks.build_net`, on ``device``; changed in
        place.
    schedule : TrainingSchedule
    labels : ndarray of shape (n_clips,), or of shape (n_clips, n_labels), int64
        Positions of classes, or indicator rows.
    targets : ClassTargets or LabelTargets
        What the labels are.
    device : torch.device
    rng : numpy.random.Generator
    class_weights : ndarray, optional
        Of ``targets.class_weights``.
    early_stopping : EarlyStopping, optional
    checkpoint : Checkpoint, optional
    log_prefix : str, optional
        Print one line per epoch to stderr, beginning with this; nothing is printed by default.

    Attributes
    ----------
    history_ : list of dict
        One entry per epoch: ``epoch``, ``loss``, ``f1`` (macro, of the augmented training crops as
        predicted before each step; a mixup example counts as its larger part), ``learning_rate``
        (of the head, in the last step), and the scores that ``early_stopping`` adds. Nothing in it
        depends on the clock.
    """

    def __init__(
        self,
        net,
        schedule,
        labels,
        targets,
        *,
        device,
        rng,
        class_weights=None,
        early_stopping=None,
        checkpoint=None,
        log_prefix=None,
    ):
        self.history_ = []
        self._schedule = schedule
        self._labels = labels
        self._targets = targets
        self._device = device
        self._rng = rng
        self._early_stopping = early_stopping
        self._checkpoint = checkpoint
        self._log_prefix = log_prefix
        self._stopped = False
        self._net = net
        self._forward = _compile(net) if schedule.compile else net
        self._ema_model = _make_ema_model(net, schedule.ema) if schedule.ema else None
        self._freezer = Freezer(net, schedule)
        n_steps = schedule.epochs * len(self._split_steps(np.arange(len(labels))))
        self._optimizer, self._lr_scheduler = make_optimizer(net, schedule, n_steps)
        self._class_weights = None
        if class_weights is not None:
            self._class_weights = self._to_tensor(class_weights).float()

    @property
    def net(self):
        """The network to validate and to store: the moving average where there is one."""
        return self._net if self._ema_model is None else self._ema_model.module

    def fit(self, dataset):
        """Train until the last epoch or early stopping, from the checkpoint if there is one.

        Afterwards :attr:`net` has its final weights and the checkpoint is closed.

        Parameters
        ----------
        dataset : LogMelDataset
            The training clips, in the order of ``labels``.

        Raises
        ------
        UsageError
            The loss is not finite any more.
        """
        self._resume()
        while len(self.history_) < self._schedule.epochs and not self._stopped:
            started = time.perf_counter()
            entry = self._train_epoch(dataset)
            seconds = time.perf_counter() - started
            self.history_.append(entry)
            if self._early_stopping is not None:
                self._stopped = self._early_stopping.update(self.net, entry)
            self._log(entry, seconds)
            if self._checkpoint is not None:
                self._checkpoint.save(self.state_dict())
        self.net.eval()
        if self._early_stopping is not None:
            self._early_stopping.load_best(self.net)
        if self._checkpoint is not None:
            self._checkpoint.close()

    def state_dict(self):
        """Return everything the next epoch depends on, as tensors and plain data."""
        import torch

        on_gpu = self._device.type == "cuda"
        return {
            "net": self._net.state_dict(),
            "ema": self._ema_model and self._ema_model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "lr_scheduler": self._lr_scheduler.state_dict(),
            "history": self.history_,
            "early_stopping": self._early_stopping and self._early_stopping.state_dict(),
            "stopped": self._stopped,
            "rng": self._rng.bit_generator.state,
            "torch_rng": torch.get_rng_state(),
            "cuda_rng": torch.cuda.get_rng_state(self._device) if on_gpu else None,
        }

    def load_state_dict(self, state):
        """Restore a state of :meth:`state_dict` in a trainer made with the same arguments."""
        import torch

        self._net.load_state_dict(state["net"])
        if self._ema_model is not None:
            self._ema_model.load_state_dict(state["ema"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._lr_scheduler.load_state_dict(state["lr_scheduler"])
        self.history_ = state["history"]
        if self._early_stopping is not None:
            self._early_stopping.load_state_dict(state["early_stopping"])
        self._stopped = state["stopped"]
        self._rng.bit_generator.state = state["rng"]
        torch.set_rng_state(state["torch_rng"])
        if state["cuda_rng"] is not None:
            torch.cuda.set_rng_state(state["cuda_rng"], self._device)

    def _resume(self):
        state = self._checkpoint and self._checkpoint.load()
        if state:
            self.load_state_dict(state)

    def _log(self, entry, seconds):
        if self._log_prefix is not None:
            numbers = ", ".join(f"{name} {value:.3g}" for name, value in entry.items())
            rate = len(self._labels) / seconds
            print(f"{self._log_prefix}: {numbers}, {rate:.3g} clips/s", file=sys.stderr)

    def _train_epoch(self, dataset):
        """Train for one epoch and return its entry in ``history_``."""
        import torch

        epoch = len(self.history_)
        dataset.set_epoch(epoch)
        self._freezer.start_epoch(epoch)
        order = self._rng.permutation(len(self._labels))
        steps = [self._step(dataset, batches) for batches in self._split_steps(order)]
        losses, rates, classes = zip(*steps, strict=True)
        # Read at the end: reading each loss at once would make the GPU wait.
        loss = sum(loss.item() for loss in losses) / len(self._labels)
        if not np.isfinite(loss):
            raise UsageError(
                f"The training diverged in epoch {epoch + 1}: the loss is {loss}. Lower "
                f"learning_rate, which is {self._schedule.learning_rate:g}"
            )
        f1 = self._targets.macro_f1(*torch.cat(classes, dim=1).cpu().numpy())
        return {"epoch": epoch + 1, "loss": loss, "f1": f1, "learning_rate": rates[-1]}

    def _split_steps(self, order):
        """Split an order into optimizer steps of ``accumulate_grad_batches`` batches each."""
        batches = split_batches(order, self._schedule.batch_size)
        n_batches = self._schedule.accumulate_grad_batches
        return [batches[i : i + n_batches] for i in range(0, len(batches), n_batches)]

    def _step(self, dataset, batches):
        """Take one optimizer step.

        Returns
        -------
        loss : torch.Tensor
            Sum over the clips.
        learning_rate : float
            Of the head.
        classes : torch.Tensor of shape (2, n_clips) or (2, n_clips, n_labels)
            True and predicted.
        """
        import torch

        self._optimizer.zero_grad()
        n_clips, total, classes = sum(map(len, batches)), 0.0, []
        for rows in batches:
            crops = random_crops(dataset.take(rows), self._schedule.width, self._rng)
            loss, batch_classes = self._compute_loss(crops, self._labels[rows])
            (loss * len(rows) / n_clips).backward()
            total = total + loss.detach() * len(rows)
            classes.append(batch_classes)
        self._optimizer.step()
        # Before the scheduler's step, which after the last batch sets a rate that is never used.
        learning_rate = max(self._lr_scheduler.get_last_lr())
        self._lr_scheduler.step()
        if self._ema_model is not None:
            self._ema_model.update_parameters(self._net)
        return total, learning_rate, torch.cat(classes, dim=1)

    def _compute_loss(self, crops, labels):
        """Return the mean loss of a batch, and true and predicted classes, stacked."""
        import torch

        batch, targets = self._augment(self._to_tensor(crops).float(), self._to_tensor(labels))
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._schedule.bf16):
            logits = self._forward(batch.contiguous(memory_format=torch.channels_last))
        loss = self._targets.loss(logits.float(), targets, self._class_weights)
        decided = self._targets.decide(logits.detach())
        return loss, torch.stack([self._targets.decide_targets(targets), decided])

    def _augment(self, batch, labels):
        schedule = self._schedule
        targets = self._targets.smooth(labels, schedule.label_smoothing)
        if schedule.spec_augment:
            batch = spec_augment(batch, schedule.spec_augment)
        if schedule.mixup:
            share = float(self._rng.beta(schedule.mixup, schedule.mixup))
            batch, targets = mixup(batch, targets, share, self._rng.permutation(len(batch)))
        return batch, targets

    def _to_tensor(self, array):
        import torch

        return torch.from_numpy(array).to(self._device)


def _compile(net):
    import torch

    return torch.compile(net)


def _make_ema_model(net, decay):
    """Copy a network into an exponential moving average of its weights and running statistics."""
    from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

    return AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)
