"""A tuning as text on stdout."""

from rich import box
from rich.table import Table

from .console import make_console
from .gap_text import print_gap


def print_tuning(tuning, out):
    """Print the gap before and after, the finalists, and what was changed.

    Parameters
    ----------
    tuning : Tuning
    out : Path
        Where the settings were written.
    """
    console = make_console()
    for title, gap in (("Before", tuning.before), ("After", tuning.after)):
        console.rule(title, align="left")
        print_gap(gap, "synthetic", "test", full=False)
    console.rule(f"{tuning.n_trials} trials", align="left")
    for finalist in tuning.finalists:
        console.print(f"{finalist.name}: AUC {finalist.auc:.3f}", markup=False)
    console.print(_changes(tuning))
    console.print(out, markup=False)


def _changes(tuning):
    """Lay out the settings that are not what they were."""
    table = Table("setting", "before", "after", box=box.SIMPLE_HEAD, pad_edge=False)
    before, after = tuning.start.to_dict(), tuning.settings.to_dict()
    for name in after:
        if before[name] != after[name]:
            table.add_row(name, _show(before[name]), _show(after[name]))
    return table


def _show(value):
    if isinstance(value, list):
        return ", ".join(f"({_show(v)})" if isinstance(v, list) else _show(v) for v in value)
    return f"{value:.3g}" if isinstance(value, float) else str(value)
