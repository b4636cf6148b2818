"""Recipes: everything that determines one mashup, as plain data.

A recipe holds the stems and noise clips of a mashup, their rates and gains, its length, and the
processing of the sum. Times are in samples at the recipe's sample rate, so that rendering rounds
nothing.
"""

from dataclasses import asdict, dataclass, fields, replace

from ..exceptions import DataError
from .recipe_checks import check_recipe


@dataclass(frozen=True)
class StemPart:
    """One stem of a mashup.

    Attributes
    ----------
    stem : str
        Such as ``"drums"``.
    song : str
        The song that the stem is from.
    path : str
        The file, relative to the data set.
    rate : float
        Playback rate: samples of the stem for each sample of the mashup.
    gain : float
        Linear.
    tilt : float or None, default=None
        Slope added to the spectrum, in dB per octave.

    See Also
    --------
    Recipe : The mashup that the stem is part of.

    Examples
    --------
    >>> from stemstack.mashups import StemPart
    >>> StemPart("drums", "rock.00001", "rock/rock.00001/drums.wav", rate=1.5, gain=0.8).rate
    1.5
    """

    stem: str
    song: str
    path: str
    rate: float
    gain: float
    tilt: float | None = None


@dataclass(frozen=True)
class NoisePart:
    """One noise clip of a mashup.

    Attributes
    ----------
    path : str
        The file, relative to the data set.
    start : int
        The sample of the mashup at which the noise begins, negative in an excerpt that begins
        later. For tiled noise, the sample of the noise at which the mashup begins.
    gain : float or None
        Linear; None when ``snr`` sets the level.
    snr : float or None, default=None
        Ratio in dB of the level of the stems' mix to that of the noise.
    tile : bool, default=False
        Whether the noise is repeated over the whole mashup.
    band : tuple of (float, float) or None, default=None
        Band in Hz that the noise is limited to.
    tilt : float or None, default=None
        Slope added to the spectrum, in dB per octave.
    active : bool, default=False
        Whether ``snr`` is of the RMS of the active parts, and not of all samples.

    See Also
    --------
    Recipe : The mashup that the noise is part of.

    Examples
    --------
    >>> from stemstack.mashups import NoisePart
    >>> NoisePart("ESC-50-master/audio/1-17124-A-43.wav", start=2205, gain=0.4).snr is None
    True
    """

    path: str
    start: int
    gain: float | None
    snr: float | None = None
    tile: bool = False
    band: tuple | None = None
    tilt: float | None = None
    active: bool = False

    def shifted(self, begin, n_samples):
        """Return the part for an excerpt of the mashup.

        Parameters
        ----------
        begin : int
            The sample of the mashup at which the excerpt begins.
        n_samples : int
            Length of the noise clip.

        Returns
        -------
        NoisePart
        """
        start = (self.start + begin) % n_samples if self.tile else self.start - begin
        return replace(self, start=start)


@dataclass(frozen=True)
class Effect:
    """Effect on the sum of a mashup.

    Attributes
    ----------
    name : {"tilt", "compression", "reverb", "convolution"}
        One of :data:`stemstack.mashups.rendering.effects.EFFECTS`.
    values : tuple of float
        Its parameters.
    path : str or None, default=None
        The file of the impulse response of a convolution, relative to the data set.

    See Also
    --------
    Recipe : The mashup that the effect is applied to.

    Examples
    --------
    >>> from stemstack.mashups import Effect
    >>> Effect("reverb", (0.5, -12.0)).name
    'reverb'
    """

    name: str
    values: tuple
    path: str | None = None


@dataclass(frozen=True)
class Recipe:
    """Description of one mashup, from which it is rendered.

    Attributes
    ----------
    id, label : str
    fold : int
        The fold that all songs and noise clips of the mashup are in.
    sr : int
        Sample rate in Hz.
    start, length : int
        The excerpt of the tempo-synced sum that the mashup is.
    stems : tuple of StemPart
    noises : tuple of NoisePart
    tempo : {"interpolate", "resample", "stretch", "wsola", "none"}, default="interpolate"
        How stems are read at rates other than 1.
    normalize : {"peak", "rms", "lufs", "none"}, default="none"
    level : float, default=0.0
        The level that ``normalize`` scales the sum to: its largest absolute sample for ``"peak"``,
        dBFS for ``"rms"``, LUFS for ``"lufs"``; unused for ``"none"``.
    lowpass : float or None, default=None
        Cutoff in Hz.
    overdrive : float, default=0.0
        Gain in dB after normalisation, before clipping at full scale.
    codec : {"mp3", "ogg"} or None, default=None
    codec_quality : float or None, default=None
        From 0 to 1.
    effects : tuple of Effect
        Applied to the sum in order, before the low-pass. Default: none.

    See Also
    --------
    Mashup : A recipe with its audio sources, ready to render.
    sample_recipes : Sample recipes from settings.

    Examples
    --------
    >>> from stemstack.mashups import Recipe, StemPart
    >>> drums = StemPart("drums", "rock.00001", "rock/rock.00001/drums.wav", rate=1.0, gain=1.0)
    >>> recipe = Recipe("rock-0-00000", "rock", 0, 22050, start=0, length=44100, stems=(drums,))
    >>> recipe.length / recipe.sr
    2.0
    """

    id: str
    label: str
    fold: int
    sr: int
    start: int
    length: int
    stems: tuple
    noises: tuple = ()
    tempo: str = "interpolate"
    normalize: str = "none"
    level: float = 0.0
    lowpass: float | None = None
    overdrive: float = 0.0
    codec: str | None = None
    codec_quality: float | None = None
    effects: tuple = ()

    @property
    def parts(self):
        """What is read from files: stems, noise clips, then effects with an impulse response."""
        return (*self.stems, *self.noises, *(one for one in self.effects if one.path is not None))


