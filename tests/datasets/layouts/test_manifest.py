"""Manifests: groups, folds, and every mistake that the reader reports."""

import pytest

from stemstack.datasets import read_data
from stemstack.exceptions import DataError


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
    assert data.test is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is not a CSV table"),
        ("path,label\n", "no rows"),
        ("file,label\na,x\n", "lacks column path; it has file, label"),
        ("path,label\na,x\na,y\n", "'a' is listed twice"),
        ("path,label\na,x\nb,\n", "line 3 has an empty label"),
        ("path,label\na,x\nb,x\n", "the only class is 'x'"),
        ("path,label,fold\na,x,one\nb,y,2\n", "whole numbers"),
        ("path,label,group,fold\na,x,g,1\nb,y,g,2\n", "group 'g' is in several folds"),
    ],
)
def test_mistakes_name_file_and_problem(tmp_path, text, problem):
    path = tmp_path / "all.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=problem) as caught:
        read_data(path)
    assert str(path) in str(caught.value)
