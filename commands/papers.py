"""What a command that makes a run does at its end: the papers, and the scores on stderr."""

from ..errors import MissingExtraError
from ..reports import scores_table
from ..runs import score_sides, write_model_card, write_report


def write_papers(run, progress):
    """Write the model card and the report of a run, and show its scores.

    Parameters
    ----------
    run : Run
    progress : Quiet
    """
    write_model_card(run)
    try:
        progress.say(f"report: {write_report(run)}")
    except MissingExtraError as missing:
        progress.say(f"no report.html was written: {missing}")
    progress.say(scores_table(score_sides(run)))
