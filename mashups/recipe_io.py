"""Files of recipes: Parquet with nested parts, JSON Lines with one recipe per line, and JAMS.

JAMS (JSON Annotated Music Specification) is an exchange format of annotation tools. Each stem and
noise clip of a mashup is an observation in the namespace ``scaper``, its label is one in
``tag_open``, and the sandbox holds the recipe, from which it is read back without loss.

References
----------
E. Humphrey et al., "JAMS: a JSON annotated music specification", ISMIR 2014. J. Salamon et al.,
"Scaper: a library for soundscape synthesis and augmentation", WASPAA 2017.
"""

import json
import math
import typing
from dataclasses import fields
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ..exceptions import DataError, UsageError, first_line
from ..utils.atomic_write import write_text
from ..utils.parquet import open_parquet
from .recipes import Effect, NoisePart, Recipe, StemPart, recipe_from_dict, recipe_to_dict

# Of recipes as text; some 400,000.
_MAX_TEXT_BYTES = 512 * 2**20
# What readers of JSON and Parquet raise for files that are not what they should be.
_DAMAGE = (OSError, ValueError, KeyError, RecursionError, MemoryError, pa.ArrowException)


def write_recipes(recipes, path):
    """Write recipes to a file.

    Parameters
    ----------
    recipes : sequence of Recipe
    path : str or os.PathLike
        The suffix, ``.parquet`` or ``.jsonl``, is the format.

    Raises
    ------
    UsageError
        If the path has another suffix.

    See Also
    --------
    read_recipes : Read the recipes back, without loss.
    write_jams : Write one recipe as a JAMS file.

    Examples
    --------
    >>> import tempfile
    >>> from stemstack.mashups import Recipe, StemPart, read_recipes, write_recipes
    >>> drums = StemPart("drums", "a", "a/drums.wav", rate=1.0, gain=1.0)
    >>> recipes = [Recipe("rock-0", "rock", 0, 22050, start=0, length=44100, stems=(drums,))]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_recipes(recipes, f"{folder}/recipes.parquet")
    ...     read_recipes(f"{folder}/recipes.parquet") == recipes
    True
    """
    rows = [recipe_to_dict(recipe) for recipe in recipes]
    if _suffix(path) == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows, schema=_schema(rows)), path)
    else:
        lines = (json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
        Path(path).write_text("".join(lines), encoding="utf-8")


def read_recipes(path):
    """Read recipes from a file that :func:`write_recipes` wrote.

    Parameters
    ----------
    path : str or os.PathLike
        With the suffix ``.parquet`` or ``.jsonl``.

    Returns
    -------
    list of Recipe

    Raises
    ------
    UsageError
        If the path has another suffix.
    DataError
        If the file cannot be read, is too large or does not hold recipes.

    See Also
    --------
    load_mashups : Bind recipes to their audio, ready to render.

    Examples
    --------
    >>> from stemstack.mashups import read_recipes
    >>> recipes = read_recipes("RUN/recipes.parquet")  # doctest: +SKIP
    """
    suffix = _suffix(path)
    try:
        if suffix == ".parquet":
            with open_parquet(path) as file:
                rows = pq.read_table(file).to_pylist()
        else:
            rows = [json.loads(line) for line in _read_text(path).split("\n") if line]
        return [recipe_from_dict(row) for row in rows]
    except _DAMAGE as error:
        raise DataError(
            f"{path}: cannot be read as recipes ({first_line(error)}); copy it again"
        ) from error


def _read_text(path):
    with open(path, "rb") as file:
        content = file.read(_MAX_TEXT_BYTES + 1)
    if len(content) > _MAX_TEXT_BYTES:
        raise ValueError(f"more than {_MAX_TEXT_BYTES / 2**20:.0f} MB of text")
    return content.decode("utf-8")


def _suffix(path):
    suffix = Path(path).suffix
    if suffix not in (".parquet", ".jsonl"):
        raise UsageError(f"{path}: recipe files must end in .parquet or .jsonl. Got {suffix!r}.")
    return suffix


_TYPES = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}


def _arrow_fields(cls, **types):
    """Return (name, type) of each field of a dataclass; ``types`` has those that are no scalars."""
    found = []
    for field in fields(cls):
        plain = (typing.get_args(field.type) or (field.type,))[0]  # of "float | None", float
        found.append((field.name, types.get(field.name) or _TYPES[plain]))
    return [(name, type_) for name, type_ in found if type_ is not _UNUSED]


# A column that no recipe of a file needs.
_UNUSED = object()


