"""Networks as bytes and files: weights as safetensors, everything else as JSON, never code.

A folder contains ``weights.safetensors`` and ``params.json``. Loading builds the architecture by
name and fills it, so a folder from an untrusted source cannot run code.
"""

import json
from pathlib import Path

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ...exceptions import DataError, UsageError, first_line, import_optional
from ...utils.atomic_write import atomic_path, write_text

_WEIGHTS, _PARAMS = "weights.safetensors", "params.json"
_ARCHITECTURE = "architecture"
# Names of parameters in files and, as aliases, in ``--models``: files keep the names of version
# 0.1, so that every version can read them.
PARAMETER_ALIASES = {"accumulate": "accumulate_grad_batches", "tta": "tta_crops"}
_STORED_NAMES = {name: alias for alias, name in PARAMETER_ALIASES.items()}
# Parameters without meaning on another machine, and their defaults.
_LOCAL = {"cache": None, "checkpoint": None, "device": "auto", "n_threads": None, "verbose": False}
# Errors of reading a file that is not what it should be.
DAMAGE = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)
_FITTED = {
    *("backbone_", "classes_", "history_", "n_embedding_", "n_features_in_", "scale_", "state_"),
    "weights_",
}
# Above any sensible spectrogram: what a saved network may make this process allocate is bounded.
_BOUNDS = {
    "sr": 400_000, "n_fft": 2**17, "hop_length": 2**17, "n_mels": 2048, "crop_seconds": 3600,
    "tta_crops": 1000, "tta_shift": 10_000, "batch_size": 65_536, "epochs": 1_000_000,
    "accumulate_grad_batches": 65_536,
}  # fmt: skip
_MAX_ITEM_BYTES = 4096


def pack_net(net):
    """Return the weights of a network as safetensors bytes.

    Parameters
    ----------
    net : torch.nn.Module

    Returns
    -------
    bytes
    """
    tensors = {name: tensor.cpu().contiguous() for name, tensor in net.state_dict().items()}
    # A configuration that does not follow from the name of the architecture.
    architecture = getattr(net.backbone, "architecture", None)
    metadata = None if architecture is None else {_ARCHITECTURE: architecture}
    return import_optional("safetensors.torch", "deep").save(tensors, metadata)


def unpack_net(backbone, state):
    """Build a network by name and fill it with packed weights.

    Parameters
    ----------
    backbone : str
        Name of the architecture.
    state : bytes
        From :func:`pack_net`.

    Returns
    -------
    torch.nn.Sequential
        In evaluation mode, on the CPU.

    Raises
    ------
    DataError
        The bytes are damaged, or belong to another backbone.
    """
    from .backbones.networks import build_net
    from .backbones.pretrained import PretrainedSource, check_backbone

    safetensors = import_optional("safetensors.torch", "deep")
    try:
        # timm would fetch, or read from a folder, what a prefix such as hf-hub: names.
        check_backbone(backbone)
        tensors = safetensors.load(state)
        net = build_net(
            PretrainedSource(backbone, "none", architecture=_read_architecture(state)),
            n_outputs=len(tensors.get("head.bias", [])),
            pool="gem" if "pool.power" in tensors else "avg",
            n_bands=len(tensors["norm.gain"]) if "norm.gain" in tensors else None,
        )
        net.load_state_dict(tensors)
    except (RuntimeError, *DAMAGE, import_optional("safetensors", "deep").SafetensorError) as error:
        raise DataError(
            f"The weights of a saved {backbone} are damaged or belong to another network "
            f"({first_line(error)}); copy the model again"
        ) from error
    return net.eval()


def _read_architecture(state):
    return _read_header(state).get("__metadata__", {}).get(_ARCHITECTURE)


def _read_header(state):
    """Read the JSON header, with which safetensors begin."""
    length = int.from_bytes(state[:8], "little")
    return json.loads(state[8 : 8 + length])


def save_net(estimator, folder):
    """Write a fitted deep estimator into a folder of its own.

    Parameters
    ----------
    estimator : EffNetClassifier, EffNetEmbedding or EffNetLogits
        Fitted.
    folder : str or os.PathLike
        Created if missing. Each of its two files is either complete or missing.

    Raises
    ------
    UsageError
        A parameter is not plain data.
    NotFittedError
        The estimator is not fitted.
    """
    check_is_fitted(estimator, "state_")
    params = {
        _STORED_NAMES.get(name, name): to_plain(value, name)
        for name, value in estimator.get_params().items()
        if name not in ("cache", "checkpoint", "device", "n_threads")
    }
    fitted = {
        name: to_plain(value, name)
        for name, value in vars(estimator).items()
        if name.endswith("_") and not name.startswith("_") and name != "state_"
    }
    document = {
        "class": type(estimator).__name__,
        "params": dict(sorted(params.items())),
        "fitted": fitted,
    }
    with atomic_path(Path(folder, _WEIGHTS)) as temporary:
        temporary.write_bytes(estimator.state_)
    write_text(Path(folder, _PARAMS), json.dumps(document, indent=1))


