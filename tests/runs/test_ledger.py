"""Ledger entries: written, read, listed and discarded."""

import pandas as pd
import pytest

from stemstack.exceptions import DataError
from stemstack.runs.ledger import Ledger


def test_entry_reads_back(tmp_path):
    ledger = Ledger(tmp_path)
    oof = pd.DataFrame({"lr__id": [0.25, 0.75], "lr__split": [0.75, 0.25]}, index=["x", "y"])
    assert not ledger.has("lr", 0, "key")
    with pytest.raises(DataError, match="no such entry"):
        ledger.read("lr", 0, "key", "oof")
    ledger.write("lr", 0, "key", oof=oof, test=oof[:1])
    pd.testing.assert_frame_equal(ledger.read("lr", 0, "key", "oof"), oof, check_names=False)
    assert len(ledger.read("lr", 0, "key", "test")) == 1
    assert [path.name for path in (tmp_path / "lr").iterdir()] == ["fold0-key.parquet"]


def test_entries_listed_and_discarded(tmp_path):
    ledger = Ledger(tmp_path)
    assert ledger.entries() == []
    table = pd.DataFrame({"lr__a": [0.5]}, index=["x"])
    for model, fold, key in (("lr", 0, "0a"), ("lr", 1, "0a"), ("lr", 1, "0b"), ("b", 1, "0a")):
        ledger.write(model, fold, key, oof=table)
    (tmp_path / "lr" / ".0a1b.parquet").write_text("left by a killed write")
    (tmp_path / "oof.parquet").write_text("not an entry")
    ledger.discard("lr", 1, except_key="0b")
    assert [(e.model, e.fold, e.key) for e in ledger.entries()] == [
        ("b", 1, "0a"), ("lr", 0, "0a"), ("lr", 1, "0b"),
    ]  # fmt: skip
    ledger.discard("lr", 1)
    assert not ledger.has("lr", 1, "0b") and ledger.has("b", 1, "0a")


@pytest.mark.parametrize(
    ("ids", "values", "problem"),
    [
        (["x", "x"], [0.5, 0.5], "ids are empty, repeated or no text"),
        (["x", None], [0.5, 0.5], "ids are empty, repeated or no text"),
        ([["x"], None], [0.5, 0.5], "ids are empty, repeated or no text"),
        (["x", "y"], [0.5, float("nan")], "its predictions are not numbers"),
        (["x", "y"], ["a", "b"], "its predictions are not numbers"),
    ],
)
def test_damaged_entry_is_named(ids, values, problem, tmp_path):
    ledger = Ledger(tmp_path)
    ledger.write("lr", 0, "0a", oof=pd.DataFrame({"lr__a": values}, index=ids))
    with pytest.raises(DataError, match=rf"fold0-0a\.parquet: is damaged \({problem}\)"):
        ledger.read("lr", 0, "0a", "oof")
