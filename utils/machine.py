"""What this process may use of the machine: processors and memory.

A container, a job scheduler or ``taskset`` may grant less than the machine has.
"""

from pathlib import Path

import joblib
import psutil

# Memory of a process, in bytes: Python with the libraries of a fit, a clip and its features; and
# the same with torch and a small network. Measured as resident memory of fits on one and two jobs.
_PROCESS, _NETWORK_PROCESS = 500_000_000, 1_000_000_000
# Bytes of all features of a clip in float32, in the copies that a fit holds at a time.
_CLIP = 4 * 4 * 1000
_CGROUPS = Path("/sys/fs/cgroup")


def default_jobs():
    """Return the number of worker processes that the processors and the memory allow.

    Returns
    -------
    int
        1 or more.
    """
    # One more process than workers: the one that gathers results.
    return max(1, min(joblib.cpu_count(), memory_limit() // _PROCESS - 1))


def expected_memory(n_jobs, n_clips, *, networks=False):
    """Return the memory to expect at the peak of a fit, in bytes, within a factor of two.

    Parameters
    ----------
    n_jobs : int
        Number of worker processes; 1 works in this process.
    n_clips : int
        Training and test clips.
    networks : bool, default=False
        Whether networks are fitted; large backbones take more.

    Returns
    -------
    int
        Of all processes together; memory that they share counts for each.
    """
    processes = 1 if n_jobs == 1 else n_jobs + 1
    return processes * (_NETWORK_PROCESS if networks else _PROCESS) + n_clips * _CLIP


def memory_limit():
    """Return the memory that this process and its children may use together, in bytes.

    Returns
    -------
    int
        That of the machine, or less if a control group (version 1 or 2) limits it.
    """
    limits = [psutil.virtual_memory().total]
    for path in _cgroup_files():
        try:
            limits.append(int(path.read_text()))
        except (OSError, ValueError):
            continue  # The control group is not visible here, or has no limit: "max".
    return min(limits)


def _cgroup_files():
    """Yield the files that may hold a limit: of this process's control groups and their parents."""
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return  # Not Linux.
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            root, name = _CGROUPS, "memory.max"
        elif "memory" in controllers.split(","):
            root, name = _CGROUPS / "memory", "memory.limit_in_bytes"
        else:
            continue
        # Inside a container the path may be that of the host, and its root is the mount.
        folder = root / path.lstrip("/")
        while root in (folder, *folder.parents):
            yield folder / name
            folder = folder.parent
