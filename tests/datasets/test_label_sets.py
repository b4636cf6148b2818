"""Cells with several labels are read as sets, and written so that they are read again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemstack.datasets import read_data
from stemstack.datasets.label_sets import sort_labels, split_labels
from stemstack.exceptions import DataError, DataWarning, UsageError

NAMES = st.text("abc é", min_size=1, max_size=4).map(str.strip).filter(bool)
CLIPS = "path,label\na.wav,rain;bird\nb.wav,bird\nc.wav,\n"


@given(st.lists(NAMES, max_size=5), st.sampled_from([";", "|", " + "]))
def test_order_and_repeats_do_not_matter(names, separator):
    cell = sort_labels(separator.join(names), separator)
    assert cell == sort_labels(separator.join([*reversed(names), *names]), separator)
    assert split_labels(cell, separator) == split_labels(separator.join(names), separator)


@given(st.text(max_size=8))
def test_whole_cell_is_one_label(text):
    assert len(split_labels(text, None)) == bool(text.strip())


def write(folder, text, name="clips.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_manifest_has_sets_of_labels(tmp_path):
    data = read_data(write(tmp_path, CLIPS), label_separator=";")
    assert data.classes == ["bird", "rain"]
    assert data.train["label"].tolist() == ["bird;rain", "bird", ""]


def test_without_separator_each_cell_is_one_class(tmp_path):
    path = write(tmp_path, "path,label\na.wav,rain;bird\nb.wav,bird\n")
    with pytest.warns(DataWarning, match="add --label-separator ';'"):
        assert read_data(path).classes == ["bird", "rain;bird"]
    with pytest.raises(DataError, match=r"empty label: line 4; .*--label-separator"):
        read_data(write(tmp_path, CLIPS))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,label\na.wav,bird;rain\nb.wav,bird\n", "labels that every clip has: bird"),
        ("path,label\na.wav,\nb.wav,\n", "no clip has a label"),
        ("path,label\na.wav,bird\nb.wav,\n", "the only class is 'bird'"),
    ],
)
def test_labels_without_contrast_are_refused(text, message, tmp_path):
    with pytest.raises(DataError, match=message):
        read_data(write(tmp_path, text), label_separator=";")


def test_labels_that_look_alike_are_named(tmp_path):
    path = write(tmp_path, "path,label\na.wav,rain;Bird\nb.wav,bird ; rain \nc.wav,bird\n")
    with pytest.warns(DataWarning, match="'Bird', 'bird' differ in case only") as caught:
        read_data(path, label_separator=";")
    assert len(caught) == 1


def test_folders_have_one_label_each(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.wav").touch()
    with pytest.raises(UsageError, match="is not a CSV manifest"):
        read_data(tmp_path, label_separator=";")


def test_noise_needs_clips_of_one_label(tmp_path):
    with pytest.raises(UsageError, match="leave one of them out"):
        read_data(write(tmp_path, CLIPS), label_separator=";", noise=tmp_path)
