"""The doctor's findings on a run's data set, gathered for its report."""

from ..audio.doctor import examine
from ..errors import DataError, first_line
from ..reports.section import Section, paragraph
from ..reports.sections.doctor import doctor_section as lay_out
from .report_clips import data_path


def doctor_section(run, *, cache, n_jobs=None, progress):
    """Write of what the doctor finds in a run's data set.

    Parameters
    ----------
    run : Run
    cache : Path
        Measurements are kept in it: files that have not changed are not read again.
    n_jobs : int, optional
    progress : Quiet

    Returns
    -------
    Section
        The reason instead of findings where the data set is gone.
    """
    config = run.config
    asked = {"stems": config.stems, "n_folds": config.folds}
    try:
        data = data_path(run, cache=cache, progress=progress)
        examination = examine(data, **asked, cache=cache, n_jobs=n_jobs, stage=progress.stage)
    except DataError as error:
        why = paragraph(f"It cannot be examined here. {first_line(error)}")
        return Section("doctor", "The data set, examined", why)
    return lay_out([finding.to_dict() for finding in examination.findings])
