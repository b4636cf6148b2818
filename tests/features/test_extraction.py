"""Features and labels as a Parquet file, row group by row group."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import soundfile

from stemstack.exceptions import AudioError, UsageError
from stemstack.features import FeatureStore, extract, extract_batches, extraction, write_features
from stemstack.features.extractor import Extractor


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


FAST = {"families": ["mfcc", "centroid"], "statistics": "mean"}


@pytest.fixture
def paths(tmp_path, clips):
    """Three good files with a broken one among them."""
    paths = [tmp_path / f"{i}.wav" for i in range(4)]
    for path, clip in zip([paths[0], paths[1], paths[3]], clips, strict=True):
        soundfile.write(path, clip, 22050)
    paths[2].write_bytes(b"not audio")
    return paths


@pytest.mark.parametrize("with_cache", [False, True])
def test_a_bad_clip_is_skipped_and_reported(paths, tmp_path, with_cache):
    cache = tmp_path / "table" if with_cache else None
    done = []
    features, errors = extract(paths, on_error="skip", advance=done.append, cache=cache, **FAST)
    assert features.index.tolist() == [0, 1, 3]
    assert [error.path for error in errors] == [paths[2]]
    assert sum(done) == 4


def test_a_bad_clip_raises_by_default(paths):
    with pytest.raises(AudioError, match=r"2\.wav: is not audio"):
        extract(paths, **FAST)


def test_on_error_is_checked(paths):
    with pytest.raises(UsageError, match="on_error must be 'raise' or 'skip'"):
        extract(paths, on_error="ignore", **FAST)


def test_batches_cover_all_clips_in_order(clips, monkeypatch):
    monkeypatch.setattr(extraction, "BATCH", 4)
    extractor = Extractor(**FAST)
    whole, _ = extract(clips * 3, **FAST)
    parts = [frame for frame, _ in extract_batches(clips * 3, extractor)]
    assert [len(part) for part in parts] == [4, 4, 1]
    pd.testing.assert_frame_equal(pd.concat(parts), whole, check_exact=True)


def test_nothing_is_computed_twice(clips, tmp_path, monkeypatch):
    calls = []
    original = Extractor.__call__
    monkeypatch.setattr(Extractor, "__call__", lambda self, y: calls.append(1) or original(self, y))
    first, _ = extract(clips + clips[:1], cache=tmp_path, **FAST)
    again, _ = extract(clips + clips[:1], cache=tmp_path, **FAST)
    fewer, _ = extract(clips, cache=tmp_path, families="centroid", statistics="mean")
    assert len(calls) == 3
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    np.testing.assert_array_equal(fewer["centroid_mean"], first["centroid_mean"][:3])


def test_a_killed_extraction_resumes_where_its_last_batch_ended(clips, tmp_path, monkeypatch):
    monkeypatch.setattr(extraction, "BATCH", 1)
    batches = extract_batches(clips, Extractor(**FAST), cache=tmp_path)
    next(batches)
    next(batches)
    batches.close()
    keys = [extraction.clip_key(clip) for clip in clips]
    assert FeatureStore(tmp_path).missing(keys, Extractor(**FAST)) == {keys[2]}
    resumed, _ = extract(clips, cache=tmp_path, **FAST)
    pd.testing.assert_frame_equal(resumed, extract(clips, **FAST)[0], check_exact=True)


def test_a_clip_that_comes_again_later_is_not_computed_again(clips, tmp_path, monkeypatch):
    monkeypatch.setattr(extraction, "BATCH", 2)
    again, _ = extract(clips + clips, cache=tmp_path, **FAST)
    pd.testing.assert_frame_equal(again, extract(clips + clips, **FAST)[0], check_exact=True)
    shards = [pd.read_parquet(shard) for shard in tmp_path.rglob("*.parquet")]
    assert sorted(pd.concat(shards)["clip_key"]) == sorted(map(extraction.clip_key, clips))


def test_bad_clips_and_jobs_and_a_table_together(paths, tmp_path, monkeypatch):
    monkeypatch.setattr(extraction, "BATCH", 3)
    many = paths * 3
    means = {"cache": tmp_path / "table", "n_jobs": 2, "on_error": "skip"}
    features, errors = extract(many, **means, **FAST)
    assert features.index.tolist() == [i for i in range(12) if i % 4 != 2]
    assert [error.path for error in errors] == [paths[2]] * 3
    expected, _ = extract(many, on_error="skip", **FAST)
    pd.testing.assert_frame_equal(features, expected, check_exact=True)


def test_kill_9_loses_nothing_but_the_batch_in_hand(tmp_path):
    script = """
import sys, numpy as np
from stemstack.features import extraction, Extractor
extraction.BATCH = 2
clips = [np.full(2000, i / 99, np.float32) for i in range(1, 99)]
for n, _ in enumerate(extraction.extract_batches(clips, Extractor(), cache=sys.argv[1], n_jobs=2)):
    print(n, flush=True)
"""
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while process.stdout.readline().strip() != "3":
            pass
        process.kill()
    clips = [np.full(2000, i / 99, np.float32) for i in range(1, 99)]
    keys = [extraction.clip_key(clip) for clip in clips]
    assert 8 <= 98 - len(FeatureStore(tmp_path).missing(keys, Extractor())) < 98
    resumed, _ = extract(clips, cache=tmp_path)
    pd.testing.assert_frame_equal(resumed, extract(clips)[0], check_exact=True)


def test_jobs_do_not_change_a_bit(clips):
    alone, _ = extract(clips * 3)
    together, _ = extract(clips * 3, n_jobs=2)
    pd.testing.assert_frame_equal(alone, together, check_exact=True)
