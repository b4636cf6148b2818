"""Scores as plain text."""

import pandas as pd


def scores_table(out_of_fold, answers=None):
    """Lay macro F1 by model out as text.

    Parameters
    ----------
    out_of_fold : dict of str to dict
        By model, as :func:`score_classes` gives them; the stack's is nested.
    answers : dict of str to dict, optional
        The same against known answers.

    Returns
    -------
    str
        A line a model, the stack last.
    """
    columns = {"out of fold": {name: score["macro_f1"] for name, score in out_of_fold.items()}}
    if answers is not None:
        columns["answers"] = {name: score["macro_f1"] for name, score in answers.items()}
    table = pd.DataFrame(columns).rename_axis(columns="macro F1")
    return table.to_string(float_format="%.3f")
