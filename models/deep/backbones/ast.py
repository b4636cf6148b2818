"""AST, the Audio Spectrogram Transformer, as a backbone: transformers' model, Kaldi's filter bank.

Conventions: what AST sees is (n_bands, n_frames) like any picture, but in natural logarithms by
Kaldi's rules, and standardised by the mean and deviation of what the model learnt from (AudioSet's,
or those of a folder's ``preprocessor_config.json``), not the clip's own.

References
----------
Gong, Chung, Glass, "AST: Audio Spectrogram Transformer", Interspeech 2021.
"""

import json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ....exceptions import UsageError, first_line, import_optional
from ..data.log_mel import MelSettings

AST = "ast"
AST_REPOSITORY = "MIT/ast-finetuned-audioset-10-10-0.4593"
# Its own picture: at 16 kHz, 1024 frames of 10 ms with 128 bands, from windows of 25 ms.
AST_PARAMETERS = {
    "sr": 16000,
    "n_fft": 400,
    "hop_length": 160,
    "n_mels": 128,
    "crop_seconds": 10.24,
    "batch_size": 8,
    # The published fine-tuning's is of this order.
    "learning_rate": 1e-4,
}
_EXTRACTOR = "preprocessor_config.json"
# transformers' extractor knows no other frames, in ms.
_FRAME, _SHIFT = 25, 10


@dataclass(frozen=True)
class KaldiFbankConfig(MelSettings):
    """What decides AST's picture: as for a log-mel, but by Kaldi's rules.

    Attributes
    ----------
    mean, deviation : float
        Of the filter banks that the model learnt from, in natural logarithms; those of AudioSet, as
        published with the model, by default.
    """

    mean: float = -4.2677393
    deviation: float = 4.5689974

    def n_samples(self, seconds):
        """Count the samples that give as many frames, of which Kaldi takes whole ones only."""
        return (self.n_frames(seconds) - 1) * self.hop_length + self.n_fft

    def picture(self, clip, device="cpu"):
        """Compute AST's picture of a clip.

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
        # Kaldi counts whole frames only: a clip shorter than one is filled up to it.
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


def build_ast(start):
    """Build AST and give it its first weights.

    Parameters
    ----------
    start : Start
        ``"hub"`` or ``"folder"`` with ``path``; ``"none"`` for random weights, of the architecture
        given or else of the published size.

    Returns
    -------
    torch.nn.Module
        Maps (n, 1, n_bands, n_frames) to (n, n_features).

    Raises
    ------
    UsageError
        The folder holds another model, or lacks tensors.
    MissingExtraError
        The ``hf`` extra is not installed.
    """
    from .layers import Transformer

    transformers = import_optional("transformers", "hf")
    if start.source == "none":
        config = transformers.ASTConfig(**json.loads(start.architecture or "{}"))
        return Transformer(transformers.ASTModel(config))
    return Transformer(_load(transformers.ASTModel, start))


def check_ast_folder(path):
    """Refuse what is no folder of an AST that transformers saved."""
    try:
        kind = json.loads(Path(path, "config.json").read_text(encoding="utf-8"))["model_type"]
    except (OSError, ValueError, KeyError, TypeError):
        kind = None
    if kind != "audio-spectrogram-transformer":
        raise UsageError(
            f"weights={str(path)!r}: expected a folder with the config.json and model.safetensors "
            f"of an AST, as transformers saves it (such as a copy of {AST_REPOSITORY})"
        )


def read_norm_stats(start, settings, seconds):
    """Read the mean and deviation that a folder's AST expects its pictures to be standardised by.

    Parameters
    ----------
    start : Start
    settings : KaldiFbankConfig
        Of the pictures that it will see.
    seconds : float
        Length of a crop.

    Returns
    -------
    tuple of (float, float)
        AudioSet's where the folder says nothing, and for a name on the hub.

    Raises
    ------
    UsageError
        The folder's AST learnt from pictures of another rate or size, or what it says cannot be
        read.
    """
    path = Path(start.path or "", _EXTRACTOR)
    if start.source != "folder" or not path.exists():
        return KaldiFbankConfig.mean, KaldiFbankConfig.deviation
    extractor = _read_extractor(path)
    _check_picture(path, extractor, settings, seconds)
    # Kept as a standardisation, too: pictures are divided by twice the deviation.
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


def _check_picture(path, extractor, settings, seconds):
    """Refuse pictures unlike those that a folder's AST learnt from."""
    sr = extractor.sampling_rate
    n_fft, hop_length = sr * _FRAME // 1000, sr * _SHIFT // 1000
    wanted = {"sr": sr, "n_fft": n_fft, "hop_length": hop_length, "n_mels": extractor.num_mel_bins}
    wrong = {k: value for k, value in wanted.items() if getattr(settings, k) != value}
    if settings.n_frames(seconds) != extractor.max_length or "hop_length" in wrong:
        wrong["crop_seconds"] = extractor.max_length * hop_length / sr
    if wrong:
        given = {k: getattr(settings, k, seconds) for k in wrong}
        told = f"Got {_list(given)}; set {_list(wrong)}"
        raise UsageError(f"{path}: this AST learnt from other pictures. {told}")


def _list(values):
    return ", ".join(f"{name}={value:g}" for name, value in values.items())


@contextmanager
def _quietly():
    """Keep transformers from drawing a bar, and a table of the classifier that is not taken."""
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


def _load(model_class, start):
    try:
        with _quietly():
            model, report = model_class.from_pretrained(
                start.path,
                local_files_only=start.source == "folder",
                use_safetensors=True,
                output_loading_info=True,
            )
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(
            f"{start.path}: cannot be loaded as an AST ({first_line(error)})"
        ) from error
    lacking = sorted(report["missing_keys"])
    if lacking:
        raise UsageError(
            f"{start.path}: lacks {len(lacking)} tensors of an AST, first {lacking[0]!r}"
        )
    return model
