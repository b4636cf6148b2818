"""Files are read to the end of their sound, whatever length their headers declare."""

import shutil
import struct
import subprocess
import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile
from helpers.signals import sine

from stemstack.audio import read_clip
from stemstack.audio.mpeg import list_segments
from stemstack.audio.reading import mix_down, read_channels
from stemstack.exceptions import AudioError, AudioWarning

SR = 22050
DATA = Path(__file__).parent.parent / "data/audio"
UNTAGGED = DATA / "vbr_no_tag.mp3"
# Frames of the longest frame of a codec here: FLAC's.
CODEC_FRAME = 4096
# Offset of the 36 bits of FLAC's number of samples, in a field of 8 bytes.
FLAC_TOTAL = slice(18, 26)


def ffmpeg_length(path):
    """Return the number of frames that ffmpeg, an independent decoder, reads."""
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not on the PATH")
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-ac", "1", "-f", "s16le", "-"]
    return len(subprocess.run(command, capture_output=True, check=True).stdout) // 2


def encode(path, samples=None, sr=SR, **options):
    soundfile.write(path, sine(440, 0.5, 1.0, sr) if samples is None else samples, sr, **options)
    return path.read_bytes()


def set_flac_total(data, total):
    fields = int.from_bytes(data[FLAC_TOTAL], "big") >> 36 << 36 | total
    return data[:18] + fields.to_bytes(8, "big") + data[26:]


def set_wav_sizes(data, riff=None, sound=None):
    data = bytearray(data)
    for offset, size in ((4, riff), (40, sound)):
        if size is not None:
            data[offset : offset + 4] = struct.pack("<I", size)
    return bytes(data)


@pytest.mark.parametrize("total", [0, 100, 11025, 2**36 - 1])
@pytest.mark.parametrize("seconds", [1.0, 6.0])
def test_flac_total_is_not_trusted(tmp_path, total, seconds):
    path = tmp_path / "a.flac"
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, round(seconds * SR))
    path.write_bytes(set_flac_total(encode(path, noise), total))
    clip = read_clip(path)
    # atol: one step of 16 bits.
    np.testing.assert_allclose(clip, noise, atol=1 / 32768)
    np.testing.assert_array_equal(read_clip(path, offset=0.75), clip[round(0.75 * SR) :])
    assert abs(len(clip) - ffmpeg_length(path)) <= CODEC_FRAME


def test_flac_total_too_large_is_cut_short(tmp_path):
    path = tmp_path / "a.flac"
    path.write_bytes(set_flac_total(encode(path), SR + 1000))
    with pytest.warns(AudioWarning, match="1000 of 23050 frames missing"):
        assert len(read_clip(path)) == SR


def test_vbr_mp3_without_tag_is_whole():
    # The bit rate of the first frame makes libsndfile estimate 5875 frames.
    assert soundfile.info(UNTAGGED).frames < 6000
    samples, sr, damage = read_channels(UNTAGGED)
    assert (len(samples), sr, damage) == (30 * 576, 16000, None)
    assert abs(len(samples) - ffmpeg_length(UNTAGGED)) <= 576


def test_mp3_offset_is_exact():
    whole = read_clip(UNTAGGED, 16000)
    part = read_clip(UNTAGGED, 16000, offset=0.5, duration=0.25)
    np.testing.assert_array_equal(part, whole[8000:12000])


def test_untagged_mp3_is_not_cut_short(tmp_path):
    path = tmp_path / "a.mp3"
    data = encode(path)
    (segment,) = list_segments(data)
    path.write_bytes(data[segment.sound_start :])
    samples, _, damage = read_channels(path)
    assert damage is None and len(samples) == segment.n_frames * 576
    assert abs(len(samples) - ffmpeg_length(path)) <= 576


def test_cut_mp3_is_cut_short(tmp_path):
    path = tmp_path / "a.mp3"
    path.write_bytes(encode(path)[:-600])
    with pytest.warns(AudioWarning, match=r"cut short \(\d+ of \d+ frames missing"):
        assert 0.5 * SR < len(read_clip(path)) < SR


