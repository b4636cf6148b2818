"""What a run cost: time by stage, and memory, in ``costs.json``.

The file is written as each stage ends, and gone on with by ``--resume``. No table depends on it.
Where several processes fill one run at a time, each adds to what it found at its start.
"""

import json
import time
from contextlib import contextmanager

import psutil

from ..utils.atomic_write import write_text
from ..utils.progress import NullProgress

# In s; to look at every process takes a millisecond.
_LOOK_EVERY = 1.0


class Costs(NullProgress):
    """Keeps account of the stages of a run, and hands them on to be shown.

    Parameters
    ----------
    run : Run
    shown : NullProgress
        Hears everything, too.

    Attributes
    ----------
    stages : dict of str to dict
        By name, in the order of their first beginning: ``n`` steps done, ``seconds`` by the clock
        and ``cpu_seconds`` of this process and those it started; summed over resumptions.
    peak_memory_mb : float
        The most that these processes together were seen to hold in memory; what they share counts
        for each.
    """

    def __init__(self, run, shown):
        self._path = run.path / "costs.json"
        self._shown = shown
        found = read_costs(run)
        self.stages = {stage.pop("stage"): stage for stage in found["stages"]}
        self.peak_memory_mb = found["peak_memory_mb"]
        self._looked = 0.0

    @contextmanager
    def stage(self, name, total=None):
        """Announce a stage, and add what it took to the account."""
        done, begun, cpu = [0], time.perf_counter(), _cpu_seconds()
        with self._shown.stage(name, total) as advance:

            def count(n=1):
                done[0] += n
                advance(n)
                self._look()

            try:
                yield count
            finally:
                self._looked = 0.0
                self._look()
                spent = time.perf_counter() - begun, _cpu_seconds() - cpu
                self._add(name, done[0], *spent)

    def log(self, message):
        """Tell one thing worth knowing."""
        self._shown.log(message)

    def write(self):
        """Write the account."""
        document = {
            "stages": [{"stage": name, **spent} for name, spent in self.stages.items()],
            "seconds": round(sum(spent["seconds"] for spent in self.stages.values()), 3),
            "peak_memory_mb": round(self.peak_memory_mb, 1),
        }
        write_text(self._path, json.dumps(document, indent=1) + "\n")

    def _add(self, name, n, seconds, cpu_seconds):
        spent = self.stages.setdefault(name, {"n": 0, "seconds": 0.0, "cpu_seconds": 0.0})
        spent["n"] += n
        spent["seconds"] = round(spent["seconds"] + seconds, 3)
        spent["cpu_seconds"] = round(spent["cpu_seconds"] + cpu_seconds, 3)
        # Data that cannot be used leave no run behind: the folder is not made for this.
        if self._path.parent.exists():
            self.write()

    def _look(self):
        now = time.monotonic()
        if now - self._looked >= _LOOK_EVERY:
            self._looked = now
            self.peak_memory_mb = max(self.peak_memory_mb, _memory_mb())


def read_costs(run):
    """Read what a run cost so far.

    Parameters
    ----------
    run : Run

    Returns
    -------
    dict
        ``stages``, a list of dicts of ``stage``, ``n``, ``seconds`` and ``cpu_seconds``; their
        ``seconds`` in all; and ``peak_memory_mb``. All empty where nothing was recorded.
    """
    path = run.path / "costs.json"
    if not path.exists():
        return {"stages": [], "seconds": 0.0, "peak_memory_mb": 0.0}
    return json.loads(path.read_text(encoding="utf-8"))


def model_seconds(run):
    """Say what each model of a run took: its features and its fits.

    Features that models share are the first one's.

    Parameters
    ----------
    run : Run

    Returns
    -------
    dict of str to float
        By model; without those that were fitted in one stage with others, as on a cluster.
    """
    spent = {stage["stage"]: stage["seconds"] for stage in read_costs(run)["stages"]}
    return {
        name: spent.get(f"features for {name}", 0.0) + spent[f"fitting {name}"]
        for name in run.model_names
        if f"fitting {name}" in spent
    }


def _family():
    """List this process and those it started, those gone in the meantime excepted."""
    me = psutil.Process()
    return [me, *me.children(recursive=True)]


def _cpu_seconds():
    """Count what this process and its children took, those that have ended included."""
    ended = psutil.Process().cpu_times()
    return (
        ended.children_user
        + ended.children_system
        + _sum(lambda process: sum(process.cpu_times()[:2]))
    )


def _memory_mb():
    return _sum(lambda process: process.memory_info().rss) / 1e6


def _sum(ask):
    total = 0.0
    for process in _family():
        try:
            total += ask(process)
        except psutil.NoSuchProcess:
            continue  # It ended while we asked.
    return total
