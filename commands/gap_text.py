"""A gap as text on stdout: the outcome in words, and the tables behind it."""

from rich import box
from rich.table import Table
from rich.text import Text

from ..mashups.gap_words import show_number
from .console import make_console


def print_gap(gap, a, b, *, full=True):
    """Print a gap as text on stdout.

    Parameters
    ----------
    gap : Gap
    a, b : str
        What the two sets are called.
    full : bool, default=True
        With the tables, not the outcome alone.
    """
    say = make_console().print
    say(f"{gap.n_a} clips of {a}, {gap.n_b} of {b}", markup=False)
    say(f"AUC {auc_with_interval(gap)}, p = {gap.p_value:.3g} ({gap.n_permutations} permutations)")
    if gap.floor is not None:
        say(f"AUC between mashups of different songs, by these same settings: {gap.floor:.3f}")
    say(_verdict(gap, a, b), markup=False)
    if not full:
        return
    if gap.differences:
        say(_differences(gap, a, b))
    say("AUC by family of features:")
    say(", ".join(f"{name} {auc:.2f}" for name, auc in gap.families.items()))


def auc_with_interval(gap):
    """Write a gap's AUC with its 95 % interval."""
    low, high = gap.interval
    return f"{gap.auc:.3f} [{low:.3f}, {high:.3f}]"


def _verdict(gap, a, b):
    """Say the outcome in a sentence, or one for each of the main differences."""
    if not gap.told_apart:
        return f"Nothing found that tells {b} from {a}."
    if not gap.telling:
        return f"A classifier tells {b} from {a}, but no readable feature does by itself."
    return "\n".join(f"{b} {_sentence(found)}" for found in gap.telling[:5])


def _sentence(found):
    unit = "" if found.unit == "×" else f" {found.unit}"
    return f"{found.words} ({show_number(found.a)} → {show_number(found.b)}{unit})"


def _differences(gap, a, b):
    """Lay the readable features out as a table."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for name in (a, b, "difference", "effect", "p"):
        table.add_column(Text(name), justify="right", overflow="fold")
    for found in gap.differences:
        ratio = found.unit == "×"
        unit = "" if ratio else f" {found.unit}"
        sign = "×" if ratio else "+" if found.difference > 0 else ""
        table.add_row(
            found.name,
            f"{show_number(found.a)}{unit}",
            f"{show_number(found.b)}{unit}",
            f"{sign}{show_number(found.difference)}{unit}",
            f"{found.effect:+.2f}",
            f"{found.p_value:.3g}",
        )
    return table
