"""Wide settings: a mixture of many generators, for a test whose generator is not known.

A model trained on the mashups of one narrow generator does well on that generator alone. A mixture
of random settings costs little where the narrow one would match, and gains much where it would not
(domain randomisation: Tobin et al., 2017). ``benchmarks/foreign.py`` measures both.

References
----------
Tobin, J. et al. (2017). Domain randomization for transferring deep neural networks from simulation
to the real world. IROS.
"""

import numpy as np

_N_COMPONENTS = 64
_TEMPO_MODES = ("interpolate", "resample", "wsola", "none")
_RATE_RANGES = (None, (0.5, 2.0), (0.7, 1.4), (0.85, 1.15))


def make_wide_mixture(n_components=_N_COMPONENTS, seed=0):
    """Make a mixture of many random generators.

    Tempo modes, anchors, rate limits and octave rules are sampled; so are the ranges of gains and
    of signal-to-noise ratios, the number and placement of noise clips, and now and then tilted
    spectra, compression, reverberation, a low-pass, overdrive, band-limited noise, missing stems
    and a lossy codec.

    Parameters
    ----------
    n_components : int, default=64
        Number of generators.
    seed : int, default=0

    Returns
    -------
    tuple of dict
        For :attr:`Settings.mixture`.
    """
    rng = np.random.default_rng(seed)
    return tuple(_sample_generator(number, rng) for number in range(n_components))


def _sample_generator(number, rng):
    """Sample the settings of one generator, as plain data."""
    return {
        # In turn, so that few components hold every mode as well.
        "tempo": _TEMPO_MODES[number % len(_TEMPO_MODES)],
        "anchor": _choose(("random", "median", "slowest", "fastest"), rng),
        "rate_range": _choose(_RATE_RANGES, rng),
        "octave_safe": bool(rng.random() < 0.5),
        "stem_dropout": _now_and_then(0.02, 0.15, rng),
        **_sample_gains(rng),
        **_sample_noise(rng),
        "tilt_probability": _now_and_then(0.2, 0.6, rng),
        "part_tilt_probability": _now_and_then(0.2, 0.6, rng),
        "compression_probability": _now_and_then(0.2, 0.6, rng),
        "reverb_probability": _now_and_then(0.2, 0.6, rng),
        "lowpass_probability": _now_and_then(0.2, 0.6, rng),
        "lowpass": (rng.uniform(3000, 5000), rng.uniform(7000, 10500)),
        "overdrive": (0.0, _now_and_then(1.0, 6.0, rng)),
        "codec_probability": _now_and_then(0.2, 0.6, rng),
    }


def _sample_gains(rng):
    low, high = rng.uniform(-14, -2), rng.uniform(0, 4)
    return {
        "gain_probability": rng.uniform(0.3, 1.0),
        "gain_law": "db_uniform",
        "gain": (10 ** (low / 20), 10 ** (high / 20)),
    }


def _sample_noise(rng):
    return {
        "noise_probability": rng.uniform(0.5, 1.0),
        "noise_count": (1, int(rng.integers(1, 4))),
        "noise_law": "snr" if rng.random() < 0.7 else "gain",
        "noise_snr": (rng.uniform(-3, 6), rng.uniform(8, 25)),
        "noise_gain": (rng.uniform(0.05, 0.2), rng.uniform(0.4, 1.0)),
        "noise_placement": _choose(("single", "tile"), rng),
        "noise_band_probability": _now_and_then(0.2, 0.6, rng),
    }


def _choose(options, rng):
    return options[rng.integers(len(options))]


def _now_and_then(low, high, rng):
    """Return 0 in two of three calls, and otherwise a number between the two."""
    value = rng.uniform(low, high)
    return float(value) if rng.random() < 1 / 3 else 0.0
