"""Values of a loaded model: parameters of a machine are reset, others must be in bounds."""

from numbers import Real

from sklearn.utils._param_validation import InvalidParameterError, validate_parameter_constraints

from ..exceptions import UsageError, first_line
from ..features import PatchFeatures, SpectralFeatures
from .deep.audio_embedding import AudioEmbedding
from .deep.estimator import DeepEstimator
from .deep.persistence import check_net
from .fitted_arrays import check_fitted_arrays
from .inspection import find_parts

_MAX_SR = 400_000
# LightGBM's parameters that take a text; others with a text name files and hosts.
_LIGHTGBM_TEXTS = {
    *("boosting", "boosting_type", "importance_type", "metric", "monotone_constraints_method"),
    *("objective", "class_weight", "tree_learner"),
}
# Those that open connections or write files, and their aliases.
_LIGHTGBM_REFUSED = {
    *("num_machines", "num_machine", "local_listen_port", "local_port", "port", "save_binary"),
    *("is_save_binary", "is_save_binary_file", "snapshot_freq", "save_period"),
}


def reset_and_check(model):
    """Reset parameters that belong to a machine, and check the values of a loaded model.

    Parameters
    ----------
    model : estimator
        Changed in place.

    Raises
    ------
    ValueError
        A value is of another kind than those of stemstack's models, or out of bounds.
    """
    for part in find_parts(model, object):
        try:
            check_fitted_arrays(part)
        except (AttributeError, TypeError, IndexError) as error:
            raise ValueError(f"{type(part).__name__}: {first_line(error)}") from error
        if type(part).__name__ == "Booster":
            _check_lightgbm(part.params)
    for part in find_parts(model):
        _reset(part)
        if isinstance(part, DeepEstimator):
            check_net(part)
        elif isinstance(part, SpectralFeatures | PatchFeatures):
            _check_extraction(part)
        elif isinstance(part, AudioEmbedding):
            _check_embedding(part)
        elif type(part).__name__ == "LGBMClassifier":
            _check_lightgbm(part.get_params())
        else:
            _check_parameters(part)


def _reset(part):
    """Reset the parameters of a machine; files below a ``memory`` folder would be unpickled."""
    values = vars(part)
    for name in ("cache", "memory", "progress"):
        if values.get(name) is not None:
            setattr(part, name, None)
    if values.get("n_jobs") not in (None, 1):
        part.n_jobs = None
    # LightGBM is silent with -1.
    if values.get("verbose", 0) not in (0, -1):
        part.verbose = False if isinstance(part.verbose, bool) else 0


def _check_parameters(part):
    constraints = getattr(type(part), "_parameter_constraints", {})
    # A model of another version of scikit-learn may lack parameters.
    params = {name: value for name, value in vars(part).items() if name in constraints}
    try:
        validate_parameter_constraints(constraints, params, type(part).__name__)
    except InvalidParameterError as error:
        raise ValueError(first_line(error)) from error


def _check_extraction(part):
    sr = part.sr
    if not isinstance(sr, Real) or isinstance(sr, bool) or not 0 < sr <= _MAX_SR:
        raise ValueError(f"sr must be above 0 and at most {_MAX_SR}. Got {sr!r}")
    try:
        part.extractor_  # noqa: B018
    except UsageError as error:
        raise ValueError(first_line(error)) from error


def _check_embedding(part):
    """Check an embedding; a saved one opens no connection."""
    part.local_files_only, part.device = True, "auto"
    try:
        part.check_parameters()
    except UsageError as error:
        raise ValueError(first_line(error)) from error


def _check_lightgbm(params):
    for name, value in params.items():
        values = value if isinstance(value, list | tuple) else [value]
        is_number = all(isinstance(v, Real | None) for v in values)
        is_text = all(isinstance(v, str | None) for v in values) and name in _LIGHTGBM_TEXTS
        is_weights = name == "class_weight" and isinstance(value, dict)
        if name in _LIGHTGBM_REFUSED or not (is_number or is_text or is_weights):
            raise ValueError(f"a LightGBM model with {name}={value!r}")
