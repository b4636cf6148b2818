"""Models made by name, and the resources that they are given."""

import difflib
import inspect
import warnings

import numpy as np
from lightgbm.basic import LightGBMError
from sklearn.base import clone

from ..exceptions import UsageError, first_line
from ..features.transformer import ClipTransformer
from ..utils.constraints import shorten
from ..utils.user_code import load_function, make_classifier
from .deep.audio_embedding import AudioEmbedding
from .deep.persistence import PARAMETER_ALIASES
from .inspection import find_extractors, find_networks, find_parts
from .model_name import ModelName
from .persistence import check_savable
from .registry import MODELS
from .seed_ensemble import average_seeds

# A model of this name would have the columns of the stack.
_RESERVED = "stack"


def check_model_names(names):
    """Raise an error unless every name can be made into a model.

    Parameters
    ----------
    names : sequence of str
        As in ``--models``.

    Raises
    ------
    UsageError
        A name is unknown, or has parameters that the model does not take; two models would have the
        same files and columns; or there is no name.

    See Also
    --------
    make_model : Makes one of them.

    Examples
    --------
    >>> from stemstack.models import check_model_names
    >>> check_model_names(["lr", "lr(C=0.1)"])
    """
    if not names:
        raise UsageError(f"No model was named; choose some of {', '.join(MODELS)}")
    for name in names:
        make_model(name)
    columns = model_columns(names)
    for column in columns:
        if columns.count(column) > 1:
            raise UsageError(f"A model is named twice in {', '.join(names)}: {column}")
        if column == _RESERVED:
            raise UsageError(f"A model cannot be called {_RESERVED!r}: rename its function")


def model_columns(names):
    """Return the names that models have as files and columns.

    Parameters
    ----------
    names : sequence of str
        As in ``--models``.

    Returns
    -------
    list of str
        In the same order; see :attr:`~stemstack.models.model_name.ModelName.column`.

    See Also
    --------
    check_model_names : Checks that they are unique.

    Examples
    --------
    >>> from stemstack.models import model_columns
    >>> model_columns(["lr(C=0.1)", "my_models.py:make_svm"])
    ['lr-C-0.1', 'make_svm']
    """
    return [ModelName.parse(name).column for name in names]


def make_model(name, **options):
    """Make a model by name.

    Parameters
    ----------
    name : str
        A key of ``MODELS``, alone or with parameters: ``effnet:b0``, ``lgbm(num_leaves=15)``. They
        are those of the class or function that makes the model, else those of a pipeline's last
        step; ``seeds=N`` averages over N seeds. Or one's own function, whose code is imported:
        ``my_models.py:make_svm`` or ``package.module:make_svm``.
    **options
        Parameters for models in general, such as ``sr``, ``random_state``, ``epochs``; each model
        gets those that it has, and parameters in its name take precedence.

    Returns
    -------
    classifier
        Unfitted, over clips.

    Raises
    ------
    UsageError
        The name or a parameter is unknown, a value is invalid, or one's own code does not return a
        classifier.

    See Also
    --------
    check_model_names : Checks several names.

    Examples
    --------
    >>> from stemstack.models import make_model
    >>> make_model("lgbm(num_leaves=15)", random_state=1).steps[-1][1].random_state
    1
    """
    parsed = ModelName.parse(name)
    params = dict(parsed.params)
    factory = _find_factory(parsed, params)
    n_seeds = params.pop("seeds", 1)
    accepted = _parameter_names(factory)
    params = _rename_aliases(parsed, params, accepted)
    direct = {key: params.pop(key) for key in params.keys() & accepted}
    direct = {key: options[key] for key in options.keys() & accepted} | direct
    if parsed.source:
        reference = f"{parsed.source}:{parsed.base}"
        model = make_classifier(reference, factory, **direct)
        check_savable(model, reference)
    else:
        model = factory(**direct)
    _set_remaining(parsed, model, params, accepted)
    if parsed.params or find_parts(model, AudioEmbedding):
        _check_parameter_values(parsed, model)
    return average_seeds(model, n_seeds)


