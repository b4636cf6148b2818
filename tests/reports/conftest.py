"""What models say of made-up clips: odd class names, known rights and wrongs."""

import numpy as np
import pandas as pd
import pytest
from helpers.runs import make_run  # noqa: F401

from stemstack.reports import render_report
from stemstack.reports.evaluation import Evaluation
from stemstack.reports.sections import (
    agreement_section,
    calibration_section,
    classes_section,
    confusion_section,
    ladder_section,
    repeat_section,
    shares_section,
    weights_section,
)

ODD = ("$a$b$", "<d> & co", "métal")


@pytest.fixture(scope="session")
def make_side():
    """Make a side whose models are 80 % sure of what they guess."""

    def make(said, truth, classes=ODD, name="out of fold"):
        rest, labels = 0.2 / (len(classes) - 1), np.asarray(classes, dtype=object)
        eye = np.eye(len(classes))
        tables = {model: np.where(eye[guess] == 1, 0.8, rest) for model, guess in said.items()}
        return Evaluation(name, list(classes), labels[truth], np.arange(len(truth)) // 2, tables)

    return make


@pytest.fixture
def side(make_side):
    """60 clips; lr is right in 36, lgbm in 45, the stack in 48."""
    clip = np.arange(60)
    truth, wrong = clip % 3, {"lr": clip % 5 < 2, "lgbm": clip % 4 < 1, "stack": clip % 5 < 1}
    said = {model: np.where(miss, (truth + 1) % 3, truth) for model, miss in wrong.items()}
    return make_side(said, truth)


@pytest.fixture(scope="session")
def page_text(make_side):
    """A page with every section, of classes with odd names."""
    truth = [i % 3 for i in range(60)]
    said = {name: [(i + (i % k < 1)) % 3 for i in range(60)] for name, k in (("lr", 3), ("$m_", 4))}
    sides = [make_side({**said, "stack": truth}, truth, name=name) for name in ("oof", "answers")]
    scores = pd.DataFrame({"macro_f1": 0.5, "low": 0.4, "high": 0.6}, ["lr", "$m_", "stack"])
    shares = pd.DataFrame({"training": 0.3, "guess, test": 0.4}, sides[0].classes)
    files = pd.DataFrame({"what": "scores, " * 20}, ["metrics.json"])
    return render_report(
        title="RUN & <co>",
        headline="Best is <stack>.",
        key_figures={"macro F1 & co": "0.808"},
        sections=[
            ladder_section({"oof": scores, "answers": scores}),
            classes_section(sides),
            confusion_section(sides),
            agreement_section(sides[0]),
            weights_section(pd.Series({"lr": 0.5, "$m_": 0.5}), "How."),
            calibration_section(sides),
            shares_section(shares.astype(int), shares, "Hint.", []),
            repeat_section("stemstack fit", "folds: 5\n", {"numpy": "2"}, files),
        ],
    )
