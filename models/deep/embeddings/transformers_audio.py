"""Audio models of the library transformers, by name on the hub or from a folder.

Each computes its input by its own feature extractor. Weights are read from safetensors files only,
and no code of a repository is run.
"""

import os

from ....exceptions import UsageError, first_line, import_optional
from ....utils.hashing import content_key
from .patches import PatchNetwork, hash_weights

# Model types, and the duration of a patch in s where the feature extractor does not fix it.
_PATCH_SECONDS = {
    "audio-spectrogram-transformer": 10.24,
    "clap": 10.0,
    "clap_audio_model": 10.0,
    "hubert": 10.0,
    "wav2vec2": 10.0,
    "wavlm": 10.0,
    "whisper": 30.0,
}


class TransformersNetwork(PatchNetwork):
    """Hidden states of an audio model of transformers.

    Parameters
    ----------
    repository : str
        Name on the hub, or a folder.
    local_files_only : bool, default=False
        Whether to look for it in the local cache only.

    Attributes
    ----------
    name : str
        Type of the model, such as ``"wav2vec2"``.
    key : str
        Hash of the weights and of the parameters of the feature extractor.

    Raises
    ------
    UsageError
        The model is not available, or is no audio model of a type that is known.
    MissingExtraError
        The ``hf`` extra is not installed.
    """

    def __init__(self, repository, *, local_files_only=False):
        transformers = import_optional("transformers", "hf")
        options = {"trust_remote_code": False}
        if local_files_only or os.path.isdir(repository):
            options["local_files_only"] = True
        try:
            config = transformers.AutoConfig.from_pretrained(repository, **options)
            if config.model_type not in _PATCH_SECONDS:
                raise UsageError(
                    f"{repository}: is a model of type {config.model_type!r}; embeddings are "
                    f"computed by {', '.join(sorted(_PATCH_SECONDS))}"
                )
            self._extract = transformers.AutoFeatureExtractor.from_pretrained(repository, **options)
            self._net = _load(transformers, repository, config, options)
        except (OSError, ValueError, RuntimeError) as error:
            if isinstance(error, UsageError):
                raise
            raise UsageError(
                f"{repository}: cannot be loaded ({first_line(error)}); give the name of an audio "
                "model on the hub with safetensors weights, or a folder with a copy of one"
            ) from error
        self.name = "ast" if "spectrogram" in config.model_type else config.model_type
        self.sr = self._extract.sampling_rate
        self._patch = round(_PATCH_SECONDS[config.model_type] * self.sr)
        self.key = content_key(
            weights=hash_weights(self._net), extractor=self._extract.to_json_string()
        )

    def _hidden_states(self, patches, device):
        import torch

        clips = [patch.copy() for patch in patches]
        inputs = self._extract(clips, sampling_rate=self.sr, return_tensors="pt")
        first = next(inputs[name] for name in ("input_values", "input_features") if name in inputs)
        with torch.inference_mode():
            outputs = self._net.to(device)(first.to(device), output_hidden_states=True)
        # CLAP's have a height and a width, with the channels before them.
        return [
            state.flatten(2).transpose(1, 2) if state.ndim == 4 else state
            for state in outputs.hidden_states
        ]


def _load(transformers, repository, config, options):
    """Load the part of a model that takes sounds, in evaluation mode."""
    kind = transformers.AutoModel
    if config.model_type.startswith("clap"):
        kind = transformers.ClapAudioModel
    net = kind.from_pretrained(repository, use_safetensors=True, **options)
    return (net.encoder if config.model_type == "whisper" else net).eval().requires_grad_(False)
