"""Settings: the distribution a mashup is drawn from.

The defaults are the record-holder's generator for the Messy Mashup task: one random stem is the
tempo anchor, the others are brought to its tempo by linear interpolation (pitch moves), each stem's
gain is lowered now and then, one noise clip lies at a random place in seven mashups of ten, and the
sum is normalised to full scale.
"""

from dataclasses import asdict, dataclass, fields
from pathlib import Path

import yaml

from ..audio import DEFAULT_SR, DEFAULT_STEMS
from ..errors import UsageError

TEMPO_MODES = ("interpolate", "none")
NORMALIZATIONS = ("peak", "none")


@dataclass(frozen=True)
class Settings:
    """The distribution a mashup is drawn from; plain data, YAML both ways.

    Attributes
    ----------
    stems : tuple of str
        Which stems are mixed.
    tempo : {"interpolate", "none"}
        Bring every stem to the anchor's tempo by linear interpolation, or leave them alone.
    gain_probability : float
        Chance, stem by stem, that its gain is drawn rather than 1.
    gain : tuple of (float, float)
        Range of a drawn gain (linear).
    noise_probability : float
        Chance that a mashup holds a noise clip.
    noise_gain : tuple of (float, float)
        Range of the noise clip's gain (linear, on the clip as it is on disk).
    durations : tuple of (float, float, float)
        Rows of (weight, shortest, longest): a row is drawn by weight, then a length in s within.
    normalize : {"peak", "none"}
        Scale the result to ``peak``, or leave it (and clip it at full scale).
    peak : float
        Largest absolute sample after normalisation, 1 being full scale.
    sr : int
        Sample rate in Hz.

    Raises
    ------
    UsageError
        A value is outside its range; the message names it.

    Examples
    --------
    >>> Settings(noise_probability=1.0).noise_gain
    (0.1, 0.8)
    """

    stems: tuple = DEFAULT_STEMS
    tempo: str = "interpolate"
    gain_probability: float = 0.4
    gain: tuple = (0.4, 1.0)
    noise_probability: float = 0.7
    noise_gain: tuple = (0.1, 0.8)
    durations: tuple = ((0.5, 30.0, 30.0), (0.4, 24.0, 30.0), (0.1, 6.0, 24.0))
    normalize: str = "peak"
    peak: float = 1.0
    sr: int = DEFAULT_SR

    def __post_init__(self):
        object.__setattr__(self, "stems", tuple(self.stems))
        object.__setattr__(self, "gain", tuple(self.gain))
        object.__setattr__(self, "noise_gain", tuple(self.noise_gain))
        object.__setattr__(self, "durations", tuple(map(tuple, self.durations)))
        _check(len(self.stems) > 0, "stems", self.stems, "at least one stem name")
        _check(self.tempo in TEMPO_MODES, "tempo", self.tempo, f"one of {TEMPO_MODES}")
        _check(
            self.normalize in NORMALIZATIONS,
            "normalize",
            self.normalize,
            f"one of {NORMALIZATIONS}",
        )
        for name in ("gain_probability", "noise_probability"):
            _check(0 <= getattr(self, name) <= 1, name, getattr(self, name), "a chance in [0, 1]")
        for name in ("gain", "noise_gain"):
            _check(_is_range(getattr(self, name)), name, getattr(self, name), "low, high ≥ 0")
        _check(_are_durations(self.durations), "durations", self.durations, "(weight, low, high)")
        _check(0 < self.peak <= 1, "peak", self.peak, "a level in (0, 1]")
        _check(self.sr >= 1000, "sr", self.sr, "a rate in Hz of 1000 or more")

    def to_dict(self):
        """Give the settings as plain lists and numbers, fit for YAML or JSON."""
        return {
            name: [list(row) if isinstance(row, tuple) else row for row in value]
            if isinstance(value, tuple)
            else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_dict(cls, values):
        """Build settings from plain data; names left out keep their defaults.

        Raises
        ------
        UsageError
            A name is not a setting.
        """
        known = [field.name for field in fields(cls)]
        strange = sorted(set(values) - set(known))
        if strange:
            raise UsageError(f"Unknown setting {strange[0]!r}; the settings are {', '.join(known)}")
        return cls(**values)

    @classmethod
    def from_yaml(cls, path):
        """Read settings from a YAML file; names left out keep their defaults.

        Raises
        ------
        UsageError
            The file is missing, is not YAML, is not a mapping, or holds a wrong value.
        """
        try:
            values = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError) as error:
            raise UsageError(f"{path}: cannot be read as YAML settings ({error})") from error
        if not isinstance(values, dict):
            raise UsageError(f"{path}: expected a mapping of settings, such as 'gain: [0.4, 1.0]'")
        return cls.from_dict(values)

    def to_yaml(self, path):
        """Write the settings as YAML that ``from_yaml`` reads back to an equal object."""
        Path(path).write_text(yaml.safe_dump(self.to_dict(), sort_keys=False), encoding="utf-8")


def _check(ok, name, got, expected):
    if not ok:
        raise UsageError(f"The setting {name!r} must be {expected}. Got {got!r} instead.")


def _is_range(pair):
    return len(pair) == 2 and 0 <= pair[0] <= pair[1]


def _are_durations(rows):
    return (
        len(rows) > 0
        and all(len(row) == 3 and row[0] >= 0 and 0 < row[1] <= row[2] for row in rows)
        and sum(row[0] for row in rows) > 0
    )
