"""Effects on a whole clip: spectral tilt, dynamic-range compression and reverberation.

Each effect is a function of a clip, its sample rate and its parameters, in the registry ``EFFECTS``
under the name that recipes use. A convolution takes the samples of an impulse response, too.
"""

import math

import numpy as np
import scipy.fft

from ...audio.levels import amplitude_to_db, db_to_amplitude
from ...exceptions import DataError
from ..settings_checks import EFFECT_LIMITS
from ..tempo_sync import SILENCE_RMS
from .kernels import frame_power, hold_peaks, rms, scale_smoothly

# Edges in Hz beyond which a tilt does not rise or fall further, and the frequency it leaves alone.
_TILT_EDGES = (60.0, 8000.0)
_TILT_CENTRE = 1000.0
# Of the level that the compressor follows, in s.
_BLOCK_SECONDS = 0.005
_RELEASE_SECONDS = 0.1
# A reverberation ends 60 dB below its start, by definition of the reverberation time.
_DECAY_DB = 60.0
# What follows the peak of an impulse response by less is its direct sound.
_DIRECT_SECONDS = 0.0025


def apply_effects(clip, sr, effects, impulses=()):
    """Apply effects one after the other.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32
    sr : int
        Sample rate in Hz.
    effects : sequence of Effect
    impulses : sequence of AudioSource, default=()
        Of the effects that have a path, in order.

    Returns
    -------
    ndarray of shape (n_samples,), float32

    Raises
    ------
    DataError
        If an effect is not known, or has parameters that are not allowed.
    """
    remaining = iter(impulses)
    for effect in effects:
        _check(effect)
        inputs = [next(remaining).read()] if effect.path is not None else []
        clip = EFFECTS[effect.name](clip, sr, *effect.values, *inputs)
    return clip


def _check(effect):
    """Raise an error unless an effect is known and its parameters are within their limits."""
    if effect.name not in EFFECTS:
        names = ", ".join(EFFECTS)
        raise DataError(f"The recipe has the effect {effect.name!r}; the effects are {names}")
    limits = EFFECT_LIMITS[effect.name]
    allowed = len(effect.values) == len(limits) and all(
        low <= value <= high for value, (low, high) in zip(effect.values, limits, strict=True)
    )
    if not allowed:
        raise DataError(
            f"The effect {effect.name!r} takes values within {limits}. Got {effect.values}."
        )
    if (effect.path is not None) != (effect.name == "convolution"):
        raise DataError(
            "A convolution takes the path of an impulse response, and no other effect does. Got "
            f"the path {effect.path!r} for {effect.name!r}."
        )


