"""What estimators accept as X: containers, items with a rate, and clear refusals."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from helpers.signals import sine
from sklearn.base import BaseEstimator

from stemstack.audio import load_clip, validate_clips
from stemstack.exceptions import ClipTypeError

SR = 22050
PATHS = ["a.wav", "b.wav"]


class PolarsColumn:
    """Has what a polars Series has."""

    def __init__(self, items):
        self.items = items

    def to_list(self):
        return list(self.items)


class PolarsTable:
    """Has what a polars DataFrame has."""

    def __init__(self, **columns):
        self.columns = list(columns)
        self.width = len(columns)
        self.dtypes = [SimpleNamespace(is_numeric=lambda: False)] * self.width
        self._first = PolarsColumn(next(iter(columns.values())))

    def to_series(self):
        return self._first


class AudioColumn:
    """Has what a column of a datasets.Dataset has."""

    def __init__(self, items):
        self._items = items

    def __len__(self):
        return len(self._items)

    def __getitem__(self, index):
        return self._items[index]

    def __iter__(self):
        return iter(self._items)


class Decoder:
    """Has what torchcodec's AudioDecoder has."""

    def get_all_samples(self):
        stereo = np.stack([sine(440), np.zeros(SR)])
        return SimpleNamespace(data=stereo, sample_rate=SR)


def validate(X):
    return validate_clips(BaseEstimator(), X, reset=True)


@pytest.mark.parametrize(
    "X",
    [
        PATHS,
        tuple(PATHS),
        np.array(PATHS),
        np.array(PATHS, dtype=object),
        np.array(PATHS)[:, None],
        np.array(PATHS, dtype=object)[:, None],
        pd.Index(PATHS),
        pd.Series(PATHS),
        pd.Series(PATHS, dtype="category"),
        pd.Series(PATHS, dtype="string"),
        pd.DataFrame({"path": PATHS}),
        PolarsColumn(PATHS),
        PolarsTable(path=PATHS),
        pa.array(PATHS),
        AudioColumn(PATHS),
    ],
    ids=lambda X: type(X).__name__,
)
def test_paths_are_accepted_in_any_container(X):
    assert validate(X) == PATHS


@pytest.mark.parametrize(
    "item",
    [
        (sine(440, sr=8000), 8000),
        (8000, sine(440, sr=8000)),
        [sine(440, sr=8000), np.int64(8000)],
        {"array": sine(440, sr=8000), "sampling_rate": 8000, "path": None},
    ],
    ids=["samples-rate", "rate-samples", "list", "datasets"],
)
def test_samples_with_rate_are_resampled(item):
    clip, other = validate([item, item])
    samples = load_clip(clip, SR)
    assert len(samples) == SR
    assert np.abs(samples - sine(440))[500:-500].max() < 0.01
    assert clip.key() == other.key()


def test_rate_is_part_of_the_key():
    samples = sine(440)
    slow, fast = validate([(samples, 8000), (samples, 16000)])
    assert slow.key() != fast.key()


def test_array_of_pairs_is_accepted():
    pairs = np.empty((2, 2), dtype=object)
    pairs[:] = [(sine(440), SR), (sine(880), SR)]
    assert [load_clip(clip).shape for clip in validate(pairs)] == [(SR,), (SR,)]


def test_samples_at_the_same_rate_are_unchanged():
    (clip,) = validate([(SR, np.full(SR, 0.5, dtype=np.float32))])
    np.testing.assert_array_equal(load_clip(clip), np.full(SR, 0.5, dtype=np.float32))


def test_audio_columns_are_accepted_decoded(tmp_path):
    path = tmp_path / "a.wav"
    path.touch()
    column = AudioColumn([Decoder(), {"path": str(path), "bytes": None}])
    decoded, undecoded = validate(column)
    np.testing.assert_allclose(load_clip(decoded), sine(440) / 2, atol=1e-7)
    assert undecoded == str(path)


@pytest.mark.parametrize(
    ("X", "problem"),
    [
        ("a.wav", "single path 'a.wav'; pass it in a list"),
        ((sine(440), SR), "one pair of samples and rate"),
        ({"array": sine(440), "sampling_rate": SR}, "dict with keys array, sampling_rate"),
        ({"a.wav", "b.wav"}, "Got a set; pass list"),
        (iter(PATHS), "pass list"),
        (SimpleNamespace(column_names=["audio", "label"], features={}), r"such as X\['audio'\]"),
        (pd.DataFrame({"path": PATHS, "label": [0, 1]}), r"columns path, label; pass .* X\['path'"),
        (PolarsTable(path=PATHS, label=[0, 1]), r"columns path, label; pass .* X\['path'"),
        (np.array([PATHS, PATHS]), r"shape \(2, 2\); pass the column"),
        (["a.wav", None], r"missing value \(None\) as X\[1\]"),
        (pd.Series(["a.wav", None], dtype=object), r"missing value \(None\) as X\[1\]"),
        (pd.Series(["a.wav", np.nan], dtype=object), r"missing value \(nan\) as X\[1\]"),
        ([np.nan, "a.wav"], r"missing value \(nan\) as X\[0\]"),
        (["a.wav", 3], r"Got int as X\[1\]"),
        ([b"a.wav"], r"os.fsdecode"),
        ([np.zeros((2, SR))], r"shape \(2, 22050\) as X\[0\]; average its channels"),
        ([(np.zeros((SR, 2)), SR)], r"shape \(22050, 2\) as X\[0\]"),
        ([(sine(440), 0)], "rate of X.0. must be above 0"),
        ([{"path": None, "bytes": b"RIFF"}], "decode the column first"),
    ],
)
def test_other_kinds_are_named(X, problem):
    with pytest.raises(ClipTypeError, match=problem):
        validate(X)


def test_rows_of_arrays_are_waveforms():
    estimator = BaseEstimator()
    first, second = validate_clips(estimator, [[0.0, 0.1, 0.2], [0.3, 0.4, 0.5]], reset=True)
    assert first.dtype == np.float32
    assert second.tolist() == pytest.approx([0.3, 0.4, 0.5])
    column = PolarsColumn([[0.0, 0.1, 0.2], [0.3, 0.4, 0.5]])
    assert len(validate_clips(estimator, column, reset=False)) == 2
    with pytest.raises(ValueError, match="3 features"):
        validate_clips(estimator, np.zeros((2, 4)), reset=False)


@pytest.mark.parametrize("X", [[], pd.Series([], dtype=object), np.array([], dtype=object)])
def test_no_clips_are_refused(X):
    with pytest.raises(ValueError, match=re.escape("0 sample(s)")):
        validate(X)
