"""Findings of the data set checks are counted and listed."""

import numpy as np
import pytest

from stemstack.exceptions import DataError
from stemstack.reports.sections.doctor import DOCTOR

PROBA = {name: np.full((2, 2), 0.5) for name in ("lr", "stack")}


def test_faults_of_the_data_set_are_found(make_run, make_inputs, own_stem_data):
    (own_stem_data / "genres_stems/blues/blues.00000/drums.wav").write_bytes(b"")
    run = make_run(own_stem_data, ["a", "b"], ["a", "b"], PROBA)
    findings = DOCTOR.collect(make_inputs(run))
    errors = [finding for finding in findings if finding["severity"] == "error"]
    assert len(errors) == 1 and findings[0] == errors[0]
    assert "genres_stems/blues/blues.00000/drums.wav" in errors[0]["where"]


def test_missing_data_set_is_the_reason_given(make_run, make_inputs, tmp_path):
    inputs = make_inputs(make_run(tmp_path / "gone", ["a", "b"], ["a", "b"], PROBA))
    with pytest.raises(DataError, match=f"{tmp_path / 'gone'} is not there"):
        DOCTOR.collect(inputs)
    assert f"{tmp_path / 'gone'} is not there" in DOCTOR.body(inputs)


def test_facts_are_folded():
    finding = {"check": "contents", "found": "<b> & c", "where": "x", "fix": ""}
    body = DOCTOR.render([{**finding, "severity": severity} for severity in ("warning", "info")])
    assert "0 errors, 1 warning, 1 fact." in body
    warnings, _, facts = body.partition("<details>")
    assert "&lt;b&gt; &amp; c" in warnings and "&lt;b&gt; &amp; c" in facts
    assert "0 errors, 0 warnings, 0 facts." in DOCTOR.render([])
