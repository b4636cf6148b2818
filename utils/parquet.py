"""Parquet files from anybody: opened, and their size checked before they are read."""

from contextlib import contextmanager

import pyarrow as pa
import pyarrow.parquet as pq

# Far above any run: tables of 10 million rows that fit into memory.
_MAX_ROWS, _MAX_COLUMNS, _MAX_BYTES = 10_000_000, 100_000, 2 * 2**30


@contextmanager
def open_parquet(path):
    """Yield an open Parquet file, of a size that can be read.

    An open file, because a folder of this name would be read as a table in several files. Arrow's
    own, because threads of Arrow that release parts of Python's while the process ends abort it.

    Parameters
    ----------
    path : str or os.PathLike

    Yields
    ------
    pyarrow.OSFile

    Raises
    ------
    OSError
        There is no such file.
    ValueError
        The table is too large.
    pyarrow.ArrowException
        The file is no Parquet table.
    """
    with pa.OSFile(str(path)) as file:
        _check_size(file)
        yield file


def _check_size(file):
    """Check the size that a file claims, without reading its rows; leave it at its start."""
    metadata = pq.ParquetFile(file).metadata
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    size = sum(group.total_byte_size for group in groups)
    n_rows, n_columns = metadata.num_rows, metadata.num_columns
    if size > _MAX_BYTES or n_rows > _MAX_ROWS or n_columns > _MAX_COLUMNS:
        raise ValueError(f"{n_rows} rows of {n_columns} columns, {size / 2**20:.0f} MB")
    file.seek(0)