@pytest.mark.parametrize(
    "sizes",
    [
        {"riff": 44136 + 6},
        {"riff": 44136 - 6},
        {"riff": 44136 + 2, "sound": 44100 + 2},
        {"riff": 0},
        {"riff": 0xFFFFFFFF, "sound": 0xFFFFFFFF},
        {"riff": 0x7FFFF024, "sound": 0x7FFFF000},
    ],
    ids=str,
)
def test_wav_placeholder_sizes_are_not_truncation(tmp_path, sizes):
    path = tmp_path / "a.wav"
    path.write_bytes(set_wav_sizes(encode(path), **sizes))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(read_clip(path)) == SR == ffmpeg_length(path)


@pytest.mark.parametrize("riff", [0, 36, 44136])
def test_zero_sizes_over_sound_suggest_repair(tmp_path, riff):
    path = tmp_path / "a.wav"
    path.write_bytes(set_wav_sizes(encode(path), riff=riff, sound=0))
    with pytest.raises(AudioError, match=r"44100 bytes follow its header; repair the header"):
        read_clip(path)


@pytest.mark.parametrize("format", ["WAV", "RF64", "W64", "AIFF", "AU"])
def test_missing_bytes_of_any_container(tmp_path, format):
    path = tmp_path / "a.audio"
    data = encode(path, format=format, subtype="PCM_16")
    assert read_channels(path)[2] is None
    path.write_bytes(data[:-1000])
    samples, _, damage = read_channels(path)
    assert len(samples) == SR - 500 and damage == "1000 bytes missing"


