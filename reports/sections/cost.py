"""Cost of a run: time by stage, and memory."""

import numpy as np
import pandas as pd

from ...runs.costs import read_costs
from ...utils.formatting import format_duration
from ..html import figures
from ..html.blocks import details, figure, paragraph, table
from ..section import Section

# Stages below this fraction of the time are in the table only.
_MIN_FRACTION = 0.002


def collect(inputs):
    """Read the recorded costs; None where nothing was recorded, as in a run made by ``stack``."""
    costs = read_costs(inputs.run)
    if not costs["stages"]:
        return None
    stages = pd.DataFrame(costs["stages"]).set_index("stage")
    return {"stages": stages, "peak_memory_mb": costs["peak_memory_mb"]}


def render(data):
    """Render the totals, a figure and the table of stages."""
    stages = data["stages"]
    total, cpu = stages["seconds"].sum(), stages["cpu_seconds"].sum()
    body = paragraph(
        f"{format_duration(total)} of wall time and {format_duration(cpu)} of processor time, "
        f"resumed fits included; at most {data['peak_memory_mb'] / 1024:.1f} GB of memory."
    )
    drawn = stages[stages["seconds"] >= _MIN_FRACTION * total]
    svg = figures.draw_svg(
        lambda axes: _draw(axes, drawn),
        name="cost-stages",
        alt="Wall time and processor time in seconds by stage",
        height=figures.figure_height(len(drawn), 0.3),
    )
    body += figure(
        svg, "Time by stage. Where processor time exceeds wall time, several processors worked."
    )
    return body + details("All stages", table(_add_rate(stages), "Time by stage", digits=2))


def _add_rate(stages):
    rate = stages["n"] / stages["seconds"].where(stages["seconds"] > 0)
    columns = stages[["n", "seconds", "cpu_seconds"]].assign(rate=rate)
    return columns.rename(columns={"n": "steps", "cpu_seconds": "CPU seconds", "rate": "steps / s"})


def _draw(axes, stages):
    stages, rows = stages[::-1], np.arange(len(stages))
    for column, colour, shift, label in (
        ("seconds", figures.MAIN, 0.2, "wall time"),
        ("cpu_seconds", figures.SECOND, -0.2, "processor time"),
    ):
        axes.barh(rows + shift, stages[column], 0.36, color=colour, label=label)
    figures.label_rows(axes, stages.index)
    axes.set_xlabel("seconds")
    figures.add_legend(axes)


COST = Section("Cost", "cost", collect, render)