def _find_factory(parsed, params):
    if parsed.source:
        return load_function(parsed.source, parsed.base)
    # effnet:musicnn is musicnn, with the spectrograms that it needs.
    name = params.pop("backbone") if params.get("backbone") in list(MODELS) else parsed.base
    if name in MODELS:
        return MODELS[name].load()
    near = difflib.get_close_matches(parsed.base, MODELS, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    raise UsageError(
        f"Unknown model {shorten(parsed.base)}{hint} The models are {', '.join(MODELS)}, and "
        "functions of your own such as my_models.py:make_svm."
    )


def _parameter_names(factory):
    """List the parameters of a class or function, without those that a partial binds by place."""
    bound = len(getattr(factory, "args", ()))
    return list(inspect.signature(getattr(factory, "func", factory)).parameters)[bound:]


def _rename_aliases(parsed, params, accepted):
    """Replace names that parameters had in older versions."""
    renamed = {}
    for name, value in params.items():
        alias = PARAMETER_ALIASES.get(name)
        key = alias if alias in accepted else name
        if key in renamed:
            raise UsageError(f"{parsed.text}: the parameter {key!r} is given twice")
        renamed[key] = value
    return renamed


def _set_remaining(parsed, model, params, accepted):
    """Set parameters that the factory does not take, on a pipeline's last step."""
    target = model.steps[-1][1] if hasattr(model, "steps") else None
    if parsed.source and target is None:
        target = model
    settable = list(target.get_params(deep=False)) if target is not None else []
    for name in params:
        if name not in settable:
            everything = sorted({*accepted, *settable, "seeds"})
            near = difflib.get_close_matches(name, everything, n=3) or everything
            raise UsageError(
                f"{parsed.text}: {parsed.base} has no parameter {name!r}; near it are "
                f"{', '.join(near)}"
            )
    if params:
        target.set_params(**params)


def _check_parameter_values(parsed, model):
    """Validate a model's parameters before any computation."""
    find_extractors(model)
    networks = find_networks(model)
    for net in networks:
        net.check_parameters()
    if networks or parsed.source:
        return
    # Ten rows of two classes that a line separates.
    X, y = np.arange(20.0).reshape(10, 2), np.arange(10) // 5
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for _, step in model.steps:
                if hasattr(step, "_parameter_constraints"):
                    step._validate_params()
            clone(model.steps[-1][1]).fit(X, y)
    except (TypeError, ValueError, LightGBMError) as error:
        raise UsageError(f"{parsed.text}: {first_line(error)}") from error


def set_resources(model, *, cache=None, n_jobs=None):
    """Set the cache folder and the number of processes of a model's features and networks.

    Neither changes a prediction. A model is saved without them: they belong to a machine.

    Parameters
    ----------
    model : estimator
        Changed in place.
    cache : Path, optional
        Folder; handcrafted features, log-mels and checkpoints have a folder of their own in it.
    n_jobs : int, optional
        Number of processes.

    Returns
    -------
    estimator
        The same.

    See Also
    --------
    make_model : Makes a model by name.

    Examples
    --------
    >>> from pathlib import Path
    >>> from stemstack.models import make_model, set_resources
    >>> set_resources(make_model("lr"), cache=Path("cache"), n_jobs=2).steps[0][1].n_jobs
    2
    """
    for features in find_parts(model, ClipTransformer):
        features.set_params(cache=cache and cache / "features", n_jobs=n_jobs)
    for net in find_networks(model):
        net.set_params(cache=cache and cache / "log-mels", n_threads=net.n_threads or 1)
        # Without a fixed seed, training that starts again is another training.
        if isinstance(net.random_state, int):
            net.set_params(checkpoint=cache and cache / "checkpoints")
    return model
