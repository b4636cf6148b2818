"""Checkpoints: a training that was killed goes on after its last whole epoch, to the same bits.

A checkpoint is one file in a folder, named by all that decides the training, so that several folds
and models share a folder and none takes up another's. It is gone when the training is over; within
:func:`defer_checkpoint_cleanup`, when all that is done there is.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from numbers import Integral
from pathlib import Path

import joblib

from ....audio import clip_key
from ....exceptions import DataError, UsageError, first_line
from ....utils.atomic_write import atomic_path

_KEPT = ContextVar("checkpoints of trainings that are over", default=None)


@contextmanager
def defer_checkpoint_cleanup():
    """Keep the checkpoints of all trainings within a block until it ends without an error.

    Where the block predicts with the nets, or trains several, and is broken off, the same block
    begun again trains none that was ready.
    """
    kept = []
    before = _KEPT.set(kept)
    try:
        yield
    finally:
        _KEPT.reset(before)
    for checkpoint in kept:
        checkpoint.remove()


class Checkpoint:
    """The state of one training on disk.

    Parameters
    ----------
    folder : str or os.PathLike
        Made when missing.
    clips : list of clips
    labels : ndarray of shape (n_clips,)
    params : dict
        What else decides the training, ``random_state`` among it.

    Raises
    ------
    UsageError
        ``random_state`` is no int.
    """

    def __init__(self, folder, clips, labels, params):
        if not isinstance(params["random_state"], Integral):
            raise UsageError(
                "A checkpoint is gone on with by the same random numbers: give random_state as an "
                f"int. Got {params['random_state']!r}"
            )
        name = joblib.hash(([clip_key(clip) for clip in clips], labels, params))
        self.path = Path(folder, f"{name}.pt")

    def save(self, state):
        """Write a state, in place of the one before.

        Parameters
        ----------
        state : dict
            Tensors and plain data.
        """
        import torch

        with atomic_path(self.path) as temporary:
            torch.save(state, temporary)

    def load(self):
        """Read the last state; no code in it is run.

        Returns
        -------
        dict or None
            None when there is none.

        Raises
        ------
        DataError
            The file is damaged.
        """
        import torch

        if not self.path.exists():
            return None
        try:
            return torch.load(self.path, map_location="cpu", weights_only=True)
        except Exception as error:  # of many kinds, by where the file is damaged
            raise DataError(
                f"{self.path}: is not a checkpoint that can be read "
                f"({first_line(error)}); delete it to begin the training anew"
            ) from error

    def end(self):
        """Delete the file, or leave that to the end of :func:`defer_checkpoint_cleanup`."""
        kept = _KEPT.get()
        if kept is None:
            self.remove()
        else:
            kept.append(self)

    def remove(self):
        """Delete the file, if it is there."""
        self.path.unlink(missing_ok=True)
