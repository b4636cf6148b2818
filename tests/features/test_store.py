"""FeatureStore: rows are found under the parameters that they were stored with."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from stemstack.features import Extractor, FeatureStore

TEMPO = Extractor(families=["tempo", "rms"], statistics="mean")


def _write(directory, start):
    for i in range(start, start + 20):
        FeatureStore(directory).put([f"{i:032x}"], [[i, 2 * i]], TEMPO)


def test_rows_are_in_the_order_of_keys(tmp_path):
    store = FeatureStore(tmp_path)
    store.put(["a", "b"], [[1, 2], [3, 4]], TEMPO)
    store.put(["c"], [[5, 6]], TEMPO)
    found, rows = store.get(["c", "nowhere", "a"], TEMPO)
    assert found.tolist() == [True, False, True]
    np.testing.assert_array_equal(rows, np.array([[5, 6], [np.nan, np.nan], [1, 2]], np.float32))


def test_wider_rows_serve_narrower_extractors(tmp_path):
    store = FeatureStore(tmp_path)
    store.put(["a"], [[1, 2]], TEMPO)
    _, rows = store.get(["a"], Extractor(families="tempo"))
    assert rows.tolist() == [[2]]


@pytest.mark.parametrize(
    "other",
    [
        Extractor(sr=16000, families=["tempo", "rms"], statistics="mean"),
        Extractor(families=["tempo", "rms"], statistics="mean", precision="fast"),
        Extractor(families=["tempo", "rms"], statistics=["mean", "std"]),
    ],
)
def test_other_parameters_have_other_rows(tmp_path, other):
    store = FeatureStore(tmp_path)
    store.put(["a"], [[1, 2]], TEMPO)
    assert not store.get(["a"], other)[0].any()
    assert store.missing(["a"], other) == {"a"}


def test_pandas_reads_a_columns_folder(tmp_path):
    _write(tmp_path, 0)
    (folder,) = tmp_path.glob("*/*")
    stored = pd.read_parquet(folder).sort_values("clip_key")
    assert stored.columns.tolist() == ["clip_key", "features"]
    np.testing.assert_array_equal(np.stack(stored["features"]), [[i, 2 * i] for i in range(20)])


def test_columns_of_earlier_versions_are_read(tmp_path):
    columns = {"clip_key": ["a", "b"], "rms_mean": np.float32([1, 3]), "tempo": np.float32([2, 4])}
    folder = tmp_path / TEMPO.store_name / "0123456789ab"
    folder.mkdir(parents=True)
    pd.DataFrame(columns).to_parquet(folder / "old.parquet", index=False)
    store = FeatureStore(tmp_path)
    store.put(["c"], [[5, 6]], TEMPO)
    assert store.get(["b", "c", "a"], TEMPO)[1].tolist() == [[3, 4], [5, 6], [1, 2]]
    assert store.get(["a", "c"], Extractor(families="tempo"))[1].tolist() == [[2], [6]]


def test_concurrent_writers_keep_all_rows(tmp_path):
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda start: _write(tmp_path, start), (0, 20)))
    found, rows = FeatureStore(tmp_path).get([f"{i:032x}" for i in range(40)], TEMPO)
    assert found.all()
    np.testing.assert_array_equal(rows[:, 0], np.arange(40))


def test_incomplete_shard_is_ignored(tmp_path):
    FeatureStore(tmp_path).put(["a"], [[1, 2]], TEMPO)
    (shard,) = tmp_path.glob("*/*/*.parquet")
    shard.with_name(f".{shard.name}").write_bytes(shard.read_bytes()[:100])
    assert FeatureStore(tmp_path).get(["a"], TEMPO)[0].all()


@pytest.mark.parametrize("damage", ["empty", "truncated", "flipped"])
def test_damaged_shard_is_removed(tmp_path, caplog, damage):
    names = [f"{i:032x}" for i in range(50)]
    FeatureStore(tmp_path).put(names, np.ones((50, 2)), TEMPO)
    FeatureStore(tmp_path).put(["z"], [[5, 6]], TEMPO)
    shard = max(tmp_path.glob("*/*/*.parquet"), key=lambda path: path.stat().st_size)
    data = bytearray(shard.read_bytes())
    # One bit of a number: 1.0 is stored as 00 00 80 3f.
    data[data.index(b"\x00\x00\x80\x3f") + 2] ^= 1
    contents = {"empty": b"", "truncated": data[:-100], "flipped": data}
    shard.write_bytes(contents[damage])
    store = FeatureStore(tmp_path)
    found, rows = store.get([*names, "z"], TEMPO)
    assert found.tolist() == [False] * 50 + [True]
    assert rows[-1].tolist() == [5, 6]
    assert store.missing(names, TEMPO) == set(names)
    assert caplog.text.count("damaged, removed") == 1
    assert not shard.exists()
