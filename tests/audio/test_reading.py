"""Clips of every sample width, with unusual names, and from broken files."""

import os
import struct

import numpy as np
import pytest
import soundfile
from helpers.signals import sine

from stemstack.audio import read_clip, resample
from stemstack.exceptions import AudioError, AudioWarning, UsageError

SR = 22050
ODD_NAMES = [
    "with space.wav",
    "comma,.wav",
    "quote'\".wav",
    "-dash.wav",
    "ünï 音.wav",
    "new\nline.wav",
]


def tone(seconds=0.5, sr=SR, pitch=440):
    return sine(pitch, 0.5, seconds, sr)


@pytest.mark.parametrize(
    ("subtype", "format", "atol"),
    [
        ("PCM_U8", "WAV", 1 / 128),
        ("PCM_16", "WAV", 1 / 32768),
        ("PCM_24", "WAV", 1 / 2**23),
        ("PCM_32", "WAV", 1e-7),
        ("FLOAT", "WAV", 1e-7),
        ("PCM_16", "FLAC", 1 / 32768),
        ("VORBIS", "OGG", 0.05),
        ("MPEG_LAYER_III", "MP3", 0.05),
    ],
)
def test_every_width_reads_as_same_sine(tmp_path, subtype, format, atol):
    path = tmp_path / f"clip.{format.lower()}"
    soundfile.write(path, tone(), SR, subtype=subtype, format=format)
    clip = read_clip(path)
    assert clip.dtype == np.float32
    # atol is one step of the sample width, or what a lossy codec may change.
    np.testing.assert_allclose(clip[2000:9000], tone()[2000:9000], atol=atol, rtol=0)


def test_int16_is_scaled_exactly(tmp_path):
    values = np.array([-32768, -1, 0, 1, 32767], dtype=np.int16)
    soundfile.write(tmp_path / "a.wav", values, SR)
    np.testing.assert_array_equal(read_clip(tmp_path / "a.wav"), values / np.float32(32768))


def test_channels_are_averaged(tmp_path):
    stereo = np.column_stack([np.full(100, 0.5), np.full(100, -0.25)])
    soundfile.write(tmp_path / "a.wav", stereo, SR, subtype="FLOAT")
    # rtol: float32 rounding of the mean.
    np.testing.assert_allclose(read_clip(tmp_path / "a.wav"), 0.125, rtol=1e-6)


@pytest.mark.parametrize("native", [8000, 44100, 48000])
def test_resampling_preserves_sine(tmp_path, native):
    soundfile.write(tmp_path / "a.wav", tone(1, native), native, subtype="FLOAT")
    clip = read_clip(tmp_path / "a.wav")
    assert abs(len(clip) - SR) <= 1
    # atol: soxr HQ passes 440 Hz to 1e-4 away from the edges.
    np.testing.assert_allclose(clip[3000:19000], tone(1)[3000:19000], atol=2e-4, rtol=0)


def test_offset_and_duration_are_seconds_of_the_file(tmp_path):
    ramp = np.arange(SR, dtype=np.float32) / SR
    soundfile.write(tmp_path / "a.wav", ramp, SR, subtype="FLOAT")
    clip = read_clip(tmp_path / "a.wav", offset=0.25, duration=0.5)
    assert len(clip) == SR // 2
    # rtol: float32 storage.
    np.testing.assert_allclose(clip[0], ramp[round(0.25 * SR)], rtol=1e-6)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_unusual_names_are_read(tmp_path, name):
    soundfile.write(os.fsencode(tmp_path / name), tone(), SR, format="WAV")
    assert len(read_clip(tmp_path / name)) == SR // 2


def test_name_not_unicode_is_read(tmp_path):
    path = os.path.join(os.fsencode(tmp_path), b"\xff\xfe.wav")
    soundfile.write(path, tone(), SR, format="WAV")
    assert len(read_clip(os.fsdecode(path))) == SR // 2


@pytest.mark.parametrize("samples", [tone(0.05), np.zeros(SR), np.zeros(1)])
def test_short_and_silent_clips_are_valid(tmp_path, samples):
    soundfile.write(tmp_path / "a.wav", samples, SR)
    assert len(read_clip(tmp_path / "a.wav")) == len(samples)


def test_bad_files_are_named_with_problem(tmp_path):
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("this is not audio at all, in spite of its name")
    soundfile.write(tmp_path / "header.wav", np.zeros(0), SR)
    soundfile.write(tmp_path / "nan.wav", np.array([0, np.nan, np.inf]), SR, subtype="FLOAT")
    soundfile.write(tmp_path / "huge.wav", np.array([0, 1e20, 0]), SR, subtype="FLOAT")
    huge = np.full((3, 2), 3e38, dtype=np.float32)
    soundfile.write(tmp_path / "stereo.wav", huge, SR, subtype="FLOAT")
    cases = {
        "huge.wav": "has samples up to 1e\\+20, which cannot be audio",
        "stereo.wav": "has samples up to 3e\\+38, which cannot be audio",
        "missing.wav": "no such file",
        "empty.wav": "is empty",
        "text.wav": "is not audio",
        "header.wav": "no samples",
        "nan.wav": "2 NaN or infinite samples",
        ".": "is a folder",
    }
    for name, problem in cases.items():
        with pytest.raises(AudioError, match=problem) as caught:
            read_clip(tmp_path / name)
        assert str(tmp_path / name) in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        *({"duration": value} for value in (-1, 0, np.nan, np.inf, "1")),
        *({"sr": value} for value in (None, "44100", 0, np.inf)),
        *({"offset": value} for value in (None, np.nan, "1")),
    ],
)
def test_invalid_numbers_are_not_blamed_on_the_file(options, tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(), SR)
    with pytest.raises(UsageError, match=rf"^{next(iter(options))} must be a number"):
        read_clip(tmp_path / "a.wav", **options)


def test_offset_beyond_end_reports_length(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(), SR)
    with pytest.raises(AudioError, match=r"offset 9 s is not within its 0\.50 s"):
        read_clip(tmp_path / "a.wav", offset=9)


@pytest.mark.parametrize("format", ["WAV", "FLAC"])
def test_truncated_file_is_read_to_its_end(tmp_path, format):
    path = tmp_path / f"a.{format.lower()}"
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 4 * SR)
    soundfile.write(path, noise, SR, format=format)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.warns(AudioWarning, match="cut short"):
        clip = read_clip(path)
    assert SR < len(clip) < 3 * SR


def test_streamed_header_is_not_truncated(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(), SR)
    data = bytearray(path.read_bytes())
    data[4:8] = struct.pack("<I", 0xFFFFFFFF)
    path.write_bytes(data)
    assert len(read_clip(path)) == SR // 2


def test_resample_returns_at_least_one_sample():
    assert len(resample(np.ones(1), 48000, 8000)) == 1
