"""Damaged CSV tables of a data set and damaged answers: read right, or refused in one line."""

import contextlib
import shutil

import numpy as np
import pytest
import soundfile
from helpers.fuzzing import fuzz
from helpers.mutations import damaged_bytes
from helpers.runs import make_run  # noqa: F401 -- a fixture

from stemstack.datasets import read_csv_text, read_data
from stemstack.datasets.doctor import check_dataset
from stemstack.exceptions import DataError
from stemstack.runs.prediction.evaluate import read_test_labels

TOKENS = (
    *(
        b",",
        b";",
        b"\t",
        b'"',
        b'""',
        b"\n",
        b"\r",
        b"\r\n",
        b",,",
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
    ),
    *(
        b"sep=;\n",
        b"path",
        b"label",
        b"id",
        b" ",
        b"nan",
        b"NA",
        b"1e400",
        b"-1",
        b"9" * 30,
        b"inf",
    ),
    *("é".encode(), "e\u0301".encode(), "\u2028".encode(), b"../", b"/", b"\\", b".", b"a.wav"),
)
MANIFEST = "path,label,group,fold\n" + "".join(
    f"{c}/{i}.wav,{c},song {i},{i % 2}\n" for c in ("jazz", "rock") for i in range(3)
)
TEST = 'id,filename\n001,jazz/0.wav\n"2,5",jazz/1.wav\n003,rock/0.wav\n'
SAMPLE = 'id,genre\n001,jazz\n"2,5",rock\n003,rock\n'
META = "filename,category,src_file\n1-a.wav,rain,1\n1-b.wav,rain,1\n2-a.wav,dog,2\n"


def as_bytes(*texts):
    """Return texts in the encodings and with the delimiters that tables have."""
    texts = [*texts, *(text.replace(",", ";").replace("\n", "\r\n") for text in texts)]
    return [text.encode(encoding) for text in texts for encoding in ("utf-8", "utf-16")]


@pytest.fixture
def data(tmp_path):
    """A folder of two classes with test clips and noise."""
    names = [f"{c}/{i}.wav" for c in ("jazz", "rock") for i in range(3)]
    noise = [f"ESC-50-master/audio/{name}" for name in ("1-a.wav", "1-b.wav", "2-a.wav")]
    for i, name in enumerate([*names, *noise]):
        path = tmp_path / "DATA" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.random.default_rng(i).normal(0, 0.1, 400), 8000)
    meta = tmp_path / "DATA/ESC-50-master/meta/esc50.csv"
    for path, text in [(meta, META), (tmp_path / "DATA/test.csv", TEST)]:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (tmp_path / "DATA/sample_submission.csv").write_text(SAMPLE)
    return tmp_path / "DATA"


def check_tables(data):
    """Check what is read, and that the doctor finds what the reader refuses."""
    try:
        tables = read_data(data)
    except DataError:
        with contextlib.suppress(DataError):
            assert check_dataset(data, n_folds=2, n_jobs=1).count("error")
        raise
    check_dataset(data, n_folds=2, n_jobs=1)
    assert len(tables.classes) >= 2
    for column in ("clip", "label", "path"):
        assert all(isinstance(v, str) and v.strip() for v in tables.train[column])
    assert not tables.train["path"].duplicated().any()
    if "fold" in tables.train:
        assert sorted(set(tables.train["fold"])) == list(range(tables.train["fold"].max() + 1))
    if tables.test is not None:
        assert tables.test["id"].is_unique and all(isinstance(i, str) for i in tables.test["id"])


def test_damaged_csv_is_read_or_refused(tmp_path):
    path = tmp_path / "table.csv"

    def check(content):
        path.write_bytes(content)
        table = read_csv_text(path, [("path", "file_name")], ["label", "group"])
        assert len(table) and table.columns.is_unique
        assert all(isinstance(cell, str) for row in table.to_numpy() for cell in row)

    files = as_bytes(MANIFEST, MANIFEST.replace("path", "File_Name"))
    fuzz(check, files[0], damaged_bytes(files, TOKENS), 60)


def test_damaged_manifest_is_read_or_refused(data):
    path = data / "manifest.csv"
    shutil.rmtree(data / "ESC-50-master")

    def check(content):
        path.write_bytes(content)
        check_tables(path)

    fuzz(check, MANIFEST.encode(), damaged_bytes(as_bytes(MANIFEST), TOKENS), 12)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("test.csv", TEST),
        ("sample_submission.csv", SAMPLE),
        ("ESC-50-master/meta/esc50.csv", META),
    ],
)
def test_damaged_test_and_noise_tables(name, text, data):
    def check(content):
        (data / name).write_bytes(content)
        check_tables(data)

    fuzz(check, text.encode(), damaged_bytes(as_bytes(text), TOKENS), 8)


def test_damaged_answers_give_right_labels(make_run, tmp_path):  # noqa: F811
    ids, classes, path = ["001", "2,5", "003"], ["jazz", "rock"], tmp_path / "answers.csv"
    proba = np.full((4, 2), 0.5)
    run = make_run(
        "D",
        list("abcd"),
        classes * 2,
        {"stack": proba},
        test_ids=ids,
        test_proba={"stack": proba[:3]},
    )

    def check(content):
        path.write_bytes(content)
        labels = read_test_labels(run, path)
        assert sorted(labels) == sorted(ids) and set(labels.values()) <= set(classes)

    fuzz(check, SAMPLE.encode(), damaged_bytes(as_bytes(SAMPLE), TOKENS), 60)
