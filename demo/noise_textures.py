"""Noise that goes on: weather, water, fire and machines.

Every function takes ``n`` samples, the rate ``sr`` in Hz and a generator, draws its own details
and returns (n,) floats of no particular level.
"""

import numpy as np

from .noise_tools import (
    band,
    burst,
    coloured,
    drift,
    harmonics,
    lay,
    scattered,
    shower,
    swell,
    times,
    tone,
)


def rain(n, sr, rng):
    """A hiss of distant drops under the patter of near ones."""
    hiss = band(coloured(n, rng, 1.5), sr, rng.uniform(600, 1500))
    return hiss + 3 * shower(n, sr, rng, rng.uniform(20, 120), 0.01, 1500, 7000)


def sea_waves(n, sr, rng):
    """Surf that rises and falls every few seconds."""
    period = rng.uniform(3, 7)
    surge = 0.5 + 0.5 * np.sin(2 * np.pi * times(n, sr) / period + rng.uniform(0, 6))
    return coloured(n, rng, 4) * (0.15 + surge**2) + 0.3 * band(coloured(n, rng), sr, 2000) * (
        surge**4
    )


def wind(n, sr, rng):
    """Gusts, with a whistle that follows them."""
    gusts = drift(n, sr, rng, rng.uniform(0.6, 2))
    whistle = band(rng.standard_normal(n), sr, rng.uniform(300, 500), rng.uniform(700, 1100))
    return coloured(n, rng, 6) * (0.2 + gusts) + 0.15 * whistle * gusts**3


def crackling_fire(n, sr, rng):
    """A low roar and irregular snaps."""
    crackle = shower(n, sr, rng, rng.uniform(8, 30), 0.02, 800, 6000)
    return 0.4 * coloured(n, rng, 5) * (0.6 + 0.4 * drift(n, sr, rng, 3)) + 4 * crackle


def thunderstorm(n, sr, rng):
    """One or two rolls of thunder over rain."""
    roll = np.zeros(n)
    for start in scattered(0.6 * n / sr, 0.4, rng):
        length = rng.uniform(1.5, 4)
        rumble = burst(length, sr, rng, 20, rng.uniform(120, 300))
        roll += lay(n, sr, [(start, rumble * (0.4 + drift(len(rumble), sr, rng, 6)))])
    return 12 * roll + rng.uniform(0.05, 0.3) * rain(n, sr, rng)


def pouring_water(n, sr, rng):
    """Bubbles: short tones that rise as the vessel fills."""
    starts = scattered(n / sr, rng.uniform(40, 90), rng)
    base = rng.uniform(400, 900)
    bubbles = (
        (t, tone(base * rng.uniform(0.8, 2.5) * (1 + t * sr / n), m, sr) * swell(m))
        for t in starts
        for m in [round(rng.uniform(0.008, 0.04) * sr)]
    )
    return lay(n, sr, bubbles) + 0.2 * band(rng.standard_normal(n), sr, 800, 5000)


def vacuum_cleaner(n, sr, rng):
    """A motor's whine in a rush of air."""
    hum = rng.uniform(90, 240)
    whine = harmonics(hum * (1 + 0.01 * drift(n, sr, rng, 1)), [1, 0.7, 0.5, 0.6, 0.3, 0.4], n, sr)
    return 0.5 * whine + 0.8 * band(coloured(n, rng, 2), sr, 200, 6000)


def engine(n, sr, rng):
    """Firing strokes whose pace wanders, as at idle."""
    rate = rng.uniform(18, 45) * (1 + 0.3 * drift(n, sr, rng, 0.6))
    strokes = np.abs(tone(rate / 2, n, sr)) ** 6
    return strokes * (coloured(n, rng, 3) + harmonics(rate * 2, [1, 0.8, 0.5, 0.3], n, sr))


def chainsaw(n, sr, rng):
    """A rasping two-stroke that revs up and down."""
    rate = rng.uniform(70, 110) * (0.7 + 0.6 * drift(n, sr, rng, 1.2))
    rasp = np.tanh(3 * harmonics(rate, 1 / np.arange(1, 13) ** 0.5, n, sr))
    return rasp * (1 + 0.4 * rng.standard_normal(n))


def helicopter(n, sr, rng):
    """Rotor blades chopping low noise."""
    rate = rng.uniform(9, 22)
    chop = (0.5 + 0.5 * tone(rate, n, sr)) ** 3
    return chop * coloured(n, rng, 4) + 0.1 * coloured(n, rng, 2)


def airplane(n, sr, rng):
    """A jet that passes: broad noise and a falling whine."""
    nearness = 0.1 + swell(n) ** rng.uniform(0.5, 2)
    whine = tone(np.linspace(1.15, 0.85, n) * rng.uniform(700, 1800), n, sr)
    return nearness * (coloured(n, rng, 3.5) + 0.15 * whine)


def train(n, sr, rng):
    """A rumble and the double beat of wheels on rail joints."""
    pace = rng.uniform(0.5, 1.0)
    joints = np.arange(rng.uniform(0, pace), n / sr, pace)
    clacks = (
        (t + lag, 5 * burst(0.08, sr, rng, 200, 2500)) for t in joints for lag in (0, 0.22 * pace)
    )
    return 0.8 * coloured(n, rng, 5) + lay(n, sr, clacks)


def washing_machine(n, sr, rng):
    """A drum that turns: hum, slosh and a slow beat."""
    turn = 0.6 + 0.4 * tone(rng.uniform(0.8, 2), n, sr)
    hum = harmonics(rng.choice([50.0, 60.0]) * 2, [1, 0.4, 0.6, 0.2], n, sr)
    return turn * (0.6 * hum + band(coloured(n, rng, 3), sr, 80, 3000))
