"""Bundles of ``torchaudio.pipelines`` (wav2vec 2.0, HuBERT, WavLM), with weights from a file."""

from functools import cached_property
from pathlib import Path

from ....exceptions import UsageError, first_line, import_optional
from .patches import cut_patches, hash_weights, select_layer

_PATCH_SECONDS = 10.0
_AT_ONCE = 8


class BundleNetwork:
    """Activations of the transformer layers of a bundle.

    Parameters
    ----------
    bundle : str
        Name in ``torchaudio.pipelines``, such as ``"WAV2VEC2_BASE"``.
    weights : str or os.PathLike
        The file that the bundle would download.

    Attributes
    ----------
    name, key, sr, layers, tags
        As of every network; see :mod:`stemstack.models.deep.embeddings.networks`.

    Raises
    ------
    UsageError
        There is no such bundle, or the file does not have its weights.
    """

    tags = ()

    def __init__(self, bundle, weights):
        pipelines = import_optional("torchaudio.pipelines", "deep")
        found = getattr(pipelines, bundle, None)
        if not isinstance(found, pipelines.Wav2Vec2Bundle):
            available = [
                n for n, b in vars(pipelines).items() if isinstance(b, pipelines.Wav2Vec2Bundle)
            ]
            raise UsageError(f"torchaudio has no bundle {bundle!r}; it has {', '.join(available)}")
        path = Path(weights)
        if not path.is_file():
            raise UsageError(f"weights={str(weights)!r}: no such file; give that of {bundle}")
        options = {"model_dir": str(path.parent), "file_name": path.name, "weights_only": True}
        try:
            self._net = found.get_model(dl_kwargs=options).eval().requires_grad_(False)
        except Exception as error:  # torch raises errors of many kinds for a damaged file
            raise UsageError(
                f"{weights}: does not have the weights of {bundle} ({first_line(error)})"
            ) from error
        self.name, self.sr = bundle.lower(), int(found.sample_rate)
        self.key = hash_weights(self._net)

    @cached_property
    def layers(self):
        import torch

        probe = torch.zeros(1, round(_PATCH_SECONDS * self.sr))
        with torch.inference_mode():
            return ("last", "mean", *range(len(self._net.extract_features(probe)[0])))

    def activations(self, samples, layer, hop_seconds, device):
        """Compute the activations of a layer, one row per 20 ms of each patch.

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

        n_patch = round(_PATCH_SECONDS * self.sr)
        hop = n_patch if hop_seconds is None else max(1, round(hop_seconds * self.sr))
        patches = torch.from_numpy(cut_patches(samples, n_patch, hop).copy())
        net, rows = self._net.to(device), []
        with torch.inference_mode():
            for some in patches.split(_AT_ONCE):
                rows.append(select_layer(net.extract_features(some.to(device))[0], layer))
        return torch.cat(rows)
