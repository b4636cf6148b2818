"""Formats that libsndfile does not read: through ffmpeg, which a file cannot make open others."""

import logging
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from helpers.signals import sine

from stemstack.audio import check_clips, ffmpeg, read_clip
from stemstack.audio.reading import read_channels
from stemstack.datasets import find_audio
from stemstack.exceptions import AudioError, AudioWarning

SR = 22050
M4A = Path(__file__).parent.parent / "data/audio/tone.m4a"
needs_ffmpeg = pytest.mark.skipif(
    shutil.which("ffmpeg") is None, reason="ffmpeg is not on the PATH"
)
# Suffix and options of ffmpeg's encoder.
FORMATS = [
    ("m4a", "-c:a alac"),
    ("mp4", "-c:a aac"),
    ("aac", ""),
    ("wma", ""),
    ("webm", ""),
    ("mka", "-c:a flac"),
    ("wv", ""),
    ("tta", ""),
    ("ac3", "-ar 44100"),
    ("wav", "-c:a adpcm_yamaha"),
]


@needs_ffmpeg
@pytest.mark.parametrize(("suffix", "options"), FORMATS)
def test_formats_are_read_through_ffmpeg(tmp_path, suffix, options):
    wav, path = tmp_path / "tone.wav", tmp_path / f"a.{suffix}"
    soundfile.write(wav, sine(440, 0.5, 1.0, SR), SR)
    command = ["ffmpeg", "-v", "error", "-i", wav, *options.split(), path]
    subprocess.run(command, check=True)
    clip = read_clip(path)
    # Lossy codecs drop a part of their frame, or pad by up to two.
    assert SR - 2048 <= len(clip) <= SR + 4096
    spectrum = np.abs(np.fft.rfft(clip[2000 : 2000 + 16384]))
    # One bin is 1.35 Hz.
    assert abs(spectrum.argmax() * SR / 16384 - 440) < 2


@needs_ffmpeg
def test_lossless_samples_are_exact(tmp_path):
    wav, path = tmp_path / "tone.wav", tmp_path / "a.tta"
    soundfile.write(wav, sine(440, 0.5, 0.1, SR), SR)
    subprocess.run(["ffmpeg", "-v", "error", "-i", wav, path], check=True)
    np.testing.assert_array_equal(read_clip(path), read_clip(wav))


@needs_ffmpeg
def test_content_decides_not_the_suffix(tmp_path):
    shutil.copy(M4A, tmp_path / "a.mp3")
    np.testing.assert_array_equal(read_clip(tmp_path / "a.mp3"), read_clip(M4A))


@needs_ffmpeg
def test_offset_and_limit_apply_to_ffmpeg():
    whole = read_clip(M4A, 16000)
    part = read_clip(M4A, 16000, offset=0.25, duration=0.5)
    np.testing.assert_array_equal(part, whole[4000:12000])
    with pytest.raises(AudioError, match="more than 1,000 samples"):
        read_clip(M4A, max_samples=1000)
    with pytest.raises(AudioError, match="offset 9 s is not within its"):
        read_clip(M4A, offset=9)


@needs_ffmpeg
def test_truncated_file_warns(tmp_path):
    wav, path = tmp_path / "tone.wav", tmp_path / "a.tta"
    soundfile.write(wav, np.random.default_rng(0).uniform(-1, 1, 4 * SR), SR)
    subprocess.run(["ffmpeg", "-v", "error", "-i", wav, path], check=True)
    path.write_bytes(path.read_bytes()[:-50_000])
    with pytest.warns(AudioWarning, match=r"a\.tta: cut short \(ffmpeg: "):
        assert SR < len(read_clip(path)) < 4 * SR


@needs_ffmpeg
def test_damaged_file_is_an_audio_error(tmp_path):
    path = tmp_path / "a.m4a"
    path.write_bytes(M4A.read_bytes()[:500])
    with pytest.raises(AudioError, match=r"a\.m4a: has no audio that ffmpeg can decode as mov"):
        read_clip(path)


@needs_ffmpeg
def test_slow_decoding_is_stopped(monkeypatch):
    monkeypatch.setattr(ffmpeg, "TIME_LIMIT", 0)
    # ffmpeg takes longer than that to start.
    with pytest.raises(AudioError, match=r"tone\.m4a: took ffmpeg more than 0 s"):
        read_clip(M4A)


@needs_ffmpeg
def test_use_of_ffmpeg_is_logged_once(caplog):
    ffmpeg._log_once.cache_clear()
    with caplog.at_level(logging.INFO, "stemstack"):
        assert check_clips([M4A, M4A]) == [None, None]
        read_channels(M4A)
    assert len(caplog.messages) == 1 and "read through ffmpeg" in caplog.messages[0]


def test_missing_ffmpeg_is_named_with_fix(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(AudioError, match="needs ffmpeg, which is not on the PATH; install ffmpeg"):
        read_clip(M4A)
    assert "tone.m4a" in check_clips([M4A])[0]


def test_formats_do_not_vanish_from_folders(tmp_path):
    names = "m4a aac wma webm mp4 wv ape mpc tta spx ac3 mp2 aifc"
    for suffix in names.split():
        (tmp_path / f"a.{suffix}").touch()
    assert {path.suffix[1:] for path in find_audio(tmp_path)} == set(names.split())


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{secret}'\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011">{secret}</MPD>',
}


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("suffix", ["m4a", "wma", "mp4", "m3u8", "wav"])
def test_playlists_never_reach_ffmpeg(tmp_path, monkeypatch, kind, suffix):
    path = tmp_path / f"a.{suffix}"
    path.write_text(PLAYLISTS[kind].format(secret=M4A))
    monkeypatch.setattr(subprocess, "Popen", lambda *command, **_: pytest.fail(str(command)))
    with pytest.raises(AudioError, match="is not audio that can be read"):
        read_clip(path)


@needs_ffmpeg
def test_playlist_behind_magic_opens_nothing(tmp_path):
    """The demuxer is forced: content after a format's first bytes cannot choose another."""
    for magic in (b"wvpk", b"MAC ", b"TTA1", b"\x1aE\xdf\xa3", b"\0\0\0\x18ftyp", b"RIFF"):
        path = tmp_path / "a.m4a"
        path.write_bytes(
            magic + b"\n#EXTM3U\n#EXTINF:1,\n" + os.fsencode(M4A) + b"\n#EXT-X-ENDLIST\n"
        )
        with pytest.raises(AudioError):
            read_clip(path)


def test_command_restricts_ffmpeg(tmp_path):
    command = ffmpeg._command("ffmpeg", tmp_path / "-i a;b.m4a", "mov")
    words = [word.decode() if isinstance(word, bytes) else word for word in command]
    before = words[: words.index("-i")]
    assert before[before.index("-protocol_whitelist") + 1] == "file"
    assert before[before.index("-f") + 1] == "mov"
    assert before[before.index("-enable_drefs") + 1] == "0"
    assert "-nostdin" in before and words[words.index("-i") + 1].startswith("file:/")
