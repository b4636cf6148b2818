"""Batches for a network: crops of log-mels, mixup, SpecAugment and soft targets.

Conventions: a log-mel has shape (n_mels, n_frames); a batch has shape (n, 1, n_mels, width) and the
dtype of the log-mels, so that float16 is copied to the device as such. A log-mel shorter than the
crop is repeated, as a loop of the music would sound.

References
----------
Zhang et al., "mixup: Beyond empirical risk minimization", ICLR 2018.
Park et al., "SpecAugment: A simple data augmentation method for automatic speech recognition",
Interspeech 2019.
"""

import numpy as np

from ....exceptions import import_optional


def split_batches(order, batch_size):
    """Split an order into batches of nearly equal size, none smaller than ``batch_size``.

    A batch of a single clip would have no variance for batch normalisation.

    Parameters
    ----------
    order : ndarray of int
    batch_size : int

    Returns
    -------
    list of ndarray of int
        Sizes differ by one at most.
    """
    return np.array_split(order, max(1, len(order) // batch_size))


def random_crops(log_mels, width, rng):
    """Cut one crop at a random position from each log-mel.

    Parameters
    ----------
    log_mels : sequence of ndarray of shape (n_mels, n_frames)
    width : int
        Frames of a crop.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (len(log_mels), 1, n_mels, width)
    """
    starts = [rng.integers(_n_spare(log_mel, width) + 1) for log_mel in log_mels]
    return _stack([crop(m, start, width) for m, start in zip(log_mels, starts, strict=True)])


def even_crops(log_mels, width, n_crops):
    """Cut evenly spaced crops from each log-mel; a single crop is centred.

    Parameters
    ----------
    log_mels : sequence of ndarray of shape (n_mels, n_frames)
    width : int
        Frames of a crop.
    n_crops : int
        Crops per log-mel.

    Returns
    -------
    ndarray of shape (len(log_mels) * n_crops, 1, n_mels, width)
        All crops of the first log-mel, then those of the second, and so on.
    """
    return _stack(
        [
            crop(log_mel, start, width)
            for log_mel in log_mels
            for start in even_starts(_n_spare(log_mel, width), n_crops)
        ]
    )


def crops_by_hop(log_mel, width, hop):
    """Cut crops from a log-mel, one every ``hop`` frames; the rest is left out.

    Parameters
    ----------
    log_mel : ndarray of shape (n_mels, n_frames)
    width, hop : int
        In frames.

    Returns
    -------
    ndarray of shape (n_crops, 1, n_mels, width)
        At least one.
    """
    starts = range(0, _n_spare(log_mel, width) + 1, hop)
    return _stack([crop(log_mel, start, width) for start in starts])


def even_starts(n_spare, n_crops):
    """Return evenly spaced start frames from 0 to ``n_spare``.

    Examples
    --------
    >>> from stemstack.models.deep.data.batches import even_starts
    >>> even_starts(10, 1), even_starts(10, 3)
    ([5], [0, 5, 10])
    """
    if n_crops == 1:
        return [n_spare // 2]
    return [n_spare * i // (n_crops - 1) for i in range(n_crops)]


def crop(log_mel, start, width):
    """Return ``width`` frames from ``start`` on, continued at frame 0 behind the last one."""
    n_frames = log_mel.shape[1]
    if start + width <= n_frames:
        return log_mel[:, start : start + width]
    return log_mel[:, np.arange(start, start + width) % n_frames]


def _n_spare(log_mel, width):
    return max(0, log_mel.shape[1] - width)


def _stack(crops):
    return np.stack(crops)[:, None]


def mixup(batch, targets, share, partners):
    """Blend each example and its target with those of a partner.

    Parameters
    ----------
    batch : torch.Tensor of shape (n, ...)
    targets : torch.Tensor of shape (n, n_classes)
    share : float
        Weight of the example itself, in [0, 1].
    partners : sequence of int
        Position of each example's partner.

    Returns
    -------
    batch, targets : torch.Tensor
        ``share * x + (1 - share) * x[partners]`` for both.
    """
    return (
        share * batch + (1 - share) * batch[partners],
        share * targets + (1 - share) * targets[partners],
    )


def spec_augment(batch, max_share):
    """Mask one range of bands and one range of frames in each log-mel of a batch.

    Masked cells become 0, the mean of a standardised log-mel. Width and position of each mask are
    drawn uniformly from torch's generator, separately for each log-mel.

    Parameters
    ----------
    batch : torch.Tensor of shape (n, 1, n_mels, n_frames)
    max_share : float
        Largest share of the bands, and of the frames, that is masked; in [0, 1].

    Returns
    -------
    torch.Tensor of shape (n, 1, n_mels, n_frames)
        A new tensor.
    """
    functional = import_optional("torchaudio", "deep").functional
    for axis in (2, 3):
        width = round(max_share * batch.shape[axis])
        batch = functional.mask_along_axis_iid(batch, width, mask_value=0.0, axis=axis)
    return batch


def smooth_targets(labels, n_classes, smoothing):
    """Convert class indices to smoothed one-hot targets.

    Parameters
    ----------
    labels : torch.Tensor of shape (n,), int64
    n_classes : int
    smoothing : float
        Share of the target spread evenly over all classes, in [0, 1].

    Returns
    -------
    torch.Tensor of shape (n, n_classes), float32
        Rows sum to 1.
    """
    import torch

    targets = torch.nn.functional.one_hot(labels, n_classes).float()
    return targets * (1 - smoothing) + smoothing / n_classes
