"""Which values the parameters of the deep estimators take, and how subclasses add their own.

The parameters themselves are listed once, in :class:`~.estimator.DeepEstimator`, and told of once,
in :class:`~stemstack.models.EffNetClassifier`.
"""

import functools
import inspect
from numbers import Real

from ...errors import UsageError

_ANY = float("inf")
_UNSET = (("frozen", "auto"), ("patience", None), ("n_threads", None))
_RANGES = {
    "sr": (1000, _ANY),
    "n_fft": (16, _ANY),
    "hop_length": (1, _ANY),
    "n_mels": (1, _ANY),
    "crop_seconds": (0, _ANY),
    "epochs": (1, _ANY),
    "batch_size": (2, _ANY),
    "accumulate": (1, _ANY),
    "learning_rate": (0, _ANY),
    "layer_decay": (0, 1),
    "weight_decay": (0, _ANY),
    "frozen": (0, 1),
    "warmup_epochs": (0, _ANY),
    "ema": (0, 1),
    "mixup": (0, _ANY),
    "spec_augment": (0, 1),
    "label_smoothing": (0, 1),
    "patience": (1, _ANY),
    "tta": (1, _ANY),
    "tta_shift": (0, _ANY),
    "tta_contrast": (0, 1),
    "n_threads": (1, _ANY),
}
_CHOICES = {
    "pool": ("avg", "gem"),
    "schedule": ("one_cycle", "cosine"),
    "precision": ("auto", "float32", "bf16"),
    "band_norm": (True, False),
    "remix": (True, False),
    "compile": (True, False),
}


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
        if name in _RANGES and (name, value) not in _UNSET:
            _check_range(name, value, *_RANGES[name])
        elif name in _CHOICES and value not in _CHOICES[name]:
            listed = " or ".join(map(repr, _CHOICES[name]))
            raise UsageError(f"The {name!r} parameter must be {listed}. Got {value!r} instead.")


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


def _check_range(name, value, lowest, highest):
    if not isinstance(value, Real) or not lowest <= value <= highest:
        raise UsageError(
            f"The {name!r} parameter must be a number from {lowest} to {highest}. "
            f"Got {value!r} instead."
        )
