"""A fit with a time limit: planned to end in time, and stopped in time if the plan was wrong."""

import math
import signal
import threading
import time
from contextlib import contextmanager

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


class Deadline:
    """Countdown of a time limit.

    Parameters
    ----------
    limit : float
        In s, from now.

    Attributes
    ----------
    expected : dict of str to float
        Estimated time of a fold, in s, by model.
    closing : float
        Time for the meta-model and what follows it, in s.
    unfinished : dict of str to str
        Why a model was not finished, by model.
    """

    def __init__(self, limit):
        self.limit = limit
        self.expected = {}
        self.closing = 0.0
        self.unfinished = {}
        self._start = time.monotonic()

    @property
    def elapsed(self):
        """Time since the start, in s."""
        return time.monotonic() - self._start

    @property
    def left(self):
        """Time left for models, in s."""
        return self.limit * (1 - _SPARE) - self.closing - self.elapsed

    def batches(self, name, calls, width):
        """Yield the folds of a model in batches, as long as the next is expected to end in time.

        The estimate counts for the first batch; the later ones are extrapolated from the slowest
        batch so far.

        Parameters
        ----------
        name : str
        calls : deque
            Emptied from its left.
        width : int
            Folds per batch, fitted in parallel.

        Yields
        ------
        list
            Must be done when the next batch is requested.
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


def _raise_exceeded(signum, frame):
    raise DeadlineExceeded


class BudgetedFit:
    """Reduces models and epochs so that a fit meets its time limit.

    A resumed run keeps the models of its first plan.

    Parameters
    ----------
    deadline : Deadline
    run : Run
        New, or to be resumed.
    config : Config
        As requested.

    Attributes
    ----------
    config : Config
        As reduced: it repeats the run without a time limit.
    """

    def __init__(self, deadline, run, config):
        self.deadline = deadline
        self._run = run
        self._requested = list(config.models)
        previous = run.planned
        self._resumes = previous.get("asked") == self._requested
        self._decisions = previous["decisions"] if self._resumes else []
        self.config = config.with_models(previous["models"]) if self._resumes else config
        self._planned = []

    def plan(self, data, models, resolved, *, audit, resources):
        """Choose models and epochs.

        Parameters
        ----------
        data : DataSet
        models : dict of str to estimator
            By column; epochs are reduced in place.
        resolved : dict of str to dict
        audit : bool
        resources : Resources
            Each decision is logged to its progress.

        Returns
        -------
        models, resolved : dict
            Of the selected models, by their new columns; the cheapest first.

        Raises
        ------
        UsageError
            No model fits.
        """
        deadline, progress = self.deadline, resources.progress
        with progress.stage("measuring"):
            available = deadline.limit * (1 - RESERVE) - deadline.elapsed
            plan = plan_fit(
                *(data, self.config, self._run, models, resolved),
                # The ledger has entries of the models as planned first: no second reduction.
                available=math.inf if self._resumes else available,
                prepared=True,
                audit=audit,
                resources=resources,
            )
        self._decisions = [*self._decisions, *plan.choice.decisions]
        for decision in plan.choice.decisions:
            progress.log(decision)
        total = format_duration(deadline.elapsed + plan.seconds)
        progress.log(f"planned: {total} in all, of {format_duration(deadline.limit)}")
        deadline.closing = plan.stages[-1].seconds
        return self._apply(plan.choice, models, resolved)

    def _apply(self, choice, models, resolved):
        """Reduce the networks' epochs, and order the models by cost."""
        columns = dict(zip(self.config.models, models, strict=True))
        self.config = self.config.with_models(choice.names)
        self._planned = list(choice.names)
        pairs = zip(choice.costs, model_columns(choice.names), strict=True)
        selected, settings = {}, {}
        for cost, column in sorted(pairs, key=lambda p: p[0].fit_seconds(choice.epochs[p[0].name])):
            model, epochs = models[columns[cost.name]], choice.epochs[cost.name]
            for network in find_networks(model):
                network.set_params(epochs=epochs)
            selected[column], settings[column] = model, resolved[columns[cost.name]]
            self.deadline.expected[column] = cost.fold_seconds(epochs)
        return selected, settings

    def fit(self, fitter, models, *, on_gpu, progress):
        """Fit models until the deadline.

        Parameters
        ----------
        fitter : FoldFitter
        models : dict of str to estimator
            In the order of fitting.
        on_gpu : collection of str
        progress : NullProgress

        Returns
        -------
        dict of str to ModelPredictions
            Of the finished models, in the requested order.

        Raises
        ------
        UsageError
            No model was finished.
        """
        found = {}
        for name, model in models.items():
            with self.deadline.interrupt(name):
                found |= fitter.fit({name: model}, on_gpu=on_gpu, deadline=self.deadline)
        for name in models.keys() - found:
            reason = self.deadline.unfinished[name]
            progress.log(f"NOT FINISHED, NOT IN THE STACK: {name}: {reason}")
        if not found:
            raise UsageError(
                "No model was finished within the time limit. Finished folds are stored: continue "
                "with --resume and a longer --time-limit"
            )
        columns = dict(zip(model_columns(self._planned), self._planned, strict=True))
        finished = [column for column in columns if column in found]
        self.config = self.config.with_models(columns[column] for column in finished)
        return {column: found[column] for column in finished}

    def record(self):
        """Return what the time limit changed, for ``config.yaml``."""
        return {
            "time_limit": self.deadline.limit,
            "asked": self._requested,
            "models": self._planned,
            "decisions": self._decisions,
            "unfinished": dict(self.deadline.unfinished),
        }
