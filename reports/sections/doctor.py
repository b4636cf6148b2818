"""What the doctor found of the data set, in short."""

import pandas as pd

from ..section import Section, fold, paragraph, table

_PLURALS = {"error": "errors", "warning": "warnings", "info": "facts"}


def doctor_section(findings):
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
            told = table(_lay_out(found), f"{_PLURALS[severity].capitalize()} and their mends")
            body += told if severity != "info" else fold("Facts that help to choose settings", told)
    return Section("doctor", "The data set, examined", body)


def _name(severity, found):
    singular = "fact" if severity == "info" else severity
    return singular if len(found) == 1 else _PLURALS[severity]


def _lay_out(found):
    rows = pd.DataFrame(found)[["check", "found", "mend", "where"]]
    return rows.set_index("check")
