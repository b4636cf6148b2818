"""CSV in the forms that spreadsheets write is read right, or refused with file and line."""

import codecs
import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemstack.datasets import read_csv_text
from stemstack.datasets.csv_table import read_csv_header, read_csv_lines
from stemstack.exceptions import DataError

TABLE = [["001", "a, b;c\t.wav"], ["é 2", 'say "hi"\nrock\\b.wav']]


def write_csv(header, rows, delimiter=",", newline="\r\n", quoting=csv.QUOTE_MINIMAL):
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=newline, quoting=quoting)
    writer.writerows([header, *rows])
    return text.getvalue()


def read(tmp_path, data, required=("id", "path")):
    path = tmp_path / "table.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_csv_text(path, required)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-16-le"])
def test_encoding_and_delimiter_are_found(tmp_path, delimiter, encoding):
    data = write_csv(["id", "path"], TABLE, delimiter).encode(encoding)
    marks = {"utf-16-be": codecs.BOM_UTF16_BE, "utf-16-le": codecs.BOM_UTF16_LE}
    table = read(tmp_path, marks.get(encoding, b"") + data)
    assert table.columns.tolist() == ["id", "path"]
    assert table.to_numpy().tolist() == TABLE


# What csv itself writes and reads back; a row of spaces alone counts as empty.
cells = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1, max_size=6)
cells = cells.filter(lambda cell: cell.strip() and not cell.startswith("\ufeff"))


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(cells, cells), min_size=1, max_size=4),
    delimiter=st.sampled_from(",;\t"),
    newline=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    ends=st.integers(0, 2),
)
def test_any_table_is_read_as_written(rows, delimiter, newline, quoting, ends):
    padded = [[*row, *[""] * ends] for row in rows]
    text = write_csv([" ID", "Path "], padded, delimiter, newline, quoting)
    table = read_csv_text(io.StringIO(text, newline=""), ["id", "path"])
    assert [tuple(row) for row in table.to_numpy()] == rows


@pytest.mark.parametrize(
    "text",
    [
        "id,path,\n001,a.wav,\n",
        "id,path\n001,a.wav,\n",
        "id,path,\n001,a.wav\n",
        "ID , Path\n\n001,a.wav\n,\n\n",
        "sep=;\nid;path\n001;a.wav\n",
        "id,path\r001,a.wav\r",
        '"id","path"\n"001","a.wav"',
    ],
)
def test_harmless_variants_are_read(tmp_path, text):
    table = read(tmp_path, text)
    assert table.columns.tolist() == ["id", "path"]
    assert table.to_numpy().tolist() == [["001", "a.wav"]]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "it is empty.; save it as UTF-8"),
        (b"id,path\n", "has a header but no rows"),
        (b"id,path\n1,a,b\n", "line 2 has 3 cells, but the header has 2 columns"),
        (b'id,path\n1,"a\nb"\n2\n', "line 4 has 1 cells, but the header has 2 columns"),
        (b'id,path\n1,"a\n2,b\n', "line 2: .*; close its quotes"),
        ("id,path\n1,é".encode("cp1252"), r"not a CSV table in UTF-8 \(line 2\); .*cp1252"),
        ("id,path\n1,a".encode("utf-16-le"), "UTF-16 without mark"),
        (b"PK\x03\x04\0\0", "binary"),
        (b"id,file\n1,a\n", r"lacks column path \(it has id, file\)"),
        (b"id,path,Path\n1,a,b\n", "two columns path"),
    ],
)
def test_faults_name_file_and_fix(tmp_path, data, problem):
    with pytest.raises(DataError, match=f"table.csv: .*{problem}"):
        read(tmp_path, data)


def test_missing_file_is_a_data_error(tmp_path):
    for path in (tmp_path, tmp_path / "missing.csv"):
        with pytest.raises(DataError, match="cannot be read"):
            read_csv_text(path, [])


def test_first_alternative_is_renamed():
    for name in ("path", "file_name", "FileName"):
        table = read_csv_text(io.StringIO(f"{name},x\na,1\n"), [("path", "file_name", "filename")])
        assert table.columns.tolist() == ["path", "x"]


def test_lines_are_those_of_an_editor(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text('\nid,path\n1,"a\n\nb"\n\n2,c\n')
    assert read_csv_lines(path, ["id"]).index.tolist() == [3, 7]


def test_header_is_returned_as_written(tmp_path):
    path = Path(tmp_path, "table.csv")
    path.write_text("Id, Label ,\n")
    assert read_csv_header(path) == ["Id", " Label "]


def test_unnamed_and_repeated_columns_keep_their_data():
    table = read_csv_text(io.StringIO(",x,x\n0,1,2\n"), [])
    assert table.to_dict("records") == [{"Unnamed: 0": "0", "x": "1", "x.1": "2"}]
