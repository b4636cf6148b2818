"""musicnn: a convolutional network for music tags, with the weights that its authors published.

The weights, one set trained on the Million Song Dataset (MSD) and one on MagnaTagATune (MTT), come
in the wheel of the package ``musicnn`` as TensorFlow checkpoints. The network is run by torch;
neither the package's code nor TensorFlow is needed.

References
----------
Pons, Serra, "musicnn: Pre-trained convolutional neural networks for music audio tagging", Late
breaking session of ISMIR 2019.
"""

import ast
from functools import cached_property
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np

from ....exceptions import DataError, UsageError, first_line
from ....utils.hashing import content_key, hash_file
from ..data.log_mel import MelSettings, mel_power
from .tensorflow_checkpoint import read_checkpoint

MEL = MelSettings(sr=16000, n_fft=512, hop_length=256, n_mels=96)
PATCH_FRAMES = 187
_LAYERS = ("pooled", "penultimate", "tags")
_INSTALL = "pip install --no-deps musicnn==0.1.0"
_MAX_FLOAT16 = float(np.finfo(np.float16).max)


class MusicnnNetwork:
    """Activations of musicnn for patches of 3 s.

    Parameters
    ----------
    dataset : {"msd", "mtt"}, default="msd"
        The data set that the weights were trained on.

    Attributes
    ----------
    sr : int
        Sample rate of the input in Hz.
    layers : tuple of str
        ``pooled`` (1,506 values: maximum and mean over time of every channel), ``penultimate``
        (200) and ``tags`` (50 probabilities).
    tags : tuple of str
        Names of the values of the layer ``tags``.
    key : str
        Hash of the weights.

    Raises
    ------
    UsageError
        The package of the weights is not installed.
    """

    sr = MEL.sr
    layers = _LAYERS

    def __init__(self, dataset="msd"):
        self.name = "musicnn"
        self._dataset = dataset.upper()
        self._folder = find_package() / f"{self._dataset}_musicnn"
        self.key = content_key(musicnn=hash_file(self._folder / ".data-00000-of-00001"))

    @cached_property
    def tags(self):
        source = (self._folder.parent / "configuration.py").read_text(encoding="utf-8")
        assignments = [s for s in ast.parse(source).body if isinstance(s, ast.Assign)]
        values = {ast.unparse(s.targets[0]): s.value for s in assignments}
        return tuple(ast.literal_eval(values[f"{self._dataset}_LABELS"]))

    @cached_property
    def _net(self):
        return self.load().eval().requires_grad_(False)

    def load(self):
        """Build the network with its weights; see :mod:`.musicnn_layers`."""
        from .musicnn_layers import Musicnn

        try:
            net = Musicnn(n_tags=len(self.tags))
            variables = read_checkpoint(
                self._folder / ".index", self._folder / ".data-00000-of-00001"
            )
            net.load_state_dict(_rename_variables(variables, net))
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            raise DataError(
                f"{self._folder}: cannot be read ({first_line(error)}); install it again: "
                f"{_INSTALL}"
            ) from error
        return net

    def activations(self, samples, layer, hop_seconds, device):
        """Compute the activations of a layer, one row per patch.

        Parameters
        ----------
        samples : ndarray of shape (n_samples,), float32
            At 16 kHz. A clip shorter than a patch is repeated.
        layer : str
        hop_seconds : float or None
            From one patch to the next, in s; None for patches that follow each other.
        device : torch.device

        Returns
        -------
        torch.Tensor of shape (n_patches, n_features), float32
        """
        spectrogram = log_spectrogram(samples, device)
        hop = PATCH_FRAMES if hop_seconds is None else max(1, round(hop_seconds * self.sr / 256))
        repeats = -(-PATCH_FRAMES // len(spectrogram))
        patches = spectrogram.repeat(repeats, 1).unfold(0, PATCH_FRAMES, hop).transpose(1, 2)
        pooled, penultimate, logits = self._net.to(device)(patches)
        return {"pooled": pooled, "penultimate": penultimate, "tags": logits.sigmoid()}[layer]


def log_spectrogram(samples, device="cpu"):
    """Compute the input of musicnn, whose power is rounded to float16 as in its training.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,), float32
        At 16 kHz.
    device : torch.device or str, default="cpu"

    Returns
    -------
    torch.Tensor of shape (n_frames, 96), float32
        log10(1 + 10000 · power) in 96 mel bands, 16 ms from frame to frame.
    """
    import torch

    writable = torch.from_numpy(np.require(samples, requirements="W"))
    power = mel_power(writable.to(device)[None], MEL)[0]
    return (10000 * power.clamp_max(_MAX_FLOAT16).half().float() + 1).log10()


def find_package():
    """Return the folder of the package with the weights.

    Returns
    -------
    Path

    Raises
    ------
    UsageError
        It is not installed, or not as a whole.
    """
    try:
        folder = Path(distribution("musicnn").locate_file("musicnn"))
    except PackageNotFoundError:
        folder = Path()
    if not (folder / "MSD_musicnn" / ".index").is_file():
        raise UsageError(
            f"The weights of musicnn are not installed: {_INSTALL} (without its requirements, "
            "which are outdated and not needed)"
        )
    return folder


def _rename_variables(variables, net):
    """Return the variables under the names of torch, which lists the layers in the same order."""
    import torch

    state, counts = {}, {}
    for name, module in net.named_modules():
        kind = _KINDS.get(type(module).__name__)
        if kind is None:
            continue
        number = counts[kind] = counts.get(kind, -1) + 1
        scope = f"{kind}_{number}" if number else kind
        for attribute, variable in _VARIABLES[kind].items():
            value = variables[f"{scope}/{variable}"]
            if variable == "kernel":
                # From (time, bands, inputs, outputs), and from (inputs, outputs).
                value = value.transpose(3, 2, 0, 1) if value.ndim == 4 else value.T
            state[f"{name}.{attribute}"] = torch.from_numpy(np.array(value))
    shapes = net.state_dict()
    return {k: v.reshape(shapes[k].shape) for k, v in state.items()} | {
        k: v for k, v in shapes.items() if k.endswith("num_batches_tracked")
    }


_CONVOLUTION = {"weight": "kernel", "bias": "bias"}
_NORM = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}
_KINDS = {
    "Conv2d": "conv2d",
    "Linear": "dense",
    "BatchNorm1d": "batch_normalization",
    "BatchNorm2d": "batch_normalization",
}
_VARIABLES = {"conv2d": _CONVOLUTION, "dense": _CONVOLUTION, "batch_normalization": _NORM}
