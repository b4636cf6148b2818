"""AST, the Audio Spectrogram Transformer, as a backbone, with its Kaldi filter banks.

Conventions: the input of AST has shape (n_bands, n_frames) like a log-mel, but holds natural
logarithms by Kaldi's definition, standardised by the mean and deviation of the data that the model
was trained on (AudioSet's, or those in a folder's ``preprocessor_config.json``) instead of the
clip's own.

References
----------
Gong, Chung, Glass, "AST: Audio Spectrogram Transformer", Interspeech 2021.
"""

import json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from ....exceptions import UsageError, first_line, import_optional
from ..data.log_mel import MelSettings

AST = "ast"
AST_REPOSITORY = "MIT/ast-finetuned-audioset-10-10-0.4593"
# The published input: at 16 kHz, 1024 frames of 10 ms with 128 bands, from windows of 25 ms.
AST_PARAMETERS = {
    "sr": 16000,
    "n_fft": 400,
    "hop_length": 160,
    "n_mels": 128,
    "crop_seconds": 10.24,
    "batch_size": 8,
    # The published fine-tuning uses rates of this order.
    "learning_rate": 1e-4,
}
_EXTRACTOR = "preprocessor_config.json"
# Sizes in the architecture of a saved AST, with their maxima, and other entries with their types.
_SIZES = {
    "hidden_size": 4096, "intermediate_size": 16_384, "num_hidden_layers": 48,
    "num_attention_heads": 64, "max_length": 16_384, "num_mel_bins": 1024, "patch_size": 256,
    "frequency_stride": 256, "time_stride": 256,
}  # fmt: skip
_OTHERS = {
    "attention_probs_dropout_prob": int | float, "hidden_dropout_prob": int | float,
    "initializer_range": int | float, "layer_norm_eps": int | float, "qkv_bias": bool,
    "hidden_act": str,
}  # fmt: skip
# Window and hop in ms, which are fixed in transformers' feature extractor.
_FRAME_MS, _HOP_MS = 25, 10


@dataclass(frozen=True)
class KaldiFbankConfig(MelSettings):
    """Parameters of AST's input: a log-mel by Kaldi's definition.

    Attributes
    ----------
    mean, deviation : float
        Of the filter banks that the model was trained on, in natural logarithms; by default those
        of AudioSet, as published with the model.
    """

    kind: ClassVar[str] = "FilterBankSettings"

    mean: float = -4.2677393
    deviation: float = 4.5689974

    def n_samples(self, seconds):
        """Return the number of samples that give the frames of a crop of a duration in s.

        Kaldi uses complete frames only.
        """
        return (self.n_frames(seconds) - 1) * self.hop_length + self.n_fft

    def compute(self, clip, device="cpu"):
        """Compute the standardised filter bank of a clip.

        Parameters
        ----------
        clip : ndarray of shape (n_samples,), float32
        device : torch.device or str, default="cpu"

        Returns
        -------
        ndarray of shape (n_mels, 1 + (n_samples - n_fft) // hop_length), float16
        """
        import torch

        kaldi = import_optional("torchaudio.compliance.kaldi", "deep")
        # A clip shorter than one frame is padded to it.
        clip = np.pad(clip, (0, max(0, self.n_fft - len(clip))))
        bank = kaldi.fbank(
            torch.from_numpy(clip).to(device)[None],
            sample_frequency=self.sr,
            frame_length=1000 * self.n_fft / self.sr,
            frame_shift=1000 * self.hop_length / self.sr,
            num_mel_bins=self.n_mels,
            window_type="hanning",
        )
        return ((bank.T - self.mean) / (2 * self.deviation)).cpu().numpy().astype(np.float16)


def build_ast(pretrained):
    """Build an AST and load its initial weights.

    Parameters
    ----------
    pretrained : PretrainedSource
        ``"hub"`` or ``"folder"`` with ``path``; or ``"none"`` for random weights, in the given
        architecture or else in the published size.

    Returns
    -------
    torch.nn.Module
        Maps (n, 1, n_bands, n_frames) to (n, n_features).

    Raises
    ------
    UsageError
        The folder contains another model, or some tensors are missing.
    MissingExtraError
        The ``hf`` extra is not installed.
    """
    from .layers import Transformer

    transformers = import_optional("transformers", "hf")
    if pretrained.source == "none":
        architecture = _read_architecture(pretrained.architecture or "{}")
        return Transformer(transformers.ASTModel(transformers.ASTConfig(**architecture)))
    return Transformer(_load_model(transformers.ASTModel, pretrained))


