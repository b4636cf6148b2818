"""Building blocks of procedural noise: coloured noise, tones, envelopes and events.

Conventions: signals are 1-D float64 arrays of ``n`` samples at ``sr`` Hz, at an arbitrary level;
the noise folder's writer sets the level of each clip.
"""

import numpy as np
from scipy.signal import butter, sosfilt

from ...audio.levels import db_to_amplitude


def coloured(n, rng, slope=0.0):
    """Return Gaussian noise with a slope of ``-slope`` dB per octave (3 is pink, 6 brown)."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    octaves = np.log2(np.maximum(np.arange(len(spectrum)), 1))
    return np.fft.irfft(spectrum * db_to_amplitude(-slope * octaves), n) * 2 ** (slope / 2)


def band(x, sr, low=None, high=None):
    """Filter to the band between ``low`` and ``high`` Hz (second-order Butterworth)."""
    top = 0.45 * sr
    if low is None:
        return sosfilt(butter(2, min(high, top), "low", fs=sr, output="sos"), x)
    if high is None or high >= top:
        return sosfilt(butter(2, min(low, 0.9 * top), "high", fs=sr, output="sos"), x)
    return sosfilt(butter(2, (min(low, 0.5 * high), high), "band", fs=sr, output="sos"), x)


def times(n, sr):
    """Return the time of each sample in seconds."""
    return np.arange(n) / sr


def tone(frequency, n, sr, phase=0.0):
    """Return a sine of a frequency in Hz: a constant, or one value per sample."""
    return np.sin(2 * np.pi * np.cumsum(np.broadcast_to(frequency, n)) / sr + phase)


def harmonics(frequency, weights, n, sr):
    """Return a harmonic tone; the k-th weight is the amplitude of the k-th harmonic."""
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(frequency, n)) / sr
    return sum(w * np.sin(k * phase) for k, w in enumerate(weights, 1))


def drift(n, sr, rng, rate):
    """Return a smooth random curve in [0, 1] with about ``rate`` knots per second."""
    n_knots = max(4, int(n / sr * rate) + 2)
    return np.interp(np.linspace(0, n_knots - 1, n), np.arange(n_knots), rng.random(n_knots))


def decay(n, sr, seconds):
    """Return an exponential that falls by 60 dB in ``seconds``."""
    return 10 ** (-3 * times(n, sr) / seconds)


def swell(n):
    """Return a raised-cosine window: 0 at both ends, 1 in the middle."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / max(n - 1, 1))


def burst(seconds, sr, rng, low=None, high=None):
    """Return a decaying noise burst, as of a struck object."""
    n = max(16, round(seconds * sr))
    noise = rng.standard_normal(n)
    return (noise if low is None and high is None else band(noise, sr, low, high)) * decay(
        n, sr, seconds
    )


def mix_events(n, sr, sounds):
    """Mix short sounds into ``n`` samples of silence.

    Parameters
    ----------
    n, sr : int
    sounds : iterable of (float, ndarray)
        Start of each in seconds, and its samples; samples past the end are cut.

    Returns
    -------
    ndarray of shape (n,)
    """
    out = np.zeros(n)
    for start, sound in sounds:
        first = round(start * sr)
        n_left = max(0, n - first)
        out[first : first + n_left][: len(sound)] += sound[:n_left]
    return out


def steady(seconds, interval, rng, jitter=0.05):
    """Return the times of a regular event: every ``interval`` seconds, with random ``jitter``."""
    # At least one event, however short the clip.
    starts = np.arange(rng.uniform(0, min(interval, seconds / 2)), 0.9 * seconds, interval)
    return np.clip(starts + rng.normal(0, jitter * interval, len(starts)), 0, 0.9 * seconds)


def scattered(seconds, rate, rng):
    """Return the times of an irregular event: about ``rate`` per second, at least one."""
    return np.sort(rng.uniform(0, 0.9 * seconds, max(1, rng.poisson(rate * seconds))))


def shower(n, sr, rng, rate, seconds, low, high):
    """Return about ``rate`` bursts per second, of eight kinds and random strengths."""
    kinds = [burst(seconds, sr, rng, low, high) for _ in range(8)]
    starts = scattered(n / sr, rate, rng)
    return mix_events(n, sr, ((t, rng.exponential() * kinds[rng.integers(8)]) for t in starts))
