"""Data sets of clips: a folder per class, a manifest, and other paths."""

import shutil

import pandas as pd
import pytest

from stemstack.datasets import read_data
from stemstack.datasets.doctor import check_dataset, loudness_table
from stemstack.exceptions import DataError


@pytest.fixture
def folders(tmp_path, write, hiss):
    root = tmp_path / "FOLDERS"
    for g, genre in enumerate(("blues", "jazz")):
        for k in range(2):
            write(root / f"{genre}/{k}.wav", hiss(10 * g + k))
    return root


def test_class_folders_are_checked(folders, find_problems):
    assert find_problems(folders) == []
    shutil.copy(folders / "blues/0.wav", folders / "jazz/0.wav")
    (folders / "jazz/1.wav").write_bytes(b"")
    assert {(f.severity, f.check, f.files) for f in find_problems(folders)} == {
        ("error", "unreadable files", ("jazz/1.wav",)),
        ("error", "duplicates", ("blues/0.wav", "jazz/0.wav")),
    }
    assert find_problems(folders, "classes", n_folds=3)[0].files == ("blues (2)", "jazz (2)")
    table = loudness_table(check_dataset(folders, n_folds=2).files)
    assert table.columns.tolist() == ["clip"]


def test_all_mistakes_of_a_manifest_are_found(folders, find_problems):
    manifest = folders / "manifest.csv"
    rows = [
        ("blues/0.wav", "blues", "a", 0),
        ("blues/1.wav", "blues", "a", 1),
        ("blues/1.wav", "blues", "b", 1),
        ("jazz/0.wav", "jazz", "c", "x"),
        ("jazz/1.wav", "", "d", 1),
        ("jazz/gone.wav", "jazz", "e", 1),
    ]
    pd.DataFrame(rows, columns=["path", "label", "group", "fold"]).to_csv(manifest, index=False)
    found = {f.files: (f.severity, f.check) for f in find_problems(manifest)}
    assert found == {
        ("a",): ("error", "manifest"),
        ("blues/1.wav",): ("error", "manifest"),
        ("line 5",): ("error", "manifest"),
        ("line 6",): ("error", "manifest"),
        ("jazz/gone.wav",): ("error", "missing files"),
    }


def test_labels_with_a_semicolon_are_warned_of(folders, find_problems):
    manifest = folders / "manifest.csv"
    clips = "blues/0.wav,blues;jazz\nblues/1.wav,blues;jazz\njazz/0.wav,jazz\njazz/1.wav,jazz\n"
    manifest.write_text(f"path,label\n{clips}")
    (finding,) = find_problems(manifest)
    assert (finding.severity, finding.check) == ("warning", "names")
    assert finding.found.startswith("2 labels have a semicolon")
    findings = find_problems(manifest, label_separator=";")
    assert [(f.check, f.files) for f in findings] == [("manifest", ("jazz",))]


CLIPS = "blues/0.wav,blues\nblues/1.wav,blues\njazz/0.wav,jazz\n"


@pytest.mark.parametrize(
    "table",
    [
        f"path,label\n{CLIPS}jazz/0.wav,blues\n",
        f"path,label\n{CLIPS}jazz/1.wav,\n",
        "path,label,fold\nblues/0.wav,blues,x\njazz/0.wav,jazz,0\n",
        f"path,genre\n{CLIPS}",
        "",
    ],
)
def test_manifest_has_the_fix_of_the_reader(table, folders):
    manifest = folders / "manifest.csv"
    manifest.write_text(table)
    assert_same_fix(manifest)


def test_split_folders_have_the_fix_of_the_reader(folders, tmp_path):
    for split in ("train", "val"):
        shutil.copytree(folders, tmp_path / "SPLIT" / split)
    assert_same_fix(tmp_path / "SPLIT")


def assert_same_fix(data):
    """The check has an error with the fix that reading the data for a fit suggests."""
    with pytest.raises(DataError) as refused:
        read_data(data)
    try:
        findings = check_dataset(data, n_folds=2).findings
    except DataError as error:
        assert str(error) == str(refused.value)
        return
    fixes = [finding.fix for finding in findings if finding.severity == "error"]
    assert any(str(refused.value).endswith(fix) for fix in fixes), (refused.value, fixes)


def test_other_paths_are_refused(tmp_path):
    with pytest.raises(DataError, match="no such file or folder"):
        check_dataset(tmp_path / "nowhere")
    with pytest.raises(DataError, match="is not a data set"):
        check_dataset(tmp_path)
