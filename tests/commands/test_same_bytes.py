"""The files of a run do not depend on processes, threads and cache."""

import os
import subprocess
import sys

import pytest
from chaos import CALL, TIMES

OPTIONS = (
    *("--models", "heuristic,lr,lgbm(n_estimators=5),effnet", "--folds", "2", "--quiet"),
    *("--mashups-per-genre", "4", "--backbone", "cnn_tiny", "--weights", "none", "--epochs", "1"),
)


def fit_with_threads(threads, *arguments):
    """Fit in a process of its own, whose BLAS and OpenMP have so many threads."""
    limits = {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}
    call = [sys.executable, "-c", CALL, "fit", *map(str, arguments)]
    subprocess.run(call, env={**os.environ, **limits}, check=True)


def read_files(folder):
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in TIMES)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.slow
def test_same_bytes_for_any_processes_and_threads(stem_data, tmp_path, run_program):
    first, second = tmp_path / "first", tmp_path / "second"
    data = ("--data", stem_data, *OPTIONS)
    assert (
        run_program("fit", *data, "--out", tmp_path / "A", "--cache", first, "--jobs", "1")[0] == 0
    )
    fit_with_threads(2, *data, "--out", tmp_path / "B", "--cache", second, "--jobs", "2")
    # From a warm cache.
    assert (
        run_program("fit", *data, "--out", tmp_path / "C", "--cache", first, "--jobs", "3")[0] == 0
    )
    expected = read_files(tmp_path / "A")
    assert {
        "recipes.parquet",
        "submission.csv",
        "models/lr/fold0/model.skops",
        "models/effnet/fold1/weights.safetensors",
    } <= set(expected)
    for name in ("B", "C"):
        files = read_files(tmp_path / name)
        assert files.keys() == expected.keys()
        assert [path for path in files if files[path] != expected[path]] == []
    # Shards of features have random names.
    for name in ("features", "sources"):
        contents = [sorted(read_files(cache / name).values()) for cache in (first, second)]
        assert contents[0] == contents[1], name
    out = tmp_path / "again.csv"
    assert run_program("predict", tmp_path / "A", "--data", stem_data, "--out", out)[0] == 0
    assert out.read_bytes() == expected["submission.csv"]
