"""Agreement of the base models, and their errors compared with the stack's."""

from itertools import combinations

import numpy as np
import pandas as pd
from sklearn.metrics import cohen_kappa_score

from ..html import figures
from ..html.blocks import details, figure, paragraph, percent, table
from ..section import Section


def collect(inputs):
    """Compare the base models with each other and with the stack; None for a single model."""
    evaluation = inputs.evaluations[0]
    if len(evaluation.models) < 2:
        return None
    y_true, y_pred = evaluation.y_true, evaluation.y_pred
    hits = np.array([y_pred[model] == y_true for model in evaluation.models])
    missed = y_pred[evaluation.stack] != y_true
    return {
        "name": evaluation.name,
        "stack": evaluation.stack,
        "n": len(y_true),
        "n_models": len(hits),
        "all_right": int(hits.all(axis=0).sum()),
        "none_right": int((~hits.any(axis=0)).sum()),
        "stack_could_gain": int((hits.any(axis=0) & missed).sum()),
        "pairs": compare_pairs(y_true, {model: y_pred[model] for model in evaluation.models}),
        "by_model": compare_with_stack(evaluation),
    }


def compare_pairs(y_true, y_pred):
    """Compare the predictions of models pairwise.

    Parameters
    ----------
    y_true : ndarray of shape (n,)
    y_pred : dict of str to ndarray of shape (n,)
        Predicted labels by model.

    Returns
    -------
    DataFrame
        One row per pair, the least alike first: ``agreement`` (fraction of clips with equal
        predictions), ``kappa`` (Cohen's: agreement beyond chance; missing where both predict one
        class only), ``both wrong`` (double fault) and ``one right`` (disagreement measure), as
        fractions of the clips.

    References
    ----------
    Kuncheva, L. and Whitaker, C. (2003). Measures of diversity in classifier ensembles and their
    relationship with the ensemble accuracy. Machine Learning 51, 181–207.
    """
    rows = {}
    for one, other in combinations(y_pred, 2):
        a, b = y_pred[one], y_pred[other]
        rows[f"{one}, {other}"] = {
            "agreement": np.mean(a == b),
            "kappa": np.nan if len({*a, *b}) == 1 else float(cohen_kappa_score(a, b)),
            "both wrong": np.mean((a != y_true) & (b != y_true)),
            "one right": np.mean((a == y_true) != (b == y_true)),
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("models")
    return table.sort_values("agreement", kind="stable")


def compare_with_stack(evaluation):
    """Count the clips where exactly one of a base model and the stack is right.

    Parameters
    ----------
    evaluation : Evaluation

    Returns
    -------
    DataFrame
        One row per model, the most helpful first: clips ``right where the stack is wrong``,
        ``wrong where the stack is right``, and the ``accuracy``.
    """
    stack = evaluation.y_pred[evaluation.stack] == evaluation.y_true
    rows = {}
    for model in evaluation.models:
        right = evaluation.y_pred[model] == evaluation.y_true
        rows[model] = {
            f"right where {evaluation.stack} is wrong": int(np.sum(right & ~stack)),
            f"wrong where {evaluation.stack} is right": int(np.sum(~right & stack)),
            "accuracy": float(np.mean(right)),
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("model")
    return table.sort_values(table.columns[0], ascending=False, kind="stable")


def render(data):
    """Render a summary, a figure and the tables."""
    by_model, pairs, stack = data["by_model"], data["pairs"], data["stack"]
    svg = figures.draw_svg(
        lambda axes: _draw(axes, by_model.iloc[::-1]),
        name="agreement",
        alt=_describe_figure(by_model, stack),
        height=figures.figure_height(len(by_model)),
    )
    caption = (
        f"Right of zero: clips that a model classifies correctly and {stack} does not. Left of "
        f"zero: clips where the model is wrong and {stack} is right."
    )
    return (
        paragraph(_summarise(data))
        + figure(svg, caption)
        + table(by_model, f"Each model compared with {stack}, {data['name']}")
        + details(
            "All pairs of models", table(pairs, f"Pairs of models, {data['name']}"), open=True
        )
    )


def _summarise(data):
    pairs = data["pairs"]
    return (
        f"Of {data['n']} clips, all {data['n_models']} models classify {data['all_right']} "
        f"correctly and none of them {data['none_right']}. For {data['stack_could_gain']} clips at "
        f"least one model is right and {data['stack']} is wrong: a better combination can gain at "
        f"most that much. The least alike models are {pairs.index[0]}, which agree on "
        f"{percent(pairs['agreement'].iloc[0])} of the clips. Models that err on different clips "
        "are worth stacking; copies of each other are not."
    )


def _describe_figure(by_model, stack):
    gains, losses = by_model.iloc[:, 0], by_model.iloc[:, 1]
    numbers = "; ".join(f"{m}: {gains[m]} and {losses[m]}" for m in by_model.index)
    return (
        f"Clips where each model is right and {stack} wrong, and where it is wrong and "
        f"{stack} right. {numbers}."
    )


def _draw(axes, by_model):
    from matplotlib.ticker import MaxNLocator

    rows = range(len(by_model))
    gains, losses = by_model.iloc[:, 0], by_model.iloc[:, 1]
    axes.barh(rows, gains, color=figures.MAIN, height=0.6)
    axes.barh(rows, -losses, color=figures.THIRD, height=0.6)
    for y, gain, loss in zip(rows, gains, losses, strict=True):
        figures.label_point(axes, gain, y, str(gain))
        figures.label_point(axes, -loss, y, str(loss), left=True)
    axes.axvline(0, color=figures.INK, linewidth=0.8)
    limit = 1.2 * max(gains.max(), losses.max(), 1)
    axes.set_xlim(-limit, limit)
    figures.label_rows(axes, list(by_model.index))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.xaxis.set_major_formatter(lambda value, _: f"{abs(value):.0f}")
    axes.set_xlabel("clips")


AGREEMENT = Section("Agreement of the models", "agreement", collect, render, one_label=True)
