"""Long test clips by time: the most probable class of each window."""

from dataclasses import dataclass

from ...exceptions import DataError, first_line
from ...runs.prediction.stored_windows import read_test_windows
from ...runs.prediction.windows import WindowPredictions
from ...runs.predictions import model_proba
from ...runs.run import STACK
from ..html.blocks import heading, join, paragraph, percent
from ..html.timeline import class_colours, format_time, legend, timeline
from ..section import Section

_TEXT = (
    "Test clips that are longer than the windows that the models were trained on are predicted by "
    "windows; the prediction of a clip is the geometric mean. The colour is the most probable "
    "class of a window, the height its probability, and the dashed line is at 50 %. Where windows "
    "overlap, as the last two do, the border is in the middle."
)


@dataclass(frozen=True, eq=False)
class LongClip:
    """Test clip that was predicted by windows.

    Parameters
    ----------
    clip, y_pred : str
    confidence : float
        Probability of the predicted class.
    y_true : str or None
        None where it is unknown.
    windows : WindowPredictions
    """

    clip: str
    y_pred: str
    confidence: float
    y_true: str | None
    windows: WindowPredictions


def collect(inputs, *, n_clips=6):
    """Collect the longest test clips that were predicted by windows, from the ledger.

    Parameters
    ----------
    inputs : ReportInputs
    n_clips : int, default=6
        Number of clips, at most.

    Returns
    -------
    dict or None
        ``clips``, a list of :class:`LongClip`, the longest first and equally long ones by id;
        ``n_clips``, the number of all such clips; and ``problem``, the reason why their windows are
        not available, or None. None where no test clip was predicted by windows.
    """
    run = inputs.run
    if run.made_by and run.window_lengths() and (run.path / "ledger/test.parquet").exists():
        problem = (
            f"This run was made of others by {run.made_by}; the ledgers of those have the windows, "
            "if test clips were long: write their reports."
        )
        return {"clips": [], "n_clips": 0, "problem": problem}
    try:
        found = read_test_windows(run)
    except DataError as error:
        return {"clips": [], "n_clips": 0, "problem": first_line(error)}
    if not found:
        return None
    longest = sorted(found, key=lambda clip: (-found[clip].ends[-1], clip))[:n_clips]
    clips = [_describe(inputs, clip, found[clip]) for clip in longest]
    return {"clips": clips, "n_clips": len(found), "problem": None}


def _describe(inputs, clip, windows):
    test, classes = inputs.run.read_table("ledger/test"), inputs.run.metrics["classes"]
    (proba,) = model_proba(test[test["id"] == clip], STACK, classes)
    y_true = None if inputs.test_labels is None else inputs.test_labels[clip]
    return LongClip(clip, classes[proba.argmax()], float(proba.max()), y_true, windows)


def render(data):
    """Render the legend and one strip per clip."""
    if data["problem"] is not None:
        return paragraph(f"The windows of test clips cannot be shown. {data['problem']}")
    clips = data["clips"]
    count = f" The {len(clips)} longest of {data['n_clips']}." * (data["n_clips"] > len(clips))
    colours = class_colours([one.windows for one in clips])
    return (
        paragraph(_TEXT + count)
        + legend(colours)
        + join(heading(_title(one)) + timeline(one.windows, one.clip, colours) for one in clips)
    )


def _title(one):
    length = format_time(one.windows.ends[-1], one.windows.ends[-1])
    title = f"{one.clip}, {length}: predicted as {one.y_pred}, {percent(one.confidence)}"
    return title if one.y_true is None else f"{title}; labelled {one.y_true}"


TIMELINE = Section("Long test clips by time", "timeline", collect, render, one_label=True)