def holds_net(folder):
    """Return whether a folder has a file of a deep estimator, whether complete or not."""
    return any(Path(folder, name).exists() for name in (_WEIGHTS, _PARAMS))


def load_net(folder, classes):
    """Load a deep estimator written by :func:`save_net`.

    Parameters
    ----------
    folder : str or os.PathLike
    classes : sequence of type
        Estimator classes that may be loaded.

    Returns
    -------
    DeepEstimator

    Raises
    ------
    DataError
        A file is missing or has another format.
    """
    by_name, path = {cls.__name__: cls for cls in classes}, Path(folder, _PARAMS)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        params = {name: from_plain(value) for name, value in document["params"].items()}
        estimator = by_name[document["class"]](**resolve_aliases(params))
        fitted = {name: from_plain(value) for name, value in document["fitted"].items()}
        path = Path(folder, _WEIGHTS)
        vars(estimator).update(fitted, state_=path.read_bytes())
        path = Path(folder, _PARAMS)
        check_net(estimator)
    except DAMAGE as error:
        text = f"{type(error).__name__}: {first_line(error)}"
        raise DataError(
            f"{path}: is damaged or is not a saved network ({text}); copy it again, or repeat its "
            "fit with --resume"
        ) from error
    return estimator


def check_net(net):
    """Reset the parameters of a machine, and check the values of a loaded estimator.

    Parameters
    ----------
    net : DeepEstimator
        Changed in place.

    Raises
    ------
    ValueError
        A parameter is out of bounds, or a fitted attribute is unknown or missing.
    """
    vars(net).update(_LOCAL)
    net.check_parameters()
    for name, maximum in _BOUNDS.items():
        if getattr(net, name) > maximum:
            raise ValueError(f"{name} must be at most {maximum}. Got {getattr(net, name)}")
    fitted = {name for name in vars(net) if name.endswith("_")}
    if fitted - _FITTED or not {"backbone_", "n_embedding_", "state_"} <= fitted:
        unexpected = ", ".join(sorted(fitted ^ _FITTED))
        raise ValueError(f"its attributes are not those of a fitted network ({unexpected})")
    if not isinstance(net.backbone_, str) or not isinstance(net.state_, bytes):
        raise ValueError("backbone_ must be a name, and state_ bytes")
    if "classes_" in fitted:
        _check_head(net)


def _check_head(net):
    """Raise ValueError if the weights are readable, and their outputs are not the classes."""
    try:
        head = _read_header(net.state_).get("head.bias", {"shape": [0]})
        n_outputs = head["shape"][0]
    except DAMAGE:
        n_outputs = len(net.classes_)  # Damaged weights are reported when they are used.
    check_classes(net.classes_, n_outputs)


def check_classes(classes, n_outputs):
    """Check the classes of a loaded network or ensemble.

    Parameters
    ----------
    classes : object
        An array of classes, or for several labels a list of arrays, each of 0 and 1.
    n_outputs : int

    Raises
    ------
    ValueError
        They are something else, or not as many as the outputs.
    """
    if isinstance(classes, list):
        valid = all(isinstance(p, np.ndarray) and np.array_equal(p, [0, 1]) for p in classes)
    else:
        valid = isinstance(classes, np.ndarray) and classes.ndim == 1
    if not valid or len(classes) != n_outputs:
        raise ValueError(f"classes_ must be those of {n_outputs} outputs")


def resolve_aliases(params):
    """Return parameters with aliases replaced by the estimators' names."""
    return {PARAMETER_ALIASES.get(name, name): value for name, value in params.items()}


def to_plain(value, name):
    """Convert a value to JSON types; arrays and dicts are tagged for :func:`from_plain`."""
    if isinstance(value, np.ndarray):
        dtype = "object" if value.dtype == object else value.dtype.str
        return {"array": value.tolist(), "dtype": dtype}
    if isinstance(value, dict):
        return {"items": [[to_plain(k, name), to_plain(v, name)] for k, v in value.items()]}
    if isinstance(value, list | tuple):
        return [to_plain(item, name) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Path):
        return str(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise UsageError(
        f"{name}={value!r} cannot be saved with the network: give it as a number, a str, a list or "
        "a dict of these"
    )


def from_plain(value):
    """Convert a value back that :func:`to_plain` returned."""
    if isinstance(value, list):
        return [from_plain(item) for item in value]
    if isinstance(value, dict) and "array" in value:
        dtype = np.dtype(value["dtype"])
        if dtype.kind not in "biufUO" or not 0 <= dtype.itemsize <= _MAX_ITEM_BYTES:
            raise ValueError(f"an array of {dtype}")
        return np.array(value["array"], dtype=dtype)
    if isinstance(value, dict):
        return {from_plain(key): from_plain(item) for key, item in value["items"]}
    return value
