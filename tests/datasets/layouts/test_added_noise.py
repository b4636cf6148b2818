"""Noise folders: recordings become songs of one stem, and stems have other noise."""

import shutil

import numpy as np
import pytest
import soundfile

from stemstack.datasets import read_data
from stemstack.exceptions import DataError
from stemstack.mashups import build_source_store


def write(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.zeros(100), 8000)


@pytest.fixture
def folders(tmp_path):
    """Two classes of two recordings, and a noise folder beside them."""
    for name in ("jazz/a", "jazz/b", "rock/a", "rock/b"):
        write(tmp_path / f"DATA/{name}.wav")
    for name in ("rain", "wind/1-100-A-10"):
        write(tmp_path / f"NOISE/{name}.wav")
    return tmp_path


def test_recordings_become_songs_of_one_stem(folders):
    data = read_data(folders / "DATA", noise=folders / "NOISE")
    assert data.has_stems and data.has_recordings and data.stems == ("recording",)
    names = ["jazz/a", "jazz/b", "rock/a", "rock/b"]
    assert data.train["recording"].tolist() == [f"{name}.wav" for name in names]
    assert data.noise["path"].tolist() == ["../NOISE/rain.wav", "../NOISE/wind/1-100-A-10.wav"]
    assert data.noise["group"].nunique() == 2
    assert not read_data(folders / "DATA").has_stems


@pytest.mark.parametrize("linked", ["DATA", "NOISE"])
def test_noise_is_found_through_symbolic_links(linked, folders, tmp_path):
    try:
        (folders / "far/away").mkdir(parents=True)
        (folders / "far/away" / linked).symlink_to(folders / linked, target_is_directory=True)
    except OSError as error:
        pytest.skip(f"links cannot be made here: {error}")
    places = {"DATA": folders / "DATA", "NOISE": folders / "NOISE"}
    places[linked] = folders / "far/away" / linked
    data = read_data(places["DATA"], noise=places["NOISE"])
    paths = data.noise["path"].tolist()
    store = build_source_store(data.root, paths, cache=tmp_path / "cache", sr=8000)
    assert [store[path].n_samples for path in paths] == [100, 100]
    (folders / "NOISE/rain.wav").write_bytes(b"text")
    with pytest.raises(DataError, match="1 of 2 files") as caught:
        build_source_store(data.root, paths, cache=tmp_path / "cache", sr=8000)
    assert str(folders / "NOISE/rain.wav") in str(caught.value)


def test_manifest_keeps_groups_and_folds(folders):
    manifest = folders / "DATA/manifest.csv"
    rows = [
        f"{label}/{n}.wav,{label},{n},{'ab'.index(n)}" for label in ("jazz", "rock") for n in "ab"
    ]
    manifest.write_text("\n".join(["path,label,group,fold", *rows]))
    data = read_data(manifest, noise=folders / "NOISE")
    assert data.stems == ("recording",)
    assert data.train["fold"].tolist() == [0, 1, 0, 1]
    assert data.train["group"].tolist() == ["a", "b", "a", "b"]


def test_recordings_of_esc50_are_groups(folders):
    audio = folders / "ESC-50-master/audio"
    for name in ("1-7-A-0", "1-7-B-0", "1-8-A-1"):
        write(audio / f"{name}.wav")
    (folders / "ESC-50-master/meta").mkdir()
    lines = ["1-7-A-0.wav,dog,7", "1-7-B-0.wav,dog,7", "1-8-A-1.wav,rain,8"]
    table = "\n".join(["filename,category,src_file", *lines])
    (folders / "ESC-50-master/meta/esc50.csv").write_text(table)
    (folders / "ESC-50-master").rename(folders / "ESC-50")
    shutil.copytree(folders / "ESC-50", folders / "TOP/ESC-50-master")
    for folder in ("ESC-50", "ESC-50/audio", "TOP", "TOP/ESC-50-master"):
        noise = read_data(folders / "DATA", noise=folders / folder).noise
        assert noise["group"].tolist() == ["7", "7", "8"]
        assert noise["category"].tolist() == ["dog", "dog", "rain"]


def test_training_clips_are_noise_by_no_name(folders):
    rows = [f"{folders}/DATA/{name}.wav,{name[0]}" for name in ("jazz/a", "rock/a")]
    (folders / "absolute.csv").write_text("\n".join(["path,label", *rows]))
    with pytest.raises(DataError, match="holds training clips"):
        read_data(folders / "absolute.csv", noise=folders / "DATA/jazz")


def test_stems_have_the_given_noise(stem_data, folders):
    data = read_data(stem_data, noise=folders / "NOISE")
    assert len(data.noise) == 2 and len(data.stems) == 4 and not data.has_recordings


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        ("missing", "missing: no such folder; give a folder of noise clips"),
        ("empty", "empty: has no audio files"),
        ("DATA/jazz", "DATA.jazz: holds training clips, such as .*jazz/a.wav"),
    ],
)
def test_useless_folder_is_one_message(folders, folder, message):
    (folders / "empty").mkdir()
    with pytest.raises(DataError, match=message):
        read_data(folders / "DATA", noise=folders / folder)
