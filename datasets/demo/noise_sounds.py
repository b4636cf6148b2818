"""Procedural noise: weather, water, machines, everyday sounds and animals.

Each function takes the number of samples ``n``, the sample rate ``sr`` in Hz and a random
generator, samples its own details and returns (n,) floats at an arbitrary level. The first
functions are the building blocks: coloured noise, tones, envelopes and events.
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


def rain(n, sr, rng):
    """Generate rain: a hiss of distant drops under the patter of near ones."""
    hiss = band(coloured(n, rng, 1.5), sr, rng.uniform(600, 1500))
    return hiss + 3 * shower(n, sr, rng, rng.uniform(20, 120), 0.01, 1500, 7000)


def sea_waves(n, sr, rng):
    """Generate sea waves: surf that rises and falls every few seconds."""
    period = rng.uniform(3, 7)
    surge = 0.5 + 0.5 * np.sin(2 * np.pi * times(n, sr) / period + rng.uniform(0, 6))
    return coloured(n, rng, 4) * (0.15 + surge**2) + 0.3 * band(coloured(n, rng), sr, 2000) * (
        surge**4
    )


def wind(n, sr, rng):
    """Generate wind: gusts, with a whistle that follows them."""
    gusts = drift(n, sr, rng, rng.uniform(0.6, 2))
    whistle = band(rng.standard_normal(n), sr, rng.uniform(300, 500), rng.uniform(700, 1100))
    return coloured(n, rng, 6) * (0.2 + gusts) + 0.15 * whistle * gusts**3


def crackling_fire(n, sr, rng):
    """Generate crackling fire: a low roar and irregular snaps."""
    crackle = shower(n, sr, rng, rng.uniform(8, 30), 0.02, 800, 6000)
    return 0.4 * coloured(n, rng, 5) * (0.6 + 0.4 * drift(n, sr, rng, 3)) + 4 * crackle


def thunderstorm(n, sr, rng):
    """Generate thunderstorm: one or two rolls of thunder over rain."""
    roll = np.zeros(n)
    for start in scattered(0.6 * n / sr, 0.4, rng):
        length = rng.uniform(1.5, 4)
        rumble = burst(length, sr, rng, 20, rng.uniform(120, 300))
        roll += mix_events(n, sr, [(start, rumble * (0.4 + drift(len(rumble), sr, rng, 6)))])
    return 12 * roll + rng.uniform(0.05, 0.3) * rain(n, sr, rng)


def pouring_water(n, sr, rng):
    """Generate pouring water: bubbles: short tones that rise as the vessel fills."""
    starts = scattered(n / sr, rng.uniform(40, 90), rng)
    base = rng.uniform(400, 900)
    bubbles = (
        (t, tone(base * rng.uniform(0.8, 2.5) * (1 + t * sr / n), m, sr) * swell(m))
        for t in starts
        for m in [round(rng.uniform(0.008, 0.04) * sr)]
    )
    return mix_events(n, sr, bubbles) + 0.2 * band(rng.standard_normal(n), sr, 800, 5000)


def vacuum_cleaner(n, sr, rng):
    """Generate vacuum cleaner: a motor's whine in a rush of air."""
    hum = rng.uniform(90, 240)
    whine = harmonics(hum * (1 + 0.01 * drift(n, sr, rng, 1)), [1, 0.7, 0.5, 0.6, 0.3, 0.4], n, sr)
    return 0.5 * whine + 0.8 * band(coloured(n, rng, 2), sr, 200, 6000)


def engine(n, sr, rng):
    """Generate engine: firing strokes whose rate varies slowly, as when idling."""
    rate = rng.uniform(18, 45) * (1 + 0.3 * drift(n, sr, rng, 0.6))
    strokes = np.abs(tone(rate / 2, n, sr)) ** 6
    return strokes * (coloured(n, rng, 3) + harmonics(rate * 2, [1, 0.8, 0.5, 0.3], n, sr))


def chainsaw(n, sr, rng):
    """Generate chainsaw: a rasping two-stroke engine that revs up and down."""
    rate = rng.uniform(70, 110) * (0.7 + 0.6 * drift(n, sr, rng, 1.2))
    rasp = np.tanh(3 * harmonics(rate, 1 / np.arange(1, 13) ** 0.5, n, sr))
    return rasp * (1 + 0.4 * rng.standard_normal(n))


def helicopter(n, sr, rng):
    """Generate helicopter: rotor blades chopping low noise."""
    rate = rng.uniform(9, 22)
    chop = (0.5 + 0.5 * tone(rate, n, sr)) ** 3
    return chop * coloured(n, rng, 4) + 0.1 * coloured(n, rng, 2)


def airplane(n, sr, rng):
    """Generate airplane: a jet that passes: broad noise and a falling whine."""
    nearness = 0.1 + swell(n) ** rng.uniform(0.5, 2)
    whine = tone(np.linspace(1.15, 0.85, n) * rng.uniform(700, 1800), n, sr)
    return nearness * (coloured(n, rng, 3.5) + 0.15 * whine)


