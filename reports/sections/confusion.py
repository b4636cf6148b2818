"""Confusion matrices of every model."""

import numpy as np
import pandas as pd

from ..html.blocks import bullets, details, join, paragraph, table
from ..section import Section

# A larger matrix is unreadable, and a page of such matrices too large.
_MAX_CLASSES = 40
_MAX_PAIRS = 6


def collect(inputs):
    """Collect the confusion matrices by evaluation and model: rows are true labels."""
    return {
        "stack": inputs.evaluations[0].stack,
        "matrices": {
            evaluation.name: {
                model: pd.DataFrame(score["confusion"], evaluation.classes, evaluation.classes)
                for model, score in evaluation.scores.items()
            }
            for evaluation in inputs.evaluations
        },
    }


def render(data):
    """Render the most frequent confusions and the matrices."""
    stack, matrices = data["stack"], data["matrices"]
    (name, first), *others = matrices.items()
    body = paragraph(f"Most frequent confusions of {stack}, {name}:")
    body += bullets(_most_confused(first[stack]))
    if len(first[stack]) > _MAX_CLASSES:
        return body + paragraph(f"{len(first[stack])} classes are too many for a matrix.")
    body += _matrix(first[stack], f"{stack}, {name}")
    for name, by_model in others:
        body += details(f"{stack}, {name}", _matrix(by_model[stack], f"{stack}, {name}"))
    for name, by_model in matrices.items():
        models = [model for model in reversed(by_model) if model != stack]
        blocks = [_matrix(by_model[model], f"{model}, {name}") for model in models]
        body += details(f"The base models, {name}", join(blocks))
    return body


def _matrix(counts, caption):
    """Render a matrix, shaded by the fraction of the row."""
    fractions = counts.div(counts.sum(axis=1).clip(lower=1), axis=0)
    cells = counts.astype(object).where(counts > 0, "·").rename_axis("true ↓, predicted →")
    return table(cells, caption, shade=fractions, rotated=True)


def _most_confused(counts):
    wrong = counts.to_numpy().copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:_MAX_PAIRS]
    pairs = [np.unravel_index(position, wrong.shape) for position in order]
    lines = [
        f"{counts.index[i]} taken for {counts.columns[j]}: {wrong[i, j]} of {counts.iloc[i].sum()}"
        for i, j in pairs
        if wrong[i, j]
    ]
    return lines or ["none: every clip is classified correctly"]


CONFUSION = Section("Confusion", "confusion", collect, render, one_label=True)
