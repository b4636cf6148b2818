"""Settings: the distribution that mashups are sampled from.

The defaults are those of the record-holder's generator for the Messy Mashup task: one random stem
is the tempo anchor, the others are brought to its tempo by linear interpolation (which moves the
pitch), some stems are attenuated, seven mashups in ten hold one noise clip at a random place, and
the sum is normalised to full scale. Everything that this generator lacks is off by default.
"""

from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import yaml

from ..audio import DEFAULT_SR
from ..datasets import DEFAULT_STEMS
from ..exceptions import UsageError
from ..utils.constraints import check_names
from ..utils.yaml_reader import read_yaml
from .settings_checks import check_settings
from .wide import make_wide_mixture


@dataclass(frozen=True)
class Settings:
    """Distribution that mashups are sampled from.

    Settings are plain data, are checked when they are made, and are read from and written to YAML.
    Ranges are (low, high) and are sampled uniformly.

    Attributes
    ----------
    stems : tuple of str
        Names of the stems that are mixed. Default: drums, vocals, bass, other.
    one_song_probability : float
        Probability that all stems come from one song, which gives a song and no mashup.
        Default 0.
    stem_dropout : float
        Probability of each stem to be left out; at least one remains. Default 0.
    tempo : {"interpolate", "resample", "stretch", "wsola", "none"}, default="interpolate"
        How stems are brought to the anchor's tempo: by linear interpolation or by soxr, both of
        which move the pitch; by Signalsmith's time stretch or by WSOLA, which keep it, the latter
        in a tenth of the time; or not at all.
    anchor : str, default="random"
        Stem that sets the tempo: ``"random"`` (one of the stems that have a tempo), ``"median"``,
        ``"slowest"``, ``"fastest"``, or the name of a stem, which is replaced by a random one
        where it has no tempo.
    rate_range : tuple of (float, float) or None
        Range that playback rates are clipped to; None (the default) for no clipping.
    octave_safe : bool, default=False
        Multiply a rate by the power of 2 that brings it nearest to 1, so that a tempo estimated at
        double or half the beat does not double or halve the speed. Off by default, because the
        record-holder's generator, and presumably the test's, does not correct such errors.
    tempo_confidence : float
        Least confidence of a tempo, from 0 to 1; a stem below it keeps its speed and is no anchor.
        Default 0.
    gain_probability : float
        Probability of each stem to have a random gain; the gain is 1 otherwise. Default 0.4.
    gain_law : {"uniform", "db_uniform", "db_normal"}, default="uniform"
        Distribution of random gains: uniform within ``gain``, uniform in dB between its ends, or
        normal in dB with the parameters ``gain_db``.
    gain : tuple of (float, float)
        Range of random gains (linear). Default 0.4 to 1.
    gain_db : tuple of (float, float)
        Mean and standard deviation in dB of random gains for ``"db_normal"``. Default -3 and 3.
    noise_probability : float
        Probability that a mashup holds noise. Default 0.7.
    noise_count : tuple of (int, int)
        Range of the number of noise clips in a mashup that holds noise. Default 1.
    noise_law : {"gain", "snr"}, default="gain"
        What sets the level of a noise clip: a gain, or its ratio to the mix of the stems.
    noise_gain : tuple of (float, float)
        Range of noise gains (linear, applied to the clip as it is on disk). Default 0.1 to 0.8.
    noise_snr : tuple of (float, float)
        Range in dB of the ratio of the level of the stems' mix to that of the noise clip. Default 0
        to 20.
    noise_snr_level : {"rms", "active"}, default="rms"
        Levels that ``noise_snr`` is the ratio of: RMS of all samples, or of the active parts only,
        so that pauses of the stems and silence in the noise clip do not count.
    noise_placement : {"single", "tile"}, default="single"
        Once at a random place, or repeated over the whole mashup from a random sample on.
    noise_band_probability : float
        Probability of each noise clip to be band-passed. Default 0.
    noise_band : tuple of (float, float)
        Lowest and highest edge in Hz of such bands. Default 50 to 10,000.
    noise_band_octaves : tuple of (float, float)
        Range of their width in octaves. Default 1 to 4.
    durations : tuple of (float, float, float)
        Rows of (weight, shortest, longest): a row is sampled by weight, then a duration in s
        within it. Default: half of the mashups 30 s, four tenths 24 to 30 s, a tenth 6 to 24 s.
    tilt_probability : float
        Probability that the spectrum of the mix is tilted. Default 0.
    tilt : tuple of (float, float)
        Range of the tilt in dB per octave. Default -3 to 3.
    part_tilt_probability : float
        Probability of each stem and noise clip to be tilted. Default 0.
    part_tilt : tuple of (float, float)
        Range of the tilt in dB per octave. Default -3 to 3.
    compression_probability : float
        Probability that the dynamic range of the mix is compressed. Default 0.
    compression : tuple of (float, float)
        Range of the ratio. Default 1.5 to 6.
    compression_threshold : tuple of (float, float)
        Range of the threshold in dB relative to the RMS of the mix. Default -12 to 3.
    reverb_probability : float
        Probability that the mix has a reverberation. Default 0.
    reverb : tuple of (float, float)
        Range of the reverberation time (RT60) in s; not used with ``reverb_folder``. Default 0.2 to
        1.5.
    reverb_level : tuple of (float, float)
        Range of the energy of the reverberation in dB relative to the direct sound. Default -20 to
        -4.
    reverb_folder : str or None
        Folder of impulse responses inside the data set, relative to it, whose reverberation takes
        the place of the synthetic one. Default: none.
    lowpass_probability : float
        Probability that the mix is low-passed. Default 0.
    lowpass : tuple of (float, float)
        Range of the cutoff in Hz; cutoffs of half of ``sr`` and above have no effect. Default
        4,000 to 10,000.
    normalize : {"peak", "rms", "lufs", "none"}, default="peak"
        Scale the mix so that its largest absolute sample is ``peak``, or its RMS or loudness is
        ``level``, or do not scale it. Samples beyond full scale are clipped.
    peak : float, default=1.0
        Largest absolute sample after normalisation; 1 is full scale.
    headroom : tuple of (float, float)
        Range of an attenuation in dB after normalisation to ``peak``. Default 0.
    level : tuple of (float, float)
        Range of the level for ``"rms"`` in dBFS (full scale has RMS 1) and ``"lufs"`` in LUFS.
        Default -18 to -16.
    overdrive : tuple of (float, float)
        Range of a gain in dB after normalisation, before clipping. Default 0.
    codec_probability : float
        Probability that the result is encoded by a lossy codec and decoded again. Default 0.
    codecs : tuple of {"mp3", "ogg"}
        Codecs, each equally likely. Default both.
    codec_quality : tuple of (float, float)
        Range of the quality, from 0 for the smallest file to 1 for the best sound. Default 0.1 to
        0.9.
    sr : int, default=22050
        Sample rate in Hz.
    mixture : tuple of dict or "wide"
        ``"wide"``, which mixes 64 random generators (see :mod:`stemstack.mashups.wide`); or
        alternatives, each a mapping of other settings than ``stems``, ``sr`` and ``mixture`` to
        values, and optionally ``weight`` (default 1). Each recipe samples an alternative by weight,
        then everything else from the settings with the alternative's values. Default: none.

    Raises
    ------
    UsageError
        If a value is not allowed; the message names the setting, the value and the expectation.

    See Also
    --------
    sample_recipes : Sample recipes from settings.

    Examples
    --------
    >>> from stemstack.mashups import Settings
    >>> settings = Settings.from_dict({"noise_probability": 1.0, "noise_gain": [0.2, 0.4]})
    >>> settings.noise_gain
    (0.2, 0.4)
    >>> Settings(peak=2.0)
    Traceback (most recent call last):
    ...
    stemstack.exceptions.UsageError: The setting 'peak' must be a level in (0, 1]. Got 2.0 instead.
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
    noise_snr_level: str = "rms"
    noise_placement: str = "single"
    noise_band_probability: float = 0.0
    noise_band: tuple = (50.0, 10000.0)
    noise_band_octaves: tuple = (1.0, 4.0)
    durations: tuple = ((0.5, 30.0, 30.0), (0.4, 24.0, 30.0), (0.1, 6.0, 24.0))
    tilt_probability: float = 0.0
    tilt: tuple = (-3.0, 3.0)
    part_tilt_probability: float = 0.0
    part_tilt: tuple = (-3.0, 3.0)
    compression_probability: float = 0.0
    compression: tuple = (1.5, 6.0)
    compression_threshold: tuple = (-12.0, 3.0)
    reverb_probability: float = 0.0
    reverb: tuple = (0.2, 1.5)
    reverb_level: tuple = (-20.0, -4.0)
    reverb_folder: str | None = None
    lowpass_probability: float = 0.0
    lowpass: tuple = (4000.0, 10000.0)
    normalize: str = "peak"
    peak: float = 1.0
    headroom: tuple = (0.0, 0.0)
    level: tuple = (-18.0, -16.0)
    overdrive: tuple = (0.0, 0.0)
    codec_probability: float = 0.0
    codecs: tuple = ("mp3", "ogg")
    codec_quality: tuple = (0.1, 0.9)
    sr: int = DEFAULT_SR
    mixture: tuple = ()

    def __post_init__(self):
        for field in fields(self):
            object.__setattr__(self, field.name, _freeze(getattr(self, field.name)))
        check_settings(self)

    @cached_property
    def _alternatives(self):
        return make_wide_mixture() if self.mixture == "wide" else self.mixture

    @cached_property
    def components(self):
        """The settings that recipes are sampled from: a tuple of Settings without a mixture."""
        if not self.mixture:
            return (self,)
        rows = [{k: v for k, v in row.items() if k != "weight"} for row in self._alternatives]
        return tuple(replace(self, mixture=(), **row) for row in rows)

    @property
    def has_noise(self):
        """Whether mashups may have noise clips."""
        return any(one.noise_probability > 0 and one.noise_count[1] > 0 for one in self.components)

    def sample_component(self, rng):
        """Sample one of the components by weight; without a mixture, use no random number.

        Parameters
        ----------
        rng : numpy.random.Generator

        Returns
        -------
        Settings
        """
        if not self.mixture:
            return self
        weights = np.array([row.get("weight", 1.0) for row in self._alternatives])
        return self.components[rng.choice(len(weights), p=weights / weights.sum())]

    def with_stems(self, stems):
        """Return these settings for the stems of a data set.

        Parameters
        ----------
        stems : sequence of str

        Raises
        ------
        UsageError
            The settings name stems of their own, which are others.

        Examples
        --------
        >>> Settings().with_stems(["drums", "bass"]).stems
        ('drums', 'bass')
        """
        own, stems = self.stems, tuple(stems)
        if own != DEFAULT_STEMS and set(own) != set(stems):
            raise UsageError(
                f"The mashup settings are of the stems {','.join(own)}, and the data set is read "
                f"with {','.join(stems)}. Repeat them as --stems {','.join(own)}, or take stems "
                "out of the settings"
            )
        return replace(self, stems=stems)

    def to_dict(self):
        """Return the settings as plain lists and numbers, for YAML or JSON."""
        return {
            field.name: _thaw(getattr(self, field.name))
            for field in fields(self)
            # Left out where it is the default, so that files and runs without it stay as they are.
            if field.name not in _ADDED or getattr(self, field.name) != field.default
        }

    @classmethod
    def from_dict(cls, values):
        """Build settings from plain data; missing names have their defaults.

        Raises
        ------
        UsageError
            If a name is not a setting, or a value is not allowed.
        """
        names = [field.name for field in fields(cls)]
        check_names(values, names, "setting")
        return cls(**values)

    @classmethod
    def from_yaml(cls, path):
        """Read settings from a YAML file; missing names have their defaults.

        Raises
        ------
        UsageError
            If the file is missing, is no YAML mapping, or holds a value that is not allowed.
        """
        values = read_yaml(path)
        if not isinstance(values, dict):
            raise UsageError(f"{path}: expected a mapping of settings, such as 'gain: [0.4, 1.0]'")
        try:
            return cls.from_dict(values)
        except UsageError as error:
            raise UsageError(f"{path}: {error}") from error

    def to_yaml(self, path):
        """Write the settings to a YAML file, from which ``from_yaml`` reads an equal object."""
        Path(path).write_text(yaml.safe_dump(self.to_dict(), sort_keys=False), encoding="utf-8")


# Settings of later versions, which are written only where they are in use.
_ADDED = ("noise_snr_level", "reverb_folder", "mixture")


def _freeze(value):
    """Convert lists to tuples and NumPy scalars to Python's, which YAML can write."""
    if isinstance(value, list | tuple):
        return tuple(map(_freeze, value))
    if isinstance(value, dict):
        return {name: _freeze(item) for name, item in value.items()}
    return value.item() if isinstance(value, np.generic) else value


def _thaw(value):
    if isinstance(value, dict):
        return {name: _thaw(item) for name, item in value.items()}
    return list(map(_thaw, value)) if isinstance(value, tuple) else value
