"""Models by name, for ``--models lr,lgbm,effnet:b0``."""

import difflib
import inspect
import warnings
from functools import partial

import numpy as np
from lightgbm.basic import LightGBMError
from sklearn.base import clone

from ..exceptions import UsageError, first_line
from .baseline import make_baseline
from .deep.backbones.ast import AST, AST_PARAMETERS, read_norm_stats
from .deep.effnet import EffNetClassifier
from .deep.persistence import PARAMETER_ALIASES
from .linear import make_lr
from .model_name import ModelName
from .seed_ensemble import average_seeds, find_networks
from .trees import make_lgbm

MODELS = {
    "heuristic": make_baseline,
    "lr": make_lr,
    "lgbm": make_lgbm,
    "effnet": EffNetClassifier,
    "cnn": partial(EffNetClassifier, "cnn"),
    "ast": partial(EffNetClassifier, AST, **AST_PARAMETERS),
}


def check_model_names(names):
    """Refuse names that are not models, saying what was probably meant.

    Raises
    ------
    UsageError
        A name is unknown, or has parameters that the model does not take; two would give files and
        columns one name; or there is none.
    """
    if not names:
        raise UsageError(f"No model was named; choose some of {', '.join(MODELS)}")
    for name in names:
        make_model(name)
    columns = model_columns(names)
    for column in columns:
        if columns.count(column) > 1:
            raise UsageError(f"A model is named twice in {', '.join(names)}: {column}")


def model_columns(names):
    """Give the names that models have as files and columns, in order.

    Parameters
    ----------
    names : sequence of str
        As in ``--models``.

    Returns
    -------
    list of str
        See :attr:`~stemstack.models.model_name.ModelName.column`.
    """
    return [ModelName.parse(name).column for name in names]


def make_model(name, **options):
    """Make a model by name.

    Parameters
    ----------
    name : str
        One of ``MODELS``, alone or with parameters: ``effnet:b0``, ``lgbm(num_leaves=15)``. They
        are those of the class or function that makes the model, else those of a pipeline's last
        step; ``seeds=N`` averages over N seeds.
    **options
        Parameters for models in general, such as ``sr``, ``random_state``, ``epochs``; each
        model takes those it knows, and what its name says comes first.

    Returns
    -------
    estimator
        An unfitted classifier over clips.

    Raises
    ------
    UsageError
        The name is unknown, or a parameter is, or its value is refused.
    """
    named = ModelName.parse(name)
    _check_base(named)
    make, own = MODELS[named.base], dict(named.params)
    n_seeds = own.pop("seeds", 1)
    known = _parameters_of(make)
    for alias in PARAMETER_ALIASES.keys() & own.keys():
        if (key := PARAMETER_ALIASES[alias]) in known:
            if key in own:
                raise UsageError(f"{name}: the parameter {key!r} is given twice")
            own[key] = own.pop(alias)
    direct = {key: own.pop(key) for key in own.keys() & known}
    model = make(**{key: options[key] for key in options.keys() & known} | direct)
    _set_last(named, model, own, known)
    if named.params:
        _check_parameter_values(named, model)
    return average_seeds(model, n_seeds)


def _check_base(named):
    if named.base not in MODELS:
        near = difflib.get_close_matches(named.base, MODELS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        raise UsageError(f"Unknown model {named.base!r}{hint} The models are {', '.join(MODELS)}.")


def _parameters_of(make):
    """Name the parameters of a class or function; those that a partial fixes by place are none."""
    filled = len(getattr(make, "args", ()))
    return list(inspect.signature(getattr(make, "func", make)).parameters)[filled:]


def _set_last(named, model, params, known):
    """Set parameters of a pipeline's last step."""
    last = model.steps[-1][1] if hasattr(model, "steps") else None
    takes = list(last.get_params(deep=False)) if last is not None else []
    for name in params:
        if name not in takes:
            everything = sorted({*known, *takes, "seeds"})
            near = difflib.get_close_matches(name, everything, n=3) or everything
            raise UsageError(
                f"{named.text}: {named.base} has no parameter {name!r}; near it are "
                f"{', '.join(near)}"
            )
    if params:
        last.set_params(**params)


def _check_parameter_values(named, model):
    """Have a model refuse the values of its parameters now, before anything is computed for it."""
    nets = find_networks(model)
    if nets:
        nets[0].check_parameters()
        return
    # Ten rows of two classes that a line tells apart.
    X, y = np.arange(20.0).reshape(10, 2), np.arange(10) // 5
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            clone(model.steps[-1][1]).fit(X, y)
    except (TypeError, ValueError, LightGBMError) as error:
        raise UsageError(f"{named.text}: {first_line(error)}") from error


def resolve_auto(model):
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
        A backbone, weights or device cannot be had, weights are of another backbone, or an AST
        wants other pictures.
    MissingExtraError
        The ``deep`` extra is not installed.
    """
    from .deep.backbones.networks import build_net
    from .deep.backbones.pretrained import resolve_pretrained

    settled = {}
    for net in find_networks(model):
        net.check_parameters()
        start = resolve_pretrained(net.backbone, net.weights)
        net.set_params(backbone=start.backbone)
        if not settled:
            # Whether its weights fit is known once it is built.
            built = build_net(start, 0)
        if start.backbone == AST:
            settings = net.mel_settings()
            read_norm_stats(start, settings, net.crop_seconds)
            built.backbone.check_size(settings.n_mels, settings.n_frames(net.crop_seconds))
        settled = {"backbone": start.backbone, "weights": start.label, "device": device_of(net)}
    return settled


def device_of(model):
    """Say where a model computes: ``cpu``, or the kind of accelerator a net was given or found.

    Raises
    ------
    UsageError
        The device cannot be had.
    """
    from .deep.device import resolve_device

    nets = find_networks(model)
    return resolve_device(nets[0].device).type if nets else "cpu"


def set_resources(model, *, cache=None, n_jobs=None):
    """Tell a model where to keep what it computes, and with how many processes.

    Neither changes a prediction. A model is saved without them: they belong to a machine.

    Parameters
    ----------
    model : estimator
        One that :func:`make_model` made; changed in place.
    cache : Path, optional
        Folder; handcrafted features, log-mels and checkpoints have a folder of their own in it.
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
        "checkpoint": cache and cache / "checkpoints",
        "n_jobs": n_jobs,
        # The bits of a net depend on its threads; with one, unless told, they depend on nothing.
        "n_threads": 1,
    }
    for part in find_networks(model) or [model]:
        params = part.get_params()
        known = means.keys() & params.keys()
        if params.get("n_threads"):
            known -= {"n_threads"}
        if not isinstance(params.get("random_state"), int):
            # Begun again it would be another training.
            known -= {"checkpoint"}
        part.set_params(**{name: means[name] for name in known})
    return model
