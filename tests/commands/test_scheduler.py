"""fit on a Dask cluster: the same bytes as on this machine, and errors of the cluster."""

import json
import os
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from stemstack.exceptions import DataError, UsageError
from stemstack.runs.fitting.cluster import check_scheduler, run_on_cluster

TABLES = ("ledger/oof.parquet", "ledger/test.parquet", "submission.csv", "folds.parquet")
MODELS = "heuristic,lr(families=rms),lgbm(families=rms,n_estimators=20)"
LIMIT = 120
DASK = [sys.executable, "-c", "from dask.__main__ import main; main()"]


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two workers as local processes; its address and the workers."""
    file = tmp_path / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    quiet["env"] = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", file]
    processes = [subprocess.Popen([*DASK, "scheduler", *options], **quiet)]
    # Until it is complete.
    wait_for(lambda: file.exists() and file.read_text().rstrip().endswith("}"))
    address = json.loads(file.read_text())["address"]
    options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
    processes += [subprocess.Popen([*DASK, "worker", address, *options], **quiet) for _ in range(2)]
    yield address, processes[1:]
    for process in processes:
        process.kill()
        process.wait()


def wait_for(condition):
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.005)


@pytest.mark.slow
def test_killed_worker_changes_nothing(cluster, fit_small, stem_data, tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    address, workers = cluster
    here, there = tmp_path / "main/HERE", tmp_path / "main/THERE"
    # The workers run in another directory; paths are relative to this one.
    (tmp_path / "main").mkdir()
    monkeypatch.chdir(tmp_path / "main")
    data = os.path.relpath(stem_data)
    code, _, err = fit_small(stem_data, here, "--jobs", "1", models=MODELS)
    assert code == 0, err
    left = []

    def kill_one():
        wait_for(lambda: list(there.glob("ledger/*/fold*.parquet")))
        left.append(6 - len(list(there.glob("ledger/*/fold*.parquet"))))
        workers[0].kill()

    killer = threading.Thread(target=kill_one)
    killer.start()
    cache = ["--cache", "cache", "--jobs", "1"]
    code, _, err = fit_small(data, "THERE", "--scheduler", address, *cache, models=MODELS)
    killer.join()
    assert code == 0, err
    assert left[0] > 0 and workers[0].wait() != 0 and workers[1].poll() is None
    for name in TABLES:
        assert (there / name).read_bytes() == (here / name).read_bytes(), name
    entries = sorted(path.relative_to(here) for path in here.glob("ledger/*/fold*.parquet"))
    assert len(entries) == 6
    assert all((there / path).read_bytes() == (here / path).read_bytes() for path in entries)


@pytest.mark.parametrize(
    "text", ["local", "local:0", "local:two", "8786", "host:8786", "tcp://host"]
)
def test_invalid_scheduler_raises(text):
    with pytest.raises(UsageError, match=r"'local:N'.* or an address such as tcp://host:8786"):
        check_scheduler(text)


def test_unreachable_scheduler_is_named(fit_small, stem_data, tmp_path):
    pytest.importorskip("distributed")
    out = tmp_path / "RUN"
    code, _, err = fit_small(stem_data, out, "--scheduler", "tcp://127.0.0.1:9", models="heuristic")
    assert code == 2 and "No scheduler answers at tcp://127.0.0.1:9" in err
    assert not out.exists()


@pytest.mark.parametrize("lost", ["worker", "scheduler"])
def test_lost_cluster_raises(lost, monkeypatch):
    distributed = pytest.importorskip("distributed")
    error = {
        "worker": distributed.KilledWorker("task", SimpleNamespace(address="w"), 3),
        "scheduler": distributed.client.FutureCancelledError("f", "scheduler-connection-lost"),
    }[lost]

    def fail():
        raise error

    client = SimpleNamespace(
        scheduler=SimpleNamespace(address="tcp://host:8786"),
        scheduler_info=lambda n_workers: {"workers": {"w": {"resources": {}}}},
        submit=lambda *arguments, **options: SimpleNamespace(result=fail),
    )
    monkeypatch.setattr(distributed, "as_completed", iter)
    with pytest.raises(DataError, match=r"host:8786 failed .* continue with --resume"):
        list(run_on_cluster(client, None, print, [()]))


@pytest.mark.parametrize(
    ("workers", "message"),
    [({}, "has no workers; start some"), ({"w": {"resources": {}}}, "has a GPU")],
)
def test_cluster_without_workers_raises(workers, message):
    client = SimpleNamespace(
        scheduler=SimpleNamespace(address="tcp://host:8786"),
        scheduler_info=lambda n_workers: {"workers": workers},
    )
    with pytest.raises(UsageError, match=f"tcp://host:8786 {message}"):
        list(run_on_cluster(client, None, print, [()], on_gpu=[True]))
