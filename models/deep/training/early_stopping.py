"""Early stopping on clips that training does not see, whole groups of them."""

import logging
import warnings

import numpy as np
from scipy.special import softmax
from sklearn.metrics import f1_score, log_loss
from sklearn.model_selection import StratifiedGroupKFold, StratifiedShuffleSplit

from ....exceptions import DataError

logger = logging.getLogger("stemstack")

# Of the clips, or of the groups where they come in groups.
SHARE = 0.15


def split_validation(labels, groups, seed):
    """Set a share of the training clips apart, by group when there are groups.

    Every class stays among those to learn from. Few groups make a larger share: one of them.

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
    DataError
        There are too few clips of a class, or too few groups.
    """
    classes = set(labels)
    try:
        if len(classes) < 2:
            raise ValueError("there is one class")
        splitter = _splitter(groups, seed)
        with warnings.catch_warnings():
            # A class of fewer groups than parts is missing from some: that is looked at here.
            warnings.filterwarnings("ignore", "The least populated class", UserWarning)
            for train, validation in splitter.split(labels, labels, groups):
                if len(validation) and len(train) > 1 and set(labels[train]) == classes:
                    return train, validation
        raise ValueError("a class would be missing from those to learn from")
    except ValueError as error:
        raise DataError(
            f"No clips can be set apart for early stopping ({error}); give more clips, of two "
            "classes and groups or more, or leave patience out"
        ) from error


def _splitter(groups, seed):
    if groups is None:
        return StratifiedShuffleSplit(1, test_size=SHARE, random_state=seed)
    n_parts = min(round(1 / SHARE), len(set(groups)))
    return StratifiedGroupKFold(n_parts, shuffle=True, random_state=seed)


def mashup_groups(clips):
    """Give the groups that clips know of themselves: mashups of one fold share songs.

    Parameters
    ----------
    clips : list of clips

    Returns
    -------
    list of int, or None
        None for clips that are no mashups, or are all of one fold: that is said, for then the clips
        set apart share songs with the others.
    """
    if not all(hasattr(clip, "recipe") for clip in clips):
        return None
    folds = [clip.recipe.fold for clip in clips]
    if len(set(folds)) > 1:
        return folds
    logger.info(
        "All mashups are of one fold: those set apart for early stopping share songs with the rest"
    )
    return None


class EarlyStopping:
    """Watches the validation loss, keeps the best weights and says when to stop.

    Parameters
    ----------
    predict : callable
        Given a net, gives the logits of the validation clips, of shape (n, n_classes).
    labels : ndarray of shape (n,), int
    n_classes : int
    patience : int
        Epochs without a better loss before stopping.
    """

    def __init__(self, predict, labels, n_classes, patience):
        self._predict = predict
        self._labels = labels
        self._classes = np.arange(n_classes)
        self._patience = patience
        self._best_loss = np.inf
        self._waited = 0
        self._best_weights = None

    def __call__(self, net, epoch):
        """Judge the net after an epoch.

        Parameters
        ----------
        net : torch.nn.Module
            Left in evaluation mode.
        epoch : dict
            Gets the keys ``validation_loss`` and ``validation_f1`` (macro).

        Returns
        -------
        bool
            True to stop.
        """
        logits = self._predict(net.eval())
        loss = float(log_loss(self._labels, softmax(logits, axis=1), labels=self._classes))
        macro_f1 = f1_score(self._labels, logits.argmax(axis=1), average="macro")
        epoch.update(validation_loss=loss, validation_f1=float(macro_f1))
        if loss < self._best_loss:
            self._best_loss, self._waited = loss, 0
            self._best_weights = {k: v.cpu().clone() for k, v in net.state_dict().items()}
        else:
            self._waited += 1
        return self._waited >= self._patience

    def take_best(self, net):
        """Give a net the weights of the best epoch so far."""
        net.load_state_dict(self._best_weights)

    def state(self):
        """Give what the next judgement depends on, as tensors and plain data."""
        return {"loss": self._best_loss, "waited": self._waited, "weights": self._best_weights}

    def restore(self, state):
        """Take up a state that :meth:`state` gave."""
        self._best_loss, self._waited = state["loss"], state["waited"]
        self._best_weights = state["weights"]
