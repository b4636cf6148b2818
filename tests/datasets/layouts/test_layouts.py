"""The registry of layouts: detection, refusal, and a layout from outside."""

import pandas as pd
import pytest

from stemstack.datasets import LAYOUTS, DataSet, Inventory, Layout, is_data_set, read_data
from stemstack.datasets.layouts import find_layout
from stemstack.exceptions import DataError


def test_other_paths_are_refused(tmp_path):
    with pytest.raises(DataError, match="no such file or folder"):
        read_data(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"is not a data set; expected .*genres_stems"):
        read_data(tmp_path)
    assert not is_data_set(tmp_path)


def test_each_data_set_has_its_layout(stem_data, tmp_path):
    (tmp_path / "rock").mkdir()
    (tmp_path / "rock/a.wav").touch()
    (tmp_path / "all.csv").touch()
    found = [find_layout(path).name for path in (stem_data, tmp_path, tmp_path / "all.csv")]
    assert found == ["stems", "class_folders", "manifest"]
    assert is_data_set(stem_data) and is_data_set(tmp_path) and is_data_set(tmp_path / "all.csv")
    assert not is_data_set(tmp_path / "rock") and not is_data_set(tmp_path / "rock/a.wav")


def test_registered_layout_is_read(tmp_path, monkeypatch):
    def read(path, *, stems, allow_missing_stems):
        clips = [file.name for file in sorted(path.glob("*.wav"))]
        labels = [name.partition("_")[0] for name in clips]
        return DataSet(path, pd.DataFrame({"clip": clips, "label": labels}))

    layout = Layout(
        "prefixes",
        "files <class>_<name>.wav",
        lambda path: any(path.glob("*_*.wav")),
        read,
        Inventory,
    )
    for name in ("rock_a.wav", "jazz_b.wav"):
        (tmp_path / name).touch()
    monkeypatch.setattr("stemstack.datasets.layouts.LAYOUTS", [*LAYOUTS, layout])
    assert read_data(tmp_path).classes == ["jazz", "rock"]
