"""What a tuning searches for, each parameter on a scale where equal steps sound about as large.

Left out is what cannot be heard in a mashup whose stems are not known: the gains of single stems,
and whether noise is one clip or several.
"""

import math
from dataclasses import dataclass, replace

# "stretch" may be searched as well, at ten times the cost of a pilot.
TEMPO_MODES = ("interpolate", "none")


@dataclass(frozen=True)
class Knob:
    """A number that is searched for, and the range it is searched in."""

    name: str
    low: float
    high: float
    log: bool = False

    def suggest(self, trial):
        """Ask an optuna trial for a value."""
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
        return self.clip(math.exp(scaled) if self.log else scaled)

    def _scale(self, value):
        return math.log(value) if self.log else value


KNOBS = (
    Knob("noise_probability", 0.0, 1.0),
    Knob("noise_top", -30.0, 6.0),
    Knob("noise_span", 0.0, 24.0),
    Knob("lowpass_probability", 0.0, 1.0),
    Knob("lowpass_low", 1500.0, 10000.0, log=True),
    Knob("lowpass_octaves", 0.0, 2.0),
    Knob("overdrive", 0.0, 12.0),
)


def suggest(trial, tempo):
    """Ask an optuna trial for a value of every number.

    Parameters
    ----------
    trial : optuna.trial.Trial
    tempo : str
        The tempo mode.

    Returns
    -------
    dict
        As of :func:`apply`.
    """
    return {"tempo": tempo} | {knob.name: knob.suggest(trial) for knob in KNOBS}


def apply(base, parameters):
    """Change settings by the parameters of a search.

    Parameters
    ----------
    base : Settings
        What is not searched for is taken from it.
    parameters : dict
        ``tempo``; ``noise_probability``, the highest noise gain ``noise_top`` in dB and how far
        the lowest is below it, ``noise_span``; ``lowpass_probability``,
        the lowest cutoff ``lowpass_low`` in Hz and the octaves to the highest; the most
        ``overdrive`` in dB.

    Returns
    -------
    Settings
    """
    top = parameters["noise_top"]
    cutoff = parameters["lowpass_low"]
    return replace(
        base,
        tempo=parameters["tempo"],
        noise_law="gain",
        noise_probability=parameters["noise_probability"],
        noise_gain=(_amplitude(top - parameters["noise_span"]), _amplitude(top)),
        lowpass_probability=parameters["lowpass_probability"],
        lowpass=(cutoff, cutoff * 2 ** parameters["lowpass_octaves"]),
        overdrive=(0.0, parameters["overdrive"]),
    )


def _amplitude(decibels):
    return 10 ** (decibels / 20)
