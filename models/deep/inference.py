"""What a trained net says of pictures: the mean over evenly spaced crops, and views of them.

A view is a crop as it might have sounded with nothing changed that matters: its bands moved up or
down by a few, as by a slight change of pitch, or its contrast raised or lowered. (A change of level
is no view: a standardised picture does not have one.)
"""

from dataclasses import dataclass

import numpy as np

from ...exceptions import UsageError
from .data.crops import even_crops

# A core's cache holds what a net makes of some dozen crops; a GPU is filled by more.
_CROPS_AT_ONCE = {"cpu": 12}
_CROPS_AT_ONCE_ELSEWHERE = 192


@dataclass(frozen=True)
class InferenceConfig:
    """At what of a picture a net looks.

    Attributes
    ----------
    width : int
        Frames of a crop.
    n_crops : int
        Crops of each picture.
    shift : int
        Bands by which each crop is seen moved up, and moved down, too; 0 for neither.
    contrast : float
        Share by which the contrast of each crop is seen raised, and lowered, too; 0 for neither.
    bf16 : bool
        Compute in bfloat16 where that is precise enough.
    """

    width: int
    n_crops: int = 3
    shift: int = 0
    contrast: float = 0.0
    bf16: bool = False


def predict_outputs(net, pictures, looks, *, device):
    """Average a net's outputs over the views of the crops of each picture.

    Parameters
    ----------
    net : torch.nn.Module
        In evaluation mode, on ``device``.
    pictures : sequence of ndarray of shape (n_mels, n_frames)
    looks : InferenceConfig
    device : torch.device

    Returns
    -------
    ndarray of shape (len(pictures), n_outputs), float64

    Raises
    ------
    UsageError
        Some are not finite.
    """
    at_once = clips_at_once(looks, device)
    outputs = np.concatenate(
        [
            _run(net, pictures[start : start + at_once], looks, device)
            for start in range(0, len(pictures), at_once)
        ]
    )
    if not np.isfinite(outputs).all():
        # The losses of a training do not tell what its last step did.
        raise UsageError(
            "The net gives numbers that are not finite: its training diverged (lower "
            "learning_rate), its first weights were damaged, or a clip is louder than any real one"
        )
    return outputs


def clips_at_once(looks, device):
    """Count the pictures that go through a net together.

    Parameters
    ----------
    looks : InferenceConfig
    device : torch.device

    Returns
    -------
    int
    """
    n_crops = _CROPS_AT_ONCE.get(device.type, _CROPS_AT_ONCE_ELSEWHERE)
    return max(1, n_crops // looks.n_crops)


def views(batch, looks):
    """Give a batch of crops and each view of it.

    Parameters
    ----------
    batch : torch.Tensor of shape (n, 1, n_mels, width)
    looks : InferenceConfig

    Returns
    -------
    list of torch.Tensor
        The batch itself first.
    """
    seen = [batch]
    if looks.shift:
        seen += [_move_bands(batch, looks.shift), _move_bands(batch, -looks.shift)]
    if looks.contrast:
        seen += [batch * (1 + looks.contrast), batch * (1 - looks.contrast)]
    return seen


def _move_bands(batch, by):
    """Move all bands up; the outermost fills the gap."""
    n_mels = batch.shape[2]
    rows = np.clip(np.arange(n_mels) - by, 0, n_mels - 1)
    return batch[:, :, rows]


def _run(net, pictures, looks, device):
    import torch

    crops = torch.from_numpy(even_crops(pictures, looks.width, looks.n_crops)).to(device).float()
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=looks.bf16):
        outputs = [
            net(view.contiguous(memory_format=torch.channels_last)).float().cpu().numpy()
            for view in views(crops, looks)
        ]
    mean = np.mean(outputs, axis=0, dtype=np.float64)
    return mean.reshape(len(pictures), looks.n_crops, -1).mean(axis=1)
