"""Bundles of ``torchaudio.pipelines`` (wav2vec 2.0, HuBERT, WavLM), with weights from a file."""

from pathlib import Path

from ....exceptions import UsageError, first_line, import_optional
from .patches import PatchNetwork, hash_weights

_PATCH_SECONDS = 10.0


class BundleNetwork(PatchNetwork):
    """Activations of the transformer layers of a bundle.

    Parameters
    ----------
    bundle : str
        Name in ``torchaudio.pipelines``, such as ``"WAV2VEC2_BASE"``.
    weights : str or os.PathLike
        The file that the bundle would download.

    Attributes
    ----------
    name, key : str
        As of every network; see :mod:`stemstack.models.deep.embeddings.networks`.

    Raises
    ------
    UsageError
        There is no such bundle, or the file does not have its weights.
    """

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
        self._patch = round(_PATCH_SECONDS * self.sr)
        self.key = hash_weights(self._net)

    def _hidden_states(self, patches, device):
        import torch

        with torch.inference_mode():
            batch = torch.from_numpy(patches.copy()).to(device)
            return self._net.to(device).extract_features(batch)[0]