def train(n, sr, rng):
    """Generate train: a rumble and the double beat of wheels on rail joints."""
    interval = rng.uniform(0.5, 1.0)
    joints = np.arange(rng.uniform(0, interval), n / sr, interval)
    clacks = (
        (t + lag, 5 * burst(0.08, sr, rng, 200, 2500))
        for t in joints
        for lag in (0, 0.22 * interval)
    )
    return 0.8 * coloured(n, rng, 5) + mix_events(n, sr, clacks)


def washing_machine(n, sr, rng):
    """Generate washing machine: a rotating drum: hum, slosh and a slow beat."""
    turn = 0.6 + 0.4 * tone(rng.uniform(0.8, 2), n, sr)
    hum = harmonics(rng.choice([50.0, 60.0]) * 2, [1, 0.4, 0.6, 0.2], n, sr)
    return turn * (0.6 * hum + band(coloured(n, rng, 3), sr, 80, 3000))


def footsteps(n, sr, rng):
    """Generate footsteps: heel and toe at a walking pace."""
    top = rng.uniform(500, 3000)
    steps = steady(n / sr, rng.uniform(0.4, 0.75), rng)
    return mix_events(
        n,
        sr,
        (
            (t + lag, weight * burst(0.09, sr, rng, 60, top))
            for t in steps
            for lag, weight in ((0, 1), (0.08, 0.5))
        ),
    )


def door_wood_knock(n, sr, rng):
    """Generate door wood knock: groups of three to five knocks on a resonant panel."""
    panel, gap = rng.uniform(120, 400), rng.uniform(0.13, 0.3)
    starts = steady(n / sr, rng.uniform(1.2, 2.5), rng)
    knocks = [t + k * gap for t in starts for k in range(rng.integers(3, 6))]
    return mix_events(n, sr, ((t, _struck(panel, 0.12, sr, rng)) for t in knocks))


def mouse_click(n, sr, rng):
    """Generate mouse click: press and release, a tenth of a second apart."""
    clicks = scattered(n / sr, rng.uniform(1, 3), rng)
    return mix_events(
        n,
        sr,
        (
            (t + lag, weight * burst(0.012, sr, rng, 1500, 8000))
            for t in clicks
            for lag, weight in ((0, 1), (rng.uniform(0.06, 0.14), 0.7))
        ),
    )


def keyboard_typing(n, sr, rng):
    """Generate keyboard typing: keystrokes, each slightly different."""
    keys = scattered(n / sr, rng.uniform(5, 11), rng)
    return mix_events(
        n,
        sr,
        (
            (t, rng.uniform(0.4, 1) * burst(0.03, sr, rng, rng.uniform(700, 2500), 8000))
            for t in keys
        ),
    )


def clock_tick(n, sr, rng):
    """Generate clock tick: tick and tock at an exact interval."""
    pitches = rng.uniform(1500, 4500, 2)
    ticks = steady(n / sr, rng.choice([0.25, 0.5, 1.0]), rng, jitter=0)
    return mix_events(
        n, sr, ((t, _struck(pitches[k % 2], 0.03, sr, rng)) for k, t in enumerate(ticks))
    )


def glass_breaking(n, sr, rng):
    """Generate glass breaking: a crash, then high-pitched splinters."""
    crash = rng.uniform(0, 0.4 * n / sr)
    splinters = crash + rng.exponential(0.35, rng.integers(15, 45))
    pieces = [(crash, 3 * burst(0.25, sr, rng, 1500, 9000))]
    pieces += [
        (t, rng.uniform(0.1, 0.8) * _struck(rng.uniform(2500, 8000), 0.2, sr, rng))
        for t in splinters
    ]
    return mix_events(n, sr, pieces)


def church_bells(n, sr, rng):
    """Generate church bells: bronze bells with a hum, prime, tierce, quint and nominal."""
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
    return mix_events(n, sr, bells)


def clapping(n, sr, rng):
    """Generate clapping: a few people clapping, or an audience."""
    return shower(n, sr, rng, rng.choice([3, 15, 60]), 0.03, 700, rng.uniform(2500, 5000))


def hand_saw(n, sr, rng):
    """Generate hand saw: saw strokes, each a rasp of teeth."""
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
    return mix_events(n, sr, rasps)


def fireworks(n, sr, rng):
    """Generate fireworks: bangs, some followed by a shower of sparks."""
    sounds = []
    for start in scattered(n / sr, rng.uniform(0.6, 1.6), rng):
        sounds.append((start, 8 * burst(rng.uniform(0.4, 1), sr, rng, 30, 900)))
        sparks = start + rng.uniform(0.1, 0.9, rng.integers(0, 25))
        sounds += [(t, burst(0.015, sr, rng, 2000, 8000)) for t in sparks]
    return mix_events(n, sr, sounds)


def water_drops(n, sr, rng):
    """Generate water drops: single drops: a tone that rises as the bubble closes."""
    drops = scattered(n / sr, rng.uniform(1, 4), rng)
    length = round(0.05 * sr)
    rise = np.linspace(1, 2, length)
    return mix_events(
        n,
        sr,
        (
            (t, tone(rng.uniform(600, 1400) * rise, length, sr) * decay(length, sr, 0.06))
            for t in drops
        ),
    )


