"""Clips as pictures: each clip's log-mel is computed once, kept on disk when there is a cache.

The pictures of a cache are memory-mapped, so that a training set larger than memory can be used
and several folds share one copy.
"""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ...atomic import atomic_path
from ...audio import clip_key, hash_bytes, load_clip


def load_pictures(clips, settings, *, device, cache=None):
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
    list of ndarray of shape (n_mels, n_frames), float16

    Raises
    ------
    AudioError
        A clip cannot be read.
    """
    return [_load_picture(clip, settings, device, cache) for clip in clips]


class PictureSource:
    """The training pictures of each epoch: always the same, or remixed.

    Parameters
    ----------
    clips : list of clips
    settings : MelSettings
    device : torch.device
    cache : str or os.PathLike, optional
        Folder of pictures.
    rng : numpy.random.Generator, optional
        When given, every clip that has ``redraw(rng)`` (a mashup does) is drawn anew in each epoch
        after the first: another mashup of the same class from the same songs and noise, so nothing
        leaks. Clips without it stay as they are.
    """

    def __init__(self, clips, settings, *, device, cache=None, rng=None):
        self._clips = clips
        self._settings = settings
        self._device = device
        self._rng = rng
        self._pictures = load_pictures(clips, settings, device=device, cache=cache)

    def __call__(self, epoch):
        """Give the pictures of an epoch, counted from 0.

        Returns
        -------
        list of ndarray of shape (n_mels, n_frames), float16
        """
        if self._rng is None or epoch == 0:
            return self._pictures
        pairs = zip(self._clips, self._pictures, strict=True)
        return [self._remix(clip, kept) for clip, kept in pairs]

    def _remix(self, clip, kept):
        if not hasattr(clip, "redraw"):
            return kept
        return _compute(clip.redraw(self._rng), self._settings, self._device)


def _load_picture(clip, settings, device, cache):
    if cache is None:
        return _compute(clip, settings, device)
    path = _cache_path(clip, settings, cache)
    if not path.exists():
        with atomic_path(path) as temporary:
            np.save(temporary, _compute(clip, settings, device))
    return np.load(path, mmap_mode="r")


def _compute(clip, settings, device):
    return settings.picture(load_clip(clip, settings.sr), device)


def _cache_path(clip, settings, cache):
    description = json.dumps([type(settings).__name__, asdict(settings)], sort_keys=True)
    key = hash_bytes(f"{clip_key(clip)} {description}".encode())
    return Path(cache, "pictures", key[:2], f"{key}.npy")
