"""The size of Parquet files from anybody, before they are read."""

import pyarrow.parquet as pq

# Far above any run: tables of 10 million rows that fit into memory.
_MAX_ROWS, _MAX_COLUMNS, _MAX_BYTES = 10_000_000, 100_000, 2 * 2**30


def check_parquet_size(file):
    """Check the size that a Parquet file claims, without reading its rows.

    Parameters
    ----------
    file : binary file
        Open; left at its start.

    Raises
    ------
    ValueError
        The table is too large.
    pyarrow.ArrowException
        The file is no Parquet table.
    """
    metadata = pq.ParquetFile(file).metadata
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    size = sum(group.total_byte_size for group in groups)
    n_rows, n_columns = metadata.num_rows, metadata.num_columns
    if size > _MAX_BYTES or n_rows > _MAX_ROWS or n_columns > _MAX_COLUMNS:
        raise ValueError(f"{n_rows} rows of {n_columns} columns, {size / 2**20:.0f} MB")
    file.seek(0)
