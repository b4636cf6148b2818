"""Augmentation of a batch of pictures: mixup and SpecAugment.

References
----------
Zhang et al., "mixup: Beyond empirical risk minimization", ICLR 2018.
Park et al., "SpecAugment: A simple data augmentation method for automatic speech recognition",
Interspeech 2019.
"""

from ....exceptions import import_optional


def mixup(batch, targets, share, partners):
    """Blend each example, and its target, with a partner's.

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
        ``share * x + (1 - share) * x[partners]``, of both.
    """
    return (
        share * batch + (1 - share) * batch[partners],
        share * targets + (1 - share) * targets[partners],
    )


def spec_augment(batch, largest):
    """Hide one band of frequencies and one stretch of time in each picture.

    The hidden part becomes 0, which is the mean of a standardised picture. Widths and places are
    drawn by torch's generator, uniformly, each picture its own.

    Parameters
    ----------
    batch : torch.Tensor of shape (n, 1, n_mels, n_frames)
    largest : float
        Largest share of the bands, and of the frames, that is hidden; in [0, 1].

    Returns
    -------
    torch.Tensor
        A new tensor.
    """
    functional = import_optional("torchaudio", "deep").functional
    for axis in (2, 3):
        width = round(largest * batch.shape[axis])
        batch = functional.mask_along_axis_iid(batch, width, mask_value=0.0, axis=axis)
    return batch


def smooth_targets(labels, n_classes, smoothing):
    """Turn class indices into soft targets.

    Parameters
    ----------
    labels : torch.Tensor of shape (n,), int64
    n_classes : int
    smoothing : float
        Share of the target spread evenly over all classes.

    Returns
    -------
    torch.Tensor of shape (n, n_classes), float32
        Rows sum to 1.
    """
    import torch

    targets = torch.nn.functional.one_hot(labels, n_classes).float()
    return targets * (1 - smoothing) + smoothing / n_classes
