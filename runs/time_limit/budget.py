"""Which models a time limit leaves room for, and with how many epochs: plain arithmetic.

Nets give epochs first, the one that has the largest share of its own left giving next, and none
below :data:`LEAST_EPOCHS`. Where that is not enough the dearest model is left out, and the others
take their epochs back as far as they fit.
"""

import re
from dataclasses import dataclass

from ...exceptions import UsageError
from ...utils.formatting import format_duration

LEAST_EPOCHS = 3
# Share of a time limit that no plan fills.
RESERVE = 0.1
_EPOCHS = re.compile(r"\bepochs\s*=\s*\d+")


@dataclass(frozen=True)
class ModelCost:
    """What one model is expected to take.

    Attributes
    ----------
    name : str
        As in ``--models``.
    once : float
        Seconds for its pictures, or for features that no other model has computed.
    features : frozenset of str or None
        What it shares with models of the same: each is paid for once.
    features_seconds : float
    n_features : int
        Clips whose features are still to be computed.
    fold, epoch : float
        Seconds of a fold whatever the epochs, and of each epoch of it.
    epochs : int
        Asked for; 0 for a model without.
    waves : int
        Folds one after another, those beside them not counted.
    """

    name: str
    fold: float
    waves: int
    once: float = 0.0
    features: frozenset | None = None
    features_seconds: float = 0.0
    n_features: int = 0
    epoch: float = 0.0
    epochs: int = 0

    @property
    def least_epochs(self):
        """Epochs that are left to it however short the time."""
        return min(LEAST_EPOCHS, self.epochs)

    def wave(self, epochs):
        """Say how long a fold of so many epochs takes, in s."""
        return self.fold + epochs * self.epoch

    def fits(self, epochs):
        """Say how long all its fits take, in s."""
        return self.waves * self.wave(epochs) + (self.once if self.waves else 0.0)


@dataclass(frozen=True)
class Choice:
    """The models that are fitted.

    Attributes
    ----------
    names : tuple of str
        As in ``--models``, with the epochs that were lowered.
    kept : tuple of ModelCost
        The same models, as they were asked for.
    epochs : dict of str to int
        By the name that was asked for.
    decisions : tuple of str
        What was changed, a line each.
    """

    names: tuple
    kept: tuple
    epochs: dict
    decisions: tuple

    @property
    def seconds(self):
        """What the models are expected to take together."""
        return total_seconds(self.kept, self.epochs)


def total_seconds(models, epochs):
    """Add up what models take together.

    Parameters
    ----------
    models : sequence of ModelCost
    epochs : dict of str to int

    Returns
    -------
    float
    """
    return sum(features_seconds(models).values()) + sum(m.fits(epochs[m.name]) for m in models)


def features_seconds(models):
    """Say which model pays how much for features: nothing where one that wants more has them.

    Parameters
    ----------
    models : sequence of ModelCost

    Returns
    -------
    dict of str to float
    """
    had, paid = [], {}
    # As they are computed: the widest first.
    for model in sorted(models, key=lambda model: -len(model.features or ())):
        shared = model.features is None or any(model.features <= other for other in had)
        paid[model.name] = 0.0 if shared else model.features_seconds
        had += [] if model.features is None else [model.features]
    return paid


def choose(models, room):
    """Choose models and epochs that fit into the time there is.

    Parameters
    ----------
    models : sequence of ModelCost
    room : float
        In s; infinite for no limit.

    Returns
    -------
    Choice

    Raises
    ------
    UsageError
        Not even one model fits; the least time is named.
    """
    kept = _keep(models, room)
    decisions = [
        f"{m.name} is left out: by itself it would take {format_duration(_alone(m))} or more"
        for m in models
        if m not in kept
    ]
    epochs = _lower(kept, room)
    decisions += [
        f"{m.name} gets {epochs[m.name]} epochs instead of {m.epochs}"
        for m in kept
        if epochs[m.name] < m.epochs
    ]
    names = [
        with_epochs(m.name, epochs[m.name]) if epochs[m.name] < m.epochs else m.name for m in kept
    ]
    return Choice(tuple(names), tuple(kept), epochs, tuple(decisions))


def with_epochs(name, epochs):
    """Give the name of a model that has so many epochs, whatever it had.

    Examples
    --------
    >>> with_epochs("effnet", 3), with_epochs("cnn(epochs=20, remix=true)", 5)
    ('effnet(epochs=3)', 'cnn(epochs=5, remix=true)')
    """
    told = f"epochs={epochs}"
    if _EPOCHS.search(name):
        return _EPOCHS.sub(told, name)
    if not name.endswith(")"):
        return f"{name}({told})"
    return f"{name[:-1]}{'' if name.endswith('()') else ', '}{told})"


def _least(models):
    return {model.name: model.least_epochs for model in models}


def _fits(models, room):
    return total_seconds(models, _least(models)) <= room


def _alone(model):
    return total_seconds([model], _least([model]))


def _keep(models, room):
    """Leave models out, the dearest first, until the others fit with their least epochs."""
    kept = list(models)
    while len(kept) > 1 and not _fits(kept, room):
        kept.remove(max(kept, key=lambda model: _saving(kept, model)))
    if _fits(kept, room):
        return kept
    # The last one may have lost the others it shared features with: another is cheaper alone.
    cheapest = min(models, key=_alone)
    if not _fits([cheapest], room):
        raise UsageError(_say_too_short(cheapest, room))
    return [cheapest]


def _saving(models, model):
    """Say how much shorter it gets without a model, all nets at their least."""
    others, least = [other for other in models if other is not model], _least(models)
    return total_seconds(models, least) - total_seconds(others, least)


def _lower(models, room):
    """Take epochs from nets, one at a time, until all fits."""
    epochs = {model.name: model.epochs for model in models}
    while total_seconds(models, epochs) > room:
        giving = [m for m in models if epochs[m.name] > m.least_epochs]
        net = max(giving, key=lambda m: epochs[m.name] / m.epochs)
        epochs[net.name] -= 1
    return epochs


def _say_too_short(model, room):
    return (
        f"The time limit is too short: {model.name}, the cheapest model, would take "
        f"{format_duration(_alone(model))}, and {format_duration(max(0.0, room))} are left for it "
        f"({RESERVE:.0%} of the limit is kept in reserve). Raise --time-limit, lower --folds or "
        "--mashups-per-genre, or name a cheaper model"
    )
