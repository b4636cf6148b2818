"""The gap to the clips to predict, before and after mixing: how wide, by what, and in words.

Conventions: a gap is plain data, as ``stemstack.mashups.gap.Gap.to_dict`` gives it, of training
clips (A) against test clips (B).
"""

import numpy as np

from ..section import Section, bullets, figure, heading, paragraph
from ..svg import FAINT, INK, MAIN, SECOND, draw_svg
from .rows import WIDTH, height, name_rows, put_legend

_MOST = 5
_SIGNIFICANT = 0.05


def gap_section(trained_on, naive=None, *, kind="training clips"):
    """Lay the gap out.

    Parameters
    ----------
    trained_on : dict
        Of the clips that the run was trained on.
    naive : dict, optional
        Of the plain sums of single songs, which training would use that knows of no mashups.
    kind : str, default="training clips"
        What the run was trained on.

    Returns
    -------
    Section
    """
    body = paragraph(
        f"A classifier tells the {kind} of this run from the unlabelled test clips with an AUC of "
        f"{_auc(trained_on)}: 0.5 means not at all, 1 without a mistake.{_compare(naive)}"
        f"{_floor(trained_on, kind)}"
    )
    body += _figure(trained_on, naive, kind)
    body += _words(f"Test clips against the {kind}", trained_on)
    if naive is not None:
        body += _words("Test clips against plain sums of single songs", naive)
    return Section("gap", "Gap to the test clips", body)


def _auc(gap):
    low, high = gap["interval"]
    return f"{gap['auc']:.2f} ({low:.2f} to {high:.2f})"


def _compare(naive):
    if naive is None:
        return ""
    return f" Plain sums of single songs, without mixing, it tells from them with {_auc(naive)}."


def _floor(gap, kind):
    if gap["floor"] is None:
        return ""
    return (
        f" Other songs alone make a difference too: between {kind} of one fold and of the others "
        f"the AUC is {gap['floor']:.2f}, and no settings can bring it much below that."
    )


def _words(title, gap):
    telling = [found for found in gap["differences"] if found["p_value"] < _SIGNIFICANT]
    if not gap["told_apart"]:
        return heading(title) + paragraph("Nothing found that tells them apart.")
    if not telling:
        return heading(title) + paragraph(
            "A classifier tells them apart, but no readable feature does by itself."
        )
    return heading(title) + bullets([f"A test clip {d['words']}." for d in telling[:_MOST]])


def _figure(trained_on, naive, kind):
    families = dict(sorted(trained_on["families"].items(), key=lambda item: item[1]))
    before = None if naive is None else [naive["families"][name] for name in families]
    svg = draw_svg(
        lambda axes: _draw(axes, families, before, kind),
        name="gap-families",
        alt=f"AUC of {kind} against test clips from each family of features alone",
        size=(WIDTH, height(len(families), 0.17)),
    )
    moved = "" if naive is None else ", and how far mixing has moved it"
    return figure(svg, f"How well each family of features alone tells them apart{moved}.")


def _draw(axes, families, before, kind):
    places, after = np.arange(len(families)), np.array(list(families.values()))
    if before is not None:
        axes.hlines(places, before, after, color=FAINT, linewidth=2)
        axes.plot(before, places, "o", color=SECOND, markersize=5, label="plain sums of songs")
    axes.plot(after, places, "o", color=MAIN, markersize=5, label=kind)
    axes.axvline(0.5, color=INK, linewidth=0.8)
    name_rows(axes, families)
    axes.set_xlim(min(0.4, after.min() - 0.02, *(before or [1])), 1.02)
    axes.set_xlabel("AUC against the test clips")
    put_legend(axes)
