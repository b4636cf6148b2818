"""Features and labels as a Parquet file, row group by row group."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from stemstack.errors import AudioError
from stemstack.features import write_features


def _batches():
    yield pd.DataFrame({"rms_mean": np.float32([1, 2])}, index=[0, 1]), []
    yield pd.DataFrame({"rms_mean": np.float32([4])}, index=[3]), [AudioError("c.wav", "is bad")]


def test_rows_stand_beside_their_labels(tmp_path):
    labels = pd.DataFrame({"clip": list("abcd"), "label": ["x", None, "y", "y"]})
    errors = write_features(tmp_path / "out.parquet", labels, _batches())
    table = pd.read_parquet(tmp_path / "out.parquet")
    assert table["clip"].tolist() == ["a", "b", "d"]
    assert table["label"].isna().tolist() == [False, True, False]
    assert table["rms_mean"].tolist() == [1, 2, 4]
    assert table["rms_mean"].dtype == np.float32
    assert [error.path for error in errors] == ["c.wav"]
    assert pq.ParquetFile(tmp_path / "out.parquet").num_row_groups == 2


def test_a_file_is_whole_or_not_there(tmp_path):
    def broken():
        yield from _batches()
        raise RuntimeError("out of luck")

    labels = pd.DataFrame({"clip": list("abcd")})
    with pytest.raises(RuntimeError, match="out of luck"):
        write_features(tmp_path / "out.parquet", labels, broken())
    assert list(tmp_path.iterdir()) == []
