"""Settings: the distribution a mashup is drawn from.

The defaults are the record-holder's generator for the Messy Mashup task: one random stem is the
tempo anchor, the others are brought to its tempo by linear interpolation (pitch moves), each stem's
gain is lowered now and then, one noise clip lies at a random place in seven mashups of ten, and the
sum is normalised to full scale. What that generator lacks is off by default, and costs nothing.
"""

from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import yaml

from ..audio import DEFAULT_SR, DEFAULT_STEMS
from ..errors import UsageError
from .checks import check_settings


@dataclass(frozen=True)
class Settings:
    """The distribution a mashup is drawn from; plain data, YAML both ways.

    Ranges are (low, high), drawn from uniformly.

    Attributes
    ----------
    stems : tuple of str
        Which stems are mixed.
    one_song_probability : float
        Chance that all stems are of one song: a song, not a mashup. At 1, training is naive.
    stem_dropout : float
        Chance, stem by stem, that it is left out; at least one stays.
    tempo : {"interpolate", "resample", "stretch", "none"}
        How stems are brought to the anchor's tempo: by linear interpolation or by soxr, both of
        which move the pitch, or by a stretch that keeps it (the ``stretch`` extra); or not at all.
    anchor : str
        Whose tempo all follow: ``"random"`` (one of the stems that have a tempo), ``"median"``,
        ``"slowest"``, ``"fastest"``, or a stem's name. A mashup in which the stem named has no
        tempo takes a random one.
    rate_range : tuple of (float, float) or None
        A stem's rate is clipped to this; None for no clipping.
    octave_safe : bool
        Take a rate by as many octaves (×2, ×½) as bring it nearest to 1, so that a tempo estimated
        at double or half the beat does not double or halve the speed. Off by default: the
        record-holder's generator, and so presumably the test's, plays such mistakes out.
    tempo_confidence : float
        A stem whose tempo has less confidence than this keeps its speed and is no anchor.
    gain_probability : float
        Chance, stem by stem, that its gain is drawn rather than 1.
    gain_law : {"uniform", "db_uniform", "db_normal"}
        Uniform within ``gain``, uniform in dB between its ends, or normal in dB by ``gain_db``.
    gain : tuple of (float, float)
        Range of a drawn gain (linear).
    gain_db : tuple of (float, float)
        Mean and standard deviation of a drawn gain in dB, for ``"db_normal"``.
    noise_probability : float
        Chance that a mashup holds noise.
    noise_count : tuple of (int, int)
        Fewest and most noise clips in a mashup that holds noise.
    noise_law : {"gain", "snr"}
        What sets a noise clip's level: a gain, or its ratio to the stems' mix.
    noise_gain : tuple of (float, float)
        Range of the noise clip's gain (linear, on the clip as it is on disk).
    noise_snr : tuple of (float, float)
        Range in dB of the RMS of the stems' mix over that of the noise where it sounds.
    noise_placement : {"single", "tile"}
        Once at a random place, or repeated from a random place in it to the mashup's end.
    noise_band_probability : float
        Chance, noise by noise, that it is limited to a random band of frequencies.
    noise_band : tuple of (float, float)
        Lowest and highest edge of such a band in Hz.
    noise_band_octaves : tuple of (float, float)
        Range of its width.
    durations : tuple of (float, float, float)
        Rows of (weight, shortest, longest): a row is drawn by weight, then a length in s within.
    lowpass_probability : float
        Chance that the mix is limited to frequencies below a cutoff.
    lowpass : tuple of (float, float)
        Range of the cutoff in Hz; at half of ``sr`` and above nothing is taken away.
    normalize : {"peak", "rms", "lufs", "none"}
        Scale the mix so that its largest sample is ``peak``, or its RMS or loudness is ``level``,
        or leave it. Whatever passes full scale is clipped.
    peak : float
        Largest absolute sample after normalisation, 1 being full scale.
    level : tuple of (float, float)
        Range of the level for ``"rms"`` in dBFS (full scale having RMS 1) and ``"lufs"`` in LUFS.
    overdrive : tuple of (float, float)
        Range of a gain in dB after normalisation, into the clipping.
    codec_probability : float
        Chance that the result is encoded with losses and decoded again.
    codecs : tuple of {"mp3", "ogg"}
        Which codecs, each as likely.
    codec_quality : tuple of (float, float)
        Range of the quality, from 0 for the smallest file to 1 for the best sound.
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
    one_song_probability: float = 0.0
    stem_dropout: float = 0.0
    tempo: str = "interpolate"
    anchor: str = "random"
    rate_range: tuple | None = None
    octave_safe: bool = False
    tempo_confidence: float = 0.0
    gain_probability: float = 0.4
    gain_law: str = "uniform"
    gain: tuple = (0.4, 1.0)
    gain_db: tuple = (-3.0, 3.0)
    noise_probability: float = 0.7
    noise_count: tuple = (1, 1)
    noise_law: str = "gain"
    noise_gain: tuple = (0.1, 0.8)
    noise_snr: tuple = (0.0, 20.0)
    noise_placement: str = "single"
    noise_band_probability: float = 0.0
    noise_band: tuple = (50.0, 10000.0)
    noise_band_octaves: tuple = (1.0, 4.0)
    durations: tuple = ((0.5, 30.0, 30.0), (0.4, 24.0, 30.0), (0.1, 6.0, 24.0))
    lowpass_probability: float = 0.0
    lowpass: tuple = (4000.0, 10000.0)
    normalize: str = "peak"
    peak: float = 1.0
    level: tuple = (-18.0, -16.0)
    overdrive: tuple = (0.0, 0.0)
    codec_probability: float = 0.0
    codecs: tuple = ("mp3", "ogg")
    codec_quality: tuple = (0.1, 0.9)
    sr: int = DEFAULT_SR

    def __post_init__(self):
        for field in fields(self):
            object.__setattr__(self, field.name, _freeze(getattr(self, field.name)))
        check_settings(self)

    def to_dict(self):
        """Give the settings as plain lists and numbers, fit for YAML or JSON."""
        return {name: _thaw(value) for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values):
        """Build settings from plain data; names left out keep their defaults.

        Raises
        ------
        UsageError
            A name is not a setting, or a value is outside its range.
        """
        known = [field.name for field in fields(cls)]
        strange = sorted(str(name) for name in set(values) - set(known))
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
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise UsageError(f"{path}: cannot be read as YAML settings ({error})") from error
        if not isinstance(values, dict):
            raise UsageError(f"{path}: expected a mapping of settings, such as 'gain: [0.4, 1.0]'")
        return cls.from_dict(values)

    def to_yaml(self, path):
        """Write the settings as YAML that ``from_yaml`` reads back to an equal object."""
        Path(path).write_text(yaml.safe_dump(self.to_dict(), sort_keys=False), encoding="utf-8")


def _freeze(value):
    """Turn lists into tuples and numpy's numbers into Python's, which YAML can write."""
    if isinstance(value, list | tuple):
        return tuple(map(_freeze, value))
    return value.item() if isinstance(value, np.generic) else value


def _thaw(value):
    return list(map(_thaw, value)) if isinstance(value, tuple) else value