def _read_architecture(text):
    """Read the sizes of a saved AST; other entries, such as kernels of the hub, are left out."""
    architecture = {k: v for k, v in json.loads(text).items() if k in (*_SIZES, *_OTHERS)}
    for name, maximum in _SIZES.items():
        value = architecture.get(name, 1)
        if not isinstance(value, int) or not 1 <= value <= maximum:
            raise ValueError(f"{name} must be from 1 to {maximum}. Got {value!r}")
    for name, kinds in _OTHERS.items():
        if name in architecture and not isinstance(architecture[name], kinds):
            raise ValueError(f"{name} has another type. Got {architecture[name]!r}")
    return architecture


def check_ast_folder(path):
    """Raise UsageError for a folder that is not an AST saved by transformers."""
    try:
        kind = json.loads(Path(path, "config.json").read_text(encoding="utf-8"))["model_type"]
    except (OSError, ValueError, KeyError, TypeError):
        kind = None
    if kind != "audio-spectrogram-transformer":
        raise UsageError(
            f"weights={str(path)!r}: expected a folder with the config.json and model.safetensors "
            f"of an AST, as transformers saves it (such as a copy of {AST_REPOSITORY})"
        )


def read_norm_stats(pretrained, settings, seconds):
    """Read the mean and deviation by which the inputs of a pretrained AST are standardised.

    Parameters
    ----------
    pretrained : PretrainedSource
    settings : KaldiFbankConfig
        Requested for its inputs.
    seconds : float
        Duration of a crop in s.

    Returns
    -------
    tuple of (float, float)
        Those of AudioSet for a name on the hub, and for a folder without
        ``preprocessor_config.json``.

    Raises
    ------
    UsageError
        The AST was trained on inputs of another rate or size, or the file cannot be read.
    """
    path = Path(pretrained.path or "", _EXTRACTOR)
    if pretrained.source != "folder" or not path.exists():
        return KaldiFbankConfig.mean, KaldiFbankConfig.deviation
    extractor = _read_extractor(path)
    _check_settings(path, extractor, settings, seconds)
    # (0, 0.5) changes nothing: filter banks are divided by twice the deviation.
    return (extractor.mean, extractor.std) if extractor.do_normalize else (0.0, 0.5)


def _read_extractor(path):
    try:
        extractor = import_optional("transformers", "hf").ASTFeatureExtractor.from_pretrained(
            path.parent, local_files_only=True
        )
        extractor.mean, extractor.std = float(extractor.mean), float(extractor.std)
    except (OSError, TypeError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read ({first_line(error)})") from error
    if not extractor.std > 0:
        raise UsageError(f"{path}: std must be above 0. Got {extractor.std:g}.")
    return extractor


def _check_settings(path, extractor, settings, seconds):
    """Raise UsageError if the settings differ from those that an AST was trained with."""
    sr = extractor.sampling_rate
    n_fft, hop_length = sr * _FRAME_MS // 1000, sr * _HOP_MS // 1000
    n_mels = extractor.num_mel_bins
    expected = {"sr": sr, "n_fft": n_fft, "hop_length": hop_length, "n_mels": n_mels}
    differing = {k: value for k, value in expected.items() if getattr(settings, k) != value}
    if settings.n_frames(seconds) != extractor.max_length or "hop_length" in differing:
        differing["crop_seconds"] = extractor.max_length * hop_length / sr
    if differing:
        actual = {k: getattr(settings, k, seconds) for k in differing}
        raise UsageError(
            f"{path}: this AST was trained on other spectrograms. "
            f"Got {_format(actual)}; set {_format(differing)}"
        )


def _format(values):
    return ", ".join(f"{name}={value:g}" for name, value in values.items())


@contextmanager
def _silence_transformers():
    """Suppress progress bars, and the list of the classifier's tensors, which are not used."""
    log = import_optional("transformers.utils.logging", "hf")
    level, bar = log.get_verbosity(), log.is_progress_bar_enabled()
    log.set_verbosity_error()
    log.disable_progress_bar()
    try:
        yield
    finally:
        log.set_verbosity(level)
        if bar:
            log.enable_progress_bar()


def _load_model(model_class, pretrained):
    try:
        with _silence_transformers():
            model, info = model_class.from_pretrained(
                pretrained.path,
                local_files_only=pretrained.source == "folder",
                use_safetensors=True,
                output_loading_info=True,
            )
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(
            f"{pretrained.path}: cannot be loaded as an AST ({first_line(error)})"
        ) from error
    missing = sorted(info["missing_keys"])
    if missing:
        raise UsageError(
            f"{pretrained.path}: {len(missing)} tensors of an AST are missing, first {missing[0]!r}"
        )
    return model
