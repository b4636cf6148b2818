"""Which values the parameters of the deep estimators take, and how subclasses add their own.

The parameters themselves are listed once, in :class:`~.estimator.DeepEstimator`, and told of once,
in :class:`~stemstack.models.EffNetClassifier`.
"""

import functools
import inspect
import math
import os
from numbers import Integral, Real
from pathlib import Path

import numpy as np

from ...exceptions import UsageError

_ANY = float("inf")
_UNSET = (("frozen", "auto"), ("patience", None), ("n_threads", None))
_WHOLE = {
    "sr": 1000,
    "n_fft": 16,
    "hop_length": 1,
    "n_mels": 1,
    "epochs": 1,
    "batch_size": 2,
    "accumulate_grad_batches": 1,
    "warmup_epochs": 0,
    "patience": 1,
    "tta_crops": 1,
    "tta_shift": 0,
    "n_threads": 1,
}
_RANGES = {
    "crop_seconds": (0, _ANY),
    "learning_rate": (0, _ANY),
    "layer_decay": (0, 1),
    "weight_decay": (0, _ANY),
    "frozen": (0, 1),
    "ema": (0, 0.9999),
    "mixup": (0, _ANY),
    "spec_augment": (0, 1),
    "label_smoothing": (0, 1),
    "tta_contrast": (0, 1),
}
_CHOICES = {
    "pool": ("avg", "gem"),
    "schedule": ("one_cycle", "cosine"),
    "precision": ("auto", "float32", "bf16"),
    "band_norm": (True, False),
    "remix": (True, False),
    "compile": (True, False),
}
_FOLDERS = ("cache", "checkpoint")
_TEXTS = {"backbone": "auto", "weights": "imagenet"}


def check_parameters(params):
    """Refuse values that are out of range.

    Parameters
    ----------
    params : dict
        By name; names that are not listed here are let through.

    Raises
    ------
    UsageError
        The parameter is named, with what it takes.
    """
    for name, value in params.items():
        expected = None if (name, value) in _UNSET else _expect(name, value)
        if expected:
            raise UsageError(f"The {name!r} parameter must be {expected}. Got {value!r} instead.")


def add_parameters_of(base):
    """Make a decorator for an ``__init__`` that hands ``**others`` on to its base class.

    scikit-learn reads an estimator's parameters from the signature of its ``__init__``: this gives
    it the base's parameters too, so that they need not be listed again.

    Parameters
    ----------
    base : type
        Whose parameters are keyword-only but for the first.
    """

    def decorate(init):
        own = inspect.signature(init).parameters
        named = [p for p in own.values() if p.kind is not p.VAR_KEYWORD]
        theirs = inspect.signature(base.__init__).parameters
        added = [p for name, p in theirs.items() if name not in own]

        @functools.wraps(init)
        def wrapped(self, *args, **kwargs):
            init(self, *args, **kwargs)

        wrapped.__signature__ = inspect.Signature([*named, *added])
        return wrapped

    return decorate


def _expect(name, value):
    """Say what a parameter must be, if its value is something else."""
    number = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    if name in _WHOLE and not (isinstance(value, Integral) and number and value >= _WHOLE[name]):
        return f"a whole number, {_WHOLE[name]} or more"
    if name in _RANGES:
        lowest, highest = _RANGES[name]
        if not number or not lowest <= value <= highest:
            return f"a number from {lowest} to {highest}"
    if name in _CHOICES and value not in _CHOICES[name]:
        return " or ".join(map(repr, _CHOICES[name]))
    if name in _TEXTS and not isinstance(value, str | os.PathLike):
        return f"text, such as {_TEXTS[name]!r}"
    if name in _FOLDERS and value is not None and Path(value).is_file():
        return "a folder"
    check = _CHECKS.get(name)
    return None if check is None or check[0](value) else check[1]


def _weighs_classes(value):
    if isinstance(value, dict):
        return all(isinstance(weight, Real) and weight >= 0 for weight in value.values())
    return value is None or value == "balanced"


def _draws(value):
    if isinstance(value, Integral):
        return value >= 0
    return value is None or isinstance(value, np.random.Generator | np.random.RandomState)


_CHECKS = {
    "class_weight": (_weighs_classes, "None, 'balanced', or a dict of weights from 0 on"),
    "random_state": (_draws, "a whole number from 0 on, a Generator or None"),
}
