"""Songs in stems: tables, ids, and every mistake of the competition's layout."""

import numpy as np
import pytest
import soundfile

from stemstack.datasets import read_data
from stemstack.datasets.doctor import check_dataset
from stemstack.exceptions import DataError, DataWarning, UsageError


def test_each_song_is_one_row(stem_data):
    data = read_data(stem_data)
    assert data.has_stems and data.stems == ("drums", "vocals", "bass", "other")
    assert data.classes == ["blues", "jazz & soul", "métal"]
    assert list(data.train.columns) == [
        "song", "label", "group", "drums", "vocals", "bass", "other"
    ]  # fmt: skip
    assert len(data.train) == 12
    assert data.train["other"][0] == "genres_stems/blues/blues.00000/other.wav"
    assert data.header == ("id", "genre")
    assert len(data.noise) == 8


def test_test_ids_are_not_changed(stem_data):
    assert read_data(stem_data).test["id"].tolist() == ["000", "007", "014", "021", "028", "035"]


def test_misnamed_stem_of_all_songs_is_named(own_stem_data):
    for path in own_stem_data.rglob("other.wav"):
        path.rename(path.with_name("others.wav"))
    with pytest.raises(DataError, match=r"6 in all.* lack other\.wav, but there is others\.wav"):
        read_data(own_stem_data)
    data = read_data(own_stem_data, stems=("drums", "vocals", "bass", "others"))
    assert data.stems[-1] == "others"


def test_two_files_of_one_stem_are_refused(own_stem_data):
    song = own_stem_data / "genres_stems/blues/blues.00001"
    (song / "bass.flac").write_bytes((song / "bass.wav").read_bytes())
    message = r"blues/blues\.00001/bass\.flac and bass\.wav are the same stem; remove one of them"
    with pytest.raises(DataError, match=message):
        read_data(own_stem_data)
    findings = check_dataset(own_stem_data, n_folds=2).findings
    found = {(one.check, one.found, one.fix) for one in findings}
    problem = "genres_stems/blues/blues.00001/bass.flac and bass.wav are the same stem"
    assert ("stems", problem, "remove one of them") in found


def test_misnamed_stem_of_one_song_names_song(own_stem_data):
    song = own_stem_data / "genres_stems/blues/blues.00001"
    (song / "other.wav").rename(song / "others.wav")
    problem = r"^blues/blues\.00001 of 6 songs lack other\.wav, but there is others\.wav"
    for allow_missing_stems in (False, True):
        with pytest.raises(DataError, match=problem):
            read_data(own_stem_data, allow_missing_stems=allow_missing_stems)


def test_stem_of_no_song_is_never_allowed(own_stem_data):
    stems, options = ("drums", "guitar"), {"allow_missing_stems": True}
    with pytest.raises(DataError, match=r"6 songs lack guitar\.wav; .*leave it out of --stems"):
        read_data(own_stem_data, stems=stems, **options)
    findings = check_dataset(own_stem_data, stems=stems).findings
    (fix,) = [finding.fix for finding in findings if finding.check == "missing stems"]
    assert fix == "add the files, or leave it out of --stems"


def test_stem_named_twice_raises(own_stem_data):
    for read in (read_data, check_dataset):
        with pytest.raises(UsageError, match="a name is there twice in drums,drums"):
            read(own_stem_data, stems=("drums", "drums"))


def test_missing_stem_is_error_unless_allowed(own_stem_data):
    (own_stem_data / "genres_stems/métal/métal.00000/bass.wav").unlink()
    with pytest.raises(DataError, match=r"métal/métal\.00000 .*bass\.wav.*--allow-missing-stems"):
        read_data(own_stem_data)
    data = read_data(own_stem_data, allow_missing_stems=True)
    assert data.train["bass"].isna().sum() == 1


def test_song_without_any_stem_is_never_allowed(own_stem_data):
    for path in (own_stem_data / "genres_stems/blues/blues.00000").iterdir():
        path.unlink()
    with pytest.raises(DataError, match=r"blues\.00000 .*none of the stems"):
        read_data(own_stem_data, allow_missing_stems=True)


def test_unexpected_files_are_ignored_with_warning(own_stem_data):
    path = own_stem_data / "genres_stems/blues/blues.00000/mix.wav"
    soundfile.write(path, np.zeros(100), 22050)
    with pytest.warns(DataWarning, match=r"1 audio files in song folders are ignored.*mix\.wav"):
        assert read_data(own_stem_data).stems == ("drums", "vocals", "bass", "other")
