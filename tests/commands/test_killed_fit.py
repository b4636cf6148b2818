"""A fit that is killed at random moments and resumed gives the same tables."""

import os
import signal
import subprocess
import sys
import time

import pytest

TABLES = ("ledger/oof.parquet", "ledger/test.parquet", "submission.csv")
SMALL = ["--folds", "2", "--mashups-per-genre", "8", "--quiet", "--jobs", "1"]
CLASSICAL = "lr(families=rms),lgbm(families=rms,n_estimators=20)"
NET = ["--backbone", "cnn_tiny", "--weights", "none", "--epochs", "1"]
LIMIT = 120


@pytest.fixture
def start_fit(stem_data, shared_cache):
    """Return a function that starts fit as a process; it is killed at the end."""
    processes = []

    def start(out, models, *options):
        call = "import sys; from stemstack.commands import main; sys.exit(main())"
        arguments = ["fit", "--data", stem_data, "--models", models, "--out", out, *SMALL]
        process = subprocess.Popen(
            [sys.executable, "-c", call, *map(str, arguments), *options],
            env={**os.environ, "STEMSTACK_CACHE": str(shared_cache), "OMP_NUM_THREADS": "1"},
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        kill(process)


def kill(process):
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stderr.close()


def finish(process):
    _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, err.decode()


def count_files(run):
    return sum(path.is_file() for path in run.rglob("*"))


def kill_at(process, run, n_files, delay):
    """Kill a fit after its run has so many files; return whether it was still running."""
    deadline = time.monotonic() + LIMIT
    while process.poll() is None and count_files(run) < n_files and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(delay)
    was_running = process.poll() is None
    kill(process)
    return was_running


def assert_same_tables(run, other):
    for name in TABLES:
        assert (run / name).read_bytes() == (other / name).read_bytes(), name


@pytest.mark.slow
def test_killed_network_resumes_to_same_tables(fit_small, start_fit, stem_data, tmp_path):
    whole, run = tmp_path / "WHOLE", tmp_path / "RUN"
    code, _, err = fit_small(stem_data, whole, *NET, "--jobs", "1", models="effnet")
    assert code == 0, err
    # With config, folds and recipes written, the first fold is being trained.
    assert kill_at(start_fit(run, "effnet", *NET), run, 3, delay=1.0)
    assert not (run / TABLES[0]).exists()
    finish(start_fit(run, "effnet", *NET, "--resume"))
    assert_same_tables(run, whole)


@pytest.mark.slow
def test_two_processes_fill_one_ledger(fit_small, start_fit, stem_data, tmp_path):
    whole, run = tmp_path / "WHOLE", tmp_path / "RUN"
    code, _, err = fit_small(stem_data, whole, "--jobs", "1", models=CLASSICAL)
    assert code == 0, err
    both = [start_fit(run, CLASSICAL, "--resume") for _ in range(2)]
    for process in both:
        finish(process)
    assert_same_tables(run, whole)
    names = {path.relative_to(whole) for path in whole.rglob("*") if path.is_file()}
    assert names == {path.relative_to(run) for path in run.rglob("*") if path.is_file()}
