"""Mixing: the stems of a recipe, brought to one tempo, and its noises, summed."""

import numpy as np

from ...audio.levels import db_to_amplitude
from ...exceptions import DataError
from .filters import band_pass
from .gain import SILENCE, rms
from .kernels import add_scaled, add_varispeed
from .time_stretch import read_retimed


def mix_sources(recipe, sources):
    """Sum the tempo-synced stems and the noises of a recipe.

    Parameters
    ----------
    recipe : Recipe
    sources : sequence of AudioSource
        For the stems and then the noises, in order.

    Returns
    -------
    ndarray of shape (recipe.length,), float32
        Not yet normalised.

    Raises
    ------
    DataError
        A stem is shorter than the recipe needs: it is not the one the recipe was drawn from.
    """
    mix = np.zeros(recipe.length, dtype=np.float32)
    n_stems = len(recipe.stems)
    for part, source in zip(recipe.stems, sources[:n_stems], strict=True):
        _add_stem(mix, part, source, recipe)
    by_ratio = any(part.snr is not None for part in recipe.noises)
    level = rms(mix) if by_ratio else None
    for part, source in zip(recipe.noises, sources[n_stems:], strict=True):
        _add_noise(mix, part, source, level, recipe.sr)
    return mix


def _add_stem(mix, part, source, recipe):
    start, stop = recipe.start, recipe.start + recipe.length
    check_reach(part, source, start, stop)
    gain = np.float32(part.gain)
    if part.rate == 1.0:
        add_scaled(mix, source.open()[start:stop], gain)
    elif recipe.tempo == "interpolate":
        add_varispeed(mix, source.open(), start, part.rate, gain)
    else:
        retimed = read_retimed(source, start, recipe.length, part.rate, recipe.tempo, recipe.sr)
        mix += gain * retimed


def check_reach(part, source, start, stop):
    """Refuse to read beyond a stem: the loops that do it do not look where they read.

    Parameters
    ----------
    part : StemPart
    source : AudioSource
    start, stop : int
        Samples of the mashup.

    Raises
    ------
    DataError
        The stem is shorter than the recipe needs.
    """
    last = (stop - 1) * part.rate
    # Interpolation takes the sample after the last position, too.
    end = source.n_samples if part.rate == 1.0 else source.n_samples - 1
    if not (start >= 0 and part.rate > 0 and last < end):
        raise DataError(
            f"{part.path}: the recipe reads samples {start * part.rate:.0f} to {last:.0f} of its "
            f"{source.n_samples}; render from the stems that the recipe was drawn from"
        )


def _add_noise(mix, part, source, level, sr):
    """Add a noise clip; ``level`` is the RMS of the stems' mix, where a ratio asks for it."""
    # Of a noise clip, before the mashup begins: it is an excerpt.
    missed = 0 if part.tile else max(0, -part.start)
    heard = mix if part.tile else mix[part.start + missed :][: source.n_samples - missed]
    if part.gain is not None and part.band is None and not part.tile:
        add_scaled(heard, source.open()[missed:], np.float32(part.gain))
        return
    noise = source.read()
    if part.band is not None:
        noise = band_pass(noise, sr, part.band)
    if part.tile:
        noise = noise[np.arange(part.start, part.start + len(mix)) % len(noise)]
    noise = noise[missed : missed + len(heard)]
    gain = part.gain if part.snr is None else _gain_for_ratio(part.snr, level, rms(noise))
    heard += np.float32(gain) * noise


def _gain_for_ratio(snr, level, noise):
    """The gain that brings noise to a ratio in dB; 1 where one of the two is silent."""
    if level < SILENCE or noise < SILENCE:
        return 1.0
    return level / noise * db_to_amplitude(-snr)
