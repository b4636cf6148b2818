"""Recipes: concrete draws from the Settings, as plain data.

A recipe says everything rendering needs: which part of which stem of which song, at which rate and
gain, which noise where, how long. Times are in samples at the recipe's rate, so nothing is rounded
twice. Songs *and* noise clips are split into folds first and recipes are drawn within a fold, so no
song or noise clip ever stands on both sides of a split.
"""

from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import DataError

_STAGE = 1


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
    """One noise clip in a mashup, beginning at sample ``start``."""

    path: str
    start: int
    gain: float


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
    peak : float
        Largest absolute sample after normalisation; 0 for none.
    stems : tuple of StemPart
    noises : tuple of NoisePart
    """

    id: str
    label: str
    fold: int
    sr: int
    start: int
    length: int
    peak: float
    stems: tuple
    noises: tuple


def draw_recipes(songs, noise, bank, settings, *, per_class, seed):
    """Draw mashups for every class, within folds.

    Parameters
    ----------
    songs : DataFrame
        Columns ``song, label, fold`` and a path column for each stem of ``settings``.
    noise : DataFrame
        Columns ``path, fold``; may be empty when ``settings.noise_probability`` is 0.
    bank : dict of str to Source
        Every path of the two tables.
    settings : Settings
    per_class : int
        Mashups a class, shared evenly by the folds that have songs of it.
    seed : int
        The root seed. Each recipe has its own stream, spawned by (fold, class, index): drawing
        more of them never changes those drawn before.

    Returns
    -------
    list of Recipe

    Raises
    ------
    DataError
        Noise is wanted and a fold has none, or no song of a class has one of the stems.
    """
    drawn = []
    for c, (label, of_class) in enumerate(songs.groupby("label", sort=True)):
        folds = sorted(of_class["fold"].unique())
        for f, fold in enumerate(folds):
            count = per_class // len(folds) + (f < per_class % len(folds))
            pool = of_class[of_class["fold"] == fold]
            hiss = noise.loc[noise["fold"] == fold, "path"].tolist()
            _check_noise(hiss, fold, settings)
            for index in range(count):
                stream = np.random.SeedSequence(seed, spawn_key=(_STAGE, int(fold), c, index))
                rng = np.random.default_rng(stream)
                name = f"{label}-{fold}-{index:05d}"
                drawn.append(_draw(name, label, int(fold), pool, hiss, bank, settings, rng))
    return drawn


def _draw(name, label, fold, pool, hiss, bank, settings, rng):
    parts = _draw_stems(label, pool, bank, settings, rng)
    # The shortest synced stem ends the mashup; one sample is kept back for interpolation.
    available = min(int((bank[p.path].n_samples - 1) / p.rate) for p in parts)
    if available < 1:
        shortest = min(parts, key=lambda p: bank[p.path].n_samples / p.rate)
        raise DataError(f"{shortest.path}: too short to mix; remove the song {shortest.song}")
    length = min(available, round(_draw_duration(settings, rng) * settings.sr))
    start = int(rng.integers(0, available - length + 1))
    peak = settings.peak if settings.normalize == "peak" else 0.0
    noises = _draw_noises(hiss, length, bank, settings, rng)
    return Recipe(name, label, fold, settings.sr, start, length, peak, parts, noises)


def _draw_stems(label, pool, bank, settings, rng):
    songs = _draw_songs(label, pool, settings.stems, rng)
    tempi = np.array([bank[row[stem]].tempo for stem, row in songs.items()])
    rates = np.ones(len(songs))
    beating = np.flatnonzero(np.isfinite(tempi))
    if settings.tempo == "interpolate" and len(beating):
        anchor = tempi[rng.choice(beating)]
        rates[beating] = anchor / tempi[beating]
    gains = np.where(
        rng.random(len(songs)) < settings.gain_probability,
        rng.uniform(*settings.gain, size=len(songs)),
        1.0,
    )
    return tuple(
        StemPart(stem, row["song"], row[stem], float(rate), float(gain))
        for (stem, row), rate, gain in zip(songs.items(), rates, gains, strict=True)
    )


def _draw_songs(label, pool, stems, rng):
    """Choose a song for each stem, no song twice while there are enough of them."""
    chosen, used = {}, set()
    for stem in stems:
        having = [row for row in pool.to_dict("records") if isinstance(row[stem], str)]
        if not having:
            continue
        fresh = [row for row in having if row["song"] not in used] or having
        chosen[stem] = fresh[rng.integers(len(fresh))]
        used.add(chosen[stem]["song"])
    if not chosen:
        raise DataError(f"No song of class {label!r} has any of the stems {', '.join(stems)}")
    return chosen


def _draw_duration(settings, rng):
    weights = np.array([row[0] for row in settings.durations])
    _, shortest, longest = settings.durations[rng.choice(len(weights), p=weights / weights.sum())]
    return rng.uniform(shortest, longest)


def _draw_noises(hiss, length, bank, settings, rng):
    if rng.random() >= settings.noise_probability:
        return ()
    path = hiss[rng.integers(len(hiss))]
    start = int(rng.integers(0, max(0, length - bank[path].n_samples) + 1))
    return (NoisePart(path, start, float(rng.uniform(*settings.noise_gain))),)


def _check_noise(hiss, fold, settings):
    if settings.noise_probability > 0 and not hiss:
        raise DataError(
            f"Fold {fold} has no noise clip to draw from: put an ESC-50-master folder with "
            "audio/*.wav beside genres_stems, or set noise_probability: 0 in the settings"
        )


def whole_songs(songs, bank, settings):
    """Lay every song out as itself: all its stems, no tempo change, no gain, no noise.

    Parameters
    ----------
    songs : DataFrame
        As for :func:`draw_recipes`; ``fold`` may be missing.
    bank : dict of str to Source
    settings : Settings
        For the stems, the rate and the normalisation.

    Returns
    -------
    list of Recipe
        Ids are the songs'.
    """
    peak = settings.peak if settings.normalize == "peak" else 0.0
    recipes = []
    for row in songs.to_dict("records"):
        stems = [stem for stem in settings.stems if isinstance(row[stem], str)]
        parts = tuple(StemPart(stem, row["song"], row[stem], 1.0, 1.0) for stem in stems)
        length = min(bank[part.path].n_samples for part in parts)
        fold = int(row.get("fold", 0))
        recipes.append(
            Recipe(row["song"], row["label"], fold, settings.sr, 0, length, peak, parts, ())
        )
    return recipes


def write_recipes(recipes, path):
    """Write recipes as Parquet, parts nested."""
    rows = [asdict(recipe) for recipe in recipes]
    pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), path)


def read_recipes(path):
    """Read recipes written by :func:`write_recipes`."""
    return [recipe_from_dict(row) for row in pq.read_table(path).to_pylist()]


def recipe_from_dict(row):
    """Build a recipe from plain data, such as a row of JSON Lines."""
    stems = tuple(StemPart(**part) for part in row["stems"])
    noises = tuple(NoisePart(**part) for part in row["noises"])
    return Recipe(**{**row, "stems": stems, "noises": noises})


_STEM_TYPE = pa.struct(
    [
        ("stem", pa.string()),
        ("song", pa.string()),
        ("path", pa.string()),
        ("rate", pa.float64()),
        ("gain", pa.float64()),
    ]
)
_NOISE_TYPE = pa.struct([("path", pa.string()), ("start", pa.int64()), ("gain", pa.float64())])
_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("label", pa.string()),
        ("fold", pa.int64()),
        ("sr", pa.int64()),
        ("start", pa.int64()),
        ("length", pa.int64()),
        ("peak", pa.float64()),
        ("stems", pa.list_(_STEM_TYPE)),
        ("noises", pa.list_(_NOISE_TYPE)),
    ]
)
