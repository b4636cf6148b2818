"""Many clips: order, errors, progress, jobs and the table on disk."""

import numpy as np
import pandas as pd
import pytest
import soundfile

from stemstack.errors import AudioError, UsageError
from stemstack.features import FeatureTable, extract, extract_batches, extraction
from stemstack.features.extractor import Extractor

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
    features, errors = extract(paths, on_error="skip", progress=done.append, cache=cache, **FAST)
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
    assert FeatureTable(tmp_path).missing(keys, Extractor(**FAST)) == {keys[2]}
    resumed, _ = extract(clips, cache=tmp_path, **FAST)
    pd.testing.assert_frame_equal(resumed, extract(clips, **FAST)[0], check_exact=True)


def test_jobs_do_not_change_a_bit(clips):
    alone, _ = extract(clips * 3)
    together, _ = extract(clips * 3, n_jobs=2)
    pd.testing.assert_frame_equal(alone, together, check_exact=True)
