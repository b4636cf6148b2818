"""What a tuning may change: the settings searched for, and those read off the test clips.

Length and level need no search: the test clips show them. The rest is searched, each parameter on a
scale where equal steps sound about equally large.
"""

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

# "stretch" may be searched as well, at ten times the cost of a trial.
TEMPO_MODES = ("interpolate", "none")
# A length that this share of the clips has exactly is a rule of its own.
_COMMON = 0.05
_BINS = 8
# In dB: peaks within this of each other were set by a rule.
_SAME_LEVEL = 0.1
_FULL_SCALE_STEP = 0.01


@dataclass(frozen=True)
class Knob:
    """A number that is searched for, and the range it is searched in."""

    name: str
    low: float
    high: float
    log: bool = False
    whole: bool = False

    def suggest(self, trial):
        """Ask an optuna trial for a value."""
        if self.whole:
            return trial.suggest_int(self.name, int(self.low), int(self.high))
        return trial.suggest_float(self.name, self.low, self.high, log=self.log)

    def clip(self, value):
        """Bring a value into the range."""
        return min(max(value, self.low), self.high)

    def place(self, value):
        """Give where in the range a value lies, from 0 to 1."""
        low, high = self._scale(self.low), self._scale(self.high)
        return (self._scale(value) - low) / (high - low)

    def value(self, place):
        """Give the value at a place in the range, the nearest end for a place outside."""
        low, high = self._scale(self.low), self._scale(self.high)
        scaled = low + min(max(float(place), 0.0), 1.0) * (high - low)
        value = self.clip(math.exp(scaled) if self.log else scaled)
        return round(value) if self.whole else value

    def _scale(self, value):
        return math.log(value) if self.log else value


KNOBS = (
    Knob("gain_probability", 0.0, 1.0),
    Knob("gain_low", 0.1, 1.0),
    Knob("noise_probability", 0.0, 1.0),
    Knob("noise_top", -30.0, 6.0),
    Knob("noise_span", 0.0, 24.0),
    Knob("noise_most", 1, 3, whole=True),
    Knob("lowpass_probability", 0.0, 1.0),
    Knob("lowpass_low", 1500.0, 10000.0, log=True),
    Knob("lowpass_octaves", 0.0, 2.0),
    Knob("overdrive", 0.0, 12.0),
)


def suggest(trial, tempo_modes):
    """Ask an optuna trial for a value of every parameter.

    Parameters
    ----------
    trial : optuna.trial.Trial
    tempo_modes : sequence of str

    Returns
    -------
    dict
        As of :func:`apply`.
    """
    tempo = trial.suggest_categorical("tempo", list(tempo_modes))
    return {"tempo": tempo} | {knob.name: knob.suggest(trial) for knob in KNOBS}


def apply(base, parameters):
    """Change settings by the parameters of a search.

    Parameters
    ----------
    base : Settings
        What is not searched for is taken from it.
    parameters : dict
        ``tempo``; ``gain_probability`` and ``gain_low`` (gains reach up to 1);
        ``noise_probability``, the highest noise gain ``noise_top`` in dB and how far the lowest is
        below it, ``noise_span``, and the most noise clips, ``noise_most``;
        ``lowpass_probability``, the lowest cutoff ``lowpass_low`` in Hz and the octaves to the
        highest; the most ``overdrive`` in dB.

    Returns
    -------
    Settings
    """
    top = parameters["noise_top"]
    cutoff = parameters["lowpass_low"]
    return replace(
        base,
        tempo=parameters["tempo"],
        gain_law="uniform",
        gain_probability=parameters["gain_probability"],
        gain=(parameters["gain_low"], 1.0),
        noise_law="gain",
        noise_probability=parameters["noise_probability"],
        noise_gain=(_amplitude(top - parameters["noise_span"]), _amplitude(top)),
        noise_count=(1, parameters["noise_most"]),
        lowpass_probability=parameters["lowpass_probability"],
        lowpass=(cutoff, cutoff * 2 ** parameters["lowpass_octaves"]),
        overdrive=(0.0, parameters["overdrive"]),
    )


def locate(settings, tempo_modes):
    """Find the parameters that come nearest to some settings: where a search begins.

    Parameters
    ----------
    settings : Settings
    tempo_modes : sequence of str

    Returns
    -------
    dict
        As of :func:`apply`, each within its range. Resampling counts as interpolation, which it
        sounds like.
    """
    lowest, highest = (max(gain, 1e-6) for gain in settings.noise_gain)
    values = {
        "gain_probability": settings.gain_probability,
        "gain_low": settings.gain[0],
        "noise_probability": settings.noise_probability,
        "noise_top": 20 * math.log10(highest),
        "noise_span": 20 * math.log10(highest / lowest),
        "noise_most": settings.noise_count[1],
        "lowpass_probability": settings.lowpass_probability,
        "lowpass_low": settings.lowpass[0],
        "lowpass_octaves": math.log2(settings.lowpass[1] / settings.lowpass[0]),
        "overdrive": settings.overdrive[1],
    }
    tempo = settings.tempo if settings.tempo in tempo_modes else tempo_modes[0]
    return {"tempo": tempo} | {knob.name: knob.clip(values[knob.name]) for knob in KNOBS}


def fit_durations(seconds):
    """Read the law of lengths off clips.

    Parameters
    ----------
    seconds : array-like of shape (n_clips,)

    Returns
    -------
    tuple of (float, float, float)
        Rows for ``Settings.durations``: a row for each length that one clip in twenty has to the
        hundredth of a second, and rows between the quantiles of the others.
    """
    seconds = np.asarray(seconds, dtype=float)
    values, counts = np.unique(np.round(seconds, 2), return_counts=True)
    common = counts >= max(2, _COMMON * len(seconds))
    rows = [
        (float(count / len(seconds)), float(value), float(value))
        for value, count in zip(values[common], counts[common], strict=True)
    ]
    rest = np.sort(seconds[~np.isin(np.round(seconds, 2), values[common])])
    if len(rest):
        bins = min(_BINS, len(rest))
        edges = np.round(np.quantile(rest, np.linspace(0, 1, bins + 1)), 3)
        weight = len(rest) / len(seconds) / bins
        rows += [(weight, float(a), float(b)) for a, b in pairwise(edges)]
    return tuple(rows)


def fit_level(base, facts):
    """Read normalisation off clips.

    Parameters
    ----------
    base : Settings
    facts : DataFrame
        Of :func:`~stemstack.mashups.gap_facts.clip_facts`.

    Returns
    -------
    Settings
        Normalised by peak where nine tenths of the peaks are the same, else by RMS, whose range is
        that of the clips without the outer tenths, widened by as much.
    """
    low, middle, high = np.quantile(facts["peak_dbfs"], [0.1, 0.5, 0.9])
    if high - low <= _SAME_LEVEL or middle > -_SAME_LEVEL:
        peak = 1.0 if middle > -_FULL_SCALE_STEP else _amplitude(float(middle))
        return replace(base, normalize="peak", peak=peak)
    low, high = np.quantile(facts["rms_dbfs"], [0.1, 0.9])
    margin = (high - low) / 8
    return replace(
        base, normalize="rms", level=(float(low - margin), float(min(high + margin, 0.0)))
    )


def fit_to_clips(base, facts):
    """Take length and level from clips, as :func:`fit_durations` and :func:`fit_level` do.

    Returns
    -------
    Settings
    """
    return fit_level(replace(base, durations=fit_durations(facts["duration"])), facts)


def _amplitude(decibels):
    return 10 ** (decibels / 20)
