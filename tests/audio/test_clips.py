"""Clips: loading and hashing of paths, arrays and mashups."""

import numpy as np
import pytest
import soundfile
from helpers.signals import sine
from scipy.io import wavfile
from sklearn.base import BaseEstimator

from stemstack.audio import check_clips, clip_key, load_clip, validate_clips
from stemstack.exceptions import AudioError, AudioWarning, ClipTypeError

SR = 22050


class Constant:
    """A clip that renders itself."""

    def load(self, sr):
        return np.full(sr, 0.5, dtype=np.float32)

    def key(self):
        return "constant"


def test_load_clip_checks_arrays():
    clip = load_clip(np.array([0.0, 0.5]))
    assert clip.dtype == np.float32 and clip.tolist() == [0, 0.5]
    with pytest.raises(AudioError, match="NaN"):
        load_clip(np.array([np.nan]))
    with pytest.raises(AudioError, match="empty"):
        load_clip(np.array([]))
    with pytest.raises(ClipTypeError, match=r"1-D array of numbers. Got shape \(2, 2\)"):
        load_clip(np.zeros((2, 2)))
    with pytest.raises(ClipTypeError, match="must be a path"):
        load_clip(3)


@pytest.mark.parametrize(
    ("dtype", "subtype"), [("int16", "PCM_16"), ("int32", "PCM_32"), ("uint8", "PCM_U8")]
)
def test_integers_are_scaled_as_files_are(tmp_path, dtype, subtype):
    soundfile.write(tmp_path / "a.wav", sine(440), SR, subtype=subtype)
    sr, samples = wavfile.read(tmp_path / "a.wav")
    assert samples.dtype == dtype and sr == SR
    expected = load_clip(tmp_path / "a.wav")
    np.testing.assert_array_equal(load_clip(samples), expected)
    assert clip_key(samples) == clip_key(expected)
    (row,) = validate_clips(BaseEstimator(), samples[None], reset=True)
    np.testing.assert_array_equal(row, expected)


def test_samples_of_infinite_power_are_refused():
    with pytest.raises(AudioError, match=r"waveform: has samples up to 1e\+20"):
        load_clip(np.array([0, 1e20]))


def test_floats_far_beyond_full_scale_warn():
    for clip in (32767 * sine(440), (32767 * sine(440)).astype(np.int64)):
        with pytest.warns(AudioWarning, match="far beyond full scale"):
            load_clip(clip)
        with pytest.warns(AudioWarning, match="far beyond full scale"):
            validate_clips(BaseEstimator(), clip[None], reset=True)
    assert load_clip(4 * sine(440)).max() > 1


def test_objects_load_and_hash_themselves():
    assert load_clip(Constant(), 8000).shape == (8000,)
    assert clip_key(Constant()) == "constant"


def test_clip_keys_follow_content(tmp_path):
    for name, pitch in (("a", 440), ("b", 440), ("c", 441)):
        soundfile.write(tmp_path / f"{name}.wav", sine(pitch), SR)
    a, b, c = (clip_key(tmp_path / f"{name}.wav") for name in "abc")
    assert a == b != c
    assert clip_key(np.zeros(3)) != clip_key(np.zeros(4))
    with pytest.raises(AudioError, match="no such file"):
        clip_key(tmp_path / "missing.wav")


def test_changed_file_has_another_key(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, sine(440), SR)
    before = clip_key(path)
    soundfile.write(path, sine(440, seconds=2), SR)
    assert clip_key(path) != before


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_bad_files_do_not_stop_check(tmp_path, n_jobs):
    for name in ("good.wav", "also good.wav"):
        soundfile.write(tmp_path / name, sine(440), SR)
    (tmp_path / "bad.wav").write_text("not audio, but long enough to look like a header of one")
    names = ["good.wav", "bad.wav", "missing.wav", "also good.wav"]
    problems = check_clips([tmp_path / name for name in names], n_jobs=n_jobs)
    assert [problem is None for problem in problems] == [True, False, False, True]
    assert "bad.wav" in problems[1]


def test_warnings_of_workers_are_issued(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, sine(440), SR)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.warns(AudioWarning, match=r"a\.wav: cut short \(100 bytes missing\)"):
        assert check_clips([path]) == [None]


@pytest.mark.parametrize("clip", [None, ([0.0], 22050), 3])
def test_what_is_no_clip_has_no_key(clip):
    with pytest.raises(ClipTypeError, match="A clip must be a path"):
        clip_key(clip)
