"""Noise that happens: knocks, steps, clicks, bells and breaking glass.

Every function takes ``n`` samples, the rate ``sr`` in Hz and a generator, draws its own details
and returns (n,) floats of no particular level.
"""

import numpy as np

from .noise_tools import band, burst, decay, lay, scattered, shower, steady, swell, tone


def footsteps(n, sr, rng):
    """Heel and toe at a walking pace."""
    top = rng.uniform(500, 3000)
    steps = steady(n / sr, rng.uniform(0.4, 0.75), rng)
    return lay(
        n,
        sr,
        (
            (t + lag, weight * burst(0.09, sr, rng, 60, top))
            for t in steps
            for lag, weight in ((0, 1), (0.08, 0.5))
        ),
    )


def door_wood_knock(n, sr, rng):
    """Groups of three to five knocks on a panel that rings."""
    panel, gap = rng.uniform(120, 400), rng.uniform(0.13, 0.3)
    starts = steady(n / sr, rng.uniform(1.2, 2.5), rng)
    knocks = [t + k * gap for t in starts for k in range(rng.integers(3, 6))]
    return lay(n, sr, ((t, _struck(panel, 0.12, sr, rng)) for t in knocks))


def mouse_click(n, sr, rng):
    """Press and release, a tenth of a second apart."""
    clicks = scattered(n / sr, rng.uniform(1, 3), rng)
    return lay(
        n,
        sr,
        (
            (t + lag, weight * burst(0.012, sr, rng, 1500, 8000))
            for t in clicks
            for lag, weight in ((0, 1), (rng.uniform(0.06, 0.14), 0.7))
        ),
    )


def keyboard_typing(n, sr, rng):
    """Keys in runs, each struck a little differently."""
    keys = scattered(n / sr, rng.uniform(5, 11), rng)
    return lay(
        n,
        sr,
        (
            (t, rng.uniform(0.4, 1) * burst(0.03, sr, rng, rng.uniform(700, 2500), 8000))
            for t in keys
        ),
    )


def clock_tick(n, sr, rng):
    """Tick and tock, exactly even."""
    pitches = rng.uniform(1500, 4500, 2)
    ticks = steady(n / sr, rng.choice([0.25, 0.5, 1.0]), rng, jitter=0)
    return lay(n, sr, ((t, _struck(pitches[k % 2], 0.03, sr, rng)) for k, t in enumerate(ticks)))


def glass_breaking(n, sr, rng):
    """A crash and then splinters that ring high."""
    crash = rng.uniform(0, 0.4 * n / sr)
    splinters = crash + rng.exponential(0.35, rng.integers(15, 45))
    pieces = [(crash, 3 * burst(0.25, sr, rng, 1500, 9000))]
    pieces += [
        (t, rng.uniform(0.1, 0.8) * _struck(rng.uniform(2500, 8000), 0.2, sr, rng))
        for t in splinters
    ]
    return lay(n, sr, pieces)


def church_bells(n, sr, rng):
    """Bells with the inharmonic partials of bronze: hum, prime, tierce, quint, nominal."""
    partials = np.array([0.5, 1.0, 1.19, 1.56, 2.0, 2.51, 2.66, 3.01])
    prime = rng.uniform(220, 520)
    strikes = steady(n / sr, rng.uniform(0.6, 1.6), rng)
    bells = []
    for start in strikes:
        n_ring = round(3 * sr)
        pitch = prime * rng.choice([1, 9 / 8, 5 / 4])
        ring = sum(
            tone(p * pitch, n_ring, sr) * decay(n_ring, sr, 4 / p**0.7) / p for p in partials
        )
        bells.append((start, ring))
    return lay(n, sr, bells)


def clapping(n, sr, rng):
    """A few hands, or an audience of them."""
    return shower(n, sr, rng, rng.choice([3, 15, 60]), 0.03, 700, rng.uniform(2500, 5000))


def hand_saw(n, sr, rng):
    """Strokes to and fro, each a rasp of teeth."""
    stroke, teeth = rng.uniform(0.3, 0.6), rng.uniform(60, 160)
    length = round(0.85 * stroke * sr)
    rasps = (
        (
            t,
            band(rng.standard_normal(length), sr, 900, 6000)
            * swell(length)
            * _teeth(teeth, length, sr),
        )
        for t in steady(n / sr, stroke, rng)
    )
    return lay(n, sr, rasps)


def fireworks(n, sr, rng):
    """Bangs, some followed by a shower of sparks."""
    sounds = []
    for start in scattered(n / sr, rng.uniform(0.6, 1.6), rng):
        sounds.append((start, 8 * burst(rng.uniform(0.4, 1), sr, rng, 30, 900)))
        sparks = start + rng.uniform(0.1, 0.9, rng.integers(0, 25))
        sounds += [(t, burst(0.015, sr, rng, 2000, 8000)) for t in sparks]
    return lay(n, sr, sounds)


def water_drops(n, sr, rng):
    """Single drops: a tone that rises as the bubble closes."""
    drops = scattered(n / sr, rng.uniform(1, 4), rng)
    length = round(0.05 * sr)
    rise = np.linspace(1, 2, length)
    return lay(
        n,
        sr,
        (
            (t, tone(rng.uniform(600, 1400) * rise, length, sr) * decay(length, sr, 0.06))
            for t in drops
        ),
    )


def _struck(pitch, seconds, sr, rng):
    """A body that is hit: its tone and the noise of the blow."""
    n = round(seconds * sr)
    return tone(pitch, n, sr) * decay(n, sr, seconds) + 0.5 * burst(seconds, sr, rng)


def _teeth(rate, n, sr):
    return 0.6 + 0.4 * np.sign(tone(rate, n, sr))
