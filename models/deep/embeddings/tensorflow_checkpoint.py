"""Read the variables of a TensorFlow checkpoint without TensorFlow.

A checkpoint is a table of names, in the format of LevelDB, and a file of the numbers. An entry of
the table is a protocol buffer with the type, the shape, and the place of a variable.

References
----------
TensorFlow, ``tensorflow/core/protobuf/tensor_bundle.proto``; LevelDB, ``doc/table_format.md``.
"""

import math
from pathlib import Path

import numpy as np

_MAGIC = (0xDB4775248B80FB57).to_bytes(8, "little")
_FOOTER_BYTES = 48
_FLOAT32 = 1
# Fields of an entry, and of the dimensions of its shape.
_TYPE, _SHAPE, _OFFSET, _SIZE = 1, 2, 4, 5
_DIMENSION, _LENGTH = 2, 1


def read_checkpoint(index, data):
    """Read the float32 variables of a checkpoint that is kept in one data file.

    Parameters
    ----------
    index, data : str or os.PathLike
        The files that end in ``.index`` and ``.data-00000-of-00001``.

    Returns
    -------
    dict of str to ndarray, float32
        Variables by name.

    Raises
    ------
    ValueError
        The files are not such a checkpoint.
    """
    try:
        entries = _read_table(Path(index).read_bytes())
        content = Path(data).read_bytes()
        return {name: _read_variable(entry, content) for name, entry in entries if name}
    except (IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"{index} is not the index of a TensorFlow checkpoint") from error


def _read_variable(entry, content):
    fields = _read_message(entry)
    if fields.get(_TYPE) != [_FLOAT32]:
        raise ValueError(f"only float32 variables can be read, not type {fields.get(_TYPE)}")
    dimensions = _read_message(fields.get(_SHAPE, [b""])[0]).get(_DIMENSION, [])
    shape = [_read_message(dimension).get(_LENGTH, [0])[0] for dimension in dimensions]
    offset, size = fields.get(_OFFSET, [0])[0], fields.get(_SIZE, [0])[0]
    if size != 4 * math.prod(shape) or offset + size > len(content):
        raise ValueError("a variable lies outside the data file; copy the checkpoint again")
    return np.frombuffer(content, "<f4", math.prod(shape), offset).reshape(shape)


def _read_table(table):
    """List the names and entries of a LevelDB table, in order."""
    footer = table[-_FOOTER_BYTES:]
    if not footer.endswith(_MAGIC):
        raise ValueError("the index is not a LevelDB table; copy the checkpoint again")
    # The footer has two handles: of a block of metadata, and of the block that lists the others.
    _, position = _read_handle(footer, 0)
    index_handle, _ = _read_handle(footer, position)
    entries = []
    for _, value in _read_block(table, index_handle):
        handle, _ = _read_handle(value, 0)
        entries += _read_block(table, handle)
    return [(name.decode(), entry) for name, entry in entries]


def _read_handle(data, position):
    offset, position = _read_varint(data, position)
    size, position = _read_varint(data, position)
    return (offset, size), position


def _read_block(table, handle):
    """Yield the keys and values of a block; a key repeats the start of the one before it."""
    offset, size = handle
    block = table[offset : offset + size]
    if table[offset + size] != 0:
        raise ValueError("the index is compressed, which checkpoints of this kind never are")
    n_restarts = int.from_bytes(block[-4:], "little")
    end, position, key = len(block) - 4 - 4 * n_restarts, 0, b""
    while position < end:
        shared, position = _read_varint(block, position)
        unshared, position = _read_varint(block, position)
        length, position = _read_varint(block, position)
        key = key[:shared] + block[position : position + unshared]
        position += unshared
        yield key, block[position : position + length]
        position += length


def _read_message(data):
    """Read a protocol buffer: a list of integers or bytes for each field number."""
    fields, position = {}, 0
    while position < len(data):
        tag, position = _read_varint(data, position)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, position = _read_varint(data, position)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
            value, position = data[position : position + length], position + length
        elif kind == 2:
            length, position = _read_varint(data, position)
            value, position = data[position : position + length], position + length
        else:
            raise ValueError(f"an entry of the index has the unknown wire type {kind}")
        fields.setdefault(number, []).append(value)
    return fields


def _read_varint(data, position):
    value = shift = 0
    while True:
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return value, position
