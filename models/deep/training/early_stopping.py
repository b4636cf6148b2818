"""Early stopping on a validation split of the training clips, by whole groups."""

import warnings

import numpy as np
from sklearn.model_selection import StratifiedShuffleSplit

from ....exceptions import DataError
from ....stacking.folds import splits_of, stratified_group_folds
from ....stacking.multilabel import iterative_folds

# Share of the clips, or of the groups where there are groups, in the validation split.
VALIDATION_SHARE = 0.15


def split_validation(labels, groups, seed):
    """Split training clips into clips to train on and clips to validate on.

    Every class stays among the clips to train on. With few groups the share is larger: one group.

    Parameters
    ----------
    labels : ndarray of shape (n_clips,), or of shape (n_clips, n_labels)
        Classes, or indicator rows: then both 0 and 1 of every label stay.
    groups : array-like of shape (n_clips,) or None
        Clips of one group are all on one side.
    seed : int

    Returns
    -------
    train, validation : ndarray of int
        Positions.

    Raises
    ------
    DataError
        A class has too few clips, or all clips are of one group.
    """
    columns = labels.reshape(len(labels), -1).T
    classes = [set(column) for column in columns]
    try:
        if min(map(len, classes)) < 2:
            raise ValueError("there is one class")
        if groups is not None and len(set(groups)) < 2:
            raise ValueError("all of them share songs or noise clips")
        with warnings.catch_warnings():
            # A class with fewer groups than splits is missing from some: checked here.
            warnings.filterwarnings("ignore", "The least populated class", UserWarning)
            for train, validation in _make_splits(labels, groups, seed):
                trained = [set(column[train]) for column in columns]
                if len(validation) and len(train) > 1 and trained == classes:
                    return train, validation
        raise ValueError("a class would be missing from the clips to train on")
    except ValueError as error:
        raise DataError(
            f"The training clips cannot be split for early stopping ({error}); give more clips, of "
            "at least two classes and groups, or leave patience out"
        ) from error


def _make_splits(labels, groups, seed):
    if groups is None and labels.ndim == 2:
        groups = np.arange(len(labels))
    if groups is None:
        splitter = StratifiedShuffleSplit(1, test_size=VALIDATION_SHARE, random_state=seed)
        return splitter.split(labels, labels)
    n_splits = min(round(1 / VALIDATION_SHARE), len(set(groups)))
    assign = iterative_folds if labels.ndim == 2 else stratified_group_folds
    return splits_of(assign(labels, groups, n_splits, seed))


class EarlyStopping:
    """Early stopping on the validation loss, with the weights of the best epoch.

    Parameters
    ----------
    predict : callable
        Takes a network and returns the logits of the validation clips, of shape
        (n_clips, n_outputs).
    labels : ndarray of shape (n_clips,), or of shape (n_clips, n_labels), int
        Positions of classes, or indicator rows.
    targets : ClassTargets or LabelTargets
        What the labels are.
    patience : int
        Epochs without a better loss before training stops.
    """

    def __init__(self, predict, labels, targets, patience):
        self._predict = predict
        self._labels = labels
        self._targets = targets
        self._patience = patience
        self._best_loss = np.inf
        self._n_worse = 0
        self._best_weights = None

    def update(self, net, entry):
        """Validate a network at the end of an epoch.

        Parameters
        ----------
        net : torch.nn.Module
            Set to evaluation mode.
        entry : dict
            The epoch's entry in the history; gets the keys ``validation_loss`` and
            ``validation_f1`` (macro).

        Returns
        -------
        bool
            Whether training should stop.
        """
        logits = self._predict(net.eval())
        loss = self._targets.validation_loss(self._labels, logits)
        macro_f1 = self._targets.macro_f1(self._labels, self._targets.decide(logits))
        entry.update(validation_loss=loss, validation_f1=macro_f1)
        if loss < self._best_loss:
            self._best_loss, self._n_worse = loss, 0
            self._best_weights = {k: v.cpu().clone() for k, v in net.state_dict().items()}
        else:
            self._n_worse += 1
        return self._n_worse >= self._patience

    def load_best(self, net):
        """Load the weights of the best epoch into a network."""
        net.load_state_dict(self._best_weights)

    def state_dict(self):
        """Return everything the next update depends on, as tensors and plain data."""
        return {"loss": self._best_loss, "n_worse": self._n_worse, "weights": self._best_weights}

    def load_state_dict(self, state):
        """Restore a state of :meth:`state_dict`."""
        self._best_loss, self._n_worse = state["loss"], state["n_worse"]
        self._best_weights = state["weights"]
