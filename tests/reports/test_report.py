"""Report and model card of a run, written from its tables."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from stemstack.exceptions import DataError
from stemstack.reports import SECTIONS, Section, write_model_card, write_report
from stemstack.reports.html.blocks import paragraph

CLASSES = ["<d> & co", "$a$b$", "métal"]


@pytest.fixture
def run(make_run):
    """30 clips of three classes with odd names, two models and a stack; the data set is gone."""
    rng = np.random.default_rng(0)
    labels = np.array(sorted(CLASSES))[np.arange(30) % 3]
    proba = {name: rng.dirichlet(np.ones(3), 30) for name in ("lr", "lgbm", "stack")}
    test_proba = {name: values[:6] for name, values in proba.items()}
    run = make_run("GONE", range(30), labels, proba, test_ids=list("123456"), test_proba=test_proba)
    run.write_table("folds", pd.DataFrame({"group": np.arange(30) // 2}))
    features = np.hstack([proba["lr"], proba["lgbm"]])
    run.save_model(LogisticRegression().fit(features, labels), "stack")
    return run


def anchors(text):
    return [part.split('"')[0] for part in text.split('<section id="')[1:]]


def test_quick_report_has_the_sections_of_the_tables(run, tmp_path):
    (tmp_path / "answers.csv").write_text(
        "id,genre\n" + "".join(f"{i},métal\n" for i in range(1, 7)), encoding="utf-8"
    )
    path = write_report(run, answers=tmp_path / "answers.csv")
    text = path.read_text(encoding="utf-8")
    assert path == run.path / "report.html" and "<d>" not in text
    assert anchors(text) == [
        "scores", "classes", "confusion", "agreement", "weights", "calibration", "data", "repeat",
    ]  # fmt: skip
    assert "On 6 labelled test clips" in text and "stemstack report RUN" in text
    assert len(text.encode()) < 5e6


def test_report_is_reproducible_and_goes_to_out(run, tmp_path):
    first = write_report(run, out=tmp_path / "one.html").read_bytes()
    assert write_report(run, out=tmp_path / "two.html").read_bytes() == first
    assert not (run.path / "report.html").exists()


def test_anchors_are_unique():
    names = [section.anchor for section in SECTIONS]
    assert len(names) == len(set(names))


def fail(inputs):
    raise DataError("DATA is <gone>\nand more")


@pytest.mark.parametrize(
    ("collect", "html"),
    [
        (lambda inputs: len(inputs.evaluations[0].models), "<p>2</p>"),
        (lambda inputs: None, None),
        (fail, "<p>This section cannot be computed here. DATA is &lt;gone&gt;</p>"),
    ],
)
def test_own_section_with_data_nothing_or_a_reason(run, resources, collect, html):
    section = Section("Count", "count", collect, lambda n: paragraph(str(n)), needs_data=True)
    text = write_report(run, data="DATA", resources=resources, sections=[section]).read_text(
        encoding="utf-8"
    )
    assert anchors(text) == ([] if html is None else ["count"])
    assert html is None or html in text


def test_section_that_needs_data_is_not_quick(run):
    section = Section("Count", "count", fail, paragraph, needs_data=True)
    assert anchors(write_report(run, sections=[section]).read_text(encoding="utf-8")) == []


def test_section_of_the_tables_raises_its_errors(run):
    with pytest.raises(DataError, match="DATA is <gone>"):
        write_report(run, sections=[Section("Count", "count", fail, paragraph)])


def test_model_card_has_data_scores_and_configuration(run):
    scores = {"lr": {"macro_f1": 0.5}, "lgbm": {"macro_f1": 0.6}, "stack": {"macro_f1": 0.75}}
    run.write_metrics({**run.metrics, "out_of_fold": scores})
    path = write_model_card(run)
    card = path.read_text(encoding="utf-8")
    assert path == run.path / "model_card.md"
    assert "# Data\n\n30 training clips from GONE: $a$b$ 10, \\<d\\> & co 10, métal 10." in card
    assert "LogisticRegression()" in card and "# Limits" in card
    assert "stack" in card.split("# Scores")[1] and "0.750" in card
    assert run.config_path.read_text(encoding="utf-8") in card
