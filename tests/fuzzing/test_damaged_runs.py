"""Damaged files of a run: what is read gives probabilities, and the rest is refused by name."""

import json
import zipfile

import pandas as pd
import pyarrow as pa
import pytest
from helpers.fuzzing import fuzz
from helpers.mutations import damaged_bytes, damaged_document, damaged_table
from helpers.small_run import write_small_run
from hypothesis import strategies as st

from stemstack.runs import Run, evaluate_run, predict_run, summarise_run
from stemstack.runs.costs import model_seconds
from stemstack.utils.resources import Resources

JSON_TOKENS = (
    *(b"NaN", b"Infinity", b"-1", b"1e400", b"9" * 5000, b"null", b"true", b"[]", b"{}", b'"'),
    *(b"[" * 5000, b'{"a":' * 5000, b"\\ud800", b"\xff", b"\0", b","),
)
BINARY_TOKENS = (b"PAR1", b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"\x93NUMPY", b"\xff" * 8)


@pytest.fixture
def make_run(tmp_path):
    """Return a function that writes a finished run with some of the models."""

    def make(*names):
        made = write_small_run(tmp_path, names)
        answers = tmp_path / "answers.csv"
        pd.DataFrame({"id": ["0", "1"], "label": made.labels}).to_csv(answers, index=False)
        return made, answers

    return make


@pytest.fixture
def check_tables(make_run, monkeypatch):
    """Return a run on tables and a function that reads them as commands do."""
    # A bootstrap of predicted labels, which a damaged file cannot change, takes most of the time.
    name = "stemstack.runs.prediction.evaluate.macro_f1_interval"
    monkeypatch.setattr(name, lambda *args, **options: (0.4, 0.6))
    made, answers = make_run("lr(families=centroid)")

    def check():
        run = Run.open(made.path)
        scores = evaluate_run(run, answers)
        assert all(0 <= row["macro_f1"] <= 1 for row in scores.values())
        for row in summarise_run(run, scores).values():
            assert 0 <= row["macro_f1"] <= 1
            assert 0 <= row.get("seconds", 0) < float("inf")
        n_clips = len(run.read_table("ledger/oof"))
        assert len(run.song_groups(n_clips)) == n_clips and len(run.header) == 2
        assert {len(part) for part in run.read_test_folds()} == {len(run.read_table("ledger/test"))}
        assert all(value >= 0 for value in model_seconds(run).values())
        for entry in run.ledger.entries():
            for split in ("oof", "test"):
                assert len(run.ledger.read(entry.model, entry.fold, entry.key, split).columns)

    return made.path, check


@pytest.mark.parametrize("name", ["metrics.json", "costs.json"])
def test_damaged_json_of_run(name, check_tables):
    folder, check_run = check_tables
    content = (folder / name).read_bytes()

    def check(content):
        (folder / name).write_bytes(content)
        check_run()

    documents = damaged_document(json.loads(content)).map(lambda d: json.dumps(d).encode())
    fuzz(check, content, damaged_bytes([content], JSON_TOKENS) | documents, 15)


TABLES = ("folds", "ledger/oof", "ledger/test", "ledger/test_folds", "entry")


@pytest.mark.parametrize("name", TABLES)
def test_damaged_tables_of_run(name, check_tables):
    folder, check_run = check_tables
    path = folder / f"{name}.parquet"
    path = next((folder / "ledger").glob("*/*.parquet")) if name == "entry" else path
    content, table = path.read_bytes(), pd.read_parquet(path)

    def check(content):
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            try:
                content.to_parquet(path, index=False)
            except (pa.ArrowException, ValueError, TypeError, OverflowError):
                return  # Not a table.
        check_run()

    fuzz(check, content, damaged_bytes([content], BINARY_TOKENS) | damaged_table(table), 12)


def test_damaged_submission_of_run(check_tables):
    folder, check_run = check_tables
    content = (folder / "submission.csv").read_bytes()

    def check(content):
        (folder / "submission.csv").write_bytes(content)
        check_run()

    fuzz(check, content, damaged_bytes([content], (b",", b"\n", b'"', b";", b"\xff", b"\0")), 20)


def damaged_skops(path):
    """Return a strategy of skops files with changed parts, zipped again so that sums are right."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(parts["schema.json"])

    def pack(changed):
        path.unlink(missing_ok=True)
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in (parts | changed).items():
                archive.writestr(name, content)
        return path.read_bytes()

    arrays = [
        damaged_bytes([content], BINARY_TOKENS).map(lambda new, name=name: {name: new})
        for name, content in parts.items()
        if name != "schema.json"
    ]
    schemas = damaged_document(schema).map(lambda new: {"schema.json": json.dumps(new)})
    texts = damaged_bytes([parts["schema.json"]], JSON_TOKENS)
    texts = texts.map(lambda new: {"schema.json": new})
    return st.one_of(schemas, texts, *arrays).map(pack)


@pytest.fixture
def check_model(make_run, tmp_path):
    """Return a function that makes a run of one model, and one that predicts with it."""

    def make(name):
        made, _ = make_run(name)

        def check():
            resources = Resources(cache=tmp_path / "cache", n_jobs=1)
            labels, proba = predict_run(Run.open(made.path), [made.clip], resources=resources)
            assert len(labels) == 1 and labels[0] in ("high", "low")
            values = proba.to_numpy(dtype=float)
            assert values.shape == (1, 2) and ((values >= 0) & (values <= 1)).all()
            assert abs(values.sum() - 1) < 1e-6

        return Run(made.path), check

    return make


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("lr(families=centroid)", "fold0/model.skops"),
        ("lgbm", "fold0/model.skops"),
        ("lr(families=centroid)", "stack"),
        ("cnn", "fold0/params.json"),
        ("cnn", "fold0/weights.safetensors"),
    ],
)
def test_damaged_models_of_run(name, file, check_model):
    run, check_run = check_model(name)
    folder = run.model_folder("stack" if file == "stack" else run.model_names[0])
    path = folder / ("model.skops" if file == "stack" else file)
    content = path.read_bytes()

    def check(content):
        path.write_bytes(content)
        check_run()

    inputs = damaged_bytes([content], BINARY_TOKENS)
    if path.suffix == ".skops":
        inputs |= damaged_skops(path)
    elif path.suffix == ".json":
        inputs |= damaged_document(json.loads(content)).map(lambda d: json.dumps(d).encode())
    fuzz(check, content, inputs, 12)
