"""Checkpoints: resuming a killed training after its last complete epoch, to the same bits.

A checkpoint is one file in a folder. Its name is a hash of everything that determines the training,
so that folds and models can share a folder. It is deleted when the training is over or, within
:func:`defer_checkpoint_cleanup`, when the block is.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from numbers import Integral
from pathlib import Path

import joblib

from ....audio import clip_key
from ....exceptions import UsageError
from ....utils.atomic_write import atomic_path
from ....utils.cache import read_entry

_DEFERRED = ContextVar("checkpoints to delete at the end of a block", default=None)


@contextmanager
def defer_checkpoint_cleanup():
    """Delete the checkpoints of trainings within a block only when it ends without an error.

    If the block is interrupted after a training, while it predicts or trains another network, and
    is run again, the trainings that were complete are not repeated.

    Examples
    --------
    >>> from stemstack.models.deep.training.checkpoint import defer_checkpoint_cleanup
    >>> with defer_checkpoint_cleanup():
    ...     pass  # fit networks that have a ``checkpoint`` folder, then use them
    """
    deferred = []
    token = _DEFERRED.set(deferred)
    try:
        yield
    finally:
        _DEFERRED.reset(token)
    for checkpoint in deferred:
        checkpoint.delete()


class Checkpoint:
    """File with the state of one training.

    Parameters
    ----------
    folder : str or os.PathLike
        Created if missing.
    clips : list of clips
    labels : ndarray of shape (n_clips,), or of shape (n_clips, n_labels)
    params : dict
        Everything else that determines the training; contains ``random_state``.

    Raises
    ------
    UsageError
        ``random_state`` is not an int.
    """

    def __init__(self, folder, clips, labels, params):
        if not isinstance(params["random_state"], Integral):
            raise UsageError(
                "Resuming from a checkpoint needs the same random numbers: give random_state as an "
                f"int. Got {params['random_state']!r}"
            )
        name = joblib.hash(([clip_key(clip) for clip in clips], labels, params))
        self.path = Path(folder, f"{name}.pt")

    def save(self, state):
        """Write a state, replacing the previous one.

        Parameters
        ----------
        state : dict
            Tensors and plain data.
        """
        import torch

        with atomic_path(self.path) as temporary:
            torch.save(state, temporary)

    def load(self):
        """Read the last state, without running any code in the file.

        Returns
        -------
        dict or None
            None if there is no file, or a damaged one, which is removed.
        """
        import torch

        return read_entry(self.path, partial(torch.load, map_location="cpu", weights_only=True))

    def close(self):
        """Delete the file, or leave it to the end of :func:`defer_checkpoint_cleanup`."""
        deferred = _DEFERRED.get()
        if deferred is None:
            self.delete()
        else:
            deferred.append(self)

    def delete(self):
        """Delete the file if it exists."""
        self.path.unlink(missing_ok=True)
