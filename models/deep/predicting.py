"""What a trained net says of pictures: the mean over evenly spaced crops."""

import numpy as np

from .batches import even_crops

_CROPS_AT_ONCE = 48


def predict_outputs(net, pictures, *, width, n_crops, device):
    """Average a net's outputs over the crops of each picture.

    Parameters
    ----------
    net : torch.nn.Module
        In evaluation mode, on ``device``.
    pictures : sequence of ndarray of shape (n_mels, n_frames)
    width : int
        Frames of a crop.
    n_crops : int
        Crops of each picture.
    device : torch.device

    Returns
    -------
    ndarray of shape (len(pictures), n_outputs), float64
    """
    at_once = max(1, _CROPS_AT_ONCE // n_crops)
    outputs = [
        _run(net, even_crops(pictures[start : start + at_once], width, n_crops), device)
        for start in range(0, len(pictures), at_once)
    ]
    outputs = np.concatenate(outputs).astype(np.float64)
    return outputs.reshape(len(pictures), n_crops, -1).mean(axis=1)


def _run(net, crops, device):
    import torch

    batch = torch.from_numpy(crops).to(device).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        return net(batch).cpu().numpy()
