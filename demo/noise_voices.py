"""Noise with a pitch: animals, sirens and horns.

Every function takes ``n`` samples, the rate ``sr`` in Hz and a generator, draws its own details
and returns (n,) floats of no particular level.
"""

import numpy as np

from .noise_tools import coloured, harmonics, lay, scattered, steady, swell, times, tone


def chirping_birds(n, sr, rng):
    """Two or three birds, each with a sweep of its own."""
    sounds = []
    for _ in range(rng.integers(2, 4)):
        low, high = rng.uniform(2000, 3500), rng.uniform(3500, 7000)
        length = round(rng.uniform(0.05, 0.2) * sr)
        sweep = np.linspace(low, high, length)[:: rng.choice([-1, 1])]
        chirp = tone(sweep, length, sr) * swell(length)
        for start in scattered(n / sr, rng.uniform(0.5, 1.5), rng):
            sounds += [(start + k * 0.12, chirp) for k in range(rng.integers(1, 6))]
    return lay(n, sr, sounds) + 0.01 * coloured(n, rng, 2)


def crickets(n, sr, rng):
    """Trills of a high tone, three or four pulses each."""
    pitch, pulse = rng.uniform(3500, 5500), round(rng.uniform(0.012, 0.02) * sr)
    chirp = tone(pitch, pulse, sr) * swell(pulse)
    trills = steady(n / sr, rng.uniform(0.3, 0.7), rng)
    n_pulses = rng.integers(3, 5)
    return lay(n, sr, ((t + k * 0.03, chirp) for t in trills for k in range(n_pulses)))


def insects(n, sr, rng):
    """A fly: a buzz that comes and goes."""
    wings = rng.uniform(120, 250) * (
        1 + 0.08 * np.sin(2 * np.pi * rng.uniform(0.5, 2) * times(n, sr))
    )
    return harmonics(wings, 1 / np.arange(1, 16), n, sr) * (0.1 + swell(n))


def dog(n, sr, rng):
    """Barks: a rough voiced tone that falls."""
    pitch = rng.uniform(250, 600)
    barks = scattered(n / sr, rng.uniform(0.4, 1.6), rng)
    return lay(n, sr, ((t, _call(pitch, 0.7, rng.uniform(0.12, 0.25), sr, rng)) for t in barks))


def crow(n, sr, rng):
    """Caws, in twos and threes."""
    pitch = rng.uniform(450, 750)
    groups = scattered(n / sr, 0.5, rng)
    caws = [t + k * 0.45 for t in groups for k in range(rng.integers(2, 4))]
    return lay(n, sr, ((t, _call(pitch, 0.85, 0.3, sr, rng)) for t in caws))


def rooster(n, sr, rng):
    """One crow of four notes, the third long and high."""
    pitch, start, sounds = rng.uniform(450, 650), rng.uniform(0, 0.3 * n / sr), []
    for step, seconds in ((1.0, 0.2), (1.3, 0.2), (1.6, 0.7), (1.2, 0.4)):
        sounds.append((start, _call(pitch * step, 0.9, seconds, sr, rng)))
        start += seconds
    return lay(n, sr, sounds)


def siren(n, sr, rng):
    """A tone that wails up and down, or jumps between two pitches."""
    low, ratio, rate = rng.uniform(400, 700), rng.uniform(1.3, 2.2), rng.uniform(0.25, 2.5)
    wave = np.sin(2 * np.pi * rate * times(n, sr))
    position = np.sign(wave) if rng.random() < 0.4 else wave
    return harmonics(low * ratio ** (0.5 + 0.5 * position), [1, 0.5, 0.4, 0.2], n, sr)


def car_horn(n, sr, rng):
    """Two reeds a third apart, sounded once or more."""
    pitch, sounds = rng.uniform(320, 460), []
    for start in scattered(0.7 * n / sr, 0.5, rng):
        length = round(rng.uniform(0.3, 1.5) * sr)
        reeds = (harmonics(pitch * k, 1 / np.arange(1, 11), length, sr) for k in (1, 1.26))
        sounds.append((start, sum(reeds)))
    return lay(n, sr, sounds)


def _call(pitch, fall, seconds, sr, rng):
    """An animal's call: rough harmonics that fall from ``pitch`` to ``fall`` times it."""
    n = round(seconds * sr)
    glide = pitch * np.linspace(1, fall, n) * (1 + 0.03 * rng.standard_normal(n))
    voice = harmonics(glide, 1 / np.arange(1, 9) ** 0.7, n, sr)
    return (voice + 0.5 * coloured(n, rng, 2)) * swell(n) ** 0.5
