"""Tables of predicted windows for spreadsheets, Audacity and Raven."""

import io

import numpy as np
import pandas as pd
import pytest

from stemstack.exceptions import UsageError
from stemstack.runs import ClipList
from stemstack.runs.prediction.windows import (
    FORMATS,
    WindowTable,
    check_format,
    to_audacity,
    to_csv,
    to_raven,
)

CLIPS = ClipList(["7", "8"], ["a b.wav", "c.wav"], seconds=(6.0, 2.0)).cut([3.0])
PROBA = [[0.75, 0.25], [0.5, 0.5], [0.125, 0.875]]


def make_table(classes, labels, separator=None):
    proba = pd.DataFrame(PROBA, columns=classes)
    return WindowTable.from_predictions(CLIPS, labels, proba, separator)


def test_raven_opens_the_files_of_test_clips():
    text = to_raven(make_table(["jazz", "rock"], ["jazz", "jazz", "rock"]))
    table = pd.read_csv(io.StringIO(text), sep="\t")
    assert table["Begin Path"].tolist() == ["a b.wav", "a b.wav", "c.wav"]
    assert table["End Time (s)"].tolist() == [3.0, 6.0, 2.0]
    assert table["Probability"].tolist() == [0.75, 0.5, 0.875]


@pytest.mark.parametrize("name", FORMATS)
def test_classes_may_have_the_names_of_columns(name):
    table = make_table(["label", "start"], ["label", "label", "start"])
    text = FORMATS[name](table)
    if name == "csv":
        columns = ["path", "start", "end", "label", "proba_label", "proba_start"]
        csv = pd.read_csv(io.StringIO(text))
        assert list(csv) == columns and csv["start"].tolist() == [0.0, 3.0, 0.0]
        np.testing.assert_array_equal(csv[columns[-2:]], PROBA)
    else:
        plain = FORMATS[name](make_table(["jazz", "rock"], ["jazz", "jazz", "rock"]))
        assert text == plain.replace("jazz", "label").replace("rock", "start")


def test_renamed_class_is_not_another_one():
    table = CLIPS.to_table(
        ["a"] * 2, pd.DataFrame([[1, 0, 0]] * 2, columns=["a", "path", "proba_path"])
    )
    assert list(table) == ["path", "label", "a", "proba_proba_path", "proba_path"]


def test_confidence_is_that_of_the_predicted_labels():
    table = make_table(["bird", "rain"], ["bird", "", "bird;rain"], ";")
    assert table.rows["confidence"].tolist() == [0.75, 0.5, 0.125]
    assert to_audacity(table).splitlines()[2] == "0.00\t2.00\tbird;rain 0.12"
    assert pd.read_csv(io.StringIO(to_csv(table)))["rain"].tolist() == [0.25, 0.5, 0.875]


def test_label_track_is_of_one_recording():
    with pytest.raises(UsageError, match="of one recording"):
        check_format("audacity", CLIPS)
    check_format("raven", CLIPS)
