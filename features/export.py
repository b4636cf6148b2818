"""Features as one Parquet file, written as they come."""

from contextlib import ExitStack

import pyarrow as pa
import pyarrow.parquet as pq

from ..atomic import atomic_path


def write_features(path, labels, batches):
    """Write features beside what is known of their clips, one row group a batch.

    Parameters
    ----------
    path : str or os.PathLike
        The Parquet file; there when the last batch is, whole.
    labels : DataFrame of str
        One row a clip.
    batches : iterable of (DataFrame, list)
        As :func:`extract_batches` yields.

    Returns
    -------
    list of DataError
        Of the clips left out.
    """
    errors, writer = [], None
    with atomic_path(path) as temporary, ExitStack() as stack:
        for features, failed in batches:
            if writer is None:
                fields = [(name, pa.string()) for name in labels]
                schema = pa.schema(fields + [(name, pa.float32()) for name in features])
                writer = stack.enter_context(pq.ParquetWriter(temporary, schema))
            rows = labels.loc[features.index].join(features)
            writer.write_table(pa.Table.from_pandas(rows, schema, preserve_index=False))
            errors += failed
    return errors
