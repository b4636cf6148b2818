"""Processors and memory are those that the process may use, not those of the machine."""

import os
import subprocess
import sys

import psutil
import pytest

from stemstack.utils import machine
from stemstack.utils.machine import default_jobs, expected_memory, memory_limit


@pytest.fixture
def cgroup(tmp_path, monkeypatch):
    """Return a function that writes a file of the control groups; the machine has no others."""
    monkeypatch.setattr(machine, "_CGROUPS", tmp_path)

    def write(name, text):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    return write


@pytest.mark.skipif(sys.platform != "linux", reason="control groups are a feature of Linux")
@pytest.mark.parametrize(
    ("lines", "name", "text", "expected"),
    [
        ("0::/", "memory.max", "2000000000\n", 2_000_000_000),
        ("0::/job/step", "job/memory.max", "3000000000\n", 3_000_000_000),
        ("0::/", "memory.max", "max\n", None),
        ("5:cpu,memory:/a", "memory/a/memory.limit_in_bytes", "1000000000\n", 1_000_000_000),
        # A container sees the path of its host, but only its own files.
        ("5:memory:/docker/1f", "memory/memory.limit_in_bytes", "1500000000\n", 1_500_000_000),
        ("5:memory:/", "memory/memory.limit_in_bytes", "9223372036854771712\n", None),
    ],
)
def test_memory_is_limited_by_the_control_group(monkeypatch, cgroup, lines, name, text, expected):
    cgroup(name, text)
    read = machine.Path.read_text
    monkeypatch.setattr(
        machine.Path,
        "read_text",
        lambda path, **_: lines if str(path) == "/proc/self/cgroup" else read(path),
    )
    assert memory_limit() == (expected or psutil.virtual_memory().total)


@pytest.mark.parametrize(("memory", "jobs"), [(100, 8), (3, 5), (1, 1), (0.1, 1)])
def test_default_jobs_fit_into_memory(monkeypatch, memory, jobs):
    monkeypatch.setattr("joblib.cpu_count", lambda: 8)
    monkeypatch.setattr(machine, "memory_limit", lambda: int(memory * 1e9))
    assert default_jobs() == jobs


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system has no affinity mask")
def test_default_jobs_follow_the_affinity_mask():
    code = (
        "import os; os.sched_setaffinity(0, list(os.sched_getaffinity(0))[:1]); "
        "from stemstack.utils.machine import default_jobs; print(default_jobs())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"


@pytest.mark.parametrize(
    ("n_jobs", "networks", "measured_mb"), [(1, False, 489), (2, False, 1491), (2, True, 3104)]
)
def test_expected_memory_is_near_measurements(n_jobs, networks, measured_mb):
    # Fits of lr and lgbm, and of cnn, on 18 clips of one second: costs.json.
    expected = expected_memory(n_jobs, 18, networks=networks) / 1e6
    assert measured_mb / 2 < expected < 2 * measured_mb
