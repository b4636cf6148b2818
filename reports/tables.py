"""Scores as plain text."""

import pandas as pd


def scores_table(sides):
    """Lay macro F1 by model out as text.

    Parameters
    ----------
    sides : dict of str to dict
        Scores by model, as :func:`score_classes` gives them, by name of the side: such as out of
        fold, or against known answers.

    Returns
    -------
    str
        A line a model, the stack last.
    """
    columns = {
        side: {name: score["macro_f1"] for name, score in scores.items()}
        for side, scores in sides.items()
    }
    table = pd.DataFrame(columns).rename_axis(columns="macro F1")
    return table.to_string(float_format="%.3f", na_rep="")
