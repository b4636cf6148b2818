"""Training mashups drawn anew in each epoch, rendered when a batch wants them.

Of what is drawn anew only a crop is mixed and described, for a net sees no more of it in an epoch.
On a CPU each mashup is rendered by itself; on a GPU a batch at a time, from stems that lie there
once, and nothing but the pictures leaves it. Either way the draw is the mashup's own ``redraw``:
another of the same class from the songs and noise of the same fold, so nothing leaks.
"""

import logging
import math
from functools import lru_cache, partial

from ....exceptions import UsageError
from ....mashups import Mashup
from ....mashups.pool import load_pool
from ....mashups.rendering.torch_renderer import PackedSources, render_batch
from .log_mel import MelSettings, log_mel_batch, standardise_batch
from .log_mel_cache import compute_log_mel, load_log_mels

logger = logging.getLogger("stemstack")


class Remixer:
    """The training pictures of each epoch, from fresh mashups after the first.

    Parameters
    ----------
    clips : list of clips
        Those without ``redraw`` stay as they are.
    settings : MelSettings
    device : torch.device
    rng : numpy.random.Generator
    seconds : float
        Of a mashup that a crop shows.
    cache : str or os.PathLike, optional
        Folder of pictures, for what stays as it is.
    """

    def __init__(self, clips, settings, *, device, rng, seconds, cache=None):
        self._clips = clips
        self._settings = settings
        self._device = device
        self._rng = rng
        self._seconds = seconds
        self._load = partial(load_log_mels, settings=settings, device=device, cache=cache)
        staying = [row for row, clip in enumerate(clips) if not hasattr(clip, "redraw")]
        if len(staying) == len(clips):
            logger.info("No clip is a mashup that could be drawn anew: remix changes nothing")
        self._staying = {row: place for place, row in enumerate(staying)}
        self._pictures = self._load([clips[row] for row in staying])
        self._by_batch = device.type != "cpu" and type(settings) is MelSettings

    def __call__(self, epoch):
        """Give a function that takes positions of clips and gives their pictures in this epoch.

        Parameters
        ----------
        epoch : int
            Counted from 0.

        Returns
        -------
        callable
        """
        return partial(self._take, epoch)

    def _take(self, epoch, rows):
        mashups = [self._clips[row] for row in rows if row not in self._staying]
        if epoch:
            found = iter(self._render([self._redraw(mashup) for mashup in mashups]))
        else:
            found = iter(self._load(mashups))
        places = [self._staying.get(row) for row in rows]
        return [next(found) if place is None else self._pictures[place] for place in places]

    def _redraw(self, mashup):
        drawn = mashup.redraw(self._rng)
        if not isinstance(drawn, Mashup):
            return drawn
        n_samples, sr = self._settings.n_samples(self._seconds), drawn.recipe.sr
        length = math.ceil(n_samples * sr / self._settings.sr)
        spare = drawn.recipe.length - length
        return drawn.excerpt(int(self._rng.integers(spare + 1)), length) if spare > 0 else drawn

    def _render(self, mashups):
        if self._by_batch and mashups:
            try:
                return render_pictures(mashups, self._settings, self._device)
            except UsageError as error:
                logger.info("Mashups are rendered on the CPU: %s", error)
                self._by_batch = False
        return [compute_log_mel(mashup, self._settings, self._device) for mashup in mashups]


def render_pictures(mashups, settings, device):
    """Render mashups and make their pictures, all on a device.

    Parameters
    ----------
    mashups : list of Mashup
        Of one pool.
    settings : MelSettings
    device : torch.device

    Returns
    -------
    list of ndarray of shape (n_mels, n_frames), float16

    Raises
    ------
    UsageError
        A mashup has another sample rate, or asks for what torch does not render.
    """
    rates = {mashup.recipe.sr for mashup in mashups}
    if rates != {settings.sr}:
        raise UsageError(f"mashups at {sorted(rates)} Hz need resampling to {settings.sr} Hz")
    clips = render_batch(mashups, _pack(mashups[0].pool, str(device)))
    decibels = log_mel_batch(clips, settings)
    n_frames = [1 + mashup.recipe.length // settings.hop_length for mashup in mashups]
    pictures = standardise_batch(decibels, n_frames).half().cpu().numpy()
    return [picture[:, :n] for picture, n in zip(pictures, n_frames, strict=True)]


@lru_cache(maxsize=1)
def _pack(pool, device):
    """Lay the stems and noise clips of a pool on a device, once for all epochs and folds."""
    return PackedSources.from_sources(load_pool(pool).source_store.values(), device)
