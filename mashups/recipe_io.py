"""Recipes on disk: Parquet, parts nested, or JSON Lines, one recipe a line; both exact."""

import json
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ..exceptions import DataError, UsageError
from .recipes import recipe_from_dict


def write_recipes(recipes, path):
    """Write recipes.

    Parameters
    ----------
    recipes : sequence of Recipe
    path : str or os.PathLike
        Its suffix, ``.parquet`` or ``.jsonl``, decides the format.

    Raises
    ------
    UsageError
        The suffix is another one.
    """
    rows = [asdict(recipe) for recipe in recipes]
    if _suffix(path) == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), path)
    else:
        lines = (json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
        Path(path).write_text("".join(lines), encoding="utf-8")


def read_recipes(path):
    """Read recipes written by :func:`write_recipes`.

    Parameters
    ----------
    path : str or os.PathLike

    Returns
    -------
    list of Recipe

    Raises
    ------
    UsageError
        The suffix is neither ``.parquet`` nor ``.jsonl``.
    DataError
        The file cannot be read, or holds something else.
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
        raise UsageError(f"{path}: recipes are kept as .parquet or .jsonl. Got {suffix!r} instead.")
    return suffix


_STEM_TYPE = pa.struct(
    [
        ("stem", pa.string()),
        ("song", pa.string()),
        ("path", pa.string()),
        ("rate", pa.float64()),
        ("gain", pa.float64()),
    ]
)
_NOISE_TYPE = pa.struct(
    [
        ("path", pa.string()),
        ("start", pa.int64()),
        ("gain", pa.float64()),
        ("snr", pa.float64()),
        ("tile", pa.bool_()),
        ("band", pa.list_(pa.float64())),
    ]
)
_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("label", pa.string()),
        ("fold", pa.int64()),
        ("sr", pa.int64()),
        ("start", pa.int64()),
        ("length", pa.int64()),
        ("stems", pa.list_(_STEM_TYPE)),
        ("noises", pa.list_(_NOISE_TYPE)),
        ("tempo", pa.string()),
        ("normalize", pa.string()),
        ("level", pa.float64()),
        ("lowpass", pa.float64()),
        ("overdrive", pa.float64()),
        ("codec", pa.string()),
        ("codec_quality", pa.float64()),
    ]
)
