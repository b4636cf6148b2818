"""Choice of models and epochs that fit into a time limit.

Self-training is left out first. Then epochs are reduced, always of the network with the largest
remaining fraction of its epochs and never below :data:`MIN_EPOCHS`. If that is not enough, the most
expensive model is dropped, and the remaining networks get their epochs back as far as they fit.
"""

import re
from dataclasses import dataclass, replace

from ...exceptions import UsageError
from ...utils.formatting import format_duration

MIN_EPOCHS = 3
# Fraction of a time limit that is not planned for.
RESERVE = 0.1
_EPOCHS = re.compile(r"\bepochs\s*=\s*\d+")


@dataclass(frozen=True)
class ModelCost:
    """Estimated time of one model, in s.

    Attributes
    ----------
    name : str
        As in ``--models``.
    fold : float
        Per fold, independent of the epochs.
    waves : int
        Number of folds fitted one after another.
    once : float, default=0.0
        For log-mels, which all folds share.
    self_training : float, default=0.0
        For the rounds of pseudo-labels before the folds.
    features : frozenset of str or None
        Features to compute; models with the same or fewer features share them.
    source : tuple, optional
        Models of the same source compute their features in one pass over the clips.
    load_seconds : float, default=0.0
        To read, or render, the clips whose features are not cached.
    features_seconds : float, default=0.0
        To compute their features.
    n_features : int, default=0
        Number of them.
    epoch : float, default=0.0
        Per fold and epoch.
    epochs : int, default=0
        0 for a model that is not a network.
    """

    name: str
    fold: float
    waves: int
    once: float = 0.0
    self_training: float = 0.0
    features: frozenset | None = None
    source: tuple | None = None
    load_seconds: float = 0.0
    features_seconds: float = 0.0
    n_features: int = 0
    epoch: float = 0.0
    epochs: int = 0

    @property
    def fold_seconds(self):
        """Time of one fold, in s."""
        return self.fold + self.epochs * self.epoch

    @property
    def fit_seconds(self):
        """Time of all fits, in s."""
        once = self.once if self.waves else 0.0
        return self.waves * self.fold_seconds + once + self.self_training

    def with_min_epochs(self):
        """Return the cost with the least number of epochs."""
        return replace(self, epochs=min(MIN_EPOCHS, self.epochs))


def total_seconds(costs):
    """Return the time of several models together, in s."""
    return sum(feature_seconds(costs).values()) + sum(cost.fit_seconds for cost in costs)


def feature_seconds(costs):
    """Return the time of each model's features in s: 0 where a wider model computes them."""
    computed, loaded, seconds = [], {}, {}
    for cost in sorted(costs, key=lambda cost: -len(cost.features or ())):
        seconds[cost.name] = 0.0
        if cost.features is None or any(cost.features <= other for other in computed):
            continue
        computed.append(cost.features)
        # Clips are loaded once for all, so only those that were not loaded before.
        before = loaded.get(cost.source, 0.0)
        loaded[cost.source] = max(before, cost.load_seconds)
        seconds[cost.name] = cost.features_seconds + loaded[cost.source] - before
    return seconds


def choose(costs, available):
    """Choose models and epochs that fit into the available time.

    Parameters
    ----------
    costs : sequence of ModelCost
        With the requested epochs.
    available : float
        In s; infinite for no limit.

    Returns
    -------
    chosen : list of ModelCost
        With the epochs to train for.
    decisions : list of str
        One message for each change.

    Raises
    ------
    UsageError
        No model fits; the message has the time that the cheapest one needs.
    """
    costs, decisions = _drop_self_training(costs, available)
    chosen = _reduce_epochs(_select(costs, available), available)
    epochs = {cost.name: cost.epochs for cost in chosen}
    dropped = [
        f"{cost.name} is left out: by itself it would take "
        f"{format_duration(_minimum([cost]))} or more"
        for cost in costs
        if cost.name not in epochs
    ]
    reduced = [
        f"{cost.name} gets {epochs[cost.name]} epochs instead of {cost.epochs}"
        for cost in costs
        if epochs.get(cost.name, cost.epochs) < cost.epochs
    ]
    return chosen, decisions + dropped + reduced


def _drop_self_training(costs, available):
    """Return the costs without self-training where there is no time for it, and the decisions."""
    if total_seconds(costs) <= available:
        return costs, []
    decisions = [
        f"{cost.name} is fitted without self-training, which would take "
        f"{format_duration(cost.self_training)}"
        for cost in costs
        if cost.self_training
    ]
    return [replace(cost, self_training=0.0) for cost in costs], decisions


def with_epochs(name, epochs):
    """Return a model name with another number of epochs.

    Examples
    --------
    >>> with_epochs("effnet", 3), with_epochs("cnn(epochs=20, remix=true)", 5)
    ('effnet(epochs=3)', 'cnn(epochs=5, remix=true)')
    """
    text = f"epochs={epochs}"
    if _EPOCHS.search(name):
        return _EPOCHS.sub(text, name)
    if not name.endswith(")"):
        return f"{name}({text})"
    return f"{name[:-1]}{'' if name.endswith('()') else ', '}{text})"


def _minimum(costs):
    """Return the time of models with their minimum epochs."""
    return total_seconds([cost.with_min_epochs() for cost in costs])


def _select(costs, available):
    """Drop the most expensive models until the others fit with their minimum epochs."""
    selected = list(costs)
    while len(selected) > 1 and _minimum(selected) > available:
        # Without the most expensive one, the others take the least time.
        rests = [[cost for cost in selected if cost is not dropped] for dropped in selected]
        selected = min(rests, key=_minimum)
    if _minimum(selected) > available:
        # The last one no longer shares its features: another may be cheaper alone.
        selected = [min(costs, key=lambda cost: _minimum([cost]))]
    if _minimum(selected) > available:
        needed, left = _minimum(selected), max(0.0, available)
        raise UsageError(
            f"The time limit is too short: {selected[0].name}, the cheapest model, would take "
            f"{format_duration(needed)}, and {format_duration(left)} are left for it "
            f"({RESERVE:.0%} of the limit is kept in reserve). Raise --time-limit, lower --folds "
            "or --mashups-per-genre, or choose a cheaper model"
        )
    return selected


def _reduce_epochs(costs, available):
    """Take an epoch at a time from the network with the largest fraction of its epochs left."""
    chosen = list(costs)
    while total_seconds(chosen) > available:
        fractions = [
            cost.epochs / requested.epochs if cost != cost.with_min_epochs() else 0.0
            for cost, requested in zip(chosen, costs, strict=True)
        ]
        i = fractions.index(max(fractions))
        chosen[i] = replace(chosen[i], epochs=chosen[i].epochs - 1)
    return chosen
