"""Extraction of many clips: order, batches, errors, store, and the Parquet file of features."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import soundfile

from stemstack.audio import clip_key
from stemstack.exceptions import AudioError, ClipTypeError, UsageError
from stemstack.features import (
    FeatureStore,
    computation,
    extract,
    extract_batches,
    join_batches,
    store,
    write_features,
)
from stemstack.features.extraction import store_features
from stemstack.features.extractor import Extractor
from stemstack.features.patches import PatchExtractor


def _batches():
    yield pd.DataFrame({"rms_mean": np.float32([1, 2])}, index=[0, 1]), []
    yield pd.DataFrame({"rms_mean": np.float32([4])}, index=[3]), [AudioError("c.wav", "is bad")]


def test_features_are_written_with_their_labels(tmp_path):
    labels = pd.DataFrame({"clip": list("abcd"), "label": ["x", None, "y", "y"]})
    errors = write_features(tmp_path / "out.parquet", labels, _batches())
    table = pd.read_parquet(tmp_path / "out.parquet")
    assert table["clip"].tolist() == ["a", "b", "d"]
    assert table["label"].isna().tolist() == [False, True, False]
    assert table["rms_mean"].tolist() == [1, 2, 4]
    assert table["rms_mean"].dtype == np.float32
    assert [error.path for error in errors] == ["c.wav"]
    assert pq.ParquetFile(tmp_path / "out.parquet").num_row_groups == 2


def test_features_are_written_as_csv(tmp_path):
    labels = pd.DataFrame({"clip": ["a,b", "b", "c", "d"], "label": ["x", None, "y", "y"]})
    write_features(tmp_path / "out.csv", labels, _batches())
    table = pd.read_csv(tmp_path / "out.csv")
    assert table["clip"].tolist() == ["a,b", "b", "d"]
    assert table["label"].isna().tolist() == [False, True, False]
    assert table["rms_mean"].tolist() == [1, 2, 4]
    with pytest.raises(UsageError, match=r"out\.txt: features are written to \.parquet or \.csv"):
        write_features(tmp_path / "out.txt", labels, _batches())


def test_joined_batches_have_clips_of_all_parts():
    def other():
        yield pd.DataFrame({"zcr": np.float32([5])}, index=[1]), [AudioError("a.wav", "is short")]
        both = [AudioError("c.wav", "is bad")]
        yield pd.DataFrame({"zcr": np.float32([6])}, index=[3]), both

    (first, first_errors), (second, second_errors) = join_batches(_batches(), other())
    assert first.to_dict() == {"rms_mean": {1: 2.0}, "zcr": {1: 5.0}}
    assert second.to_dict() == {"rms_mean": {3: 4.0}, "zcr": {3: 6.0}}
    assert [error.path for error in first_errors] == ["a.wav"]
    assert [error.path for error in second_errors] == ["c.wav"]


def test_no_clips_have_a_table_without_rows():
    table, errors = extract([], families="rms", statistics="mean")
    assert table.columns.tolist() == ["rms_mean"] and (len(table), errors) == (0, [])
    with pytest.raises(ClipTypeError, match=r"clips must hold .*the single path 'a\.wav'"):
        extract("a.wav")


def test_failed_write_leaves_no_file(tmp_path):
    def broken():
        yield from _batches()
        raise RuntimeError("stopped on purpose")

    labels = pd.DataFrame({"clip": list("abcd")})
    with pytest.raises(RuntimeError, match="stopped on purpose"):
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
def test_bad_clip_is_skipped_and_reported(paths, tmp_path, with_cache):
    cache = tmp_path / "table" if with_cache else None
    done = []
    features, errors = extract(paths, on_error="skip", advance=done.append, cache=cache, **FAST)
    assert features.index.tolist() == [0, 1, 3]
    assert [error.path for error in errors] == [paths[2]]
    assert sum(done) == 4


def test_bad_clip_raises_by_default(paths):
    with pytest.raises(AudioError, match=r"2\.wav: is not audio"):
        extract(paths, **FAST)


def test_invalid_on_error_raises(paths):
    with pytest.raises(UsageError, match="on_error must be 'raise' or 'skip'"):
        extract(paths, on_error="ignore", **FAST)


def test_batches_cover_all_clips_in_order(clips, monkeypatch):
    monkeypatch.setattr(computation, "BATCH", 4)
    extractor = Extractor(**FAST)
    whole, _ = extract(clips * 3, **FAST)
    parts = [frame for frame, _ in extract_batches(clips * 3, extractor)]
    assert [len(part) for part in parts] == [4, 4, 1]
    assert whole.to_numpy().tolist() == [extractor(clip).tolist() for clip in clips * 3]
    pd.testing.assert_frame_equal(pd.concat(parts), whole, check_exact=True)


def test_cached_rows_are_not_computed_again(clips, tmp_path, monkeypatch):
    calls = []
    original = Extractor.__call__
    monkeypatch.setattr(Extractor, "__call__", lambda self, y: calls.append(1) or original(self, y))
    first, _ = extract(clips + clips[:1], cache=tmp_path, **FAST)
    again, _ = extract(clips + clips[:1], cache=tmp_path, **FAST)
    fewer, _ = extract(clips, cache=tmp_path, families="centroid", statistics="mean")
    assert len(calls) == 3
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    np.testing.assert_array_equal(fewer["centroid_mean"], first["centroid_mean"][:3])


def test_closed_extraction_resumes_after_last_batch(clips, tmp_path, monkeypatch):
    monkeypatch.setattr(computation, "BATCH", 1)
    batches = extract_batches(clips, Extractor(**FAST), cache=tmp_path)
    next(batches)
    next(batches)
    batches.close()
    keys = [clip_key(clip) for clip in clips]
    assert FeatureStore(tmp_path).missing(keys, Extractor(**FAST)) == {keys[2]}
    resumed, _ = extract(clips, cache=tmp_path, **FAST)
    pd.testing.assert_frame_equal(resumed, extract(clips, **FAST)[0], check_exact=True)


def test_repeated_clip_is_computed_once(clips, tmp_path, monkeypatch):
    monkeypatch.setattr(computation, "BATCH", 2)
    again, _ = extract(clips + clips, cache=tmp_path, **FAST)
    pd.testing.assert_frame_equal(again, extract(clips + clips, **FAST)[0], check_exact=True)
    shards = [pd.read_parquet(shard) for shard in tmp_path.rglob("*.parquet")]
    assert sorted(pd.concat(shards)["clip_key"]) == sorted(map(clip_key, clips))


def test_bad_clips_with_jobs_and_cache(paths, tmp_path, monkeypatch):
    monkeypatch.setattr(computation, "BATCH", 3)
    many = paths * 3
    options = {"cache": tmp_path / "table", "n_jobs": 2, "on_error": "skip"}
    features, errors = extract(many, **options, **FAST)
    assert features.index.tolist() == [i for i in range(12) if i % 4 != 2]
    assert [error.path for error in errors] == [paths[2]] * 3
    expected, _ = extract(many, on_error="skip", **FAST)
    pd.testing.assert_frame_equal(features, expected, check_exact=True)


@pytest.mark.slow
def test_kill_loses_only_the_current_batch(tmp_path):
    script = """
