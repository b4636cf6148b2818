"""Manifests: groups, folds, and every mistake that the reader reports."""

import pytest

from stemstack.datasets import read_data
from stemstack.exceptions import DataError, DataWarning


def test_groups_and_folds_are_read(tmp_path):
    (tmp_path / "all.csv").write_text("path,label,group,fold\na.wav,x,g1,1\nb.wav,y,g2,5\n")
    data = read_data(tmp_path / "all.csv")
    assert not data.has_stems and data.stems == ()
    assert data.train["group"].tolist() == ["g1", "g2"]
    assert data.train["fold"].tolist() == [0, 1]


def test_clip_without_group_is_its_own(tmp_path):
    (tmp_path / "some.csv").write_text("path,label,group\na.wav,x,\nb.wav,y,  \nc.wav,y,g\n")
    assert read_data(tmp_path / "some.csv").train["group"].tolist() == ["a.wav", "b.wav", "g"]


def test_header_comes_from_sample_submission(tmp_path):
    (tmp_path / "all.csv").write_text("path,label\na.wav,x\nb.wav,y\n")
    (tmp_path / "test.csv").write_text("id,filename\n1,c.wav\n")
    (tmp_path / "sample_submission.csv").write_text("clip,genre\n1,x\n")
    data = read_data(tmp_path / "all.csv")
    assert data.header == ("clip", "genre")
    assert data.test["id"].tolist() == ["1"]


def test_manifest_named_test_has_no_other(tmp_path):
    (tmp_path / "test.csv").write_text("path,label\na.wav,x\nb.wav,y\n")
    assert read_data(tmp_path / "test.csv").test is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is not a CSV table"),
        ("path,label\n", "no rows"),
        (
            "file,label\na,x\n",
            "lacks column path or .* .it has file, label.; add",
        ),
        ("path,label\na,x\na,y\n", "paths that are listed twice: a; keep one line"),
        ("path,label\na,x\nb,\n", "lines with an empty label: line 3; complete"),
        ("path,label\na,x\nb,x\n", "the only class is 'x'"),
        (
            "path,label,fold\na,x,one\nb,y,2\n",
            "fold is not a whole number: line 2; number",
        ),
        (
            "path,label,group,fold\na,x,g,1\nb,y,g,2\n",
            "groups in several folds, which leaks: g; give",
        ),
    ],
)
def test_mistakes_name_file_and_problem(tmp_path, text, problem):
    path = tmp_path / "all.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=problem) as caught:
        read_data(path)
    assert str(path) in str(caught.value)


@pytest.fixture
def manifest(tmp_path):
    """``manifest(text, *names)`` writes a manifest and touches the files."""

    def write(text, *names):
        for name in names:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()
        (tmp_path / "all.csv").write_text(text, encoding="utf-8")
        return tmp_path / "all.csv"

    return write


def test_audio_folder_metadata_is_a_manifest(manifest):
    path = manifest("file_name,label\nx/a.wav,rock\nx/b.wav,jazz\n")
    assert read_data(path).train["path"].tolist() == ["x/a.wav", "x/b.wav"]


def test_files_are_found_under_their_own_names(manifest):
    path = manifest(
        "Path;LABEL;\nx\\a.wav;rock;\nx/e\u0301.wav ; jazz\n", "x/a.wav", "x/\u00e9.wav"
    )
    train = read_data(path).train
    assert train["path"].tolist() == ["x/a.wav", "x/\u00e9.wav"]
    assert train["clip"].tolist() == ["x\\a.wav", "x/e\u0301.wav "]
    assert train["label"].tolist() == ["rock", "jazz"]


def test_one_file_in_two_forms_is_listed_twice(manifest):
    path = manifest("path,label\nx/a.wav,rock\n./x/a.wav,jazz\nx\\a.wav,jazz\n", "x/a.wav")
    with pytest.raises(DataError, match=r"listed twice: \./x/a\.wav, x/a\.wav"):
        read_data(path)


def test_absolute_and_relative_path_are_one_file(manifest):
    path = manifest("path,label\nx/a.wav,rock\ny/b.wav,jazz\n", "x/a.wav", "y/b.wav")
    with open(path, "a") as file:
        file.write(f"{path.parent / 'x/a.wav'},rock\n../{path.parent.name}/y/b.wav,jazz\n")
    with pytest.raises(DataError, match=r"listed twice: .*x/a\.wav, \.\./.*y/b\.wav"):
        read_data(path)


@pytest.mark.parametrize("header", ["genre,id", "id,ID", "id"])
def test_sample_submission_has_the_id_first(header, tmp_path):
    (tmp_path / "all.csv").write_text("path,label\na.wav,x\nb.wav,y\n")
    (tmp_path / "sample_submission.csv").write_text(f"{header}\n1,x\n")
    with pytest.raises(DataError, match=r"sample_submission\.csv: "):
        read_data(tmp_path / "all.csv")


def test_labels_that_look_the_same_are_one(manifest):
    text = (
        "path,label,group\na,rock,s 1\nb,rock ,s 1 \nc,me\u0301tal,\u00e9\nd,m\u00e9tal,e\u0301\n"
    )
    with pytest.warns(DataWarning, match="look the same and are read as one class") as caught:
        data = read_data(manifest(text))
    assert len(caught) == 2
    assert data.classes == ["m\u00e9tal", "rock"]
    assert data.train["group"].tolist() == ["s 1", "s 1", "\u00e9", "\u00e9"]


def test_whole_numbers_with_decimals_are_folds(manifest):
    path = manifest("path,label,fold\na,rock,1.0\nb,jazz,2.0\n")
    assert read_data(path).train["fold"].tolist() == [0, 1]
