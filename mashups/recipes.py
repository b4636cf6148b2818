"""Recipes: concrete draws from the Settings, as plain data.

A recipe says everything rendering needs: which part of which stem of which song, at which rate and
gain, which noise where, how long, and what is done to the sum. Times are in samples at the recipe's
rate, so nothing is rounded twice.
"""

from dataclasses import dataclass, fields, replace

from ..exceptions import DataError


@dataclass(frozen=True)
class StemPart:
    """One stem in a mashup: read ``rate`` samples of it for each sample of the mashup."""

    stem: str
    song: str
    path: str
    rate: float
    gain: float


@dataclass(frozen=True)
class NoisePart:
    """One noise clip in a mashup.

    Attributes
    ----------
    path : str
    start : int
        The sample of the mashup it begins at, below 0 when it began before; when it is repeated,
        the sample of the noise clip that the mashup begins with.
    gain : float or None
        Linear; None when ``snr`` decides.
    snr : float or None
        RMS of the stems' mix over that of the noise where it sounds, in dB.
    tile : bool
        Repeat it from the beginning to the end of the mashup.
    band : tuple of (float, float) or None
        The frequencies in Hz that it is limited to.
    """

    path: str
    start: int
    gain: float | None
    snr: float | None = None
    tile: bool = False
    band: tuple | None = None

    def seen_from(self, begin, n_samples):
        """Give the part as it stands in what is left of the mashup from a sample on.

        ``n_samples`` are those of the noise clip.
        """
        start = (self.start + begin) % n_samples if self.tile else self.start - begin
        return replace(self, start=start)


@dataclass(frozen=True)
class Recipe:
    """One mashup before it is rendered.

    Attributes
    ----------
    id, label : str
    fold : int
    sr : int
        Sample rate in Hz.
    start, length : int
        Which samples of the tempo-synced sum to keep.
    stems : tuple of StemPart
    noises : tuple of NoisePart
    tempo : {"interpolate", "resample", "stretch", "none"}
        How stems are read at rates other than 1.
    normalize : {"peak", "rms", "lufs", "none"}
    level : float
        What that brings the sum to: its largest absolute sample for ``"peak"``, dBFS for ``"rms"``,
        LUFS for ``"lufs"``; 0 for none.
    lowpass : float or None
        Cutoff in Hz.
    overdrive : float
        Gain in dB after normalisation, into the clipping at full scale.
    codec : {"mp3", "ogg"} or None
    codec_quality : float or None
        From 0 to 1.
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


def recipe_from_dict(row):
    """Build a recipe from plain data, such as a row of JSON Lines.

    Parameters
    ----------
    row : dict
        ``dataclasses.asdict`` of a recipe; lists may stand for tuples.

    Returns
    -------
    Recipe

    Raises
    ------
    DataError
        Fields are missing or unknown: the row was written by something else, or by a version with
        other recipes.
    """
    try:
        stems = tuple(StemPart(**part) for part in row["stems"])
        noises = tuple(
            NoisePart(**{**part, "band": part["band"] and tuple(part["band"])})
            for part in row["noises"]
        )
        return Recipe(**{**row, "stems": stems, "noises": noises})
    except (TypeError, KeyError) as error:
        names = ", ".join(field.name for field in fields(Recipe))
        raise DataError(
            f"This is not a recipe of this version ({error}); expected the fields {names}"
        ) from error


def song_recipes(songs, source_store, settings):
    """Lay every song out as itself: all its stems, no tempo change, no gain, no noise.

    Parameters
    ----------
    songs : DataFrame
        Columns ``song, label`` and a path column for each stem of ``settings``; ``fold`` may be
        missing.
    source_store : dict of str to AudioSource
    settings : Settings
        For the stems, the rate and the peak.

    Returns
    -------
    list of Recipe
        Ids are the songs'.
    """
    recipes = []
    for row in songs.to_dict("records"):
        stems = [stem for stem in settings.stems if isinstance(row[stem], str)]
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
