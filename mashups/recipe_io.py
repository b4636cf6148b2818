"""Files of recipes: Parquet with nested parts, or JSON Lines with one recipe per line."""

import json
import typing
from dataclasses import asdict, fields
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ..exceptions import DataError, UsageError
from .recipes import NoisePart, Recipe, StemPart, recipe_from_dict


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
    rows = [asdict(recipe) for recipe in recipes]
    if _suffix(path) == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), path)
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
        If the file cannot be read or does not hold recipes.

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
            rows = pq.read_table(path).to_pylist()
        else:
            lines = Path(path).read_text(encoding="utf-8").split("\n")
            rows = [json.loads(line) for line in lines if line]
        return [recipe_from_dict(row) for row in rows]
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as recipes ({error})") from error


def _suffix(path):
    suffix = Path(path).suffix
    if suffix not in (".parquet", ".jsonl"):
        raise UsageError(f"{path}: recipe files must end in .parquet or .jsonl. Got {suffix!r}.")
    return suffix


_TYPES = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}


def _arrow_fields(cls, **tuples):
    """Return (name, type) of each field of a dataclass; ``tuples`` has the items of its tuples."""
    found = []
    for field in fields(cls):
        plain = (typing.get_args(field.type) or (field.type,))[0]  # of "float | None", float
        found.append((field.name, tuples.get(field.name) or _TYPES[plain]))
    return found


_SCHEMA = pa.schema(
    _arrow_fields(
        Recipe,
        stems=pa.list_(pa.struct(_arrow_fields(StemPart))),
        noises=pa.list_(pa.struct(_arrow_fields(NoisePart, band=pa.list_(pa.float64())))),
    )
)
