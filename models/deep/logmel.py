"""The picture a net looks at: a log-mel spectrogram, standardised clip by clip.

Conventions: waveforms are mono float32 at ``sr`` Hz; a log-mel is (n_mels, n_frames), low bands
first, in dB relative to 1 and cut 80 dB below the clip's own maximum: librosa's numbers
(``power_to_db(melspectrogram(...))``), computed by torchaudio on the device. Frames are centred, so
n samples give ``1 + n // hop_length`` of them.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...errors import require

_FLOOR = 1e-3


@dataclass(frozen=True)
class MelSettings:
    """What decides a log-mel.

    Attributes
    ----------
    sr : int
        Sample rate in Hz.
    n_fft : int
        Samples in a frame (Hann window).
    hop_length : int
        Samples between frames.
    n_mels : int
        Mel bands (Slaney's scale and area norm) from 0 Hz to sr / 2.
    """

    sr: int = 22050
    n_fft: int = 2048
    hop_length: int = 512
    n_mels: int = 128

    def n_frames(self, seconds):
        """Count the frames that a crop of some seconds takes, at least 1."""
        return max(1, round(seconds * self.sr / self.hop_length))

    def picture(self, clip, device="cpu"):
        """Compute the standardised log-mel of a clip as float16: half the memory, precise enough.

        Parameters
        ----------
        clip : ndarray of shape (n_samples,), float32
        device : torch.device or str, default="cpu"

        Returns
        -------
        ndarray of shape (n_mels, 1 + n_samples // hop_length), float16
        """
        return standardise(log_mel(clip, self, device)).cpu().numpy().astype(np.float16)


def log_mel(clip, settings, device="cpu"):
    """Compute the log-mel spectrogram of one clip in dB.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32
    settings : MelSettings
    device : torch.device or str, default="cpu"

    Returns
    -------
    torch.Tensor of shape (n_mels, 1 + n_samples // hop_length), float32
        On ``device``.
    """
    import torch

    transform = _transform(settings, str(device))
    with torch.no_grad():
        return transform(torch.from_numpy(clip).to(device)[None, None])[0, 0]


def standardise(decibels):
    """Bring a log-mel to mean 0 and standard deviation 1, so that loudness tells nothing.

    Parameters
    ----------
    decibels : torch.Tensor of shape (n_mels, n_frames)

    Returns
    -------
    torch.Tensor
        All zeros for digital silence.
    """
    centred = decibels - decibels.mean()
    # A constant picture has no deviation to divide by.
    return centred / centred.pow(2).mean().sqrt().clamp_min(_FLOOR)


@lru_cache(maxsize=8)
def _transform(settings, device):
    torchaudio = require("torchaudio", "deep")
    import torch

    mel = torchaudio.transforms.MelSpectrogram(
        sample_rate=settings.sr,
        n_fft=settings.n_fft,
        hop_length=settings.hop_length,
        n_mels=settings.n_mels,
        norm="slaney",
        mel_scale="slaney",
        pad_mode="constant",
    )
    return torch.nn.Sequential(mel, torchaudio.transforms.AmplitudeToDB("power", top_db=80)).to(
        device
    )
