"""Findings of the data set checks."""

import pandas as pd

from ...datasets.doctor import check_dataset
from ...runs.stored_clips import data_path
from ..html.blocks import details, paragraph, table
from ..section import Section

_PLURALS = {"error": "errors", "warning": "warnings", "info": "facts"}


def collect(inputs):
    """Check the data set of the run as it is now; one dict per finding, errors first."""
    config, resources = inputs.run.config, inputs.resources
    data = data_path(inputs.data, resources=resources)
    report = check_dataset(
        data,
        stems=config.stems,
        n_folds=config.folds,
        label_separator=config.label_separator,
        cache=resources.cache,
        n_jobs=resources.n_jobs,
        progress=resources.progress,
    )
    return [finding.to_dict() for finding in report.findings]


def render(findings):
    """Render errors and warnings as tables, and facts below a summary."""
    by_severity = {severity: [] for severity in _PLURALS}
    for finding in findings:
        by_severity[finding["severity"]].append(finding)
    counts = ", ".join(_count(severity, found) for severity, found in by_severity.items())
    body = paragraph(f"Checks of the data set as it is now: {counts}.")
    for severity, found in by_severity.items():
        if found:
            rows = pd.DataFrame(found)[["check", "found", "fix", "where"]].set_index("check")
            caption = f"{_PLURALS[severity].capitalize()} and suggested fixes"
            block = table(rows, caption)
            if severity == "info":
                block = details("Facts that help to choose settings", block)
            body += block
    return body


def _count(severity, found):
    singular = "fact" if severity == "info" else severity
    return f"{len(found)} {singular if len(found) == 1 else _PLURALS[severity]}"


DOCTOR = Section("Checks of the data set", "doctor", collect, render, needs_data=True)
