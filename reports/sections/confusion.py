"""Confusion: what is taken for what."""

import numpy as np
import pandas as pd

from ..html.section import Section, bullets, fold, paragraph, table

# A matrix of more classes is too large to be read, and a page of them too large to be opened.
_MOST = 40
_PAIRS = 6


def confusion_section(sides):
    """Show what each model takes for what.

    Parameters
    ----------
    sides : sequence of Side

    Returns
    -------
    Section
    """
    first = sides[0]
    body = paragraph(f"Most often taken for another by {first.stack}, {first.name}:")
    body += bullets(_worst_pairs(first))
    if len(first.classes) > _MOST:
        body += paragraph(f"The {len(first.classes)} classes are too many for a matrix.")
        return Section("confusion", "Confusion", body)
    body += _matrix(first, first.stack)
    for side in sides[1:]:
        body += fold(f"{side.stack}, {side.name}", _matrix(side, side.stack))
    for side in sides:
        matrices = [_matrix(side, model) for model in reversed(side.models)]
        body += fold(f"the models that are stacked, {side.name}", "".join(matrices))
    return Section("confusion", "Confusion", body)


def _matrix(side, model):
    """Lay a confusion matrix out, shaded by the share of the row."""
    counts = _counts(side, model)
    share = counts.div(counts.sum(axis=1).clip(lower=1), axis=0)
    shown = counts.astype(object).where(counts > 0, "·").rename_axis("truth ↓, guess →")
    return table(shown, f"{model}, {side.name}", shade=share, turned=True)


def _worst_pairs(side):
    """Say which pairs of classes are confused most."""
    counts = _counts(side, side.stack)
    wrong = counts.to_numpy().copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:_PAIRS]
    pairs = [np.unravel_index(place, wrong.shape) for place in order]
    lines = [
        f"{side.classes[i]} taken for {side.classes[j]}: {wrong[i, j]} of {counts.iloc[i].sum()}"
        for i, j in pairs
        if wrong[i, j]
    ]
    return lines or ["nothing: every clip is right"]


def _counts(side, model):
    return pd.DataFrame(side.scores[model]["confusion"], side.classes, side.classes)
