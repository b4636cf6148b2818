"""A fit that stops during a network's training resumes there."""

import pytest
from helpers.runs import SMALL_FIT

from stemstack.commands import main
from stemstack.exceptions import DataError
from stemstack.models.deep.training.checkpoint import Checkpoint
from stemstack.runs.fitting import fold_fits

NET = "effnet:cnn_tiny(epochs=4,remix=true,n_fft=512,hop_length=256,n_mels=16,crop_seconds=0.5)"
OPTIONS = ("--jobs", "1", "--device", "cpu")


def results(run):
    found = [*run.rglob("*.safetensors"), *run.rglob("ledger/**/*.parquet")]
    return {str(path.relative_to(run)): path.read_bytes() for path in found}


def fail(*_, **__):
    raise DataError("power failure")


@pytest.fixture
def saves(monkeypatch):
    """Record each trained epoch; fail when the list is ``end`` long."""
    saves, save = Saves(), Checkpoint.save

    def save_and_count(checkpoint, state):
        save(checkpoint, state)
        saves.append(len(state["history"]))
        if len(saves) == saves.end:
            fail()

    monkeypatch.setattr(Checkpoint, "save", save_and_count)
    return saves


class Saves(list):
    end = None


@pytest.fixture(scope="module")
def whole(stem_data, shared_cache, tmp_path_factory):
    """The run of an uninterrupted fit."""
    out = tmp_path_factory.mktemp("deep") / "WHOLE"
    arguments = ["fit", "--data", stem_data, "--models", NET, "--out", out, *SMALL_FIT, *OPTIONS]
    assert main([*map(str, arguments), "--cache", str(shared_cache)]) == 0
    return out


@pytest.mark.slow
def test_fit_interrupted_in_training_resumes_exactly(whole, stem_data, tmp_path, fit_small, saves):
    broken, saves.end = tmp_path / "BROKEN", 6
    code, _, err = fit_small(stem_data, broken, *OPTIONS, models=NET)
    assert (code, "power failure" in err) == (1, True)
    assert fit_small(stem_data, broken, *OPTIONS, "--resume", models=NET)[0] == 0
    # Two folds of four epochs: complete ones are not trained again.
    assert len(saves) == 8
    assert results(broken) == results(whole)


@pytest.mark.slow
def test_trained_network_is_not_trained_again(
    whole, stem_data, tmp_path, fit_small, saves, monkeypatch
):
    broken = tmp_path / "BROKEN"
    with monkeypatch.context() as patch:
        patch.setattr(fold_fits, "predict_with", fail)
        code, _, err = fit_small(stem_data, broken, *OPTIONS, models=NET)
    assert (code, "power failure" in err, len(saves)) == (1, True, 4)
    assert fit_small(stem_data, broken, *OPTIONS, "--resume", models=NET)[0] == 0
    assert len(saves) == 8
    assert results(broken) == results(whole)
