"""What models lean on: macro F1 lost without each family of features, and what they say themselves.

Conventions: a model is a dict of ``drops``, by family ``drop``, ``low`` and ``high``, the largest
first, and ``weights``, shares by family of what the model weighs by.
"""

import numpy as np
import pandas as pd

from ..section import Section, bullets, figure, fold, paragraph, table
from ..svg import INK, MAIN, SECOND, THIRD, draw_svg
from .rows import WIDTH, height, name_rows, put_legend

_COLOURS = (SECOND, THIRD)


def importance_section(models):
    """Lay the importance of families out.

    Parameters
    ----------
    models : dict of str to dict
        By name.

    Returns
    -------
    Section
    """
    body = paragraph(
        "Left: macro F1 lost when a family's columns are dealt out anew among the held-out clips, "
        "together, so that they tell nothing of their own clip any more; five times, each clip by "
        "the fold's model that has not seen it, with 95 % intervals over clips. Families that say "
        "the same stand in for each other, so each may cost nothing while both matter. Right: how "
        "each model itself shares out its weight."
    )
    body += bullets([_say(name, model) for name, model in models.items()])
    for number, (name, model) in enumerate(models.items()):
        body += _figure(name, model, f"importance-{number}")
        body += fold(f"{name} in numbers", table(_numbers(model), f"{name}, by family"))
    return Section("importance", "Importance of feature families", body)


def _say(name, model):
    certain = [family for family, found in model["drops"].items() if found["low"] > 0]
    if not certain:
        return f"{name} can do without any one family: no loss stands out from chance."
    first = model["drops"][certain[0]]
    others = f"; then {', '.join(certain[1:4])}" if certain[1:] else ""
    return (
        f"{name} leans most on {certain[0]}: {first['drop']:.3f} "
        f"({first['low']:.3f} to {first['high']:.3f}) of macro F1{others}. "
        f"Of {len(model['drops'])} families, {len(certain)} stand out from chance."
    )


def _numbers(model):
    drops = pd.DataFrame.from_dict(model["drops"], orient="index")
    drops.columns = ["macro F1 lost", "from", "to"]
    shares = pd.DataFrame(model["weights"]).add_suffix(", share")
    return drops.join(shares).rename_axis("family")


def _figure(name, model, anchor):
    told = " and ".join(model["weights"])
    svg = draw_svg(
        lambda axes: (_draw_drops(axes[0], model["drops"]), _draw_weights(axes[1], model)),
        name=anchor,
        alt=f"{name}: macro F1 lost without each family, and its share of {told}",
        size=(WIDTH, height(len(model["drops"]), 0.18)),
        ncols=2,
        sharey=True,
        width_ratios=(1.3, 1),
    )
    return figure(svg, f"{name}: loss without each family, and its share of {told}.")


def _draw_drops(axes, drops):
    places = np.arange(len(drops))[::-1]
    middle, low, high = (
        np.array([found[key] for found in drops.values()]) for key in ("drop", "low", "high")
    )
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.hlines(places, low, high, color=MAIN, linewidth=1.2)
    axes.plot(middle, places, "o", color=MAIN, markersize=4)
    name_rows(axes, list(drops)[::-1])
    axes.locator_params(axis="x", nbins=4)
    axes.set_xlabel("macro F1 lost")


def _draw_weights(axes, model):
    thick = 0.7 / len(model["weights"])
    for number, (what, shares) in enumerate(model["weights"].items()):
        places = np.arange(len(model["drops"]))[::-1] + 0.35 - thick * (number + 0.5)
        values = [shares.get(family, 0.0) for family in model["drops"]]
        axes.barh(places, values, thick, color=_COLOURS[number], label=what)
    name_rows(axes, list(model["drops"])[::-1])
    axes.locator_params(axis="x", nbins=4)
    axes.set_xlabel("share")
    put_legend(axes)
