"""The files of a run do not depend on processes, threads and cache."""

import os
import subprocess
import sys

import pytest
from chaos import CALL, TIMES

MODELS = "lr,lgbm(n_estimators=5)"
SMALL = ("--folds", "2", "--mashups-per-genre", "4")


def fit(data, out, cache, *, jobs, threads):
    """Fit in a process of its own, whose BLAS and OpenMP have so many threads."""
    arguments = ["fit", "--data", data, "--models", MODELS, "--out", out, "--cache", cache, *SMALL]
    subprocess.run(
        [sys.executable, "-c", CALL, *map(str, arguments), "--jobs", str(jobs), "--quiet"],
        env={
            **os.environ,
            "OMP_NUM_THREADS": str(threads),
            "OPENBLAS_NUM_THREADS": str(threads),
        },
        check=True,
    )


def read_files(folder):
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in TIMES)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.slow
def test_same_bytes_for_any_processes_and_threads(stem_data, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    fit(stem_data, tmp_path / "A", first, jobs=1, threads=1)
    fit(stem_data, tmp_path / "B", second, jobs=2, threads=2)
    fit(stem_data, tmp_path / "C", first, jobs=3, threads=2)  # from a warm cache
    expected = read_files(tmp_path / "A")
    assert {"recipes.parquet", "submission.csv", "models/lr/fold0/model.skops"} <= set(expected)
    for name in ("B", "C"):
        files = read_files(tmp_path / name)
        assert files.keys() == expected.keys()
        assert [path for path in files if files[path] != expected[path]] == []
    # Shards of features have random names.
    for name in ("features", "sources"):
        contents = [sorted(read_files(cache / name).values()) for cache in (first, second)]
        assert contents[0] == contents[1], name