def tilt(clip, sr, slope):
    """Tilt the spectrum: add ``slope`` dB per octave from 60 Hz to 8 kHz, and none at 1 kHz.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32
    sr : int
        Sample rate in Hz.
    slope : float
        In dB per octave; above 0 is brighter.

    Returns
    -------
    ndarray of shape (n_samples,), float32
        Filtered without phase shift.
    """
    n = scipy.fft.next_fast_len(len(clip) + round(sr / _TILT_EDGES[0]), real=True)
    step = np.float32(sr / n / _TILT_CENTRE)
    ratios = np.arange(n // 2 + 1, dtype=np.float32) * step
    np.clip(ratios, *(np.float32(edge / _TILT_CENTRE) for edge in _TILT_EDGES), out=ratios)
    # A power instead of decibels of a logarithm, which takes twice as long.
    return filter_spectrum(clip, n, ratios ** np.float32(slope / amplitude_to_db(2)))


def filter_spectrum(clip, n, response):
    """Multiply the spectrum of ``n`` points of a clip by a response, in float32.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32
    n : int
        Length of the transform; as many samples more than the clip has as the filter takes to
        settle.
    response : ndarray of shape (n // 2 + 1,), float32 or complex64

    Returns
    -------
    ndarray of shape (n_samples,), float32
    """
    spectrum = scipy.fft.rfft(clip, n)
    spectrum *= response
    return scipy.fft.irfft(spectrum, n, overwrite_x=True)[: len(clip)]


def compress(clip, sr, ratio, threshold):
    """Compress the dynamic range: levels above a threshold rise ``ratio`` times slower.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32
    sr : int
        Sample rate in Hz.
    ratio : float
        At least 1.
    threshold : float
        In dB relative to the RMS of the clip.

    Returns
    -------
    ndarray of shape (n_samples,), float32

    Notes
    -----
    The gain follows the RMS of blocks of 5 ms; it falls within a block and recovers with a time
    constant of 100 ms. There is no make-up gain: mashups are normalised afterwards.
    """
    level = rms(clip)
    if level < SILENCE_RMS:
        return clip
    size = max(1, round(_BLOCK_SECONDS * sr))
    power = frame_power(clip, size)
    above = 10 * np.log10(np.maximum(power, 1e-12)) - 20 * np.log10(level) - threshold
    reduction = np.maximum(above, 0) * (1 - 1 / ratio)
    hold_peaks(reduction, math.exp(-size / sr / _RELEASE_SECONDS))
    return scale_smoothly(clip, db_to_amplitude(-reduction).astype(np.float32), size)


def reverberate(clip, sr, seconds, level):
    """Add a synthetic reverberation: noise that decays exponentially.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32
    sr : int
        Sample rate in Hz.
    seconds : float
        Reverberation time (RT60), in which the level falls by 60 dB. Also the seed of the noise.
    level : float
        Energy of the reverberation in dB relative to the direct sound.

    Returns
    -------
    ndarray of shape (n_samples,), float32
        The tail beyond the end is cut.

    References
    ----------
    Moorer, J. A. (1979). About this reverberation business. Computer Music Journal 3 (2).
    """
    n_samples = max(1, round(seconds * sr))
    noise = np.random.default_rng(round(seconds * 1e6)).standard_normal(n_samples)
    tail = noise * db_to_amplitude(-_DECAY_DB * np.arange(n_samples) / n_samples)
    return _add_tail(clip, tail, level)


def convolve(clip, sr, level, impulse):
    """Add the reverberation of an impulse response.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32
    sr : int
        Sample rate in Hz.
    level : float
        Energy of the reverberation in dB relative to the direct sound.
    impulse : ndarray of shape (n_impulse,), float32
        At the same sample rate. Its direct sound, up to 2.5 ms after its largest absolute sample,
        is replaced by the clip itself; the rest is the reverberation.

    Returns
    -------
    ndarray of shape (n_samples,), float32
        The clip itself if nothing follows the direct sound; the tail beyond the end is cut.

    References
    ----------
    Zahorik, P. (2002). Direct-to-reverberant energy ratio sensitivity. Journal of the Acoustical
    Society of America 112 (5).
    """
    if not len(impulse):
        return clip
    peak = np.argmax(np.abs(impulse))
    tail = impulse[peak:].astype(np.float64) * np.sign(impulse[peak])
    tail[: round(_DIRECT_SECONDS * sr) + 1] = 0.0
    return _add_tail(clip, tail, level) if tail.any() else clip


def _add_tail(clip, tail, level):
    """Add the convolution of a clip with a tail, scaled to an energy in dB."""
    impulse = tail * (db_to_amplitude(level) / np.sqrt(np.sum(tail**2)))
    impulse[0] += 1.0
    n = scipy.fft.next_fast_len(len(clip) + len(impulse) - 1, real=True)
    return filter_spectrum(clip, n, scipy.fft.rfft(impulse.astype(np.float32), n))


# Of each effect that a recipe can name; the limits of its parameters are in ``EFFECT_LIMITS``.
EFFECTS = {
    "tilt": tilt,
    "compression": compress,
    "reverb": reverberate,
    "convolution": convolve,
}
