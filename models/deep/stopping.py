"""Early stopping on clips that training does not see, whole groups of them."""

import numpy as np
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupShuffleSplit, StratifiedShuffleSplit

from .saving import pack_net

SHARE = 0.15


def split_validation(labels, groups, seed):
    """Set a share of the training clips apart, by group when there are groups.

    Parameters
    ----------
    labels : ndarray of shape (n,)
    groups : array-like of shape (n,) or None
        Clips of one group stay on one side.
    seed : int

    Returns
    -------
    train, validation : ndarray of int
        Positions.

    Raises
    ------
    ValueError
        There are too few clips of a class, or too few groups.
    """
    splitter = StratifiedShuffleSplit if groups is None else GroupShuffleSplit
    split = splitter(n_splits=1, test_size=SHARE, random_state=seed).split(labels, labels, groups)
    return next(split)


class EarlyStopping:
    """Watches the validation loss, keeps the best weights and says when to stop.

    Parameters
    ----------
    predict : callable
        Gives the logits of the validation clips, of shape (n, n_classes).
    labels : ndarray of shape (n,), int
    n_classes : int
    patience : int
        Epochs without a better loss before stopping.

    Attributes
    ----------
    best_state : bytes
        The weights of the best epoch so far.
    """

    def __init__(self, predict, labels, n_classes, patience):
        self._predict = predict
        self._labels = labels
        self._classes = np.arange(n_classes)
        self._patience = patience
        self._best_loss = np.inf
        self._waited = 0
        self.best_state = None

    def __call__(self, net, epoch):
        """Judge the net after an epoch.

        Parameters
        ----------
        net : torch.nn.Module
            Left in evaluation mode.
        epoch : dict
            Gets the key ``validation_loss``.

        Returns
        -------
        bool
            True to stop.
        """
        net.eval()
        loss = log_loss(self._labels, softmax(self._predict()), labels=self._classes)
        epoch["validation_loss"] = float(loss)
        if loss < self._best_loss:
            self._best_loss, self._waited, self.best_state = loss, 0, pack_net(net)
        else:
            self._waited += 1
        return self._waited >= self._patience


def softmax(logits):
    """Turn logits of shape (n, n_classes) into probabilities."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)
