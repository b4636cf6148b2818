"""What the doctor finds stands in the report, counted; without the data set, why not."""

import numpy as np

from stemstack.reports.sections.doctor import doctor_section, render_doctor
from stemstack.utils.progress import NullProgress

SAID = {name: np.full((2, 2), 0.5) for name in ("lr", "stack")}


def test_a_data_sets_faults_are_counted_and_listed(make_run, own_stem_data, tmp_path):
    (own_stem_data / "genres_stems/blues/blues.00000/drums.wav").write_bytes(b"")
    run = make_run(own_stem_data, ["a", "b"], ["a", "b"], SAID)
    section = doctor_section(run, cache=tmp_path / "C", progress=NullProgress())
    assert section.anchor == "doctor"
    assert "1 error," in section.body
    assert "genres_stems/blues/blues.00000/drums.wav" in section.body


def test_without_the_data_set_the_reason_is_given(make_run, tmp_path):
    run = make_run(tmp_path / "gone", ["a", "b"], ["a", "b"], SAID)
    section = doctor_section(run, cache=tmp_path / "C", progress=NullProgress())
    assert f"{tmp_path / 'gone'} is not there" in section.body


def test_facts_are_folded_away():
    finding = {"check": "contents", "found": "<b> & c", "where": "x", "mend": ""}
    section = render_doctor([{**finding, "severity": severity} for severity in ("warning", "info")])
    assert "0 errors, 1 warning, 1 fact." in section.body
    before, _, folded = section.body.partition("<details>")
    assert "&lt;b&gt; &amp; c" in before and "&lt;b&gt; &amp; c" in folded
    assert "0 errors, 0 warnings, 0 facts." in render_doctor([]).body
