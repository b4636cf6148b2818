"""What a run cost, gathered for its report."""

from ..reports.sections.cost import cost_section as lay_out
from .costs import read_costs


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
    return lay_out(costs) if costs["stages"] else None