@pytest.mark.parametrize(
    ("format", "subtype"),
    [
        ("WAV", "GSM610"),
        ("WAV", "IMA_ADPCM"),
        ("WAV", "MS_ADPCM"),
        ("WAV", "DOUBLE"),
        ("WAV", "ULAW"),
        ("AIFF", "IMA_ADPCM"),
        ("AIFF", "PCM_S8"),
        ("CAF", "ALAC_16"),
        ("MP3", "MPEG_LAYER_III"),
        ("OGG", "OPUS"),
    ],
)
def test_codecs_are_whole_from_any_offset(tmp_path, format, subtype):
    # ffmpeg decodes Opus at 48 kHz only.
    path, sr = tmp_path / "a.audio", 48000 if subtype == "OPUS" else SR
    encode(path, sr=sr, format=format, subtype=subtype)
    samples, native, damage = read_channels(path)
    assert damage is None and abs(len(samples) - ffmpeg_length(path)) <= 1152
    later = read_clip(path, native, offset=0.5)
    np.testing.assert_array_equal(later, mix_down(samples)[native // 2 :])


@pytest.mark.parametrize("suffix", ["ogg", "mp3", "flac"])
def test_joined_streams_are_read_whole(tmp_path, suffix):
    first, second = tmp_path / f"1.{suffix}", tmp_path / f"2.{suffix}"
    joined = tmp_path / f"joined.{suffix}"
    joined.write_bytes(encode(first) + encode(second, sine(880, 0.25, 0.5, SR)))
    clip = read_clip(joined)
    np.testing.assert_array_equal(clip, np.concatenate([read_clip(first), read_clip(second)]))
    assert abs(len(clip) - ffmpeg_length(first) - ffmpeg_length(second)) <= CODEC_FRAME


def test_id3_tags_between_streams_are_skipped(tmp_path):
    path, tag = tmp_path / "a.mp3", b"ID3\x04\0\0\0\0\x10\0" + b"\xff\xfb\x90\x00" * 512
    data = encode(path)
    path.write_bytes(tag + data + b"TAG".ljust(128, b" ") + tag + data)
    assert len(read_clip(path)) == 2 * SR


def test_joined_formats_are_named(tmp_path):
    path = tmp_path / "a.ogg"
    other = encode(tmp_path / "other.ogg", sr=44100)
    path.write_bytes(encode(path) + other)
    with pytest.raises(AudioError, match=r"22050 Hz, 1 channels and 44100 Hz, 1 channels"):
        read_clip(path)


def test_single_sample_files_are_read(tmp_path):
    for format in ("WAV", "FLAC", "AIFF", "W64"):
        encode(tmp_path / "a.audio", np.array([0.5]), format=format)
        assert read_clip(tmp_path / "a.audio").tolist() == [0.5]


@pytest.mark.parametrize("format", ["WAV", "AIFF", "W64", "OGG"])
def test_files_without_samples_are_errors(tmp_path, format):
    encode(tmp_path / "a.audio", np.zeros(0), format=format)
    with pytest.raises(AudioError, match="no samples"):
        read_clip(tmp_path / "a.audio")


def test_flac_without_frames_is_an_error(tmp_path):
    path = tmp_path / "a.flac"
    data = encode(path)
    path.write_bytes(set_flac_total(data[: data.index(b"\xff\xf8")], 0))
    with pytest.raises(AudioError, match="no sample could be decoded"):
        read_clip(path)


@pytest.mark.parametrize("format", ["WAV", "FLAC", "OGG", "MP3", "AIFF", "W64", "AU", "CAF"])
def test_damaged_files_raise_audio_errors_only(tmp_path, format):
    path, rng = tmp_path / "a.audio", np.random.default_rng(0)
    good = encode(path, rng.uniform(-0.5, 0.5, SR // 2), format=format)
    for trial in range(40):
        data = np.frombuffer(good, np.uint8).copy()
        start = 0 if trial % 2 else 128
        flipped = rng.integers(start, len(data), rng.choice([1, 4, 64]))
        data[flipped] ^= 1 << rng.integers(0, 8, len(flipped), dtype=np.uint8)
        path.write_bytes(data[: rng.integers(1, len(data) + 1)] if trial % 5 == 0 else data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AudioWarning)
            try:
                clip = read_clip(path, max_samples=10**7)
            except AudioError as error:
                assert str(path) in str(error)
            else:
                assert len(clip) and np.isfinite(clip).all()


def test_short_mp3_is_an_audio_error(tmp_path):
    path = tmp_path / "a.mp3"
    data = encode(path)
    for length in (20, 100, 300, 700):
        path.write_bytes(data[:length])
        with pytest.raises(AudioError, match=r"a\.mp3"):
            read_clip(path)


def test_limit_counts_decoded_samples(tmp_path, monkeypatch):
    path = tmp_path / "a.flac"
    encode(path, np.zeros((SR, 8)))
    assert len(read_clip(path, max_samples=8 * SR)) == SR
    with pytest.raises(AudioError, match="more than 176,399 samples; cut it, or raise the limit"):
        read_clip(path, max_samples=8 * SR - 1)
    monkeypatch.setenv("STEMSTACK_MAX_SAMPLES", "1000")
    with pytest.raises(AudioError, match="more than 1,000 samples"):
        read_channels(path)


def test_limit_counts_resampled_samples(tmp_path):
    encode(tmp_path / "a.wav", np.zeros(100_000), sr=1)
    with pytest.raises(AudioError, match="more than 1,000,000,000 samples"):
        read_clip(tmp_path / "a.wav")


def test_unscaled_floats_warn(tmp_path):
    encode(tmp_path / "a.wav", 32767 * sine(440), subtype="FLOAT")
    with pytest.warns(AudioWarning, match=r"a\.wav: has samples up to 16383, far beyond full"):
        read_clip(tmp_path / "a.wav")


def test_odd_paths_are_audio_errors(tmp_path):
    for path in ("a\0b.wav", "a" * 300 + ".wav", tmp_path / "a.wav/b.wav"):
        encode(tmp_path / "a.wav")
        with pytest.raises(AudioError):
            read_clip(path)
