"""Pretrained audio networks by name.

A network is an object with ``name``, ``key`` (a hash of its weights), ``sr`` (Hz), ``layers``,
``tags`` and ``activations(samples, layer, hop_seconds, device)``. A new one is a module with such a
class and a line here.
"""

import importlib
import os
import re
from functools import lru_cache

from ....exceptions import UsageError
from ....utils.constraints import shorten

_NETWORKS = {
    "musicnn": ("musicnn:MusicnnNetwork", {"dataset": "msd"}),
    "musicnn_mtt": ("musicnn:MusicnnNetwork", {"dataset": "mtt"}),
}
_TIMM = re.compile(r"timm:([\w.]+)")
_TORCHAUDIO = re.compile(r"torchaudio:(\w+)")
_HUB = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")


def is_local(model):
    """Return whether a network is named by a folder or file of this machine."""
    patterns = (_TIMM, _TORCHAUDIO, _HUB)
    return model not in _NETWORKS and not any(regex.fullmatch(model) for regex in patterns)


@lru_cache(maxsize=4)
def load_network(model, *, weights=None, local_files_only=False):
    """Load a pretrained audio network.

    Parameters
    ----------
    model : str
        ``"musicnn"`` or ``"musicnn_mtt"``; ``"timm:BACKBONE"``; ``"torchaudio:BUNDLE"``, with
        ``weights``; an audio model of transformers by its name on the hub, ``"owner/name"``, or by
        its folder.
    weights : str, optional
        File of weights, for a bundle of torchaudio and, instead of ImageNet's, for a backbone.
    local_files_only : bool, default=False
        Whether models of the hub are looked up in the local cache only.

    Returns
    -------
    object
        The network; loaded once per process.

    Raises
    ------
    UsageError
        The name is unknown, or the network's files are not available.
    MissingExtraError
        A package that the network needs is not installed.
    """
    bundle = _TORCHAUDIO.fullmatch(model)
    backbone = _TIMM.fullmatch(model)
    if (weights is None) == bool(bundle) and not backbone:
        raise UsageError(
            f"embedding {shorten(model)}: 'weights' is a file, needed for a bundle of torchaudio, "
            "possible for a backbone of timm, and for no other network"
        )
    if model in _NETWORKS:
        reference, options = _NETWORKS[model]
        module, _, name = reference.partition(":")
        return getattr(importlib.import_module(f".{module}", __package__), name)(**options)
    if backbone:
        from .image_backbone import BackboneNetwork

        return BackboneNetwork(backbone[1], weights, local_files_only=local_files_only)
    if bundle:
        from .torchaudio_bundle import BundleNetwork

        return BundleNetwork(bundle[1], weights)
    if os.path.isdir(model) or _HUB.fullmatch(model):
        from .transformers_audio import TransformersNetwork

        return TransformersNetwork(model, local_files_only=local_files_only)
    raise UsageError(
        f"Unknown embedding {shorten(model)}: expected {', '.join(_NETWORKS)}, timm:BACKBONE, "
        "torchaudio:BUNDLE, OWNER/NAME of an audio model on the hub, or the folder of one"
    )
