"""Effects on a whole clip: spectral tilt, dynamic-range compression and reverberation.

Each effect is a function of a clip, its sample rate and its parameters, in the registry ``EFFECTS``
under the name that recipes use.
"""

import numpy as np
import scipy.fft
import scipy.signal

from ...audio.levels import db_to_amplitude
from ...exceptions import DataError
from ..settings_checks import EFFECT_LIMITS
from ..tempo_sync import SILENCE_RMS
from .kernels import rms

# Edges in Hz beyond which a tilt does not rise or fall further, and the frequency it leaves alone.
_TILT_EDGES = (60.0, 8000.0)
_TILT_CENTRE = 1000.0
# Of the level that the compressor follows, in s.
_BLOCK_SECONDS = 0.005
_RELEASE_SECONDS = 0.1
# A reverberation ends 60 dB below its start, by definition of the reverberation time.
_DECAY_DB = 60.0


def apply_effects(clip, sr, effects):
    """Apply effects one after the other.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32
    sr : int
        Sample rate in Hz.
    effects : sequence of Effect

    Returns
    -------
    ndarray of shape (n_samples,), float32

    Raises
    ------
    DataError
        If an effect is not known, or has parameters that are not allowed.
    """
    for effect in effects:
        _check(effect)
        clip = EFFECTS[effect.name](clip, sr, *effect.values)
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
    frequencies = np.clip(scipy.fft.rfftfreq(n, 1 / sr), *_TILT_EDGES)
    gain = db_to_amplitude(slope * np.log2(frequencies / _TILT_CENTRE))
    spectrum = scipy.fft.rfft(clip, n) * gain.astype(np.float32)
    return scipy.fft.irfft(spectrum, n)[: len(clip)].astype(np.float32)


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
    n_blocks = -(-len(clip) // size)
    blocks = np.pad(clip, (0, n_blocks * size - len(clip))).reshape(n_blocks, size)
    power = np.mean(np.square(blocks, dtype=np.float64), axis=1)
    above = 10 * np.log10(np.maximum(power, 1e-12)) - 20 * np.log10(level) - threshold
    reduction = _hold(np.maximum(above, 0) * (1 - 1 / ratio), size / sr)
    centres = (np.arange(n_blocks) + 0.5) * size
    gain = db_to_amplitude(-np.interp(np.arange(len(clip)), centres, reduction))
    return clip * gain.astype(np.float32)


def _hold(reduction, seconds):
    """Let a gain reduction fall no faster than the release allows."""
    decay = np.exp(-seconds / _RELEASE_SECONDS)
    held, last = np.empty_like(reduction), 0.0
    for i, value in enumerate(reduction):
        last = held[i] = max(value, last * decay)
    return held


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
    impulse = noise * db_to_amplitude(-_DECAY_DB * np.arange(n_samples) / n_samples)
    impulse *= db_to_amplitude(level) / np.sqrt(np.sum(impulse**2))
    impulse[0] += 1.0
    return scipy.signal.fftconvolve(clip, impulse)[: len(clip)].astype(np.float32)


# Of each effect that a recipe can name; the limits of its parameters are in ``EFFECT_LIMITS``.
EFFECTS = {"tilt": tilt, "compression": compress, "reverb": reverberate}
