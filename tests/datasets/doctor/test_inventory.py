"""A folder per class, a manifest, and what is neither."""

import shutil

import pandas as pd
import pytest

from stemstack.datasets.doctor import check_dataset, loudness_table
from stemstack.exceptions import DataError


@pytest.fixture
def folders(tmp_path, write, hiss):
    root = tmp_path / "FOLDERS"
    for g, genre in enumerate(("blues", "jazz")):
        for k in range(2):
            write(root / f"{genre}/{k}.wav", hiss(10 * g + k))
    return root


def test_a_folder_per_class_is_examined(folders, look):
    assert look(folders) == []
    shutil.copy(folders / "blues/0.wav", folders / "jazz/0.wav")
    (folders / "jazz/1.wav").write_bytes(b"")
    assert {(f.severity, f.check, f.files) for f in look(folders)} == {
        ("error", "unreadable files", ("jazz/1.wav",)),
        ("error", "duplicates", ("blues/0.wav", "jazz/0.wav")),
    }
    assert look(folders, "classes", n_folds=3)[0].files == ("blues (2)", "jazz (2)")
    table = loudness_table(check_dataset(folders, n_folds=2).files)
    assert table.columns.tolist() == ["clip"]


def test_a_manifest_is_examined_to_its_end(folders, look):
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
    found = {f.files: (f.severity, f.check) for f in look(manifest)}
    assert found == {
        ("a",): ("error", "manifest"),
        ("blues/1.wav",): ("error", "manifest"),
        ("line 5",): ("error", "manifest"),
        ("line 6",): ("error", "manifest"),
        ("jazz/gone.wav",): ("error", "missing files"),
    }


def test_what_is_no_data_set_is_refused(tmp_path):
    with pytest.raises(DataError, match="no such file or folder"):
        check_dataset(tmp_path / "nowhere")
    with pytest.raises(DataError, match="holds neither"):
        check_dataset(tmp_path)