def _struck(pitch, seconds, sr, rng):
    """Return the sound of a struck body: a decaying tone and a noise burst."""
    n = round(seconds * sr)
    return tone(pitch, n, sr) * decay(n, sr, seconds) + 0.5 * burst(seconds, sr, rng)


def _teeth(rate, n, sr):
    return 0.6 + 0.4 * np.sign(tone(rate, n, sr))


def chirping_birds(n, sr, rng):
    """Generate chirping birds: two or three birds, each with its own sweep."""
    sounds = []
    for _ in range(rng.integers(2, 4)):
        low, high = rng.uniform(2000, 3500), rng.uniform(3500, 7000)
        length = round(rng.uniform(0.05, 0.2) * sr)
        sweep = np.linspace(low, high, length)[:: rng.choice([-1, 1])]
        chirp = tone(sweep, length, sr) * swell(length)
        for start in scattered(n / sr, rng.uniform(0.5, 1.5), rng):
            sounds += [(start + k * 0.12, chirp) for k in range(rng.integers(1, 6))]
    return mix_events(n, sr, sounds) + 0.01 * coloured(n, rng, 2)


def crickets(n, sr, rng):
    """Generate crickets: trills of a high tone, three or four pulses each."""
    pitch, pulse = rng.uniform(3500, 5500), round(rng.uniform(0.012, 0.02) * sr)
    chirp = tone(pitch, pulse, sr) * swell(pulse)
    trills = steady(n / sr, rng.uniform(0.3, 0.7), rng)
    n_pulses = rng.integers(3, 5)
    return mix_events(n, sr, ((t + k * 0.03, chirp) for t in trills for k in range(n_pulses)))


def insects(n, sr, rng):
    """Generate insects: a fly: a buzz that fades in and out."""
    wings = rng.uniform(120, 250) * (
        1 + 0.08 * np.sin(2 * np.pi * rng.uniform(0.5, 2) * times(n, sr))
    )
    return harmonics(wings, 1 / np.arange(1, 16), n, sr) * (0.1 + swell(n))


def dog(n, sr, rng):
    """Generate dog: barks: a rough, falling tone."""
    pitch = rng.uniform(250, 600)
    barks = scattered(n / sr, rng.uniform(0.4, 1.6), rng)
    return mix_events(
        n, sr, ((t, _call(pitch, 0.7, rng.uniform(0.12, 0.25), sr, rng)) for t in barks)
    )


def crow(n, sr, rng):
    """Generate crow: caws, in twos and threes."""
    pitch = rng.uniform(450, 750)
    groups = scattered(n / sr, 0.5, rng)
    caws = [t + k * 0.45 for t in groups for k in range(rng.integers(2, 4))]
    return mix_events(n, sr, ((t, _call(pitch, 0.85, 0.3, sr, rng)) for t in caws))


def rooster(n, sr, rng):
    """Generate rooster: one crow of four notes, the third long and high."""
    pitch, start, sounds = rng.uniform(450, 650), rng.uniform(0, 0.3 * n / sr), []
    for step, seconds in ((1.0, 0.2), (1.3, 0.2), (1.6, 0.7), (1.2, 0.4)):
        sounds.append((start, _call(pitch * step, 0.9, seconds, sr, rng)))
        start += seconds
    return mix_events(n, sr, sounds)


def siren(n, sr, rng):
    """Generate siren: a tone that glides up and down, or alternates between two pitches."""
    low, ratio, rate = rng.uniform(400, 700), rng.uniform(1.3, 2.2), rng.uniform(0.25, 2.5)
    wave = np.sin(2 * np.pi * rate * times(n, sr))
    position = np.sign(wave) if rng.random() < 0.4 else wave
    return harmonics(low * ratio ** (0.5 + 0.5 * position), [1, 0.5, 0.4, 0.2], n, sr)


def car_horn(n, sr, rng):
    """Generate car horn: two reeds a third apart, sounded once or more."""
    pitch, sounds = rng.uniform(320, 460), []
    for start in scattered(0.7 * n / sr, 0.5, rng):
        length = round(rng.uniform(0.3, 1.5) * sr)
        reeds = (harmonics(pitch * k, 1 / np.arange(1, 11), length, sr) for k in (1, 1.26))
        sounds.append((start, sum(reeds)))
    return mix_events(n, sr, sounds)


def _call(pitch, fall, seconds, sr, rng):
    """Return an animal's call: rough harmonics that glide from ``pitch`` to ``fall`` times it."""
    n = round(seconds * sr)
    glide = pitch * np.linspace(1, fall, n) * (1 + 0.03 * rng.standard_normal(n))
    voice = harmonics(glide, 1 / np.arange(1, 9) ** 0.7, n, sr)
    return (voice + 0.5 * coloured(n, rng, 2)) * swell(n) ** 0.5
