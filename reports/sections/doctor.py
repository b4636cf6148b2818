"""What the doctor found of the data set, in short."""

import pandas as pd

from ...datasets.doctor import check_dataset
from ...exceptions import DataError, first_line
from ...runs.stored_clips import data_path
from ..html.section import Section, fold, paragraph, table

_PLURALS = {"error": "errors", "warning": "warnings", "info": "facts"}


def render_doctor(findings):
    """Lay findings out: what deserves a look in full, facts folded away.

    Parameters
    ----------
    findings : sequence of dict
        ``severity`` (``error``, ``warning`` or ``info``), ``check``, ``found``, ``where`` and
        ``mend`` of each; errors first.

    Returns
    -------
    Section
    """
    by_severity = {severity: [] for severity in _PLURALS}
    for finding in findings:
        by_severity[finding["severity"]].append(finding)
    counted = [f"{len(found)} {_name(severity, found)}" for severity, found in by_severity.items()]
    body = paragraph(f"The doctor has examined the data set as it is now: {', '.join(counted)}.")
    for severity, found in by_severity.items():
        if found:
            told = table(_format(found), f"{_PLURALS[severity].capitalize()} and their mends")
            body += told if severity != "info" else fold("Facts that help to choose settings", told)
    return Section("doctor", "The data set, examined", body)


def _name(severity, found):
    singular = "fact" if severity == "info" else severity
    return singular if len(found) == 1 else _PLURALS[severity]


def _format(found):
    rows = pd.DataFrame(found)[["check", "found", "mend", "where"]]
    return rows.set_index("check")


def doctor_section(run, *, cache, n_jobs=None, progress):
    """Write of what the doctor finds in a run's data set.

    Parameters
    ----------
    run : Run
    cache : Path
        Measurements are kept in it: files that have not changed are not read again.
    n_jobs : int, optional
    progress : NullProgress

    Returns
    -------
    Section
        The reason instead of findings where the data set is gone.
    """
    config = run.config
    asked = {"stems": config.stems, "n_folds": config.folds}
    try:
        data = data_path(run, cache=cache, progress=progress)
        examination = check_dataset(data, **asked, cache=cache, n_jobs=n_jobs, progress=progress)
    except DataError as error:
        why = paragraph(f"It cannot be examined here. {first_line(error)}")
        return Section("doctor", "The data set, examined", why)
    return render_doctor([finding.to_dict() for finding in examination.findings])
