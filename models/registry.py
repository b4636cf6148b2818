"""Models by name, for ``--models lr,lgbm,effnet``."""

import difflib
import inspect

from ..errors import UsageError
from .effnet import EffNetClassifier
from .heuristic import make_heuristic
from .linear import make_lr
from .trees import make_lgbm

MODELS = {
    "heuristic": make_heuristic,
    "lr": make_lr,
    "lgbm": make_lgbm,
    "effnet": EffNetClassifier,
}


def check_model_names(names):
    """Refuse names that are not models, saying what was probably meant.

    Raises
    ------
    UsageError
        A name is unknown or stands twice, or there is none.
    """
    if not names:
        raise UsageError(f"No model was named; choose some of {', '.join(MODELS)}")
    for name in names:
        if name not in MODELS:
            near = difflib.get_close_matches(name, MODELS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise UsageError(f"Unknown model {name!r}{hint} The models are {', '.join(MODELS)}.")
    if len(set(names)) < len(names):
        raise UsageError(f"A model is named twice in {', '.join(names)}")


def make_model(name, **options):
    """Make a model by name.

    Parameters
    ----------
    name : {"heuristic", "lr", "lgbm", "effnet"}
    **options
        Parameters for models in general, such as ``sr``, ``random_state``, ``epochs``; each
        model takes those it knows.

    Returns
    -------
    estimator
        An unfitted classifier over clips.

    Raises
    ------
    UsageError
        The name is unknown.
    """
    check_model_names([name])
    known = inspect.signature(MODELS[name]).parameters
    return MODELS[name](**{key: value for key, value in options.items() if key in known})


def settle(model):
    """Replace what is ``auto`` in a model by what it comes to here, and say so.

    Done before anything is computed: weights that cannot be had stop a run at its start, and what
    ``auto`` stood for is part of the model's name in the ledger.

    Parameters
    ----------
    model : estimator
        Changed in place.

    Returns
    -------
    dict of str to str
        ``backbone``, ``weights`` and ``device`` of a net; empty for other models.

    Raises
    ------
    UsageError
        A backbone, weights or device cannot be had.
    MissingExtraError
        The ``deep`` extra is not installed.
    """
    if not isinstance(model, EffNetClassifier):
        return {}
    from .deep.weights import resolve_start

    device = device_of(model)
    start = resolve_start(model.backbone, model.weights)
    model.set_params(backbone=start.backbone)
    return {"backbone": start.backbone, "weights": start.label, "device": device}


def device_of(model):
    """Say where a model computes: ``cpu``, or the kind of accelerator a net was given or found.

    Raises
    ------
    UsageError
        The device cannot be had.
    """
    if not isinstance(model, EffNetClassifier):
        return "cpu"
    from .deep.device import resolve_device

    return resolve_device(model.device).type


def set_means(model, *, cache=None, n_jobs=None):
    """Tell a model where to keep what it computes, and with how many processes.

    Neither changes a prediction. A model is saved without them: they belong to a machine.

    Parameters
    ----------
    model : estimator
        One that :func:`make_model` made; changed in place.
    cache : Path, optional
        Folder; handcrafted features and log-mels have a folder of their own in it.
    n_jobs : int, optional
        Processes.

    Returns
    -------
    estimator
        The same.
    """
    means = {
        "spectral__cache": cache and cache / "features",
        "spectral__n_jobs": n_jobs,
        "cache": cache and cache / "log-mels",
        "n_jobs": n_jobs,
        # The bits of a net depend on its threads; with one they depend on nothing.
        "n_threads": 1,
    }
    known = means.keys() & model.get_params().keys()
    return model.set_params(**{name: means[name] for name in known})
