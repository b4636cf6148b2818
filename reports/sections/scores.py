"""Macro F1 of every model, the score to expect, and a note on networks behind the baseline."""

import pandas as pd

from ...models.model_name import ModelName
from ...runs.prediction.expected import expect_run, read_leaderboard
from ...stacking.labelwise import rank_scores
from ...stacking.meta_model import score_table
from ...stacking.metrics import paired_difference
from ..html import figures
from ..html.blocks import bullets, callout, figure, join, paragraph, signed, table
from ..section import Section
from .gap import has_test

_STYLES = ((figures.MAIN, "o"), (figures.SECOND, "D"), (figures.THIRD, "s"))
_DRAWS = 500
_ABOUT = (
    "Macro F1 is the mean F1 over all classes. Out of fold, every clip is scored by models that "
    "were trained on neither its songs nor its noise, and the stack is nested: its meta-model was "
    "not trained on the fold it is scored on. Bars are 95 % bootstrap intervals over groups of "
    "clips that share songs."
)


_EXPECTED = (
    "The score to expect on the unlabelled test is estimated from the confidence of the models and "
    "their agreement with each other, on the test and out of fold; its interval is of 90 %."
)
_TEST_COLUMN = "expected on the test"


def collect(inputs):
    """Score every model, and compare networks with the linear baseline."""
    run, evaluations = inputs.run, inputs.evaluations
    lines = [
        compare_with_linear(evaluation, network, linear)
        for evaluation in evaluations
        for network, linear in _pairs(run)
    ]
    expected, note = expect_run(run)
    return {
        "expected": {name: score.describe() for name, score in expected.items()},
        "leaderboard": read_leaderboard(run),
        "note": note,
        "scores": {e.name: score_table(e.y_true, e.y_pred, e.groups) for e in evaluations},
        "ranks": {e.name: _rank(e) for e in evaluations if e.is_multilabel},
        "behind_linear": [line for line in lines if line is not None],
        "has_gap": inputs.data is not None and has_test(run),
        "data_set": run.config.data,
    }


def _rank(evaluation):
    """Score the ranking of the clips by the probability of each label, by model."""
    rows = {m: rank_scores(evaluation.y_true, proba) for m, proba in evaluation.proba.items()}
    return pd.DataFrame.from_dict(rows, orient="index")


def _pairs(run):
    """List the networks of a run, each with the first logistic regression."""
    names = dict(zip(run.model_names, map(ModelName.parse, run.config.models), strict=True))
    linear = next((column for column, name in names.items() if name.registered == "lr"), None)
    # Only networks have a resolved device.
    networks = [column for column in names if "device" in run.resolved.get(column, {})]
    return [(network, linear) for network in networks] if linear else []


def compare_with_linear(evaluation, network, linear):
    """Describe a network's loss against logistic regression, with its bootstrap interval.

    Parameters
    ----------
    evaluation : Evaluation
    network, linear : str
        Names of models.

    Returns
    -------
    str or None
        None where the network is not behind.
    """
    scores = [evaluation.scores[model]["macro_f1"] for model in (network, linear)]
    if scores[0] >= scores[1]:
        return None
    y_pred = [evaluation.y_pred[model] for model in (network, linear)]
    _, low, high = paired_difference(evaluation.y_true, *y_pred, evaluation.groups, n_draws=_DRAWS)
    significance = "not significant" if high >= 0 else "significant"
    return (
        f"{evaluation.name}: {network} has {scores[0]:.3f}, {linear} {scores[1]:.3f}; a difference "
        f"of {signed(scores[0] - scores[1], 3)}, 95 % interval {signed(low, 3)} to "
        f"{signed(high, 3)}: {significance}."
    )


def render(data):
    """Render a figure, a note on networks behind the baseline, and a table."""
    scores = data["scores"]
    first = next(iter(scores.values())).sort_values("macro_f1", kind="stable")
    best = first.iloc[-1]
    alt = (
        f"Macro F1 of {len(first)} models with 95 % intervals, {', '.join(scores)}. "
        f"{best.name} is best with {best.macro_f1:.3f}, {first.index[0]} last with "
        f"{first.macro_f1.iloc[0]:.3f}."
    )
    svg = figures.draw_svg(
        lambda axes: _draw(axes, scores, list(first.index)),
        name="scores",
        alt=alt,
        height=figures.figure_height(len(first), 0.14 + 0.17 * len(scores)),
    )
    table_rows = _table(scores, first.index[::-1])
    return (
        paragraph(_ABOUT)
        + figure(svg, "Score and interval of each model, the best on top.")
        + (_note(data) if data["behind_linear"] else "")
        + table(_add_test(table_rows, data), "Macro F1 and its 95 % interval")
        + join(_render_ranks(name, ranks) for name, ranks in data["ranks"].items())
        + (paragraph(_EXPECTED) if data["expected"] else "")
        + (paragraph(f"Note: {data['note']}.") if data["note"] else "")
    )


def _render_ranks(name, ranks):
    return table(
        ranks.rename_axis("model"),
        f"Mean over the labels of average precision and area under the ROC curve, {name}",
    )


def _add_test(rows, data):
    """Add columns with the scores to expect on the test, and those of leaderboards."""
    if data["expected"]:
        rows[_TEST_COLUMN] = [data["expected"].get(model, "") for model in rows.index]
    if data["leaderboard"]:
        rows["leaderboard"] = [
            ", ".join(f"{board} {score:.3f}" for board, score in by_board.items())
            for by_board in (data["leaderboard"].get(model, {}) for model in rows.index)
        ]
    return rows


def _note(data):
    note = paragraph("A network scores below logistic regression here:")
    note += bullets(data["behind_linear"])
    if data["has_gap"]:
        reason = "The usual reason is that training clips are unlike the test clips:"
        return callout(note + paragraph(reason, ("gap", "see the gap.")))
    return callout(
        note
        + paragraph(
            "The usual reasons are too few training clips, and training clips unlike the test "
            f"clips: stemstack gap {data['data_set']} measures that."
        )
    )


def _draw(axes, scores, models):
    """Draw a point and an interval per model and evaluation."""
    step = 0.8 / len(scores)
    for i, ((name, one), (colour, marker)) in enumerate(zip(scores.items(), _STYLES, strict=False)):
        rows = [y + step * ((len(scores) - 1) / 2 - i) for y in range(len(models))]
        one = one.loc[models]
        axes.hlines(rows, one["low"], one["high"], color=colour, linewidth=1.4)
        axes.plot(one["macro_f1"], rows, marker, color=colour, markersize=5, label=name)
        for y, score, high in zip(rows, one["macro_f1"], one["high"], strict=True):
            figures.label_point(axes, high, y, f"{score:.3f}")
    low = min(one["low"].min() for one in scores.values())
    high = max(one["high"].max() for one in scores.values())
    # Room for the numbers to the right of the last interval.
    axes.set_xlim(max(low - 0.04, -0.01), high + 0.16 * (high - low) + 0.01)
    figures.label_rows(axes, models)
    axes.set_xlabel("macro F1")
    if len(scores) > 1:
        figures.add_legend(axes)


def _table(scores, models):
    columns = {}
    for name, one in scores.items():
        one = one.loc[models]
        columns[name] = one["macro_f1"]
        columns[f"{name}, 95 %"] = [
            f"{low:.3f} – {high:.3f}" for low, high in zip(one["low"], one["high"], strict=True)
        ]
    return pd.DataFrame(columns, index=models).rename_axis("model")


SCORES = Section("Scores", "scores", collect, render)
