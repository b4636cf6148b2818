"""Training data sets: the log-mels of clips, the same in each epoch or of resampled mashups."""

import logging
import math
from functools import lru_cache

from ....exceptions import UsageError
from ....mashups import Mashup
from ....mashups.pool import load_pool
from ....mashups.rendering.torch_renderer import PackedSources, render_batch
from .log_mel import (
    MelSettings,
    compute_log_mel,
    load_log_mels,
    log_mel_batch,
    standardise_batch,
)

logger = logging.getLogger("stemstack")


class LogMelDataset:
    """Log-mels of training clips, the same in each epoch.

    Parameters
    ----------
    clips : list of clips
    settings : MelSettings
    device : torch.device
    cache : str or os.PathLike, optional
        Folder of log-mels.
    """

    def __init__(self, clips, settings, *, device, cache=None):
        self._log_mels = load_log_mels(clips, settings, device=device, cache=cache)

    def set_epoch(self, epoch):
        """Set the epoch, counted from 0, to which the next calls of :meth:`take` belong."""

    def take(self, rows):
        """Return the log-mels of the clips at some positions.

        Parameters
        ----------
        rows : sequence of int

        Returns
        -------
        list of ndarray of shape (n_mels, n_frames), float16
        """
        return [self._log_mels[row] for row in rows]


class RemixedDataset(LogMelDataset):
    """Log-mels of mashups that are resampled in each epoch after the first.

    A mashup is replaced by its own ``redraw(rng)``: another of the same class from the songs and
    noise of the same fold, so that nothing leaks between folds. Only the part of it that one crop
    shows is mixed and analysed. On a CPU each mashup is rendered by itself; on a GPU a whole batch
    is rendered at once, from stems that stay on the device.

    Parameters
    ----------
    clips : list of clips
        Those without ``redraw`` stay the same in each epoch.
    settings : MelSettings
    device : torch.device
    rng : numpy.random.Generator
    seconds : float
        Duration of a crop in s.
    cache : str or os.PathLike, optional
        Folder of log-mels, for the clips that stay the same and for the first epoch.

    Attributes
    ----------
    render_batches : bool
        Whether a batch of mashups is rendered at once by torch.
    """

    def __init__(self, clips, settings, *, device, rng, seconds, cache=None):
        static = [row for row, clip in enumerate(clips) if not hasattr(clip, "redraw")]
        if len(static) == len(clips):
            logger.info("No clip is a mashup that can be resampled: remix has no effect")
        super().__init__([clips[row] for row in static], settings, device=device, cache=cache)
        self._static = {row: position for position, row in enumerate(static)}
        self._clips = clips
        self._settings = settings
        self._device = device
        self._rng = rng
        self._seconds = seconds
        self._cache = cache
        self._epoch = 0
        self.render_batches = device.type != "cpu" and type(settings) is MelSettings

    def set_epoch(self, epoch):
        """Set the epoch, counted from 0; in the first one the mashups are those given."""
        self._epoch = epoch

    def take(self, rows):
        """Return the log-mels of the clips at some positions, of mashups resampled ones.

        Parameters
        ----------
        rows : sequence of int

        Returns
        -------
        list of ndarray of shape (n_mels, n_frames), float16
        """
        mashups = [self._clips[row] for row in rows if row not in self._static]
        if self._epoch == 0:
            log_mels = load_log_mels(
                mashups, self._settings, device=self._device, cache=self._cache
            )
        else:
            log_mels = self._render([self._resample(mashup) for mashup in mashups])
        remixed = iter(log_mels)
        return [
            self._log_mels[self._static[row]] if row in self._static else next(remixed)
            for row in rows
        ]

    def _resample(self, mashup):
        """Sample another mashup and, where it is long enough, a random excerpt of a crop's size."""
        resampled = mashup.redraw(self._rng)
        if not isinstance(resampled, Mashup):
            return resampled
        n_samples, sr = self._settings.n_samples(self._seconds), resampled.recipe.sr
        length = math.ceil(n_samples * sr / self._settings.sr)
        n_spare = resampled.recipe.length - length
        if n_spare <= 0:
            return resampled
        return resampled.excerpt(int(self._rng.integers(n_spare + 1)), length)

    def _render(self, mashups):
        if self.render_batches and mashups:
            try:
                return render_log_mels(mashups, self._settings, self._device)
            except UsageError as error:
                logger.info("Mashups are rendered on the CPU: %s", error)
                self.render_batches = False
        return [compute_log_mel(mashup, self._settings, self._device) for mashup in mashups]


def render_log_mels(mashups, settings, device):
    """Render mashups and compute their log-mels, all on one device.

    Parameters
    ----------
    mashups : list of Mashup
        From one pool.
    settings : MelSettings
    device : torch.device

    Returns
    -------
    list of ndarray of shape (n_mels, n_frames), float16

    Raises
    ------
    UsageError
        A mashup has another sample rate, or a setting that torch cannot render.
    """
    rates = {mashup.recipe.sr for mashup in mashups}
    if rates != {settings.sr}:
        raise UsageError(f"mashups at {sorted(rates)} Hz need resampling to {settings.sr} Hz")
    clips = render_batch(mashups, _pack_sources(mashups[0].pool, str(device)))
    decibels = log_mel_batch(clips, settings)
    n_frames = [1 + mashup.recipe.length // settings.hop_length for mashup in mashups]
    log_mels = standardise_batch(decibels, n_frames).half().cpu().numpy()
    return [log_mel[:, :n] for log_mel, n in zip(log_mels, n_frames, strict=True)]


@lru_cache(maxsize=1)
def _pack_sources(pool, device):
    """Copy the stems and noise clips of a pool to a device, once for all epochs and folds."""
    return PackedSources.from_sources(load_pool(pool).source_store.values(), device)
