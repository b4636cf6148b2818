"""Importance by family: computed on held-out clips, stored, and summarised."""

import json
import shutil

import numpy as np
import pytest
import soundfile

from stemstack.models import make_lr
from stemstack.reports.sections.importance import IMPORTANCE, score_drops


def drop(drop, low, high):
    return {"drop": drop, "low": low, "high": high}


def test_significant_families_are_named():
    drops = {
        "mfcc": drop(0.3, 0.2, 0.4),
        "rms": drop(0.05, 0.01, 0.09),
        "tempo": drop(0, -0.01, 0.01),
    }
    weights = {"gain": {"mfcc": 0.9, "rms": 0.1, "tempo": 0.0}, "SHAP": {"mfcc": 1.0, "rms": 0.0}}
    body = IMPORTANCE.render({"lgbm": {"drops": drops, "weights": weights}})
    assert "lgbm depends most on mfcc: 0.300 (0.200 to 0.400) of macro F1; then rms." in body
    assert "The loss is significant for 2 of 3 families." in body
    for family in drops:
        assert f">{family}</text>" in body and f'"row">{family}</th>' in body
    assert "its fraction of gain and SHAP" in body


def test_model_without_important_family_is_described():
    model = {"drops": {"rms": drop(0.01, -0.01, 0.02)}, "weights": {"gain": {"rms": 1.0}}}
    assert "a &amp; b needs no single family" in IMPORTANCE.render({"a & b": model})


Y = np.arange(200) % 2


def test_drop_is_one_or_zero_at_the_extremes():
    found = score_drops(Y, Y, {"tempo": np.stack([Y, Y]), "mfcc": np.stack([1 - Y, 1 - Y])}, 2)
    assert list(found) == ["mfcc", "tempo"]
    assert found["mfcc"] == {"drop": 1.0, "low": 1.0, "high": 1.0}
    assert found["tempo"] == {"drop": 0.0, "low": 0.0, "high": 0.0}


def test_interval_covers_a_random_loss():
    rng = np.random.default_rng(0)
    wrong = np.where(rng.random((3, 200)) < 0.2, 1 - Y, Y)
    found = score_drops(Y, Y, {"mfcc": wrong}, 2)["mfcc"]
    # A fifth of the predictions are wrong; the standard error of three repeats' mean is 0.016.
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
    proba = np.tile([0.5, 0.5], (12, 1))
    # Folds that a manifest gives need not begin with 0.
    folds = [1 + i % 2 for i in range(12)]
    run = make_run(tmp_path / "DATA", clips, labels, {"lr": proba, "stack": proba}, folds=folds)
    model = make_lr(sr=8000, families=["centroid", "tempo"])
    model.fit([str(tmp_path / "DATA" / clip) for clip in clips], labels)
    for fold in (1, 2):
        run.save_model(model, "lr", fold)
    return run


def test_relevant_family_loses_score_and_has_weight(run, make_inputs):
    result = IMPORTANCE.collect(make_inputs(run))["lr"]
    assert list(result["drops"]) == ["centroid", "tempo"]
    assert result["drops"]["centroid"]["drop"] > 0.3
    # Tones have no beat: their tempo is random, and the model gives it little weight.
    assert result["drops"]["tempo"]["drop"] < 0.05
    assert result["weights"]["absolute coefficients"]["tempo"] < 0.05
    document = json.loads((run.path / "importance.json").read_text())
    assert document["result"]["lr"] == result


def test_stored_result_holds_until_the_run_changes(run, make_inputs, tmp_path):
    first = IMPORTANCE.collect(make_inputs(run))
    shutil.rmtree(tmp_path / "DATA")
    inputs = make_inputs(run)
    assert IMPORTANCE.collect(inputs) == first
    table = run.read_table("ledger/oof")
    run.write_table("ledger/oof", table.assign(lr__low=0.4))
    body = IMPORTANCE.body(inputs)
    assert f"{tmp_path / 'DATA'} is not there" in body and "<svg" not in body


def test_run_without_handcrafted_features_has_no_section(run, make_inputs):
    featureless = make_lr(sr=8000)
    featureless.steps = featureless.steps[1:]
    run.save_model(featureless, "lr", 1)
    assert IMPORTANCE.collect(make_inputs(run)) is None
