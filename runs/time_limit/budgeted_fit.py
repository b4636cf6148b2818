"""A fit with a time limit: planned to end in time, and ended in time if the plan was wrong."""

import math

from ...exceptions import UsageError
from ...models import find_networks, model_columns
from ...utils.formatting import format_duration
from .budget import RESERVE


class BudgetedFit:
    """Changes what a run was asked for to what its time limit leaves room for.

    Models and epochs are chosen to fill nine tenths of the limit at most. While it runs, a model
    whose next folds would not end in time by what its earlier ones took is dropped from the stack.
    A run that was begun with a time limit goes on with the models it was planned with.

    Parameters
    ----------
    clock : Clock
    run : Run
        Perhaps begun.
    config : Config
        What was asked for.

    Attributes
    ----------
    config : Config
        What the run comes to: it repeats the run without a clock.
    """

    def __init__(self, clock, run, config):
        self.clock = clock
        self._asked = list(config.models)
        before = run.planned
        self._goes_on = before.get("asked") == self._asked
        self._decisions = before["decisions"] if self._goes_on else []
        self.config = config.with_models(before["models"]) if self._goes_on else config
        self._planned = []

    def plan(self, planner, models, resolved, *, audit, progress):
        """Choose models and epochs.

        Parameters
        ----------
        planner : Planner
        models : dict of str to estimator
            Settled, by column; epochs are lowered in place.
        resolved : dict of str to dict
        audit : bool
        progress : NullProgress
            Hears each decision.

        Returns
        -------
        models, resolved : dict
            Of those that are fitted, by their new columns; the cheapest first.

        Raises
        ------
        UsageError
            Not even one model fits.
        """
        named = dict(zip(self.config.models, models.values(), strict=True))
        settled = dict(zip(self.config.models, resolved.values(), strict=True))
        with progress.stage("measuring"):
            room = self.clock.limit * (1 - RESERVE) - self.clock.elapsed
            # What was planned once is what is in the ledger: it is not planned anew.
            room = math.inf if self._goes_on else room
            plan = planner.plan(named, resolved, room=room, prepared=True, audit=audit)
        self._decisions = [*self._decisions, *plan.choice.decisions]
        self._tell(plan, progress)
        self.config = self.config.with_models(plan.choice.names)
        self._planned = list(plan.choice.names)
        self.clock.closing = plan.stages[-1].seconds
        chosen, what = {}, {}
        for cost, column in _cheapest_first(plan.choice):
            epochs = plan.choice.epochs[cost.name]
            for net in find_networks(named[cost.name]):
                net.set_params(epochs=epochs)
            chosen[column], what[column] = named[cost.name], settled[cost.name]
            self.clock.expected[column] = cost.wave(epochs)
        return chosen, what

    def fit(self, first, models, *, on_gpu, progress):
        """Fit models as long as there is time.

        Parameters
        ----------
        first : FirstLevel
        models : dict of str to estimator
            In the order in which they are fitted.
        on_gpu : collection of str
        progress : NullProgress

        Returns
        -------
        dict of str to ModelPredictions
            Of the finished models, in the order they were asked for.

        Raises
        ------
        UsageError
            None was finished.
        """
        found = {}
        for name, model in models.items():
            with self.clock.alarm(name):
                found |= first.fit(
                    {name: model}, on_gpu=on_gpu, clock=self.clock, progress=progress
                )
        for name in models.keys() - found:
            progress.log(f"NOT FINISHED, NOT IN THE STACK: {name}: {self.clock.unfinished[name]}")
        if not found:
            raise UsageError(
                "No model was finished within the time limit. What was computed is kept: go on "
                "with --resume and a longer --time-limit"
            )
        by_column = dict(zip(model_columns(self._planned), self._planned, strict=True))
        kept = [column for column in by_column if column in found]
        self.config = self.config.with_models(by_column[column] for column in kept)
        return {column: found[column] for column in kept}

    def record(self):
        """Say for ``config.yaml`` what the time limit changed.

        Returns
        -------
        dict
        """
        return {
            "time_limit": self.clock.limit,
            "asked": self._asked,
            "models": self._planned,
            "decisions": self._decisions,
            "unfinished": dict(self.clock.unfinished),
        }

    def _tell(self, plan, progress):
        for decision in plan.choice.decisions:
            progress.log(decision)
        whole = format_duration(self.clock.elapsed + plan.seconds)
        progress.log(f"planned: {whole} in all, of {format_duration(self.clock.limit)}")


def _cheapest_first(choice):
    """Order the chosen models, each with its column: whatever goes wrong, the cheap are done."""
    pairs = zip(choice.kept, model_columns(choice.names), strict=True)
    return sorted(pairs, key=lambda pair: pair[0].fits(choice.epochs[pair[0].name]))
