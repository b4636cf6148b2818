"""Folders that are not classes are refused with the folder to give, by the doctor too."""

import numpy as np
import pytest
import soundfile

from stemstack.datasets import read_data
from stemstack.datasets.doctor import check_dataset
from stemstack.exceptions import DataError, DataWarning

NOISE = np.random.default_rng(0).uniform(-0.1, 0.1, 400)


def make_files(root, names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".wav"):
            soundfile.write(root / name, NOISE, 8000)
        else:
            (root / name).touch()


SPLIT = ["train/rock/a.wav", "train/jazz/b.wav", "val/rock/c.wav", "test/rock/d.wav"]


@pytest.mark.parametrize(
    ("names", "problem", "fix"),
    [
        (SPLIT, "train, val are parts of a split", "give {root}/train, or"),
        (SPLIT[:2] + SPLIT[3:], "train is a part of a split", "give {root}/train, or"),
        (["VAL/x/a.wav", "Eval/x/b.wav", "VAL/y/c.wav"], "VAL, Eval are parts", "give {root}/VAL,"),
        (["train/a.wav", "val/b.wav"], "train, val are parts", "give a CSV manifest"),
        (["fold1/a.wav", "fold2/b.wav"], "fold1, fold2 are parts", "give a CSV manifest"),
        (
            ["train/a.wav", "train/metadata.csv"],
            "train is a part",
            "give {root}/train/metadata.csv",
        ),
        ([f"audio/{name}" for name in SPLIT], "only class 'audio'", "give {root}/audio/train,"),
        (["x/y/rock/a.wav", "x/y/jazz/b.wav"], "only class 'x'", "give {root}/x/y,"),
        (["train/x/a.wav", "train/y/b.wav", "more/c.wav"], "train is a part", "give {root}/train,"),
    ],
)
def test_split_folders_are_never_classes(tmp_path, names, problem, fix):
    make_files(tmp_path, names)
    fix = fix.format(root=tmp_path)
    with pytest.raises(DataError) as caught:
        read_data(tmp_path)
    assert f"{tmp_path}: {problem}" in str(caught.value)
    assert f"; {fix}" in str(caught.value)
    (finding,) = (f for f in check_dataset(tmp_path, n_folds=2).findings if f.check == "folders")
    assert finding.severity == "error"
    assert str(caught.value) == f"{tmp_path}: {finding.found}; {finding.fix}"


def test_suggested_folder_is_a_data_set(tmp_path):
    make_files(tmp_path, [f"audio/{name}" for name in SPLIT])
    data = read_data(tmp_path / "audio/train")
    assert data.train["label"].tolist() == ["jazz", "rock"]


def test_class_may_be_named_like_a_split(tmp_path):
    make_files(tmp_path, ["train/a.wav", "dog/b.wav"])
    assert read_data(tmp_path).classes == ["dog", "train"]


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (["s1/x/a.wav", "s1/y/b.wav", "s2/x/c.wav", "s2/y/d.wav"], r"hold the same folders \(x, y"),
        (["rock/a.wav", "jazz/b.wav", "c.wav"], "audio files outside class folders are ignored"),
        (["rock/a.wav", "rock /b.wav", "jazz/c.wav"], "labels 'rock', 'rock ' look the same"),
        (["rock/a.wav", "Rock/b.wav"], "classes 'Rock', 'rock' differ in case only"),
    ],
)
def test_doubtful_folders_are_warned_of(tmp_path, names, problem):
    make_files(tmp_path, names)
    with pytest.warns(DataWarning, match=problem) as caught:
        read_data(tmp_path)
    (warning,) = caught
    fixes = {f.fix for f in check_dataset(tmp_path, n_folds=2).findings if f.severity == "warning"}
    assert any(str(warning.message).endswith(f"; {fix}") for fix in fixes if fix)


def test_splits_of_stems_are_refused(tmp_path):
    make_files(tmp_path, ["genres_stems/train/rock/drums.wav", "genres_stems/val/rock/drums.wav"])
    with pytest.raises(DataError, match="train, val are parts of a split, not classes"):
        read_data(tmp_path, stems=["drums"])
    findings = check_dataset(tmp_path, stems=["drums"], n_folds=2).findings
    assert any(f.check == "folders" and f.severity == "error" for f in findings)