import sys, numpy as np
from stemstack.features import computation, extraction, Extractor
computation.BATCH = 2
clips = [np.full(2000, i / 20, np.float32) for i in range(1, 20)]
for n, _ in enumerate(extraction.extract_batches(clips, Extractor(), cache=sys.argv[1], n_jobs=2)):
    print(n, flush=True)
    if n == 3:
        sys.stdin.read()
"""
    command = [sys.executable, "-c", script, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True) as process:
        while process.stdout.readline().strip() != "3":
            pass
        process.kill()
    clips = [np.full(2000, i / 20, np.float32) for i in range(1, 20)]
    keys = [clip_key(clip) for clip in clips]
    assert len(FeatureStore(tmp_path).missing(keys, Extractor())) == 19 - 4 * 2
    resumed, _ = extract(clips, cache=tmp_path)
    pd.testing.assert_frame_equal(resumed, extract(clips)[0], check_exact=True)


def test_results_are_identical_for_any_jobs(clips):
    alone, _ = extract(clips * 3)
    together, _ = extract(clips * 3, n_jobs=2)
    pd.testing.assert_frame_equal(alone, together, check_exact=True)


class _CountedClip:
    """Clip that counts how many of its kind were loaded."""

    loaded = 0

    def __init__(self, number):
        self.number = number

    def key(self):
        return f"{self.number:032x}"

    def load(self, sr):
        _CountedClip.loaded += 1
        return np.full(600, self.number / 99, np.float32)


@pytest.mark.parametrize("with_cache", [False, True])
def test_clips_are_loaded_as_batches_are_taken(tmp_path, monkeypatch, with_cache):
    monkeypatch.setattr(computation, "BATCH", 4)
    monkeypatch.setattr(_CountedClip, "loaded", 0)
    clips = [_CountedClip(number) for number in range(40)]
    batches = extract_batches(clips, Extractor(**FAST), cache=tmp_path if with_cache else None)
    next(batches)
    # One clip is read ahead.
    assert 4 <= _CountedClip.loaded <= 6
    assert sum(len(features) for features, _ in batches) == 36
    assert _CountedClip.loaded == 40


def test_advance_counts_every_clip_once(clips, tmp_path):
    for _ in range(2):
        done = []
        extract(clips + clips[:1], cache=tmp_path, advance=done.append, **FAST)
        assert sum(done) == 4


def test_damaged_rows_are_computed_again(tmp_path, clips):
    cache, options = tmp_path / "cache", {"families": ["mfcc"], "statistics": "mean"}
    expected, _ = extract(clips, cache=cache, **options)
    (shard,) = cache.glob("*/*/*.parquet")
    data = bytearray(shard.read_bytes())
    # One bit of the first coefficient of the first clip; the column of keys stays readable.
    data[data.index(expected.to_numpy()[0].tobytes()) + 2] ^= 1
    shard.write_bytes(data)
    store._read_columns.cache_clear()
    pd.testing.assert_frame_equal(extract(clips, cache=cache, **options)[0], expected)
    pd.testing.assert_frame_equal(extract(clips, cache=cache, **options)[0], expected)
    assert shard not in cache.glob("*/*/*.parquet")


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_several_extractions_are_stored_in_one_pass(clips, tmp_path, n_jobs):
    extractors, done = [Extractor(**FAST), PatchExtractor()], []
    options = {"n_jobs": n_jobs, "cache": tmp_path, "advance": done.append}
    store_features(clips + clips[:1], extractors, **options)
    assert sum(done) == 4
    keys = [clip_key(clip) for clip in clips]
    for extractor in extractors:
        found, rows = FeatureStore(tmp_path).get(keys, extractor)
        assert found.all()
        np.testing.assert_array_equal(rows, [extractor(clip) for clip in clips])


def test_bad_clip_raises_after_its_batch_was_stored(paths, tmp_path):
    cache = tmp_path / "table"
    with pytest.raises(AudioError, match=r"2\.wav: is not audio"):
        store_features(paths, [Extractor(**FAST), PatchExtractor()], cache=cache)
    keys = [clip_key(path) for path in paths]
    for extractor in (Extractor(**FAST), PatchExtractor()):
        assert FeatureStore(cache).missing(keys, extractor) == {keys[2]}
