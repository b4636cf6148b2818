"""Products of a banded matrix, such as a filter bank, and rows over time.

Conventions: the matrix is cut into blocks of one row by eight columns, of which those of zeros only
are left out. Eight rows over time at a time stay in the first-level cache while all blocks that
need them are added. They lie a constant number of values apart: only then can the compiler infer
that they do not overlap, and vectorise.
"""

from typing import NamedTuple

import numpy as np

from .common import njit_ordered, read_only

_EIGHT = 8
# Frames at a time.
_FRAMES = 512


class BandedMatrix(NamedTuple):
    """Blocks of a matrix, as returned by :func:`banded_matrix`.

    Attributes
    ----------
    n_rows, n_columns : int
        Shape of the matrix.
    row, column : ndarray of shape (n_blocks,), int64
        Row of each block, and its first column; ordered by column.
    weights : ndarray of shape (n_blocks, 8), float32
    """

    n_rows: int
    n_columns: int
    row: np.ndarray
    column: np.ndarray
    weights: np.ndarray


def banded_matrix(weights):
    """Cut a matrix into blocks.

    Parameters
    ----------
    weights : ndarray of shape (n_rows, n_columns), float32

    Returns
    -------
    BandedMatrix
        Of read-only arrays.
    """
    n_rows, n_columns = weights.shape
    padded = np.pad(weights, ((0, 0), (0, -n_columns % _EIGHT)))
    blocks = padded.reshape(n_rows, -1, _EIGHT).transpose(1, 0, 2)
    block, row = np.nonzero(blocks.any(axis=2))
    arrays = row, block * _EIGHT, np.ascontiguousarray(blocks[block, row])
    return BandedMatrix(n_rows, n_columns, *map(read_only, arrays))


def banded_matmul(matrix, rows, *, squared=False):
    """Multiply a matrix and rows over time.

    Parameters
    ----------
    matrix : BandedMatrix
        Of shape (n_out, n_rows).
    rows : ndarray of shape (n_rows, n_frames), float32
    squared : bool, default=False
        Square the rows first, as for magnitudes of which the filters are those of powers.

    Returns
    -------
    ndarray of shape (n_out, n_frames), float32
        Summed in row order, eight at a time.

    Raises
    ------
    ValueError
        If the shapes do not match.
    """
    if len(rows) != matrix.n_columns:
        raise ValueError(f"The matrix has {matrix.n_columns} columns. Got {len(rows)} rows.")
    out = np.zeros((matrix.n_rows, rows.shape[1]), np.float32)
    _add_product(matrix.row, matrix.column, matrix.weights, rows, squared, out)
    return out


@njit_ordered
def _add_product(row, column, weights, rows, squared, out):
    near = np.zeros(_EIGHT * _FRAMES, np.float32)
    for start in range(0, rows.shape[1], _FRAMES):
        loaded = -1
        for i in range(len(row)):
            if column[i] != loaded:
                loaded = column[i]
                _load(rows[loaded : loaded + _EIGHT], start, squared, near)
            _add_block(weights[i], near, out[row[i], start : start + _FRAMES])


@njit_ordered
def _load(rows, start, squared, near):
    """Copy eight rows, or as many as there are, and zeros in place of the others."""
    count = min(_FRAMES, rows.shape[1] - start)
    near[len(rows) * _FRAMES :] = 0
    for i in range(len(rows)):
        row, place = rows[i, start:], near[i * _FRAMES : i * _FRAMES + count]
        if squared:
            for f in range(count):
                place[f] = row[f] * row[f]
        else:
            for f in range(count):
                place[f] = row[f]


@njit_ordered
def _add_block(weights, near, total):
    n = _FRAMES
    w0, w1, w2, w3 = weights[0], weights[1], weights[2], weights[3]
    w4, w5, w6, w7 = weights[4], weights[5], weights[6], weights[7]
    for f in range(len(total)):
        first = w0 * near[f] + w1 * near[f + n] + w2 * near[f + 2 * n] + w3 * near[f + 3 * n]
        last = w4 * near[f + 4 * n] + w5 * near[f + 5 * n]
        total[f] += first + (last + w6 * near[f + 6 * n] + w7 * near[f + 7 * n])
