"""What a run cost: where the time went, stage by stage."""

import numpy as np
import pandas as pd

from ...runs.costs import read_costs
from ...utils.formatting import format_duration
from ..html.figures import MAIN, SECOND, WIDTH, draw_svg, height, name_rows, put_legend
from ..html.section import Section, figure, fold, paragraph, table

# Stages that take less than this share of the time are left out of the figure, not of the table.
_SHOWN = 0.002


def render_cost(costs):
    """Lay the cost of a run out.

    Parameters
    ----------
    costs : dict
        ``stages``, a list of dicts of ``stage``, ``n`` (steps), ``seconds`` by the clock and
        ``cpu_seconds``; ``peak_memory_mb``.

    Returns
    -------
    Section
    """
    stages = pd.DataFrame(costs["stages"]).set_index("stage")
    total, cpu = stages["seconds"].sum(), stages["cpu_seconds"].sum()
    body = paragraph(
        f"{format_duration(total)} by the clock, {format_duration(cpu)} of processors' time, "
        f"resumptions included; at most {costs['peak_memory_mb'] / 1024:.1f} GB of memory."
    )
    shown = stages[stages["seconds"] >= _SHOWN * total]
    svg = draw_svg(
        lambda axes: _draw(axes, shown),
        name="cost-stages",
        alt="Seconds by stage, by the clock and of processors' time",
        size=(WIDTH, height(len(shown), 0.3)),
    )
    body += figure(svg, "Time by stage. Processors' time above the clock's: several at work.")
    body += fold("Every stage in numbers", table(_numbers(stages), "Time by stage", digits=2))
    return Section("cost", "Cost", body)


def _numbers(stages):
    rate = stages["n"] / stages["seconds"].where(stages["seconds"] > 0)
    named = stages[["n", "seconds", "cpu_seconds"]].assign(rate=rate)
    return named.rename(columns={"n": "steps", "cpu_seconds": "CPU seconds", "rate": "steps / s"})


def _draw(axes, stages):
    stages, places = stages[::-1], np.arange(len(stages))
    for column, colour, shift, label in (
        ("seconds", MAIN, 0.2, "by the clock"),
        ("cpu_seconds", SECOND, -0.2, "of processors"),
    ):
        axes.barh(places + shift, stages[column], 0.36, color=colour, label=label)
    name_rows(axes, stages.index)
    axes.set_xlabel("seconds")
    put_legend(axes)


def cost_section(run):
    """Write of what a run cost.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Section or None
        None where nothing was recorded, as in a run made by ``stack``.
    """
    costs = read_costs(run)
    return render_cost(costs) if costs["stages"] else None
