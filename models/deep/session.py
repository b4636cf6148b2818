"""One training and what surrounds it: early stopping, progress, checkpoints."""

import sys


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
