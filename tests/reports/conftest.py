"""Evaluations of models with given errors, and a page with every section."""

import numpy as np
import pandas as pd
import pytest
from helpers.runs import make_run  # noqa: F401

from stemstack.reports import SECTIONS, ReportInputs
from stemstack.reports.evaluation import Evaluation
from stemstack.reports.html.blocks import render_page
from stemstack.reports.sections.mistakes import Mistake
from stemstack.reports.sections.similar import SimilarClip
from stemstack.reports.sections.timeline import LongClip
from stemstack.runs.learning_curve import LearningCurve
from stemstack.runs.prediction.windows import WindowPredictions
from stemstack.utils.resources import Resources

# Class names with characters that are special in HTML, in TeX and outside ASCII.
ODD = ("$a$b$", "<d> & co", "métal")


@pytest.fixture(scope="session")
def make_evaluation():
    """Make an evaluation whose models predict given classes with a probability of 0.8."""

    def make(predicted, y_true, classes=ODD, name="out of fold"):
        rest, labels = 0.2 / (len(classes) - 1), np.asarray(classes, dtype=object)
        eye = np.eye(len(classes))
        proba = {model: np.where(eye[codes] == 1, 0.8, rest) for model, codes in predicted.items()}
        return Evaluation(name, list(classes), labels[y_true], np.arange(len(y_true)) // 2, proba)

    return make


@pytest.fixture
def evaluation(make_evaluation):
    """60 clips; lr is right for 36, lgbm for 45, the stack for 48."""
    clip = np.arange(60)
    y_true, wrong = clip % 3, {"lr": clip % 5 < 2, "lgbm": clip % 4 < 1, "stack": clip % 5 < 1}
    return make_evaluation(
        {model: np.where(miss, (y_true + 1) % 3, y_true) for model, miss in wrong.items()}, y_true
    )


@pytest.fixture
def resources(tmp_path):
    """One process and an empty cache."""
    return Resources(cache=tmp_path / "C", n_jobs=1)


@pytest.fixture
def make_inputs(resources):
    """Make the inputs of a section that reads a run and its data set."""

    def make(run, evaluations=(), **options):
        return ReportInputs(
            run, list(evaluations), **{"resources": resources, "data": run.config.data, **options}
        )

    return make


def gap_dict(auc, *, is_separable=True, between_songs_auc=None, differences=()):
    """Return what ``Gap.to_dict`` returns, as far as the report reads it."""
    found = [{"description": text, "p_value": p} for text, p in differences]
    return {
        "auc": auc,
        "interval": [auc - 0.05, min(auc + 0.05, 1)],
        "between_songs_auc": between_songs_auc,
        "is_separable": is_separable,
        "families": {"mfcc": auc, "tempo": 0.45},
        "differences": found,
        "facets": [
            {
                "name": "noise",
                "auc": auc,
                "corrected_auc": auc,
                "interval": [auc - 0.05, min(auc + 0.05, 1)],
                "differences": found,
            }
        ],
    }


@pytest.fixture
def make_gap():
    """Make a gap as plain data."""
    return gap_dict


def section_data(evaluations):
    """Return the data of every section, by anchor: collected from evaluations, or fixed."""
    inputs = ReportInputs(run=None, evaluations=evaluations)
    collected = {
        section.anchor: section.collect(inputs)
        for section in SECTIONS
        if section.anchor in ("classes", "confusion", "agreement", "calibration")
    }
    scores = pd.DataFrame(
        {"macro_f1": [0.5, 0.75, 0.25], "low": [0.4, 0.7, 0.2], "high": [0.6, 0.8, 0.3]},
        ["lr", "stack", "$m_"],
    )
    by_model = pd.DataFrame({"a (true)": [0.1], "b (predicted)": [0.9], "prediction": "b"}, ["lr"])
    parts = pd.DataFrame({"from": ["<song>"], "tempo": ["× 1.10"]}, ["drums"])
    blends = pd.DataFrame({"macro_f1": [0.5, 0.6], "low": 0.4, "high": 0.7}, ["mean", "greedy"])
    drops = {"mfcc": {"drop": 0.3, "low": 0.2, "high": 0.4}}
    finding = {"check": "clips", "found": "<b> & c", "where": "x.wav", "fix": "remove it"}
    proba = np.array([[0.7, 0.2, 0.1], [0.1, 0.5, 0.4], [0.2, 0.6, 0.2]])
    windows = WindowPredictions(
        np.array([0.0, 10.0, 15.5]), np.array([10.0, 20.0, 25.5]), list(ODD), proba
    )
    stages = {"n": [4, 2], "seconds": [100.0, 0.0], "cpu_seconds": [190.0, 0.0]}
    stages = pd.DataFrame(stages, ["fitting <lr>", "reading"])
    return collected | {
        "scores": {
            "scores": {"out of fold": scores, "test": scores - 0.1},
            "expected": {"lr": "0.400 (0.300 to 0.500)"},
            "leaderboard": {"stack": {"<public>": 0.68}},
            "note": None,
            "ranks": {},
            "behind_linear": ["out of fold: effnet <b0> has 0.7, lr 0.8"],
            "has_gap": True,
            "data_set": "DATA",
        },
        "mistakes": {
            "mistakes": {
                "out of fold": [Mistake("c.wav", "<d> & co", "métal", 0.9, by_model, parts)],
                "on the test clips": [],
            },
            "problem": "DATA is not there.",
        },
        "nearest": {
            "network": "<net>",
            "n_training": 4,
            "clips": {
                "Most confident mistakes out of fold": [
                    SimilarClip(
                        "<d> & co taken for métal",
                        None,
                        ["piano"],
                        (SimilarClip("<d> & co, distance 0.25: c.wav", None, []),),
                    )
                ],
                "Test clips predicted with the least confidence": [],
            },
        },
        "tags": {
            "network": "<net>",
            "n_clips": {"training clips": 60, "test clips predicted": 0},
            "tags": pd.DataFrame(
                {
                    "training clips": ["jazz, piano", None],
                    "more than other classes": ["<jazz>", None],
                },
                ["$a$b$", "<d> & co"],
            ),
        },
        "timeline": {
            "clips": [LongClip("<long>.wav", "<d> & co", 0.5, "métal", windows)],
            "n_clips": 2,
            "problem": None,
        },
        "weights": {
            "about": "How.",
            "weights": pd.Series({"lr": 0.25, "$m_": 0.75}),
            "by_class": pd.DataFrame({"lr": [1.5], "$m_": [-0.25]}, ["<d> & co"]),
            "blends": blends,
        },
        "importance": {"lr": {"drops": drops, "weights": {"absolute coefficients": {"mfcc": 1.0}}}},
        "gap": {
            "trained_on": gap_dict(
                0.6, between_songs_auc=0.58, differences=[("is louder by 3 dB", 0.01)]
            ),
            "naive": gap_dict(0.95),
        },
        "training": {"effnet": pd.DataFrame({"fold": "0", "epoch": [1, 2], "loss": [2.0, 1.5]})},
        "data": {
            "counts": pd.DataFrame(
                {
                    "training": [20, 20, 20],
                    "predicted, out of fold": [22, 18, 20],
                    "predicted, test": [5, 5, 50],
                },
                evaluations[0].classes,
            ).rename_axis("class"),
            "folds": pd.DataFrame([[10, 10]] * 3, evaluations[0].classes),
            "multilabel": False,
            "left_out": ["song.wav: is <empty>"],
            "curve": LearningCurve(["lr", "$m_"], [50, 100], [0.5, 0.625], 200, "no <time> left"),
            "self_training": {"$m_": {"rounds": [{"in_words": "kept: <0.5> -> 0.6"}]}},
        },
        "doctor": [{**finding, "severity": "warning"}, {**finding, "severity": "info"}],
        "cost": {"stages": stages, "peak_memory_mb": 512},
        "repeat": {
            "command": "stemstack fit --config config.yaml --out RUN",
            "config": "data: <d>\nfolds: 5\n",
            "versions": {"numpy": "2"},
            "files": pd.DataFrame({"content": ["scores, " * 20]}, ["metrics.json"]),
            "quick": True,
        },
    }


@pytest.fixture(scope="session")
def make_section_data():
    """Make the data of every section from evaluations."""
    return section_data


@pytest.fixture(scope="session")
def page_text(make_evaluation):
    """A page with every section, rendered from fixed data."""
    y_true = [i % 3 for i in range(60)]
    predicted = {
        name: [(i + (i % k < 1)) % 3 for i in range(60)] for name, k in (("lr", 3), ("$m_", 4))
    }
    evaluations = [
        make_evaluation({**predicted, "stack": y_true}, y_true, name=name)
        for name in ("out of fold", "test")
    ]
    data = section_data(evaluations)
    return render_page(
        title="RUN & <co>",
        headline="Best is <stack>.",
        key_figures={"macro F1 & co": "0.808"},
        sections=[(s.anchor, s.title, s.render(data[s.anchor])) for s in SECTIONS],
    )
