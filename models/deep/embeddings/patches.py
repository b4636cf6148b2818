"""Patches of a clip for networks that take a fixed duration of samples."""

import numpy as np

from ....utils.hashing import hash_bytes


def cut_patches(samples, n_patch, n_hop):
    """Cut samples into patches; the rest behind the last whole patch is left out.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,)
        Repeated if it is shorter than a patch.
    n_patch, n_hop : int
        Samples of a patch, and from one to the next.

    Returns
    -------
    ndarray of shape (n_patches, n_patch)

    Examples
    --------
    >>> import numpy as np
    >>> cut_patches(np.arange(7), 3, 2).tolist()
    [[0, 1, 2], [2, 3, 4], [4, 5, 6]]
    >>> cut_patches(np.arange(2), 3, 2).tolist()
    [[0, 1, 0]]
    """
    if len(samples) < n_patch:
        samples = np.resize(samples, n_patch)
    return np.lib.stride_tricks.sliding_window_view(samples, n_patch)[::n_hop]


def hash_weights(net):
    """Return a hash of the names and values of a network's weights.

    Parameters
    ----------
    net : torch.nn.Module

    Returns
    -------
    str
    """
    return hash_bytes(
        "".join(
            name + hash_bytes(np.ascontiguousarray(tensor.numpy()))
            for name, tensor in sorted(net.state_dict().items())
        ).encode()
    )


def select_layer(hidden, layer):
    """Select the activations of one layer, or average those of all.

    Parameters
    ----------
    hidden : sequence of torch.Tensor of shape (n_patches, n_times, n_features)
        Of each layer, the last one last.
    layer : "last", "mean" or int

    Returns
    -------
    torch.Tensor of shape (n_patches * n_times, n_features)
    """
    import torch

    if layer == "mean":
        selected = torch.stack(list(hidden)).mean(dim=0)
    else:
        selected = hidden[-1 if layer == "last" else int(layer)]
    return selected.flatten(0, 1)
