"""FeatureStore: extracted rows on disk, so that nothing is computed twice.

Layout: ``<directory>/<extraction>/<columns>/<shard>.parquet``. The extraction is named by the
version of the extractor, sample rate, precision and the content of a user's own families; the
columns by a hash of their names. A shard is written once, as a whole, under a unique name: any
number of processes may write, and one that is killed loses at most its current shard. Each is a
Parquet table of two columns: ``clip_key``, and ``features`` with the row as one array, because
decoding thousands of columns takes twenty times as long. The names of its elements are in the
metadata of the schema, as JSON. Shards of earlier versions, with one column per feature, are read.
"""

import json
from functools import lru_cache, partial
from pathlib import Path
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..utils.atomic_write import atomic_path
from ..utils.cache import read_entry
from ..utils.hashing import hash_bytes

KEY, ROW = "clip_key", "features"


class FeatureStore:
    """Feature rows on disk, keyed by clip content, extraction parameters and extractor version.

    Parameters
    ----------
    directory : str or os.PathLike
        Created when first written to.

    See Also
    --------
    extract_batches : Fills a store, when given one as ``cache``.

    Examples
    --------
    >>> import tempfile
    >>> from stemstack.features import Extractor, FeatureStore
    >>> extractor = Extractor(families="tempo")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = FeatureStore(folder)
    ...     store.put(["0123"], [[120.0]], extractor)
    ...     found, rows = store.get(["0123", "4567"], extractor)
    >>> found.tolist(), rows.tolist()
    ([True, False], [[120.0], [nan]])
    """

    def __init__(self, directory):
        self.directory = Path(directory)
        # Shards read so far and the place of each row, by extraction folder and columns.
        self._indices = {}

    def get(self, keys, extractor):
        """Return rows; one that was stored with more columns than needed serves as well.

        Parameters
        ----------
        keys : sequence of str
            As computed by :func:`~stemstack.audio.clip_key`.
        extractor : Extractor

        Returns
        -------
        found : ndarray of shape (n_keys,), bool
        rows : ndarray of shape (n_keys, n_features), float32
            NaN where not found. A shard that cannot be read is removed: its rows are not found.
        """
        names = tuple(extractor.names)
        rows = np.full((len(keys), len(names)), np.nan, dtype=np.float32)
        found = np.zeros(len(keys), dtype=bool)
        for shard, positions, lines in self._locate(keys, extractor):
            stored = read_entry(shard, partial(_read_columns, names=names))
            if stored is None:
                self._forget(shard)
                continue
            rows[positions] = stored[lines]
            found[positions] = True
        return found, rows

    def missing(self, keys, extractor):
        """Return the keys without a row, as a set."""
        return set(keys) - set(self._index(extractor))

    def put(self, keys, rows, extractor):
        """Store rows as one new shard.

        Parameters
        ----------
        keys : sequence of str
        rows : array-like of shape (n_keys, n_features)
        extractor : Extractor
            The one that computed them.
        """
        rows = np.asarray(rows, dtype=np.float32)
        names = json.dumps(list(extractor.names))
        packed = pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])
        fields = [pa.field(KEY, pa.string()), pa.field(ROW, packed.type, nullable=False)]
        columns = [pa.array(list(keys), type=pa.string()), packed]
        folder = self.directory / extractor.store_name / hash_bytes(names.encode())[:12]
        with atomic_path(folder / f"{uuid4().hex}.parquet") as temporary:
            pq.write_table(
                pa.Table.from_arrays(columns, schema=pa.schema(fields, metadata={ROW: names})),
                temporary,
                # Floats hardly compress and are never repeated: plain pages are read fastest.
                compression="none",
                use_dictionary=False,
                write_statistics=False,
                write_page_checksum=True,
            )

    def _index(self, extractor):
        """Return the place of each stored row, {key: (shard, line)}, after reading new shards."""
        names = frozenset(extractor.names)
        folder = self.directory / extractor.store_name
        seen, index = self._indices.setdefault((folder, names), (set(), {}))
        for columns in sorted(folder.glob("*")):
            new = sorted(set(columns.glob("[!.]*.parquet")) - seen)
            seen.update(new)
            # All shards of a folder have the same columns.
            stored = (read_entry(shard, _read_names) for shard in new)
            if names <= next(filter(None, stored), frozenset()):
                for shard in new:
                    stored = read_entry(shard, _read_keys) or ()
                    index.update((key, (shard, line)) for line, key in enumerate(stored))
        return index

    def _forget(self, shard):
        for _, index in self._indices.values():
            for key in [key for key, (other, _) in index.items() if other == shard]:
                del index[key]

    def _locate(self, keys, extractor):
        """Return for each shard the positions of keys in the request and their lines in it."""
        index = self._index(extractor)
        by_shard = {}
        for position, key in enumerate(keys):
            if key in index:
                shard, line = index[key]
                positions, lines = by_shard.setdefault(shard, ([], []))
                positions.append(position)
                lines.append(line)
        return [(shard, positions, lines) for shard, (positions, lines) in by_shard.items()]


# Shards never change.
@lru_cache(maxsize=64)
def _read_names(shard):
    return frozenset(_column_names(pq.read_schema(shard)))


def _column_names(schema):
    """Return the names of the features of a shard; of an earlier version, those of its columns."""
    packed = (schema.metadata or {}).get(ROW.encode())
    return schema.names if packed is None else json.loads(packed)


@lru_cache(maxsize=1024)
def _read_keys(shard):
    return tuple(_read_table(shard, [KEY])[KEY].to_pylist())


# Only a few: each holds the rows of up to 256 clips.
@lru_cache(maxsize=16)
def _read_columns(shard, names):
    table = _read_table(shard, None)
    stored = _column_names(table.schema)
    if ROW in table.schema.names:
        packed = table[ROW].combine_chunks()
        rows = packed.flatten().to_numpy().reshape(len(packed), len(stored))
    else:
        rows = table.drop_columns([KEY]).to_pandas().to_numpy(dtype=np.float32)
        stored = stored[1:]
    if tuple(stored) == names:
        return rows
    position = {name: i for i, name in enumerate(stored)}
    return rows[:, [position[name] for name in names]]


def _read_table(shard, columns):
    with pq.ParquetFile(shard, page_checksum_verification=True) as file:
        return file.read(columns)
