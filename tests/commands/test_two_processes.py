"""Two processes that fill one run together write the files of one."""

import os
import subprocess
import sys

import pytest
from chaos import CALL
from helpers.runs import SMALL_FIT

TABLES = ("ledger/oof.parquet", "ledger/test.parquet", "submission.csv")
MODELS = "lr(families=rms),lgbm(families=rms,n_estimators=20)"


@pytest.mark.slow
def test_two_processes_fill_one_ledger(fit_small, shared_cache, stem_data, tmp_path):
    whole, run = tmp_path / "WHOLE", tmp_path / "RUN"
    code, _, err = fit_small(stem_data, whole, "--jobs", "1", models=MODELS)
    assert code == 0, err
    options = ("--resume", *SMALL_FIT, "--jobs", "1", "--cache", shared_cache)
    arguments = ("fit", "--data", stem_data, "--models", MODELS, "--out", run, *options)
    call = [sys.executable, "-c", CALL, *map(str, arguments)]
    limits = {**os.environ, "OMP_NUM_THREADS": "1"}
    both = [subprocess.Popen(call, env=limits, stderr=subprocess.PIPE) for _ in range(2)]
    for process in both:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err.decode()
    for name in TABLES:
        assert (run / name).read_bytes() == (whole / name).read_bytes(), name
    names = {path.relative_to(whole) for path in whole.rglob("*") if path.is_file()}
    assert names == {path.relative_to(run) for path in run.rglob("*") if path.is_file()}
