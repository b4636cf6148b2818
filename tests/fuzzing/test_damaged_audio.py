"""Damaged audio files: what is read has finite features, and the rest is refused."""

import numpy as np
import pytest
import soundfile
from helpers.fuzzing import fuzz
from helpers.mutations import damaged_bytes

from stemstack.audio import read_clip
from stemstack.datasets.doctor.measurements import measure_file
from stemstack.features import SpectralFeatures

SR = 8000
FORMATS = {
    "wav": [("WAV", subtype) for subtype in ("PCM_16", "PCM_24", "FLOAT", "GSM610", "IMA_ADPCM")]
    + [
        ("WAVEX", "PCM_16"),
        ("RF64", "PCM_U8"),
        ("AIFF", "PCM_16"),
        ("AU", "ULAW"),
        ("W64", "PCM_16"),
    ],
    "flac": [("FLAC", "PCM_16"), ("FLAC", "PCM_24")],
    "ogg": [("OGG", "VORBIS"), ("OGG", "OPUS")],
    "mp3": [("MP3", "MPEG_LAYER_III")],
}
TOKENS = (
    *(
        b"RIFF",
        b"RF64",
        b"WAVEfmt ",
        b"fmt ",
        b"data",
        b"fact",
        b"LIST",
        b"fLaC",
        b"OggS",
        b"ID3\x04",
    ),
    *(
        b"\xff\xfb\x90\x00",
        b"\xff\xe0",
        b"\xff\xf8",
        b"TAG",
        b"Xing",
        b"Info",
        b"VBRI",
        b"\x01vorbis",
    ),
    *(b"OpusHead", b"FORM", b"AIFF", b"COMM", b"SSND", b".snd", b"\0" * 64, b"\xff" * 64, b"id3 "),
    *(b"\xff\xf1\x50\x80", b"ftypM4A ", b"MAC ", b"wvpk", b"\x1aE\xdf\xa3", b"#EXTM3U\n", b"caff"),
)


@pytest.fixture(scope="module")
def audio_files(tmp_path_factory):
    """Return short files of each format in mono and stereo, as bytes."""
    path, files = tmp_path_factory.mktemp("audio") / "clip", {}
    noise = np.random.default_rng(0).normal(0, 0.1, SR)
    for name, formats in FORMATS.items():
        files[name] = []
        for format, subtype in formats:
            # A second has several frames or pages in compressed files, which may be lost.
            clip = noise[: SR // 5] if name == "wav" else noise
            for channels in (1,) if subtype == "GSM610" else (1, 2):
                samples = np.repeat(clip[:, None], channels, axis=1)
                soundfile.write(path, samples, SR, format=format, subtype=subtype)
                files[name].append(path.read_bytes())
    return files


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_audio_has_finite_features(name, audio_files, tmp_path):
    path, files = tmp_path / f"clip.{name}", audio_files[name]
    model = SpectralFeatures(families="all", sr=SR)

    def check(content):
        path.write_bytes(content)
        facts, _ = measure_file(path)
        if facts["problem"] is None and not facts["nan"]:
            numbers = [facts[name] for name in ("peak", "rms", "dc", "silence", "clipped")]
            assert np.isfinite(numbers).all()
        clip = read_clip(path, sr=SR, max_samples=10_000_000)
        assert clip.dtype == np.float32 and clip.ndim == 1 and len(clip)
        assert np.isfinite(clip).all()
        assert np.isfinite(model.fit_transform([clip[: 2 * SR]]).to_numpy()).all()

    fuzz(check, files[0], damaged_bytes(files, TOKENS), 40)
