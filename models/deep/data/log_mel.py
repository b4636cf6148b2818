"""The picture a net looks at: a log-mel spectrogram, standardised clip by clip.

Conventions: waveforms are mono float32 at ``sr`` Hz; a log-mel is (n_mels, n_frames), low bands
first, in dB relative to 1 and cut 80 dB below the clip's own maximum: librosa's numbers
(``power_to_db(melspectrogram(...))``) and torchaudio's, computed on the device in half the time of
the latter. Frames are centred, so n samples give ``1 + n // hop_length`` of them.
"""

from dataclasses import dataclass
from functools import lru_cache

import librosa
import numpy as np

_FLOOR = 1e-3
_LEAST_POWER, _DYNAMIC_RANGE = 1e-10, 80.0
# Frames transformed at a time: as many as stay in a core's cache; all of them elsewhere.
_FRAMES_AT_ONCE = {"cpu": 128}
# Bands stand near each other: taken by groups, most zeros of the filters are never multiplied.
_GROUPS = 4


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

    def n_samples(self, seconds):
        """Count the samples that give as many frames as a crop of some seconds takes."""
        return max(1, (self.n_frames(seconds) - 1) * self.hop_length)

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
        return standardise(log_mel(clip, self, device)).half().cpu().numpy()


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

    # joblib's workers get large arrays that cannot be written, at which torch warns.
    writable = np.require(clip, requirements="W")
    return log_mel_batch(torch.from_numpy(writable).to(device)[None], settings)[0]


def log_mel_batch(clips, settings):
    """Compute the log-mel spectrograms of a batch in dB, on its device.

    Parameters
    ----------
    clips : torch.Tensor of shape (n_clips, n_samples), float32
    settings : MelSettings

    Returns
    -------
    torch.Tensor of shape (n_clips, n_mels, 1 + n_samples // hop_length), float32
    """
    import torch

    groups, window = _filters(settings, str(clips.device))
    with torch.inference_mode():
        padded = torch.nn.functional.pad(clips, (settings.n_fft // 2, settings.n_fft // 2))
        frames = padded.unfold(1, settings.n_fft, settings.hop_length)
        at_once = _FRAMES_AT_ONCE.get(frames.device.type, frames.shape[1])
        power = [_bands(some * window, groups) for some in frames.split(at_once, dim=1)]
        decibels = torch.cat(power, dim=1).clamp_min_(_LEAST_POWER).log10_().mul_(10)
        decibels = decibels.transpose(1, 2)
        return decibels.maximum(decibels.amax((1, 2), keepdim=True) - _DYNAMIC_RANGE)


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
    return standardise_batch(decibels[None], [decibels.shape[1]])[0]


def standardise_batch(decibels, n_frames):
    """Bring each log-mel of a batch to mean 0 and standard deviation 1, over its own frames.

    Parameters
    ----------
    decibels : torch.Tensor of shape (n, n_mels, most frames)
    n_frames : list of int
        Frames of each; what stands behind them is not looked at.

    Returns
    -------
    torch.Tensor of shape (n, n_mels, most frames)
        All zeros for digital silence, and behind the frames of each.
    """
    import torch

    counts = torch.tensor(n_frames, device=decibels.device)[:, None, None]
    heard = torch.arange(decibels.shape[2], device=decibels.device) < counts
    cells = counts * decibels.shape[1]
    centred = (decibels - (decibels * heard).sum((1, 2), keepdim=True) / cells) * heard
    deviation = (centred.square().sum((1, 2), keepdim=True) / cells).sqrt()
    # A constant picture has no deviation to divide by.
    return centred / deviation.clamp_min(_FLOOR)


def _bands(frames, groups):
    """Sum the power of windowed frames in mel bands: (n_clips, n_frames, n_mels)."""
    import torch

    # Squares of real and imaginary parts stand by turns, and each filter weighs both alike.
    squares = torch.view_as_real(torch.fft.rfft(frames)).square_().flatten(2)
    return torch.cat([squares[..., columns] @ weights for columns, weights in groups], dim=2)


@lru_cache(maxsize=8)
def _filters(settings, device):
    """Make the filters, group by group with the columns they weigh, and the window."""
    import torch

    bank = librosa.filters.mel(sr=settings.sr, n_fft=settings.n_fft, n_mels=settings.n_mels)
    groups = []
    for rows in np.array_split(bank.repeat(2, axis=1), min(_GROUPS, settings.n_mels)):
        # A bank of too many bands has some without a single bin.
        weighed = np.flatnonzero(rows.any(axis=0))
        columns = slice(weighed[0], weighed[-1] + 1) if len(weighed) else slice(0, 0)
        groups.append((columns, torch.from_numpy(rows[:, columns].T.copy()).to(device)))
    return groups, torch.hann_window(settings.n_fft, device=device)
