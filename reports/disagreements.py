"""Clips that several runs classify differently, to listen to."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..exceptions import DataError, first_line
from ..runs.stored_clips import find_test, find_training, open_data
from .evaluation import TEST
from .html.blocks import details, heading, join, paragraph, percent, table
from .section import Section
from .sections.mistakes import cut_excerpt, render_excerpt

_N_LISTED, _N_PLAYED = 30, 8


@dataclass(frozen=True, eq=False)
class Disagreement:
    """Clip for which the stacks of the runs predict different classes.

    Parameters
    ----------
    clip, y_true : str
    y_pred : dict of str to (str, float)
        Predicted class and its probability, by run.
    excerpt : Excerpt or None
    """

    clip: str
    y_true: str
    y_pred: dict
    excerpt: object = None


def find_disagreements(by_run, clips):
    """Find the clips that the stacks of several runs classify differently.

    Parameters
    ----------
    by_run : dict of str to Evaluation
        On the same clips.
    clips : list of str

    Returns
    -------
    list of Disagreement
        First those for which the least confident run is the most confident.
    """
    first = next(iter(by_run.values()))
    y_pred = np.array([one.y_pred[one.stack] for one in by_run.values()], dtype=object)
    confidence = np.array([one.proba[one.stack].max(axis=1) for one in by_run.values()])
    rows = np.flatnonzero((y_pred != y_pred[0]).any(axis=0))
    order = rows[np.argsort(-confidence[:, rows].min(axis=0), kind="stable")]
    return [
        Disagreement(
            clips[row],
            str(first.y_true[row]),
            {run: (y_pred[i, row], float(confidence[i, row])) for i, run in enumerate(by_run)},
        )
        for row in order
    ]


def collect_disagreements(inputs):
    """Collect disagreements by evaluation, with excerpts if the data set is given."""
    if inputs.first.target.is_multilabel:
        return None
    found, problem = {}, None
    for name, by_run in inputs.paired.items():
        found[name] = find_disagreements(by_run, inputs.clips(name))
    if inputs.data is not None and inputs.audio:
        try:
            found = {name: _add_excerpts(inputs, name, all_of) for name, all_of in found.items()}
        except DataError as error:
            problem = first_line(error)
    return {"found": found, "problem": problem} if found else None


def _add_excerpts(inputs, evaluation, disagreements):
    data = open_data(inputs.first, inputs.data, noise=inputs.noise, resources=inputs.resources)
    played, rest = disagreements[:_N_PLAYED], disagreements[_N_PLAYED:]
    ids = [one.clip for one in played]
    if evaluation == TEST:
        clips = find_test(data, ids)
    else:
        recipes = inputs.first.read_recipes()
        clips = find_training(data, recipes, ids, resources=inputs.resources)
    return [
        *(replace(one, excerpt=cut_excerpt(clip)) for one, clip in zip(played, clips, strict=True)),
        *rest,
    ]


def render_disagreements(data):
    """Render a count, a table and the clips to listen to, by evaluation."""
    body = paragraph(
        "Clips that the stacks of the runs classify differently, the most confident first."
    )
    if data["problem"] is not None:
        body += paragraph(f"The clips cannot be played here. {data['problem']}")
    for number, (name, found) in enumerate(data["found"].items()):
        body += heading(f"Disagreements {name}")
        if not found:
            body += paragraph("The runs agree on every clip.")
            continue
        body += paragraph(_count(found)) + table(_list(found), "The most confident disagreements")
        body += join(
            details(
                f"{one.clip}: {one.y_true}",
                render_excerpt(one.clip, one.excerpt, f"disagreement-{number}-{i}"),
                open=i == 0,
            )
            for i, one in enumerate(found)
            if one.excerpt is not None
        )
    return body


def _count(found):
    right = {run: sum(one.y_pred[run][0] == one.y_true for one in found) for run in found[0].y_pred}
    counts = ", ".join(f"{run} {count}" for run, count in right.items())
    return f"{len(found)} clips; of these are right: {counts}."


def _list(found):
    rows = [
        {"true class": one.y_true}
        | {run: f"{label}, {percent(p)}" for run, (label, p) in one.y_pred.items()}
        for one in found[:_N_LISTED]
    ]
    return pd.DataFrame(rows, pd.Index([one.clip for one in found[:_N_LISTED]], name="clip"))


DISAGREEMENTS = Section(
    "Disagreements", "disagreements", collect_disagreements, render_disagreements
)
