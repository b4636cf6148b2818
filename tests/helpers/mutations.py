"""Strategies that damage files: bytes of any format, plain data of JSON and YAML, and tables."""

import copy

import pandas as pd
from hypothesis import strategies as st

# Numbers that headers hold as sizes, counts and offsets.
_SIZES = (0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
# What a value of a JSON or YAML file may be replaced by.
ODD_VALUES = (
    *(None, True, False, 0, 1, -1, 2**31, 2**63, 10**400, 0.5, -0.0, 1e300),
    *(float("nan"), float("inf"), float("-inf")),
    *("", " ", "0", "nan", "a\0b", "\ud800", "é\n", "../../x", "x" * 3000, "%s{0}", "auto"),
    *([], {}, [None], [[]], [{}], {"": None}, {"items": 1}, {"array": [[1]]}, [0] * 300),
)
_ODD_CELLS = (None, float("nan"), float("inf"), -1, 0, 2**40, 0.5, "", "x", b"\xff", True, [1])


@st.composite
def damaged_bytes(draw, files, tokens=(b"\0",)):
    """Draw a file with one to four changes.

    Parameters
    ----------
    files : sequence of bytes
        Whole files; parts of one may be put into another.
    tokens : sequence of bytes
        What is inserted, besides random bytes: words that a parser of the format treats specially.
    """
    data = bytearray(draw(st.sampled_from(files)))
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 4]))):
        # Headers are short, so a third of the changes is among the first bytes.
        end = min(len(data), 64) if draw(st.integers(0, 2)) == 2 else len(data)
        # Uniform, where integers() prefers the bounds.
        start = int.from_bytes(draw(st.binary(min_size=4, max_size=4)), "big") % (end + 1)
        longest = draw(st.sampled_from([8, 8, 8, max(1, len(data) // 2)]))
        length = draw(st.integers(1, longest))
        change = draw(st.sampled_from(_CHANGES))
        change(draw, data, start, length, files, tokens)
    return bytes(data)


def _flip(draw, data, start, length, files, tokens):
    if start < len(data):
        data[start] ^= 1 << draw(st.integers(0, 7))


def _cut(draw, data, start, length, files, tokens):
    del data[start : start + length]


def _end(draw, data, start, length, files, tokens):
    del data[start:]


def _repeat(draw, data, start, length, files, tokens):
    data[start:start] = data[start : start + length] * draw(st.integers(1, 3))


def _insert(draw, data, start, length, files, tokens):
    data[start:start] = draw(st.sampled_from(tokens) | st.binary(min_size=1, max_size=16))


def _overwrite(draw, data, start, length, files, tokens):
    new = draw(st.sampled_from(tokens) | st.binary(min_size=1, max_size=16))
    data[start : start + len(new)] = new


def _resize(draw, data, start, length, files, tokens):
    order, width = draw(st.sampled_from(["little", "big"])), draw(st.sampled_from([1, 2, 4, 8]))
    size = draw(st.sampled_from(_SIZES)) % 256**width
    data[start : start + width] = size.to_bytes(width, order)


def _join(draw, data, start, length, files, tokens):
    data += draw(st.sampled_from(files))


def _splice(draw, data, start, length, files, tokens):
    other = draw(st.sampled_from(files))
    data[start:] = other[start:]


_CHANGES = (
    *(_flip, _flip, _cut, _cut, _repeat, _repeat, _insert, _insert, _overwrite, _overwrite),
    *(_resize, _resize, _end, _join, _splice),
)


_ACTIONS = ("replace", "replace", "scale", "scale", "remove", "remove", "move", "wrap", "rename")


@st.composite
def damaged_document(draw, document, odd=ODD_VALUES):
    """Draw plain data with one to three values replaced, removed, repeated or renamed."""
    document = {"root": copy.deepcopy(document)}
    for _ in range(draw(st.sampled_from([1, 1, 2, 3]))):
        places = list(_places(document))
        container, key = places[draw(st.integers(0, len(places) - 1))]
        action = draw(st.sampled_from(_ACTIONS))
        is_number = type(container[key]) in (int, float) and abs(container[key]) < 1e300
        if action == "scale" and is_number:
            container[key] *= draw(st.sampled_from([-1, 0, 2, 0.5, 1e-6, 1000, 10**9]))
        elif action in ("replace", "scale"):
            container[key] = copy.deepcopy(draw(st.sampled_from(odd)))
        elif action == "wrap":
            container[key] = draw(st.sampled_from([[container[key]] * 2, {"x": container[key]}]))
        elif action == "move":
            container[key] = copy.deepcopy(draw(st.sampled_from([c[k] for c, k in places])))
        elif container is not document and action == "remove":
            del container[key]
        elif isinstance(container, dict) and container is not document:
            container[draw(st.sampled_from([f"{key}x", "", "id", "__class__"]))] = container[key]
    return document["root"]


def _places(value):
    """Yield container and key of each value within plain data."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in list(items):
        yield value, key
        if isinstance(item, dict | list):
            yield from _places(item)


@st.composite
def damaged_table(draw, table):
    """Draw a DataFrame with one to three cells, columns or rows changed."""
    table = table.copy()
    for _ in range(draw(st.integers(1, 3))):
        if table.shape[1] == 0:
            return table
        names = st.sampled_from(list(table.columns))
        name, action = draw(names), draw(st.sampled_from(_TABLE_CHANGES))
        table = action(draw, table, name, names)
    return table


def _set_cell(draw, table, name, names):
    values = table[name].tolist()
    if values:
        values[draw(st.integers(0, len(values) - 1))] = draw(st.sampled_from(_ODD_CELLS))
    return table.assign(**{name: pd.Series(values, index=table.index, dtype=object)})


def _set_column(draw, table, name, names):
    return table.assign(**{name: [draw(st.sampled_from(_ODD_CELLS))] * len(table)})


def _change_type(draw, table, name, names):
    try:
        dtype = draw(st.sampled_from(["str", "int64", "float32", "category", "bool", "int8"]))
        return table.assign(**{name: table[name].astype(dtype)})
    except (ValueError, TypeError, OverflowError):
        return table


def _drop_column(draw, table, name, names):
    return table.drop(columns=name)


def _rename_column(draw, table, name, names):
    new = draw(st.sampled_from([f"{name}x", "", "id", "label"]))
    return table if new in table else table.rename(columns={name: new})


def _swap_columns(draw, table, name, names):
    other = draw(names)
    return table.assign(**{name: table[other], other: table[name]})


def _drop_rows(draw, table, name, names):
    return table[: draw(st.integers(0, len(table)))]


def _repeat_rows(draw, table, name, names):
    return pd.concat([table, table[: draw(st.integers(0, len(table)))]], ignore_index=True)


_TABLE_CHANGES = (
    *(_set_cell, _set_cell, _set_column, _change_type, _drop_column, _rename_column),
    *(_swap_columns, _drop_rows, _repeat_rows),
)