def _schema(rows):
    """Return the columns of a file: tilts, active levels and effects only where there are some."""
    has_effects = any("effects" in row for row in rows)
    has_tilt = any("tilt" in part for row in rows for part in (*row["stems"], *row["noises"]))
    has_active = any("active" in part for row in rows for part in row["noises"])
    tilt = pa.float64() if has_tilt else _UNUSED
    active = pa.bool_() if has_active else _UNUSED
    numbers = pa.list_(pa.float64())
    has_path = any("path" in effect for row in rows for effect in row.get("effects", ()))
    noise = _arrow_fields(NoisePart, band=numbers, tilt=tilt, active=active)
    path = pa.string() if has_path else _UNUSED
    effects = pa.list_(pa.struct(_arrow_fields(Effect, values=numbers, path=path)))
    return pa.schema(
        _arrow_fields(
            Recipe,
            stems=pa.list_(pa.struct(_arrow_fields(StemPart, tilt=tilt))),
            noises=pa.list_(pa.struct(noise)),
            effects=effects if has_effects else _UNUSED,
        )
    )


_VERSION = "0.3.4"


def write_jams(mashup, path):
    """Write the recipe of a mashup as a JAMS file, atomically.

    Parameters
    ----------
    mashup : Mashup
    path : str or os.PathLike

    See Also
    --------
    read_jams : Read the recipe back.
    write_recipes : Write many recipes to one file.

    Examples
    --------
    >>> import tempfile
    >>> from stemstack.mashups import AudioSource, Mashup, Recipe, StemPart, read_jams, write_jams
    >>> drums = StemPart("drums", "a", "a/drums.wav", rate=1.0, gain=1.0)
    >>> recipe = Recipe("rock-0", "rock", 0, 22050, start=0, length=44100, stems=(drums,))
    >>> source = AudioSource("drums.i16", 44100, tempo=120.0, confidence=1.0, content="x")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_jams(Mashup(recipe, (source,)), f"{folder}/rock-0.jams")
    ...     read_jams(f"{folder}/rock-0.jams") == recipe
    True
    """
    write_text(path, json.dumps(_document(mashup), indent=1, allow_nan=False) + "\n")


def read_jams(path):
    """Read the recipe from a JAMS file that :func:`write_jams` wrote.

    Parameters
    ----------
    path : str or os.PathLike

    Returns
    -------
    Recipe

    Raises
    ------
    DataError
        If the file cannot be read or holds no recipe.

    See Also
    --------
    read_recipes : Read many recipes from one file.

    Examples
    --------
    >>> from stemstack.mashups import read_jams
    >>> recipe = read_jams("MASHUPS/jams/rock-0-00000.jams")  # doctest: +SKIP
    """
    try:
        document = json.loads(_read_text(path))
        return recipe_from_dict(document["sandbox"]["stemstack"])
    except (TypeError, *_DAMAGE) as error:
        text = first_line(error)
        raise DataError(f"{path}: is not a JAMS file with a recipe ({text})") from error


def _document(mashup):
    recipe = mashup.recipe
    seconds = recipe.length / recipe.sr
    stems = [_stem_event(part, recipe) for part in recipe.stems]
    sources = mashup.sources[len(stems) :]
    noises = [_noise_event(p, s, recipe) for p, s in zip(recipe.noises, sources, strict=False)]
    label = {"time": 0.0, "duration": seconds, "value": recipe.label, "confidence": 1.0}
    return {
        "file_metadata": {
            "title": recipe.id,
            "artist": "",
            "release": "",
            "duration": seconds,
            "identifiers": {},
            "jams_version": _VERSION,
        },
        "annotations": [
            _annotation("scaper", [*stems, *noises], seconds),
            _annotation("tag_open", [label], seconds),
        ],
        "sandbox": {"stemstack": recipe_to_dict(recipe)},
    }


def _annotation(namespace, data, seconds):
    return {
        "annotation_metadata": {"annotation_tools": "stemstack", "data_source": "program"},
        "namespace": namespace,
        "data": data,
        "sandbox": {},
        "time": 0.0,
        "duration": seconds,
    }


def _stem_event(part, recipe):
    moves_pitch = recipe.tempo in ("interpolate", "resample")
    return _event(
        part.stem,
        part.path,
        role="foreground",
        source_time=recipe.start * part.rate / recipe.sr,
        time=0.0,
        duration=recipe.length / recipe.sr,
        time_stretch=1 / part.rate,
        pitch_shift=12 * math.log2(part.rate) if moves_pitch else 0.0,
    )


def _noise_event(part, source, recipe):
    begin = 0 if part.tile else part.start
    end = recipe.length if part.tile else min(recipe.length, part.start + source.n_samples)
    snr = {} if part.snr is None else {"snr": part.snr}
    return _event(
        "noise",
        part.path,
        role="background",
        source_time=(part.start if part.tile else 0) / recipe.sr,
        time=begin / recipe.sr,
        duration=(end - begin) / recipe.sr,
        **snr,
    )


def _event(label, path, *, time, duration, **details):
    value = {"label": label, "source_file": path, "event_time": time, "event_duration": duration}
    return {"time": time, "duration": duration, "value": value | details, "confidence": 1.0}
