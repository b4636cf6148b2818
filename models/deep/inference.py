"""Inference: the mean of a network's outputs over evenly spaced crops and test-time augmentations.

An augmented view is a crop with a change that should not affect its class: its bands shifted up or
down by a few, as by a slight change of pitch, or its contrast raised or lowered. (A change of level
would have no effect: log-mels are standardised.)
"""

from dataclasses import dataclass

import numpy as np

from ...exceptions import UsageError
from .data.batches import even_crops

# On a CPU, activations for about a dozen crops fit into the cache of a core; a GPU takes more.
_CROPS_AT_ONCE = {"cpu": 12}
_CROPS_AT_ONCE_ELSEWHERE = 192


@dataclass(frozen=True)
class InferenceConfig:
    """Number and placement of the crops used for inference, and their augmentation.

    Attributes
    ----------
    width : int
        Frames of a crop.
    n_crops : int, default=3
        Crops per log-mel.
    shift : int, default=0
        Add views of each crop shifted up and down by this number of bands.
    contrast : float, default=0
        Add views of each crop with its contrast raised and lowered by this share.
    bf16 : bool, default=False
        Compute in bfloat16 where that is precise enough.
    """

    width: int
    n_crops: int = 3
    shift: int = 0
    contrast: float = 0.0
    bf16: bool = False


def predict_outputs(net, log_mels, config, *, device):
    """Average a network's outputs over the views of the crops of each log-mel.

    Parameters
    ----------
    net : torch.nn.Module
        In evaluation mode, on ``device``.
    log_mels : sequence of ndarray of shape (n_mels, n_frames)
    config : InferenceConfig
    device : torch.device

    Returns
    -------
    ndarray of shape (len(log_mels), n_outputs), float64

    Raises
    ------
    UsageError
        An output is not finite.
    """
    at_once = clips_at_once(config, device)
    outputs = np.concatenate(
        [
            _predict_batch(net, log_mels[start : start + at_once], config, device)
            for start in range(0, len(log_mels), at_once)
        ]
    )
    if not np.isfinite(outputs).all():
        # The losses of a training do not show the effect of its last step.
        raise UsageError(
            "The network's outputs are not finite: its training diverged (lower learning_rate), "
            "its initial weights were damaged, or a clip is louder than any real one"
        )
    return outputs


def clips_at_once(config, device):
    """Return the number of clips per forward pass.

    Parameters
    ----------
    config : InferenceConfig
    device : torch.device

    Returns
    -------
    int
    """
    n_crops = _CROPS_AT_ONCE.get(device.type, _CROPS_AT_ONCE_ELSEWHERE)
    return max(1, n_crops // config.n_crops)


def augmented_views(batch, config):
    """Return a batch of crops and its augmented views.

    Parameters
    ----------
    batch : torch.Tensor of shape (n, 1, n_mels, width)
    config : InferenceConfig

    Returns
    -------
    list of torch.Tensor of shape (n, 1, n_mels, width)
        The batch itself first.
    """
    views = [batch]
    if config.shift:
        views += [_shift_bands(batch, config.shift), _shift_bands(batch, -config.shift)]
    if config.contrast:
        views += [batch * (1 + config.contrast), batch * (1 - config.contrast)]
    return views


def _shift_bands(batch, n_bands):
    """Shift all bands up; the lowest one fills the gap."""
    n_mels = batch.shape[2]
    rows = np.clip(np.arange(n_mels) - n_bands, 0, n_mels - 1)
    return batch[:, :, rows]


def predict_crops(net, crops, config, *, device):
    """Average a network's outputs over the views of each crop.

    Parameters
    ----------
    net : torch.nn.Module
        In evaluation mode, on ``device``.
    crops : ndarray of shape (n_crops, 1, n_mels, width)
    config : InferenceConfig
    device : torch.device

    Returns
    -------
    ndarray of shape (n_crops, n_outputs), float64
    """
    import torch

    batch = torch.from_numpy(crops).to(device).float()
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=config.bf16):
        outputs = [
            net(view.contiguous(memory_format=torch.channels_last)).float().cpu().numpy()
            for view in augmented_views(batch, config)
        ]
    return np.mean(outputs, axis=0, dtype=np.float64)


def _predict_batch(net, log_mels, config, device):
    crops = even_crops(log_mels, config.width, config.n_crops)
    outputs = predict_crops(net, crops, config, device=device)
    return outputs.reshape(len(log_mels), config.n_crops, -1).mean(axis=1)
