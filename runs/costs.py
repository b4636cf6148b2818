"""Time and memory of a run by stage, in ``costs.json``.

The file is written at the end of each stage and continued by ``--resume``. No table depends on it.
Several processes that fill one run at a time each add to what they found at their start.
"""

import json
import time
from contextlib import contextmanager

import psutil

from ..exceptions import DataError
from ..utils.atomic_write import write_text
from ..utils.constraints import is_number
from ..utils.progress import NullProgress
from .run_files import damaged, read_json

# Seconds between two measurements of memory, which take a millisecond.
_INTERVAL = 1.0
_NO_COSTS = {"stages": [], "seconds": 0.0, "peak_memory_mb": 0.0}
_STAGE = ("n", "seconds", "cpu_seconds")
# Stages of one model, whose name follows.
_OF_MODEL = ("features for", "self-training", "fitting")


class Costs(NullProgress):
    """Progress display that also records what each stage of a run costs.

    Parameters
    ----------
    run : Run
    display : NullProgress
        Shows the stages and messages.

    Attributes
    ----------
    stages : dict of str to dict
        By name, in the order of their first start: steps done ``n``, wall-clock ``seconds`` and
        ``cpu_seconds`` of this process and its children; summed over resumptions.
    peak_memory_mb : float
        The largest resident memory of these processes together, in MB; memory that they share
        counts for each.
    """

    def __init__(self, run, display):
        self._run, self._path = run, run.path / "costs.json"
        self._display = display
        try:
            stored = read_costs(run)
        except DataError:
            display.log(f"{self._path}: is damaged; the costs of the run are counted anew")
            stored = _NO_COSTS
        self.stages = {stage.pop("stage"): stage for stage in stored["stages"]}
        self.peak_memory_mb = stored["peak_memory_mb"]
        self._measured = 0.0

    @contextmanager
    def stage(self, name, total=None):
        """Announce a stage, and record its costs."""
        done, start, cpu = [0], time.perf_counter(), _cpu_seconds()
        with self._display.stage(name, total) as advance:

            def count(n=1):
                done[0] += n
                advance(n)
                self._measure_memory(_INTERVAL)

            try:
                yield count
            finally:
                self._measure_memory()
                self._add(name, done[0], time.perf_counter() - start, _cpu_seconds() - cpu)

    def log(self, message):
        """Show a message."""
        self._display.log(message)

    def write(self):
        """Write ``costs.json``."""
        document = {
            "stages": [{"stage": name, **costs} for name, costs in self.stages.items()],
            "seconds": round(sum(costs["seconds"] for costs in self.stages.values()), 3),
            "peak_memory_mb": round(self.peak_memory_mb, 1),
        }
        write_text(self._path, json.dumps(document, indent=1) + "\n")

    def _add(self, name, n, seconds, cpu_seconds):
        costs = self.stages.setdefault(name, dict.fromkeys(_STAGE, 0))
        costs["n"] += n
        costs["seconds"] = round(costs["seconds"] + seconds, 3)
        costs["cpu_seconds"] = round(costs["cpu_seconds"] + cpu_seconds, 3)
        # A fit that fails on its data writes nothing, not even into a folder that exists.
        if self._run.config_path.exists():
            self.write()

    def _measure_memory(self, interval=0.0):
        now = time.monotonic()
        if now - self._measured >= interval:
            self._measured = now
            memory = _sum_processes(lambda process: process.memory_info().rss) / 1e6
            self.peak_memory_mb = max(self.peak_memory_mb, memory)


def read_costs(run):
    """Read the costs of a run.

    Parameters
    ----------
    run : Run

    Returns
    -------
    dict
        ``stages``, a list of dicts with ``stage``, ``n``, ``seconds`` and ``cpu_seconds``;
        ``seconds``, their sum; and ``peak_memory_mb``. Zeros when nothing was recorded.

    See Also
    --------
    model_seconds : Returns the time of each model.

    Examples
    --------
    >>> from stemstack.runs import Run
    >>> from stemstack.runs.costs import read_costs
    >>> read_costs(Run("NEW"))
    {'stages': [], 'seconds': 0.0, 'peak_memory_mb': 0.0}
    """
    path = run.path / "costs.json"
    if not path.exists():
        return _NO_COSTS
    costs = read_json(path)
    try:
        numbers = [costs["peak_memory_mb"]]
        numbers += [stage[key] for stage in costs["stages"] for key in _STAGE]
        if not all(map(is_number, numbers)):
            raise ValueError("a time or size is not a number")
        if not all(isinstance(stage["stage"], str) for stage in costs["stages"]):
            raise ValueError("a stage without a name")
    except (TypeError, ValueError, LookupError) as error:
        raise damaged(path, error) from error
    return costs


def model_seconds(run):
    """Return the time of each model's features, self-training and fits in s.

    The time of features that models share counts for the first one.

    Parameters
    ----------
    run : Run

    Returns
    -------
    dict of str to float
        By model; without models fitted in one stage with others, as on a cluster.
    """
    seconds = {stage["stage"]: stage["seconds"] for stage in read_costs(run)["stages"]}
    return {
        name: sum(seconds.get(f"{stage} {name}", 0.0) for stage in _OF_MODEL)
        for name in run.model_names
        if f"fitting {name}" in seconds
    }


def _cpu_seconds():
    """Return the CPU time of this process and its children, including finished ones."""
    finished = psutil.Process().cpu_times()
    running = _sum_processes(lambda process: sum(process.cpu_times()[:2]))
    return finished.children_user + finished.children_system + running


def _sum_processes(measure):
    """Sum a measurement over this process and its running children."""
    total, process = 0.0, psutil.Process()
    for member in [process, *process.children(recursive=True)]:
        try:
            total += measure(member)
        except psutil.NoSuchProcess:
            continue  # It ended in the meantime.
    return total
