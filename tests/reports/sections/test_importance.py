"""The section says what stands out, and shows every family."""

import json
import shutil

import numpy as np
import pytest
import soundfile

from stemstack.models import make_lr
from stemstack.reports.sections.importance import (
    importance_section,
    render_importance,
    score_drops,
)
from stemstack.utils.progress import NullProgress


def found(drop, low, high):
    return {"drop": drop, "low": low, "high": high}


def test_what_stands_out_from_chance_is_said():
    drops = {
        "mfcc": found(0.3, 0.2, 0.4),
        "rms": found(0.05, 0.01, 0.09),
        "tempo": found(0, -0.01, 0.01),
    }
    weights = {"gain": {"mfcc": 0.9, "rms": 0.1, "tempo": 0.0}, "SHAP": {"mfcc": 1.0, "rms": 0.0}}
    section = render_importance({"lgbm": {"drops": drops, "weights": weights}})
    assert "lgbm leans most on mfcc: 0.300 (0.200 to 0.400) of macro F1; then rms." in section.body
    assert "Of 3 families, 2 stand out from chance." in section.body
    for family in drops:
        assert f">{family}</text>" in section.body and f'"row">{family}</th>' in section.body
    assert "its share of gain and SHAP" in section.body


def test_a_model_that_leans_on_none_is_told_so():
    model = {"drops": {"rms": found(0.01, -0.01, 0.02)}, "weights": {"gain": {"rms": 1.0}}}
    section = render_importance({"a & b": model})
    assert "a &amp; b can do without any one family" in section.body


Y = np.arange(200) % 2


def test_a_family_that_decides_costs_all_and_one_that_does_not_costs_nothing():
    found = score_drops(Y, Y, {"tempo": np.stack([Y, Y]), "mfcc": np.stack([1 - Y, 1 - Y])}, 2)
    assert list(found) == ["mfcc", "tempo"]
    assert found["mfcc"] == {"drop": 1.0, "low": 1.0, "high": 1.0}
    assert found["tempo"] == {"drop": 0.0, "low": 0.0, "high": 0.0}


def test_the_interval_covers_a_loss_by_chance():
    rng = np.random.default_rng(0)
    wrong = np.where(rng.random((3, 200)) < 0.2, 1 - Y, Y)
    found = score_drops(Y, Y, {"mfcc": wrong}, 2)["mfcc"]
    # A fifth of the clips change sides; the standard error of three repeats' mean is 0.016.
    assert 0.15 < found["low"] < found["drop"] < found["high"] < 0.25


@pytest.fixture
def run(make_run, tmp_path):
    """A run of ``lr`` on tones of two pitches, fitted twice."""
    times, clips = np.arange(8000) / 8000, []
    for label, pitch in {"high": 1000, "low": 200}.items():
        (tmp_path / "DATA" / label).mkdir(parents=True)
        for i in range(6):
            tone = 0.5 * np.sin(2 * np.pi * pitch * (1 + i / 50) * times)
            soundfile.write(tmp_path / "DATA" / label / f"{i}.wav", tone, 8000)
            clips.append(f"{label}/{i}.wav")
    labels = [clip.split("/")[0] for clip in clips]
    said = np.tile([0.5, 0.5], (12, 1))
    # Folds that a manifest gives need not begin with 0.
    folds = [1 + i % 2 for i in range(12)]
    run = make_run(tmp_path / "DATA", clips, labels, {"lr": said, "stack": said}, folds=folds)
    model = make_lr(sr=8000, families=["centroid", "tempo"])
    model.fit([str(tmp_path / "DATA" / clip) for clip in clips], labels)
    for fold in (1, 2):
        run.save_model(model, "lr", fold)
    return run


def test_the_section_says_what_the_model_leans_on(run, tmp_path):
    section = importance_section(run, cache=tmp_path / "C", progress=NullProgress())
    assert section.anchor == "importance"
    assert "lr leans most on centroid" in section.body and "absolute coefficients" in section.body
    result = json.loads((run.path / "importance.json").read_text())["result"]["lr"]
    assert result["drops"]["centroid"]["drop"] > 0.3
    # Tones have no beat: their tempo is chance, and the model hardly looks at it.
    assert result["drops"]["tempo"]["drop"] < 0.05
    assert result["weights"]["absolute coefficients"]["tempo"] < 0.05


def test_a_second_report_needs_no_data_and_a_changed_run_does(run, tmp_path):
    first = importance_section(run, cache=tmp_path / "C", progress=NullProgress())
    shutil.rmtree(tmp_path / "DATA")
    assert importance_section(run, cache=tmp_path / "C", progress=NullProgress()) == first
    table = run.read_table("ledger/oof")
    run.write_table("ledger/oof", table.assign(lr__low=0.4))
    section = importance_section(run, cache=tmp_path / "C", progress=NullProgress())
    assert f"{tmp_path / 'DATA'} is not there" in section.body and "<svg" not in section.body


def test_a_run_without_such_a_model_has_no_section(run, tmp_path):
    featureless = make_lr(sr=8000)
    featureless.steps = featureless.steps[1:]
    run.save_model(featureless, "lr", 1)
    assert importance_section(run, cache=tmp_path / "C", progress=NullProgress()) is None