def recipe_to_dict(recipe):
    """Return a recipe as plain data, from which :func:`recipe_from_dict` builds an equal one.

    Parameters
    ----------
    recipe : Recipe

    Returns
    -------
    dict
        Effects, tilts and active levels are left out where there are none, so that the files of
        recipes without them are those of versions that had none.
    """
    row = asdict(recipe)
    for part in (*row["stems"], *row["noises"]):
        if part["tilt"] is None:
            del part["tilt"]
    for part in row["noises"]:
        if not part["active"]:
            del part["active"]
    for effect in row["effects"]:
        if effect["path"] is None:
            del effect["path"]
    if not row["effects"]:
        del row["effects"]
    return row


def recipe_from_dict(row):
    """Build a recipe from plain data, such as a row of JSON Lines.

    Parameters
    ----------
    row : dict
        As returned by :func:`recipe_to_dict`; lists may take the place of tuples.

    Returns
    -------
    Recipe

    Raises
    ------
    DataError
        If fields are missing or unknown, or a value is not allowed.
    """
    try:
        stems = tuple(StemPart(**part) for part in row["stems"])
        noises = tuple(map(_noise_from_dict, row["noises"]))
        effects = tuple(
            Effect(effect["name"], tuple(effect["values"]), effect.get("path"))
            for effect in row.get("effects") or ()
        )
        recipe = Recipe(**{**row, "stems": stems, "noises": noises, "effects": effects})
    except (TypeError, KeyError, AttributeError) as error:
        names = ", ".join(field.name for field in fields(Recipe))
        raise DataError(
            f"This is not a recipe of this version ({error}); expected the fields {names}"
        ) from error
    check_recipe(recipe)
    return recipe


def _noise_from_dict(part):
    # In a Parquet file where other noise clips have active levels, theirs is None.
    active = part.get("active") or False
    return NoisePart(**{**part, "band": part["band"] and tuple(part["band"]), "active": active})


def song_recipes(songs, source_store, settings):
    """Describe whole songs as mashups: the plain sum of all stems of one song.

    Parameters
    ----------
    songs : DataFrame
        Columns ``song`` and ``label``, a column of paths for each stem of ``settings`` and,
        optionally, ``fold``.
    source_store : dict of str to AudioSource
        The converted stems by path.
    settings : Settings
        Its stems, sample rate and peak are used.

    Returns
    -------
    list of Recipe
        One per song, with the song's name as id. Rates and gains are 1, and there is no noise.

    Raises
    ------
    DataError
        A song has none of the stems.

    See Also
    --------
    sample_recipes : Sample mashups of different songs.

    Examples
    --------
    >>> import pandas as pd
    >>> from stemstack.mashups import AudioSource, Settings, song_recipes
    >>> songs = pd.DataFrame({"song": ["a"], "label": ["rock"], "drums": ["a.wav"]})
    >>> store = {"a.wav": AudioSource("a.i16", n_samples=99, tempo=120, confidence=1, content="x")}
    >>> song_recipes(songs, store, Settings(stems=("drums",)))[0].length
    99
    """
    recipes = []
    for row in songs.to_dict("records"):
        stems = [stem for stem in settings.stems if isinstance(row[stem], str)]
        if not stems:
            names = ", ".join(settings.stems)
            raise DataError(f"{row['song']}: has none of the stems {names}; leave the song out")
        recipe = Recipe(
            id=row["song"],
            label=row["label"],
            fold=int(row.get("fold", 0)),
            sr=settings.sr,
            start=0,
            length=min(source_store[row[stem]].n_samples for stem in stems),
            stems=tuple(StemPart(stem, row["song"], row[stem], 1.0, 1.0) for stem in stems),
            tempo="none",
            normalize="peak",
            level=settings.peak,
        )
        recipes.append(recipe)
    return recipes
