"""Hostile and damaged files of runs: each attack changes a copy of a small finished run."""

import io
import os
import pickle
import struct

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

# Attacks by name: functions of the run's folder and of a folder outside it.
ATTACKS = {}
LR, LGBM, NET = "models/lr-families-centroid/fold0", "models/lgbm/fold0", "models/cnn/fold0"


def attack(function):
    """Add an attack to the corpus."""
    ATTACKS[function.__name__] = function
    return function


def variants(name, function, *values):
    """Add an attack for each value."""
    for number, value in enumerate(values):
        ATTACKS[f"{name}_{number}"] = lambda run, outside, v=value: function(run, outside, v)


class Payload:
    """Pickle that leaves a file behind when it is loaded."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")


# Configurations that name other machines, folders or code.
_DATA = [
    "dask://127.0.0.1:8786::simplecache::x", "reference://::http://127.0.0.1:9/x.json",
    "tcp://127.0.0.1:9", "https://127.0.0.1:9/clips.csv", "zip://::https://127.0.0.1:9/a.zip",
    "ssh://127.0.0.1/x", "github://a:b@c/", "file:///etc", "/etc", "../../../../etc", "~/secret",
    "${HOME}/secret", "{{ 7 * 7 }}", "generic://x", "s3://bucket/x", "hf://datasets/a/b",
]  # fmt: skip


def _edit_config(run, **values):
    path = run / "config.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["config"].update(values)
    path.write_text(yaml.safe_dump(document), encoding="utf-8")


variants("data", lambda run, outside, data: _edit_config(run, data=data), *_DATA)
variants(
    "config_text",
    lambda run, outside, text: (run / "config.yaml").write_text(text),
    "config: !!python/object/apply:os.system [touch ran]\n",
    "config: !!python/object/new:builtins.open [ran, w]\n",
    "[" * 3000,
    "config: {data: DATA, scheduler: 'tcp://127.0.0.1:9'}\n",
    "config: {data: DATA, track: 'mlflow:http://127.0.0.1:9'}\n",
    "config: {data: DATA, models: ['os:system', 'my_models.py:make']}\nresolved: {}\n",
    "config: {data: DATA, models: ['../../outside:make']}\n",
    "config: 3\n",
    "",
    "config: {data: DATA, models: ['lr(families=centroid)']}\nresolved: [1]\n",
)
variants(
    "metrics_text",
    lambda run, outside, text: (run / "metrics.json").write_text(text),
    "",
    "{",
    "[" * 100_000,
    '{"classes": ["a"], "out_of_fold": {}, "left_out": []}',
    '{"classes": [["a"], 3], "out_of_fold": {}, "left_out": []}',
    '{"classes": ["high", "low"], "out_of_fold": {"stack": {"macro_f1": NaN}}, "left_out": []}',
    '{"classes": ["high", "low"], "out_of_fold": [], "left_out": [7]}',
)


# Files that lead elsewhere, or are damaged.
def _link(run, outside, name):
    target = outside / ("secret" if (run / name).is_dir() else "secret.txt")
    _remove(run / name)
    (run / name).symlink_to(target)


def _remove(path):
    if path.is_dir():
        for child in path.iterdir():
            _remove(child)
        path.rmdir()
    else:
        path.unlink()


_FILES = [
    "config.yaml", "metrics.json", "folds.parquet", "ledger/oof.parquet", "ledger/test.parquet",
    "ledger/test_folds.parquet",
    f"{LR}/model.skops", f"{LGBM}/model.skops", f"{NET}/params.json",
    f"{NET}/weights.safetensors", "models/stack/model.skops", "costs.json",
]  # fmt: skip
# The configuration itself is named on the command line by fit --config.
variants("link", _link, *_FILES[1:], "ledger", "models", "models/stack")


@attack
def link_of_a_new_folder(run, outside):
    (run / "onnx").symlink_to(outside)


@attack
def pipe(run, outside):
    _remove(run / "metrics.json")
    os.mkfifo(run / "metrics.json")


def _truncate(run, outside, name):
    path = run / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _flip(run, outside, name):
    content = bytearray((run / name).read_bytes())
    for position in range(0, len(content), max(1, len(content) // 40)):
        content[position] ^= 0x55
    (run / name).write_bytes(content)


def _make_folder(run, outside, name):
    _remove(run / name)
    (run / name).mkdir()


def _pickle(run, outside, name):
    (run / name).write_bytes(pickle.dumps(Payload(outside / "ran")))


variants("truncated", _truncate, *_FILES)
variants("flipped", _flip, *_FILES[1::2])
variants("emptied", lambda run, outside, name: (run / name).write_bytes(b""), *_FILES[::2])
variants("folder", _make_folder, *_FILES[1::2])
variants("pickled", _pickle, *_FILES[::2])


# Tables.
def _write(run, name, table):
    table.to_parquet(run / f"{name}.parquet", index=False)


def _edit_table(run, name, **columns):
    _write(run, name, pd.read_parquet(run / f"{name}.parquet").assign(**columns))


@attack
def table_of_objects(run, outside):
    """Arrays of bytes that are pickles."""
    payload = pickle.dumps(Payload(outside / "ran"))
    _edit_table(run, "ledger/oof", label=payload, clip=payload)


@attack
def table_of_names_with_paths(run, outside):
    _edit_table(run, "ledger/oof", clip="../../outside/secret.txt")
    _edit_table(run, "ledger/test", id="/etc/passwd")


@attack
def table_of_infinities(run, outside):
    _edit_table(run, "ledger/oof", stack__high=np.inf)
    _edit_table(run, "ledger/test", stack__high=np.nan)
    _edit_table(run, "ledger/test_folds", stack__high=np.inf)


@attack
def table_of_negative_folds(run, outside):
    _edit_table(run, "ledger/oof", fold=-(10**9))
    _edit_table(run, "folds", fold="x")


@attack
def table_without_columns(run, outside):
    for name in ("ledger/oof", "ledger/test", "ledger/test_folds", "folds"):
        _write(run, name, pd.DataFrame({"x": [1]}))


@attack
def table_of_many_rows(run, outside):
    """A few kilobytes that claim 100 million rows."""
    column = pa.DictionaryArray.from_arrays(np.zeros(1000, np.int8), pa.array(["a"]))
    table = pa.table({"clip": column, "label": column, "fold": np.zeros(1000, np.int8)})
    buffer = io.BytesIO()
    with pq.ParquetWriter(buffer, table.schema) as writer:
        for _ in range(10):
            writer.write_table(table)
    content = bytearray(buffer.getvalue())
    (run / "ledger/oof.parquet").write_bytes(content)
    metadata_length = struct.pack("<I", 2**31 - 1)
    (run / "folds.parquet").write_bytes(bytes(content[:-8]) + metadata_length + b"PAR1")


@attack
def ledger_entry_with_path(run, outside):
    entry = next((run / "ledger/lr-families-centroid").iterdir())
    entry.rename(entry.with_name("fold0-..%2f..%2foutside.parquet"))
    (run / "ledger/lr-families-centroid/fold7-abc.parquet").write_bytes(b"PAR1")


@attack
def submission_of_one_column(run, outside):
    (run / "submission.csv").write_text("id\n=cmd|' /C calc'!A1\n")


@attack
def recipes_of_other_files(run, outside):
    part = {"stem": "drums", "song": "s", "path": "/etc/passwd", "rate": 1.0, "gain": 1.0}
    recipe = {"id": "0", "label": "low", "fold": 0, "sr": 8000, "start": 0, "length": 2**60}
    recipe |= {"stems": [part], "noises": [], "tempo": "none", "normalize": "none", "level": 0.0}
    recipe |= {"lowpass": None, "overdrive": 0.0, "codec": None, "codec_quality": None}
    _write(run, "recipes", pd.DataFrame([recipe]))
