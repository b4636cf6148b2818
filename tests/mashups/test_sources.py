"""Source store: files are converted once, and unreadable ones are named."""

import numpy as np
import pytest

from stemstack.audio import read_clip
from stemstack.exceptions import AudioWarning, DataError
from stemstack.mashups import Settings, build_source_store
from stemstack.mashups.sources import list_impulses, list_unconverted

FOLDER = "genres_stems/blues/blues.00000"


def test_converts_once_and_names_unreadable_files(stem_data, tmp_path):
    paths = [f"{FOLDER}/{stem}.wav" for stem in ("drums", "bass")]
    assert list_unconverted(stem_data, paths, cache=tmp_path) == paths
    build_source_store(stem_data, paths[:1], cache=tmp_path)
    assert list_unconverted(stem_data, paths, cache=tmp_path) == paths[1:]
    source_store = build_source_store(stem_data, paths, cache=tmp_path)
    entries = sorted((tmp_path / "sources").iterdir())
    stamps = [entry.stat().st_mtime_ns for entry in entries]
    again = build_source_store(stem_data, paths, cache=tmp_path, n_jobs=2)
    assert source_store == again
    assert [e.stat().st_mtime_ns for e in sorted((tmp_path / "sources").iterdir())] == stamps
    # atol: conversion rounds to 16 bits, which the file already is.
    np.testing.assert_allclose(
        source_store[paths[0]].read(), read_clip(stem_data / paths[0]), rtol=0, atol=1 / 32768
    )
    with pytest.raises(DataError, match=r"(?s)2 of 3 files.*gone1\.wav.*gone2\.wav"):
        build_source_store(stem_data, ["gone1.wav", *paths[:1], "gone2.wav"], cache=tmp_path)


def test_converted_files_are_not_converted_again(stem_data, tmp_path, monkeypatch):
    paths = [f"{FOLDER}/{stem}.wav" for stem in ("drums", "bass")]
    source_store = build_source_store(stem_data, paths, cache=tmp_path)
    monkeypatch.setattr("stemstack.mashups.sources._convert", lambda *args: 1 / 0)
    done = []
    assert build_source_store(stem_data, paths, cache=tmp_path, advance=done.append) == source_store
    assert sum(done) == 2


def test_tempo_and_confidence_are_stored(stem_data, tmp_path):
    path = "genres_stems/blues/blues.00003/bass.wav"
    source = build_source_store(stem_data, [path], cache=tmp_path)[path]
    # 120 beats per minute, or an octave of it; 3 %: the tempogram's resolution there.
    assert min(abs(source.tempo / (120 * 2.0**k) - 1) for k in (-1, 0, 1)) < 0.03
    assert 0.2 < source.confidence <= 1


def test_damaged_cache_raises(stem_data, tmp_path):
    path = f"{FOLDER}/drums.wav"
    source = build_source_store(stem_data, [path], cache=tmp_path)[path]
    (entry,) = (tmp_path / "sources").glob("*.i16")
    entry.write_bytes(entry.read_bytes()[:-2])
    with pytest.raises(DataError, match=r"missing or damaged; remove the folder .*sources and run"):
        source.read()
    entry.unlink()
    with pytest.raises(DataError, match=r"missing or damaged"):
        source.read()


@pytest.mark.parametrize(("suffix", "content"), [("json", b""), ("json", b"[]"), ("i16", b"\0\0")])
def test_damaged_entry_is_converted_again(stem_data, tmp_path, caplog, suffix, content):
    path = f"{FOLDER}/drums.wav"
    source = build_source_store(stem_data, [path], cache=tmp_path)[path]
    (entry,) = (tmp_path / "sources").glob(f"*.{suffix}")
    entry.write_bytes(content)
    again = build_source_store(stem_data, [path], cache=tmp_path)[path]
    assert again == source
    np.testing.assert_array_equal(again.read(), source.read())
    assert caplog.text.count("damaged, removed") == 1


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_truncated_stem_warns_from_any_process(own_stem_data, tmp_path, n_jobs):
    stems = own_stem_data / "genres_stems/blues/blues.00000"
    drums = stems / "drums.wav"
    drums.write_bytes(drums.read_bytes()[:-1000])
    with pytest.warns(AudioWarning, match=r"drums\.wav: cut short \(1000 bytes missing\)"):
        build_source_store(stems, ["drums.wav", "bass.wav"], cache=tmp_path, n_jobs=n_jobs)


def test_folder_without_impulse_responses_is_named(tmp_path):
    settings = Settings(mixture=({"reverb_folder": "meta/rooms"}, {"reverb_folder": "halls"}))
    (tmp_path / "meta/rooms").mkdir(parents=True)
    with pytest.raises(DataError, match=r"halls: no such folder; put impulse responses there, or"):
        list_impulses(tmp_path, settings)
    (tmp_path / "halls").mkdir()
    for name in ("halls/b.wav", "halls/a/c.flac", "meta/rooms/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(DataError, match=r"rooms: has no audio files; .* leave reverb_folder out"):
        list_impulses(tmp_path, settings)
    (tmp_path / "meta/rooms/d.wav").touch()
    assert list_impulses(tmp_path, settings) == [
        "halls/a/c.flac",
        "halls/b.wav",
        "meta/rooms/d.wav",
    ]
    assert list_impulses(tmp_path, Settings()) == []
