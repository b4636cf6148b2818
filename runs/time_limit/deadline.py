"""A fit with a time limit: planned to end in time, and stopped in time if the plan was wrong."""

import math
import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import replace

from ...exceptions import UsageError
from ...models import find_networks, model_columns
from ...utils.formatting import format_duration
from .budget import RESERVE
from .estimate import plan_fit

# Fraction of the limit that must be left after the last fold, besides the time of the meta-model.
_SPARE = 0.03


class DeadlineExceeded(BaseException):
    """Raised from a signal handler when the time for models is over.

    Derives from BaseException so that no ``except Exception`` swallows it.
    """


class TimeLimit:
    """Countdown of a time limit, and the plan that keeps to it.

    Parameters
    ----------
    seconds : float
        From now.
    run : Run
        New, or to be resumed: then it keeps the models of its first plan.
    config : Config
        As requested.

    Attributes
    ----------
    config : Config
        With the models that are fitted: it repeats the run without a time limit.
    record : dict
        What the time limit changed, for ``config.yaml``.
    unfinished : dict of str to str
        Why a model was not finished, by model.
    expected : dict of str to float
        Estimated time of a fold, in s, by model.
    closing : float
        Time for the meta-model and what follows it, in s.
    """

    def __init__(self, seconds, run, config):
        self.seconds, self._run, self._start = seconds, run, time.monotonic()
        self.unfinished, self.expected, self.closing = {}, {}, 0.0
        requested, first = list(config.models), run.planned
        self._resumes = first.get("asked") == requested
        self.config = _as_planned(config, run) if self._resumes else config
        self.record = {
            "time_limit": seconds,
            "asked": requested,
            "models": [],
            "decisions": first["decisions"] if self._resumes else [],
            "unfinished": self.unfinished,
        }

    @property
    def elapsed(self):
        """Time since the start, in s."""
        return time.monotonic() - self._start

    @property
    def available(self):
        """Time to plan for, in s: a reserve is left out."""
        return self.seconds * (1 - RESERVE) - self.elapsed

    @property
    def left(self):
        """Time left for models, in s."""
        return self.seconds * (1 - _SPARE) - self.closing - self.elapsed

    def plan(self, data, models, resolved, *, audit, resources):
        """Choose models and epochs, and log the decisions.

        Parameters are those of :func:`plan_fit`; epochs are reduced in place. The models returned,
        with what their parameters resolved to, have their new columns; the cheapest is first.
        """
        progress = resources.progress
        with progress.stage("measuring"):
            available = self.available
            plan, costs = plan_fit(
                *(data, self.config, self._run, models, resolved),
                # The ledger has entries of the models as planned first: no second reduction.
                available=math.inf if self._resumes else available,
                prepared=True,
                audit=audit,
                resources=resources,
            )
        for decision in plan.decisions:
            progress.log(decision)
        total = format_duration(self.elapsed + plan.seconds)
        progress.log(f"planned: {total} in all, of {format_duration(self.seconds)}")
        self.closing = plan.stages[-1].seconds
        columns = dict(zip(self.config.models, models, strict=True))
        self.config = self.config.with_models(plan.models)
        self.config = replace(self.config, self_training=plan.self_training)
        self.record["models"] = plan.models
        self.record["decisions"] += plan.decisions
        selected, settings = {}, {}
        pairs = zip(model_columns(plan.models), costs, strict=True)
        for column, cost in sorted(pairs, key=lambda pair: pair[1].fit_seconds):
            model = models[columns[cost.name]]
            for network in find_networks(model):
                network.set_params(epochs=cost.epochs)
            selected[column], settings[column] = model, resolved[columns[cost.name]]
            self.expected[column] = cost.fold_seconds
        return selected, settings

    def fit(self, fitter, models, *, on_gpu, progress):
        """Fit models in their order until the deadline.

        Returns the predictions of the finished models by name, in the requested order. A UsageError
        is raised if there are none.
        """
        found = {}
        for name, model in models.items():
            with self.interrupt(name):
                options = {"planned": models.values(), "on_gpu": on_gpu, "limit": self}
                found |= fitter.fit({name: model}, **options)
        for name in models.keys() - found:
            progress.log(f"NOT FINISHED, NOT IN THE STACK: {name}: {self.unfinished[name]}")
        if not found:
            raise UsageError(
                "No model was finished within the time limit. Finished folds are stored: continue "
                "with --resume and a longer --time-limit"
            )
        columns = dict(
            zip(model_columns(self.record["models"]), self.record["models"], strict=True)
        )
        self.config = self.config.with_models(columns[name] for name in columns if name in found)
        return {name: found[name] for name in columns if name in found}

    def batches(self, name, calls, width):
        """Yield the folds of a model in batches, as long as the next is expected to end in time.

        The estimate counts for the first batch; the later ones are extrapolated from the slowest
        batch so far. A batch, of up to ``width`` calls from the left of the deque, must be done
        when the next one is requested.
        """
        total, measured, expected = len(calls), [], self.expected.get(name, 0.0)
        while calls:
            if expected > self.left:
                self.drop(name, f"{len(calls)} of {total} folds were still to be fitted")
                return
            start = time.monotonic()
            yield [calls.popleft() for _ in range(min(width, len(calls)))]
            measured.append(time.monotonic() - start)
            expected = max(measured)

    def drop(self, name, reason):
        """Record that a model is not finished."""
        self.unfinished[name] = f"{reason} when the time limit came near"

    @contextmanager
    def interrupt(self, name):
        """Interrupt the fits of a model when the time for models is over.

        Needs signals, so not on Windows and only in the main thread; elsewhere a fold that takes
        longer than estimated ends late.
        """
        in_main_thread = threading.current_thread() is threading.main_thread()
        if not hasattr(signal, "setitimer") or not in_main_thread:
            yield
            return
        previous = signal.signal(signal.SIGALRM, _raise_exceeded)
        signal.setitimer(signal.ITIMER_REAL, max(0.001, self.left))
        try:
            yield
        except DeadlineExceeded:
            self.drop(name, "it was interrupted")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, previous)


def _as_planned(config, run):
    """Return the configuration with what the first plan of the run has changed."""
    is_off = "off" in (config.self_training, run.config.self_training)
    config = replace(config, self_training="off" if is_off else "auto")
    return config.with_models(run.planned["models"])


def _raise_exceeded(signum, frame):
    raise DeadlineExceeded
