"""Checkpoints of TensorFlow, written here by hand after the format's description."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemstack.models.deep.embeddings.tensorflow_checkpoint import read_checkpoint

MAGIC = (0xDB4775248B80FB57).to_bytes(8, "little")


def varint(number):
    parts = []
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def field(number, value):
    """One field of a protocol buffer: an integer, or bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def block(pairs):
    """A block of a table, whose keys repeat the start of the one before."""
    content, before = b"", b""
    for key, value in pairs:
        shared = next(i for i in range(len(key), -1, -1) if before.startswith(key[:i]))
        content += varint(shared) + varint(len(key) - shared) + varint(len(value))
        content, before = content + key[shared:] + value, key
    return content + bytes(4) + (1).to_bytes(4, "little")


def write_checkpoint(folder, variables):
    entries, data = [(b"", field(1, 1))], b""
    for name in sorted(variables):
        array = np.asarray(variables[name], dtype="<f4")
        shape = b"".join(field(2, field(1, size)) for size in array.shape)
        entry = field(1, 1) + field(2, shape) + field(4, len(data)) + field(5, array.nbytes)
        entries.append((name.encode(), entry))
        data += array.tobytes()
    first = block(entries)
    handle = varint(0) + varint(len(first))
    second = block([(b"zzz", handle)])
    start = len(first) + 5
    footer = (varint(0) + varint(0) + varint(start) + varint(len(second))).ljust(40, b"\0") + MAGIC
    index, numbers = folder / "x.index", folder / "x.data"
    index.write_bytes(first + bytes(5) + second + bytes(5) + footer)
    numbers.write_bytes(data)
    return index, numbers


VARIABLES = {
    "dense/kernel": np.arange(600.0).reshape(2, 300),
    "dense/bias": [1.5, -2.0],
    "beta1_power": 0.25,
}


def test_variables_have_names_shapes_and_values(tmp_path):
    found = read_checkpoint(*write_checkpoint(tmp_path, VARIABLES))
    assert sorted(found) == sorted(VARIABLES)
    for name, value in VARIABLES.items():
        np.testing.assert_array_equal(found[name], np.asarray(value, dtype=np.float32))
        assert found[name].shape == np.shape(value)


def test_other_types_and_missing_data_are_refused(tmp_path):
    index, data = write_checkpoint(tmp_path, VARIABLES)
    data.write_bytes(data.read_bytes()[:-1])
    with pytest.raises(ValueError, match="outside the data file"):
        read_checkpoint(index, data)
    index.write_bytes(b"no table")
    with pytest.raises(ValueError, match="not a LevelDB table"):
        read_checkpoint(index, data)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_damaged_index_is_a_value_error(tmp_path_factory, data):
    index, numbers = write_checkpoint(tmp_path_factory.mktemp("checkpoint"), VARIABLES)
    content = bytearray(index.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    index.write_bytes(content)
    try:
        found = read_checkpoint(index, numbers)
    except ValueError:
        return
    assert all(variable.dtype == np.float32 for variable in found.values())
