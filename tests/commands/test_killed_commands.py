"""Killed commands resume to the same files; stopped ones leave no process and no file."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest
from chaos import CALL, KINDS, disturb, wait_until_gone


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["fit", "features"])
def test_killed_command_resumes_to_same_files(own_stem_data, tmp_path, kind):
    rng, inputs = np.random.default_rng(0), {"data": own_stem_data}
    _, result = disturb(KINDS[kind], tmp_path / "trials", inputs, 1, rng, max_seconds=300)
    assert result.kills == 1 and result.finished
    assert result.faults == []


@pytest.fixture
def ctrl_c_is_heard():
    """Let commands hear Ctrl-C, which a shell ignores in background jobs, such as these tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.usefixtures("ctrl_c_is_heard")
@pytest.mark.skipif(sys.platform == "win32", reason="has no such signals")
@pytest.mark.parametrize(("number", "to_group"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_stopped_command_leaves_nothing(stem_data, tmp_path, number, to_group):
    files = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    arguments = ["mash", stem_data, "--out", tmp_path / "MASHUPS", "--folds", "2", "--n", "2000"]
    arguments += ["--cache", tmp_path / "cache", "--jobs", "2", "--quiet"]
    call = [sys.executable, "-c", CALL, *map(str, arguments)]
    with subprocess.Popen(call, **files, text=True, start_new_session=True) as process:
        # Workers convert stems, then render.
        while not any(tmp_path.rglob("*.wav")) and process.poll() is None:
            time.sleep(0.05)
        workers = psutil.Process(process.pid).children(recursive=True)
        (os.killpg if to_group else os.kill)(process.pid, number)
        err = process.stderr.read()
    assert process.returncode == 128 + number
    assert err.strip() == "stopped; run the command again to continue"
    assert wait_until_gone(workers, 30) == []
    assert list(tmp_path.rglob(".*")) == []
