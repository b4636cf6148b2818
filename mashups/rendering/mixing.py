"""Mixing: the sum of the tempo-synced stems and of the noise clips of a recipe."""

from dataclasses import replace

import numpy as np
import scipy.fft

from ...audio.levels import db_to_amplitude
from ...exceptions import DataError
from ..tempo_sync import SILENCE_RMS
from .effects import filter_spectrum, tilt
from .kernels import active_rms, add_scaled, add_varispeed, rms
from .time_stretch import read_at_rate

_FILTER_ORDER = 4


def mix_sources(recipe, sources):
    """Sum the tempo-synced stems and the noise clips of a recipe.

    Parameters
    ----------
    recipe : Recipe
    sources : sequence of AudioSource
        Of the stems and then of the noise clips, in the order of the recipe.

    Returns
    -------
    ndarray of shape (recipe.length,), float32
        Not normalised.

    Raises
    ------
    DataError
        If a stem is shorter than the recipe needs, that is, not the file the recipe was made for.
    """
    mix = np.zeros(recipe.length, dtype=np.float32)
    n_stems = len(recipe.stems)
    for part, source in zip(recipe.stems, sources[:n_stems], strict=True):
        _add_stem(mix, part, source, recipe)
    # Of the stems alone: all are measured before noise is added.
    levels = [_level(mix, part, recipe.sr) for part in recipe.noises]
    for part, source, level in zip(recipe.noises, sources[n_stems:], levels, strict=True):
        _add_noise(mix, part, source, level, recipe.sr)
    return mix


def _add_stem(mix, part, source, recipe):
    start, stop = recipe.start, recipe.start + recipe.length
    check_reach(part, source, start, stop)
    gain = np.float32(part.gain)
    if part.tilt is not None:
        stem = np.zeros_like(mix)
        _add_stem(stem, replace(part, gain=1.0, tilt=None), source, recipe)
        mix += gain * tilt(stem, recipe.sr, part.tilt)
    elif part.rate == 1.0:
        add_scaled(mix, source.open()[start:stop], gain)
    elif recipe.tempo == "interpolate":
        add_varispeed(mix, source.open(), start, part.rate, gain)
    else:
        stem = read_at_rate(source, start, recipe.length, part.rate, recipe.tempo, recipe.sr)
        mix += gain * stem


def check_reach(part, source, start, stop):
    """Check that a stem is long enough, because the mixing kernels check no bounds.

    Parameters
    ----------
    part : StemPart
    source : AudioSource
    start, stop : int
        Range of samples of the tempo-synced stem that is to be read.

    Raises
    ------
    DataError
        If the stem is too short.
    """
    last = (stop - 1) * part.rate
    # Interpolation also reads the sample after the last position.
    end = source.n_samples if part.rate == 1.0 else source.n_samples - 1
    if not (start >= 0 and part.rate > 0 and last < end):
        raise DataError(
            f"{part.path}: the recipe reads samples {start * part.rate:.0f} to {last:.0f}, but "
            f"there are {source.n_samples}; render from the stems that the recipe was made for"
        )


def _add_noise(mix, part, source, level, sr):
    """Add a noise clip; ``level`` is that of the stems' mix, needed for ``part.snr``."""
    # Samples of the noise before the mashup begins, which may be an excerpt.
    skipped = 0 if part.tile else max(0, -part.start)
    target = mix if part.tile else mix[part.start + skipped :][: source.n_samples - skipped]
    is_plain = part.band is None and part.tilt is None and not part.tile
    if part.gain is not None and is_plain:
        add_scaled(target, source.open()[skipped:], np.float32(part.gain))
        return
    noise = source.read()
    if part.band is not None:
        noise = band_pass(noise, sr, part.band)
    if part.tilt is not None:
        noise = tilt(noise, sr, part.tilt)
    if part.tile:
        noise = np.resize(np.roll(noise, -part.start), len(mix))
    noise = noise[skipped : skipped + len(target)]
    gain = part.gain
    if part.snr is not None:
        gain = _gain_for_snr(part.snr, level, _level(noise, part, sr))
    target += np.float32(gain) * noise


def _level(clip, part, sr):
    """Return the level of a clip that the ratio of a noise clip is of; None if it has no ratio."""
    if part.snr is None:
        return None
    return active_rms(clip, sr) if part.active else rms(clip)


def _gain_for_snr(snr, level, noise_level):
    """Return the gain for a ratio of levels in dB; 1 if the stems or the noise are silent."""
    if level < SILENCE_RMS or noise_level < SILENCE_RMS:
        return 1.0
    return level / noise_level * db_to_amplitude(-snr)


def band_pass(clip, sr, band):
    """Limit a clip to a frequency band by a fourth-order Butterworth filter without phase shift.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32
    sr : int
        Sample rate in Hz.
    band : tuple of (float, float)
        The edges in Hz, where the response is -6 dB. An upper edge of at least half of ``sr``
        leaves a high-pass; a lower edge there leaves silence.

    Returns
    -------
    ndarray of shape (n_samples,), float32

    Notes
    -----
    The same as ``scipy.signal.sosfiltfilt``, except for the ends, by the squared magnitude of the
    digital filter: :math:`1 / (1 + x^8)`.
    """
    low, high = band
    if 2 * low >= sr:
        return np.zeros_like(clip)
    # Beyond the end there is silence, for as long as the filter settles.
    n = scipy.fft.next_fast_len(len(clip) + round(2 * sr / low), real=True)
    # Frequencies as the bilinear transform warps them; each pass has the square root of this.
    edges = np.tan(np.pi / sr * np.array(band))
    warped = np.tan(np.pi / n * np.arange(n // 2 + 1))
    with np.errstate(divide="ignore", over="ignore"):
        if 2 * high >= sr:
            ratios = edges[0] / warped
        else:
            ratios = (warped - edges.prod() / warped) / (edges[1] - edges[0])
        response = 1 / (1 + ratios ** (2 * _FILTER_ORDER))
    return filter_spectrum(clip, n, response.astype(np.float32))
