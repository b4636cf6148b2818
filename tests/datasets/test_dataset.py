"""The three data-set forms, and every way the competition's layout can be wrong."""

import os
import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile

from stemstack.audio import check_clips
from stemstack.datasets import find_audio, read_data
from stemstack.exceptions import DataError, DataWarning


def touch_audio(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.zeros(100), 22050)


def test_stems_become_one_row_a_song(stem_data):
    data = read_data(stem_data)
    assert data.kind == "stems"
    assert data.classes == ["blues", "jazz & soul", "métal"]
    assert list(data.train.columns) == [
        "song", "label", "group", "drums", "vocals", "bass", "other"
    ]  # fmt: skip
    assert len(data.train) == 12
    assert data.train["other"][0] == "genres_stems/blues/blues.00000/other.wav"
    assert data.header == ("id", "genre")
    assert len(data.noise) == 8


def test_test_ids_are_carried_over_untouched(stem_data):
    assert read_data(stem_data).test["id"].tolist() == ["000", "007", "014", "021", "028", "035"]


def test_others_instead_of_other_is_an_error_that_says_so(own_stem_data):
    for path in own_stem_data.rglob("other.wav"):
        path.rename(path.with_name("others.wav"))
    with pytest.raises(DataError, match=r"6 in all.* lack other\.wav, but there is others\.wav"):
        read_data(own_stem_data)
    data = read_data(own_stem_data, stems=("drums", "vocals", "bass", "others"))
    assert data.stems[-1] == "others"


def test_others_in_one_song_names_that_song(own_stem_data):
    song = own_stem_data / "genres_stems/blues/blues.00001"
    (song / "other.wav").rename(song / "others.wav")
    with pytest.raises(DataError, match=r"^blues/blues\.00001 of 6 songs lack other\.wav"):
        read_data(own_stem_data)


def test_a_missing_stem_is_an_error_with_an_explicit_way_round(own_stem_data):
    (own_stem_data / "genres_stems/métal/métal.00000/bass.wav").unlink()
    with pytest.raises(DataError, match=r"métal/métal\.00000 .*bass\.wav.*--allow-missing-stems"):
        read_data(own_stem_data)
    data = read_data(own_stem_data, allow_missing_stems=True)
    assert data.train["bass"].isna().sum() == 1


def test_a_song_without_any_stem_is_an_error_even_then(own_stem_data):
    song = own_stem_data / "genres_stems/blues/blues.00000"
    for path in song.iterdir():
        path.unlink()
    with pytest.raises(DataError, match=r"blues\.00000 .*none of the stems"):
        read_data(own_stem_data, allow_missing_stems=True)


def test_extra_files_are_ignored_with_a_warning(own_stem_data):
    touch_audio(own_stem_data / "genres_stems/blues/blues.00000/mix.wav")
    with pytest.warns(DataWarning, match=r"1 audio files beside the stems .*mix\.wav"):
        read_data(own_stem_data)


def test_a_folder_per_class(tmp_path):
    for name in ("rock/a.wav", "rock/deep/b.flac", "pop, etc/c.wav", "pop, etc/._c.wav"):
        touch_audio(tmp_path / name)
    (tmp_path / "rock/notes.txt").write_text("not audio")
    data = read_data(tmp_path)
    assert data.kind == "clips"
    assert data.train["clip"].tolist() == ["pop, etc/c.wav", "rock/a.wav", "rock/deep/b.flac"]
    assert data.train["label"].tolist() == ["pop, etc", "rock", "rock"]
    assert data.test is None


def test_a_manifest(tmp_path):
    (tmp_path / "all.csv").write_text("path,label,group,fold\na.wav,x,g1,1\nb.wav,y,g2,5\n")
    data = read_data(tmp_path / "all.csv")
    assert data.train["group"].tolist() == ["g1", "g2"]
    assert data.train["fold"].tolist() == [0, 1]


def test_a_clip_without_a_group_is_alone(tmp_path):
    (tmp_path / "some.csv").write_text("path,label,group\na.wav,x,\nb.wav,y,  \nc.wav,y,g\n")
    assert read_data(tmp_path / "some.csv").train["group"].tolist() == ["a.wav", "b.wav", "g"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is not a CSV table"),
        ("path,label\n", "no rows"),
        ("file,label\na,x\n", "lacks column path; it has file, label"),
        ("path,label\na,x\na,y\n", "'a' is listed twice"),
        ("path,label\na,x\nb,\n", "line 3 has an empty label"),
        ("path,label\na,x\nb,x\n", "only class 'x'"),
        ("path,label,fold\na,x,one\nb,y,2\n", "whole numbers"),
        ("path,label,group,fold\na,x,g,1\nb,y,g,2\n", "group 'g' stands in several folds"),
    ],
)
def test_a_broken_manifest_says_what_is_wrong(tmp_path, text, problem):
    path = tmp_path / "all.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=problem) as caught:
        read_data(path)
    assert str(path) in str(caught.value)


def test_what_is_no_data_set_is_refused(tmp_path):
    with pytest.raises(DataError, match="no such file or folder"):
        read_data(tmp_path / "nowhere")
    with pytest.raises(DataError, match="holds neither genres_stems"):
        read_data(tmp_path)


def test_test_tables_are_checked(tmp_path):
    for name in ("a/1.wav", "b/2.wav"):
        touch_audio(tmp_path / name)
    (tmp_path / "test.csv").write_text("id,file\n1,x.wav\n")
    with pytest.raises(DataError, match="lacks column filename"):
        read_data(tmp_path)
    (tmp_path / "test.csv").write_text("id,filename\n1,x.wav\n1,y.wav\n")
    with pytest.raises(DataError, match="id '1' stands twice"):
        read_data(tmp_path)


def test_a_walk_survives_symlink_loops(tmp_path):
    touch_audio(tmp_path / "a/1.wav")
    os.symlink(tmp_path, tmp_path / "a/loop")
    os.symlink(tmp_path / "a", tmp_path / "b")
    assert [path.name for path in find_audio(tmp_path)] == ["1.wav"]


def test_one_bad_file_never_ends_a_batch(tmp_path):
    touch_audio(tmp_path / "good.wav")
    shutil.copy(tmp_path / "good.wav", tmp_path / "also good.wav")
    (tmp_path / "bad.wav").write_text("not audio, but long enough to look like a header of one")
    names = ["good.wav", "bad.wav", "missing.wav", "also good.wav"]
    problems = check_clips([tmp_path / name for name in names])
    assert [problem is None for problem in problems] == [True, False, False, True]
    assert "bad.wav" in problems[1]


def test_classes_come_from_the_data(own_stem_data):
    names = pd.Series(read_data(own_stem_data).classes)
    assert "jazz & soul" in names.tolist()
