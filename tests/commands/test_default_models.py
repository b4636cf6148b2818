"""The models and the blend of a fit that names none."""

import numpy as np
import pytest
import soundfile
import yaml

from stemstack.commands._shared import default_models
from stemstack.commands._shared.default_models import (
    choose_default_blend,
    choose_default_models,
)
from stemstack.models.registry import DEFAULT_MODELS
from stemstack.runs import Config

OF_CLIPS = ("lr", "lgbm", "lda", "effnet")
WITH_MUSIC = ("lr(embeddings=musicnn)", "lgbm", "lda", "effnet")


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """A folder of a clip for each of two classes."""
    root = tmp_path_factory.mktemp("clips")
    for label in ("low", "high"):
        (root / label).mkdir()
        soundfile.write(root / label / "0.wav", np.full(8000, 0.1), 8000)
    return root


@pytest.mark.parametrize("is_installed", [True, False])
def test_clips_have_music_embeddings_if_installed(is_installed, clips, stem_data, monkeypatch):
    monkeypatch.setattr(default_models, "_has_musicnn", lambda: is_installed)
    models, note = choose_default_models(clips)
    assert models == (WITH_MUSIC if is_installed else OF_CLIPS)
    assert (note is not None) is is_installed
    usual = [stem_data, "https://host/manifest.csv", clips / "missing"]
    assert all(choose_default_models(data) == (DEFAULT_MODELS, None) for data in usual)
    assert choose_default_models(clips, label_separator=";") == (OF_CLIPS, None)


def test_clips_of_one_class_are_blended_by_vote(clips, stem_data):
    assert choose_default_blend(clips) == "vote"
    usual = [stem_data, "https://host/manifest.csv", clips / "missing"]
    assert {choose_default_blend(data) for data in usual} == {"logistic"}
    assert choose_default_blend(clips, label_separator=";") == "logistic"


def test_named_blend_is_not_changed(clips, run_program):
    arguments = ["fit", "--data", clips, "--print-config"]
    for options, blend in (([], "vote"), (["--blend", "logistic"], "logistic")):
        code, out, _ = run_program(*arguments, *options)
        assert code == 0 and yaml.safe_load(out)["blend"] == blend


def test_resumed_run_keeps_its_blend(clips, tmp_path):
    run = tmp_path / "RUN"
    assert choose_default_blend(clips, resumed=run) == "vote"
    run.mkdir()
    Config(str(clips), models=["lr"], blend="greedy").write(run / "config.yaml", {})
    assert choose_default_blend(clips, resumed=run) == "greedy"


def test_named_models_are_not_changed(clips, run_program, monkeypatch):
    monkeypatch.setattr(default_models, "_has_musicnn", lambda: True)
    arguments = ["fit", "--data", clips, "--print-config"]
    for options, models in (([], WITH_MUSIC), (["--models", "lr,lgbm"], ("lr", "lgbm"))):
        code, out, _ = run_program(*arguments, *options)
        assert code == 0 and tuple(yaml.safe_load(out)["models"]) == models


def test_fit_names_the_embedding(clips, tmp_path, run_program, monkeypatch):
    monkeypatch.setattr(default_models, "_has_musicnn", lambda: True)
    code, _, err = run_program("fit", "--data", clips, "--out", tmp_path / "RUN", "--folds", 2)
    # With one clip for each class there is nothing to train on.
    assert code == 1
    assert "lr has embeddings of musicnn, which is installed" in " ".join(err.split())
