"""Networks that take patches of a fixed duration of samples, and their hidden states."""

from functools import cached_property

import numpy as np

from ....utils.hashing import hash_bytes

# Patches per forward pass.
_AT_ONCE = 8


class PatchNetwork:
    """Base class of networks that take patches of samples.

    Subclasses have ``_patch``, the samples of a patch, and ``_hidden_states(patches, device)``: for
    an ndarray of shape (n_patches, n_samples), a list with a tensor of shape (n_patches, n_times,
    n_features) for each layer.

    Attributes
    ----------
    sr : int
        Sample rate of the input in Hz.
    layers : tuple
        ``"last"``; ``"mean"`` (of all), where all have one shape; and the numbers of the hidden
        states.
    tags : tuple
        Empty: these networks have no tags.
    """

    tags = ()

    @cached_property
    def layers(self):
        hidden = self._hidden_states(np.zeros((1, self._patch), dtype=np.float32), "cpu")
        alike = {state.shape for state in hidden} == {hidden[-1].shape}
        return ("last", *(["mean"] if alike else []), *range(len(hidden)))

    def activations(self, samples, layer, hop_seconds, device):
        """Compute the activations of a layer, one row per time of each patch.

        Parameters
        ----------
        samples : ndarray of shape (n_samples,), float32
            A clip shorter than a patch is repeated.
        layer : str or int
        hop_seconds : float or None
            From one patch to the next, in s; None for patches that follow each other.
        device : torch.device

        Returns
        -------
        torch.Tensor of shape (n_times, n_features), float32
        """
        import torch

        hop = self._patch if hop_seconds is None else max(1, round(hop_seconds * self.sr))
        patches = cut_patches(samples, self._patch, hop)
        rows = [
            select_layer(self._hidden_states(patches[i : i + _AT_ONCE], device), layer)
            for i in range(0, len(patches), _AT_ONCE)
        ]
        return torch.cat(rows)


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
