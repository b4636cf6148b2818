"""The training loop: AdamW under a schedule, on random crops, augmented.

Everything random comes from the ``numpy.random.Generator`` given and, for dropout and masks, from
torch's own generator, which :func:`~.contexts.repeatable` lends. What the loop is at the end of an
epoch is one plain state, so that a training that was killed goes on to the same bits.
"""

import sys
import time
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import f1_score

from ....exceptions import UsageError
from ..data.augment import mixup, smooth_targets, spec_augment
from ..data.crops import random_crops, split_batches
from .optimizer import Freezer, make_optimizer


@dataclass(frozen=True)
class TrainingSchedule:
    """How a net is trained; the fields are the parameters of the estimators.

    Attributes
    ----------
    width : int
        Frames of a crop.
    epochs, batch_size, accumulate_grad_batches : int
    learning_rate : float
        The highest of the schedule, for the head.
    schedule : {"one_cycle", "cosine"}
    layer_decay, weight_decay : float
    frozen : float
        Share of the backbone's layers, from the input on, that keep their weights.
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
    """Trains one net.

    Parameters
    ----------
    net : torch.nn.Sequential
        From :func:`~.nets.build_net`, on ``device``; changed in place.
    plan : Plan
    labels : ndarray of shape (n,), int64
    n_classes : int
    device : torch.device
    rng : numpy.random.Generator
    class_weights : ndarray of shape (n_classes,), optional

    Attributes
    ----------
    history : list of dict
        Of each epoch done ``epoch``, ``loss``, ``f1`` (macro, of what was learnt from as it was
        seen: augmented, by a net that still changes; a mixed clip is of its larger part's class),
        ``learning_rate`` (the head's, in its last step), and what ``on_epoch`` adds. Nothing of it
        depends on the clock.
    """

    def __init__(self, net, plan, labels, n_classes, *, device, rng, class_weights=None):
        self.plan = plan
        self.labels = labels
        self.n_classes = n_classes
        self.device = device
        self.rng = rng
        self.history = []
        self._net = net
        self._forward = _compiled(net) if plan.compile else net
        self._average = _moving_average(net, plan.ema) if plan.ema else None
        self._freezer = Freezer(net, plan)
        n_steps = plan.epochs * len(self._draw_steps(np.arange(len(labels))))
        self._optimizer, self._schedule = make_optimizer(net, plan, n_steps)
        self._rate = None
        self._class_weights = None
        if class_weights is not None:
            self._class_weights = self._tensor(class_weights).float()

    @property
    def net(self):
        """The net to judge and keep: the moving average where there is one."""
        return self._net if self._average is None else self._average.module

    def run(self, draw_pictures, *, on_epoch, after_epoch=lambda stopped: None, stopped=False):
        """Train for the epochs that are left, or until told to stop.

        Parameters
        ----------
        draw_pictures : callable
            Given the number of the epoch, from 0 on, gives a function from positions to pictures.
        on_epoch : callable
            Given the epoch's entry in ``history``, and the seconds it took; true to stop.
        after_epoch : callable, optional
            Called when an epoch is over in all respects, with whether it was the last by
            ``on_epoch``'s word.
        stopped : bool, default=False
            That word of the epoch before, when a training goes on.

        Raises
        ------
        UsageError
            The loss is not finite any more.
        """
        for epoch in range(len(self.history), self.plan.epochs):
            if stopped:
                break
            started = time.perf_counter()
            loss, f1 = self._run_epoch(epoch, draw_pictures(epoch))
            told = {"epoch": epoch + 1, "loss": loss, "f1": f1, "learning_rate": self._rate}
            self.history.append(told)
            stopped = on_epoch(self.history[-1], time.perf_counter() - started)
            after_epoch(stopped)
        self.net.eval()

    def state(self):
        """Give what the next epoch depends on, as tensors and plain data."""
        import torch

        on_gpu = self.device.type == "cuda"
        return {
            "net": self._net.state_dict(),
            "average": self._average and self._average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
            "history": self.history,
            "rng": self.rng.bit_generator.state,
            "torch_rng": torch.get_rng_state(),
            "cuda_rng": torch.cuda.get_rng_state(self.device) if on_gpu else None,
        }

    def restore(self, state):
        """Take up a state that :meth:`state` gave, for a trainer made by the same arguments."""
        import torch

        self._net.load_state_dict(state["net"])
        if self._average is not None:
            self._average.load_state_dict(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        self.history = state["history"]
        self.rng.bit_generator.state = state["rng"]
        torch.set_rng_state(state["torch_rng"])
        if state["cuda_rng"] is not None:
            torch.cuda.set_rng_state(state["cuda_rng"], self.device)

    def _run_epoch(self, epoch, take):
        import torch

        self._freezer.start_epoch(epoch)
        steps = [
            self._step(take, batches)
            for batches in self._draw_steps(self.rng.permutation(len(self.labels)))
        ]
        losses, decided = zip(*steps, strict=True)
        # Read at the end: asking a GPU for each loss would make it wait for us.
        mean = sum(loss.item() for loss in losses) / len(self.labels)
        if not np.isfinite(mean):
            raise UsageError(
                f"The training diverged in epoch {epoch + 1}: the loss is {mean}. Lower "
                f"learning_rate, which is {self.plan.learning_rate:g}"
            )
        return mean, float(f1_score(*torch.cat(decided, dim=1).cpu().numpy(), average="macro"))

    def _draw_steps(self, order):
        """Split an order into steps of ``accumulate_grad_batches`` batches each."""
        batches = split_batches(order, self.plan.batch_size)
        many = self.plan.accumulate_grad_batches
        return [batches[i : i + many] for i in range(0, len(batches), many)]

    def _step(self, take, batches):
        """Take one optimizer step; return the summed loss, and true and predicted classes."""
        import torch

        self._optimizer.zero_grad()
        n_clips, total, decided = sum(map(len, batches)), 0.0, []
        for rows in batches:
            crops = random_crops(take(rows), self.plan.width, self.rng)
            loss, classes = self._loss(crops, self.labels[rows])
            (loss * len(rows) / n_clips).backward()
            total = total + loss.detach() * len(rows)
            decided.append(classes)
        self._optimizer.step()
        # Now: after the last step of all the schedule gives a rate that is never used.
        self._rate = max(self._schedule.get_last_lr())
        self._schedule.step()
        if self._average is not None:
            self._average.update_parameters(self._net)
        return total, torch.cat(decided, dim=1)

    def _loss(self, crops, labels):
        """Give the mean loss of a batch, and true and guessed classes: a tensor of shape (2, n)."""
        import torch

        batch, targets = self._augment(self._tensor(crops).float(), self._tensor(labels))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.plan.bf16):
            logits = self._forward(batch.contiguous(memory_format=torch.channels_last))
        loss = torch.nn.functional.cross_entropy(
            logits.float(), targets, weight=self._class_weights
        )
        return loss, torch.stack([targets.argmax(1), logits.detach().argmax(1)])

    def _augment(self, batch, labels):
        plan = self.plan
        targets = smooth_targets(labels, self.n_classes, plan.label_smoothing)
        if plan.spec_augment:
            batch = spec_augment(batch, plan.spec_augment)
        if plan.mixup:
            share = float(self.rng.beta(plan.mixup, plan.mixup))
            batch, targets = mixup(batch, targets, share, self.rng.permutation(len(batch)))
        return batch, targets

    def _tensor(self, array):
        import torch

        return torch.from_numpy(array).to(self.device)


def _compiled(net):
    import torch

    return torch.compile(net)


def _moving_average(net, decay):
    """Make a copy of a net that follows it slowly, running means included."""
    from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

    return AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)


class Session:
    """Runs a trainer to its end, from its last checkpoint when there is one.

    Parameters
    ----------
    trainer : Trainer
    source : callable
        The training pictures, as :meth:`Trainer.run` takes them.
    stopping : EarlyStopping, optional
    checkpoint : Checkpoint, optional
    told_as : str, optional
        Whose progress is told on stderr; nothing is told without.
    """

    def __init__(self, trainer, source, *, stopping=None, checkpoint=None, told_as=None):
        self._trainer = trainer
        self._source = source
        self._stopping = stopping
        self._checkpoint = checkpoint
        self._told_as = told_as

    def run(self):
        """Train; afterwards ``trainer.net`` has the weights to keep, and its checkpoint is over."""
        self._trainer.run(
            self._source,
            on_epoch=self._judge,
            after_epoch=self._save,
            stopped=self._take_up(),
        )
        if self._stopping is not None:
            self._stopping.take_best(self._trainer.net)
        if self._checkpoint is not None:
            self._checkpoint.end()

    def _judge(self, epoch, seconds):
        stop = self._stopping is not None and self._stopping(self._trainer.net, epoch)
        if self._told_as is not None:
            numbers = ", ".join(f"{name} {value:.3g}" for name, value in epoch.items())
            rate = len(self._trainer.labels) / seconds
            print(f"{self._told_as}: {numbers}, {rate:.3g} clips/s", file=sys.stderr)
        return stop

    def _save(self, stopped):
        if self._checkpoint is not None:
            stopping = self._stopping and self._stopping.state()
            state = {"trainer": self._trainer.state(), "stopping": stopping, "stopped": stopped}
            self._checkpoint.save(state)

    def _take_up(self):
        """Go back to the last checkpoint; gives whether the training was told to stop there."""
        state = self._checkpoint and self._checkpoint.load()
        if not state:
            return False
        self._trainer.restore(state["trainer"])
        if self._stopping is not None:
            self._stopping.restore(state["stopping"])
        return state["stopped"]
