"""How far models agree, and what each knows that the stack does not use."""

from itertools import combinations

import numpy as np
import pandas as pd
from sklearn.metrics import cohen_kappa_score

from ..html.figures import INK, MAIN, THIRD, WIDTH, draw_svg, height, name_rows, write_beside
from ..html.section import Section, figure, fold, paragraph, percent, table


def agreement_section(side):
    """Show how far the models of a stack agree and complement each other.

    Parameters
    ----------
    side : Side

    Returns
    -------
    Section or None
        None where there is one model only.
    """
    if len(side.models) < 2:
        return None
    pairs = compare_pairs(side.truth, {model: side.guesses[model] for model in side.models})
    beside = compare_with_stack(side)
    svg = draw_svg(
        lambda axes: _draw(axes, beside.iloc[::-1]),
        name="agreement",
        alt=_alt(beside, side),
        size=(WIDTH, height(len(beside))),
    )
    caption = (
        f"Right of zero, clips that a model has right where {side.stack} is wrong; left of it, "
        f"where the model is wrong and {side.stack} right."
    )
    return Section(
        "agreement",
        "Agreement of the models",
        paragraph(_words(side, pairs))
        + figure(svg, caption)
        + table(beside, f"Each model beside {side.stack}, clips {side.name}")
        + fold("every pair of models", table(pairs, f"Pairs of models, {side.name}"), opened=True),
    )


def compare_pairs(truth, guesses):
    """Compare the guesses of models, two by two.

    Parameters
    ----------
    truth : ndarray of shape (n,)
    guesses : dict of str to ndarray of shape (n,)

    Returns
    -------
    DataFrame
        A row a pair, the least alike first: ``agreement`` (share of clips with one guess),
        ``kappa`` (Cohen's: agreement beyond chance; missing where both guess one class only),
        ``both wrong`` (the double fault) and ``one right`` (the disagreement measure), as shares
        of the clips.

    References
    ----------
    Kuncheva, L. and Whitaker, C. (2003). Measures of diversity in classifier ensembles and their
    relationship with the ensemble accuracy. Machine Learning 51, 181–207.
    """
    rows = {}
    for one, other in combinations(guesses, 2):
        a, b = guesses[one], guesses[other]
        rows[f"{one}, {other}"] = {
            "agreement": np.mean(a == b),
            "kappa": _kappa(a, b),
            "both wrong": np.mean((a != truth) & (b != truth)),
            "one right": np.mean((a == truth) != (b == truth)),
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("models")
    return table.sort_values("agreement", kind="stable")


def compare_with_stack(side):
    """Count where a model and the stack differ in being right.

    Parameters
    ----------
    side : Side

    Returns
    -------
    DataFrame
        A row a model, the most helpful first: clips ``right where the stack is wrong``, ``wrong
        where the stack is right``, and the ``accuracy``.
    """
    stack = side.guesses[side.stack] == side.truth
    rows = {}
    for model in side.models:
        right = side.guesses[model] == side.truth
        rows[model] = {
            f"right where {side.stack} is wrong": int(np.sum(right & ~stack)),
            f"wrong where {side.stack} is right": int(np.sum(~right & stack)),
            "accuracy": float(np.mean(right)),
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("model")
    return table.sort_values(table.columns[0], ascending=False, kind="stable")


def _kappa(a, b):
    if len({*a, *b}) == 1:
        return np.nan
    return float(cohen_kappa_score(a, b))


def _words(side, pairs):
    hits = np.array([side.guesses[model] == side.truth for model in side.models])
    stack = side.guesses[side.stack] == side.truth
    n, nobody = len(stack), int(np.sum(~hits.any(axis=0)))
    missed = int(np.sum(hits.any(axis=0) & ~stack))
    return (
        f"Of {n} clips, all {len(hits)} models have {np.sum(hits.all(axis=0))} right and none has "
        f"{nobody} right. In {missed} clips a model is right and {side.stack} is not: that much a "
        f"better combination could gain at most. The pair least alike is {pairs.index[0]}, which "
        f"agrees on {percent(pairs['agreement'].iloc[0])} of the clips. Models that err on "
        "different clips are worth stacking; copies of each other are not."
    )


def _alt(beside, side):
    gains, losses = beside.iloc[:, 0], beside.iloc[:, 1]
    said = "; ".join(f"{m}: {gains[m]} and {losses[m]}" for m in beside.index)
    return (
        f"Clips where each model is right and {side.stack} wrong, and where it is wrong and "
        f"{side.stack} right. {said}."
    )


def _draw(axes, beside):
    rows = range(len(beside))
    gains, losses = beside.iloc[:, 0], beside.iloc[:, 1]
    axes.barh(rows, gains, color=MAIN, height=0.6)
    axes.barh(rows, -losses, color=THIRD, height=0.6)
    for y, gain, loss in zip(rows, gains, losses, strict=True):
        write_beside(axes, gain, y, str(gain))
        write_beside(axes, -loss, y, str(loss), left=True)
    axes.axvline(0, color=INK, linewidth=0.8)
    widest = max(gains.max(), losses.max(), 1)
    axes.set_xlim(-widest * 1.2, widest * 1.2)
    name_rows(axes, list(beside.index))
    axes.xaxis.set_major_locator(_whole_numbers())
    axes.xaxis.set_major_formatter(lambda value, _: f"{abs(value):.0f}")
    axes.set_xlabel("clips")


def _whole_numbers():
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=6, integer=True)
