"""Log-mel spectrograms, the input of the networks: computation, standardisation and cache.

Conventions: waveforms are mono float32 at ``sr`` Hz; a log-mel has shape (n_mels, n_frames), low
bands first, in dB relative to 1, cut 80 dB below the maximum of the clip. The numbers are those of
librosa's ``power_to_db(melspectrogram(...))`` and of torchaudio, computed on the device in half the
time of torchaudio. Frames are centred: n samples give ``1 + n // hop_length`` frames.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import ClassVar

import numpy as np

from ....audio import clip_key, load_clip
from ....features.descriptors.mel import mel_filters
from ....utils.atomic_write import write_bytes
from ....utils.cache import read_entry
from ....utils.hashing import hash_bytes

_MIN_DEVIATION = 1e-3
_MIN_POWER, _DYNAMIC_RANGE = 1e-10, 80.0
# Frames transformed at a time: on a CPU as many as fit into the cache of a core, elsewhere all.
_FRAMES_AT_ONCE = {"cpu": 128}
# Each mel filter covers few frequencies: filters are applied in groups of neighbours, so that most
# of their zeros are never multiplied.
_N_GROUPS = 4


@dataclass(frozen=True)
class MelSettings:
    """Parameters of a log-mel spectrogram.

    Attributes
    ----------
    sr : int, default=22050
        Sample rate in Hz.
    n_fft : int, default=2048
        Samples per frame (Hann window).
    hop_length : int, default=512
        Samples between the starts of two frames.
    n_mels : int, default=128
        Mel bands (Slaney's scale and area normalisation) from 0 Hz to sr / 2.
    """

    # Part of cache keys and of exported ONNX files.
    kind: ClassVar[str] = "MelSettings"

    sr: int = 22050
    n_fft: int = 2048
    hop_length: int = 512
    n_mels: int = 128

    def n_frames(self, seconds):
        """Return the number of frames in a crop of a duration in s, at least 1."""
        return max(1, round(seconds * self.sr / self.hop_length))

    def n_samples(self, seconds):
        """Return the number of samples that give the frames of a crop of a duration in s."""
        return max(1, (self.n_frames(seconds) - 1) * self.hop_length)

    def compute(self, clip, device="cpu"):
        """Compute the standardised log-mel of a clip.

        Parameters
        ----------
        clip : ndarray of shape (n_samples,), float32
        device : torch.device or str, default="cpu"

        Returns
        -------
        ndarray of shape (n_mels, 1 + n_samples // hop_length), float16
            float16 takes half the memory of float32 and is precise enough.
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

    # joblib maps large arrays read-only into its workers, and torch warns about such arrays.
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

    with torch.inference_mode():
        decibels = mel_power(clips, settings).clamp_min_(_MIN_POWER).log10_().mul_(10)
        decibels = decibels.transpose(1, 2)
        return decibels.maximum(decibels.amax((1, 2), keepdim=True) - _DYNAMIC_RANGE)


def mel_power(clips, settings):
    """Compute the mel spectrograms of a batch of clips, on its device.

    Parameters
    ----------
    clips : torch.Tensor of shape (n_clips, n_samples), float32
    settings : MelSettings

    Returns
    -------
    torch.Tensor of shape (n_clips, 1 + n_samples // hop_length, n_mels), float32
    """
    import torch

    filters, window = _filters(settings, str(clips.device))
    with torch.inference_mode():
        padded = torch.nn.functional.pad(clips, (settings.n_fft // 2, settings.n_fft // 2))
        frames = padded.unfold(1, settings.n_fft, settings.hop_length)
        at_once = _FRAMES_AT_ONCE.get(frames.device.type, frames.shape[1])
        power = [_mel_power(some * window, filters) for some in frames.split(at_once, dim=1)]
        return torch.cat(power, dim=1)


def standardise(decibels):
    """Standardise a log-mel to mean 0 and standard deviation 1, which removes its loudness.

    Parameters
    ----------
    decibels : torch.Tensor of shape (n_mels, n_frames)

    Returns
    -------
    torch.Tensor of shape (n_mels, n_frames)
        All zeros for digital silence.
    """
    return standardise_batch(decibels[None], [decibels.shape[1]])[0]


def standardise_batch(decibels, n_frames):
    """Standardise each log-mel of a padded batch over its own frames.

    Parameters
    ----------
    decibels : torch.Tensor of shape (n, n_mels, max_frames)
    n_frames : list of int
        Frames of each log-mel; the frames behind them are padding.

    Returns
    -------
    torch.Tensor of shape (n, n_mels, max_frames)
        Mean 0 and standard deviation 1; zeros for digital silence and in the padding.
    """
    import torch

    counts = torch.tensor(n_frames, device=decibels.device)[:, None, None]
    valid = torch.arange(decibels.shape[2], device=decibels.device) < counts
    cells = counts * decibels.shape[1]
    centred = (decibels - (decibels * valid).sum((1, 2), keepdim=True) / cells) * valid
    deviation = (centred.square().sum((1, 2), keepdim=True) / cells).sqrt()
    # A constant log-mel has no deviation to divide by.
    return centred / deviation.clamp_min(_MIN_DEVIATION)


def _mel_power(frames, filters):
    """Sum the power of windowed frames in mel bands: (n_clips, n_frames, n_mels)."""
    import torch

    # Squares of real and imaginary parts alternate; a filter weights both alike.
    squares = torch.view_as_real(torch.fft.rfft(frames)).square_().flatten(2)
    return torch.cat([squares[..., columns] @ weights for columns, weights in filters], dim=2)


@lru_cache(maxsize=8)
def _filters(settings, device):
    """Return groups of mel filters, each with the columns it applies to, and the window."""
    import torch

    bank = mel_filters(settings.sr, settings.n_fft, settings.n_mels)
    groups = []
    for rows in np.array_split(bank.repeat(2, axis=1), min(_N_GROUPS, settings.n_mels)):
        # With too many bands, some contain not a single frequency.
        used = np.flatnonzero(rows.any(axis=0))
        columns = slice(used[0], used[-1] + 1) if len(used) else slice(0, 0)
        groups.append((columns, torch.from_numpy(rows[:, columns].T.copy()).to(device)))
    return groups, torch.hann_window(settings.n_fft, device=device)


def load_log_mels(clips, settings, *, device, cache=None):
    """Compute the standardised log-mel of each clip, or read it from the cache.

    Parameters
    ----------
    clips : list of clips
    settings : MelSettings
    device : torch.device
    cache : str or os.PathLike, optional
        Folder with one file per log-mel, named by content.

    Returns
    -------
    sequence of ndarray of shape (n_mels, n_frames), float16
        With a cache, each is mapped from its file on access: a training set may be larger than
        memory, and folds that are fitted in parallel share one copy.

    Raises
    ------
    AudioError
        A clip cannot be read.
    """
    if cache is None:
        return [compute_log_mel(clip, settings, device) for clip in clips]
    return _CachedLogMels([_cached_path(clip, settings, device, cache) for clip in clips])


def compute_log_mel(clip, settings, device):
    """Load one clip and compute its standardised log-mel; see :func:`load_log_mels`."""
    return settings.compute(load_clip(clip, settings.sr), device)


class _CachedLogMels(Sequence):
    """Log-mels in files, opened on access: a process may have only so many files open."""

    def __init__(self, paths):
        self._paths = paths

    def __len__(self):
        return len(self._paths)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [_map_log_mel(path) for path in self._paths[index]]
        return _map_log_mel(self._paths[index])


def _cached_path(clip, settings, device, cache):
    """Return the path of a clip's log-mel in the cache, after computing it if it is missing."""
    description = json.dumps([settings.kind, asdict(settings)], sort_keys=True)
    key = hash_bytes(f"{clip_key(clip)} {description}".encode())
    path = Path(cache, "pictures", key[:2], f"{key}.npy")
    if read_entry(path, _map_log_mel) is None:
        buffer = BytesIO()
        np.save(buffer, compute_log_mel(clip, settings, device))
        write_bytes(path, buffer.getbuffer())
    return path


def _map_log_mel(path):
    return np.load(path, mmap_mode="r")
