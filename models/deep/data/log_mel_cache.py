"""Clips as pictures: each clip's log-mel is computed once, kept on disk when there is a cache.

The pictures of a cache are memory-mapped when they are looked at, so that a training set larger
than memory can be used and several folds share one copy.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ....audio import clip_key, load_clip
from ....utils.atomic_write import atomic_path
from ....utils.hashing import hash_bytes


def load_log_mels(clips, settings, *, device, cache=None):
    """Compute, or take from the cache, the standardised log-mel of each clip.

    Parameters
    ----------
    clips : list of clips
    settings : MelSettings
        Or anything else with ``sr`` and ``picture(clip, device)`` that is a dataclass.
    device : torch.device
    cache : str or os.PathLike, optional
        Folder of pictures, one file a clip, named by content.

    Returns
    -------
    sequence of ndarray of shape (n_mels, n_frames), float16

    Raises
    ------
    AudioError
        A clip cannot be read.
    """
    if cache is None:
        return [compute_log_mel(clip, settings, device) for clip in clips]
    return _OnDisk([_keep_picture(clip, settings, device, cache) for clip in clips])


class _OnDisk(Sequence):
    """Pictures in files, opened when asked for: a process may hold only so many files open."""

    def __init__(self, paths):
        self._paths = paths

    def __len__(self):
        return len(self._paths)

    def __getitem__(self, which):
        if isinstance(which, slice):
            return [np.load(path, mmap_mode="r") for path in self._paths[which]]
        return np.load(self._paths[which], mmap_mode="r")


def _keep_picture(clip, settings, device, cache):
    """Have a clip's picture in the cache, and say where."""
    path = _cache_path(clip, settings, cache)
    if not path.exists():
        with atomic_path(path) as temporary:
            np.save(temporary, compute_log_mel(clip, settings, device))
    return path


def compute_log_mel(clip, settings, device):
    """Make the picture of one clip; the parameters are those of :func:`load_log_mels`."""
    return settings.picture(load_clip(clip, settings.sr), device)


def _cache_path(clip, settings, cache):
    description = json.dumps([type(settings).__name__, asdict(settings)], sort_keys=True)
    key = hash_bytes(f"{clip_key(clip)} {description}".encode())
    return Path(cache, "pictures", key[:2], f"{key}.npy")
