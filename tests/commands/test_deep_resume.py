"""A fit that ends in the middle of a net's training goes on there."""

import pytest

from stemstack.commands import main
from stemstack.exceptions import DataError
from stemstack.models.deep.training.checkpoint import Checkpoint
from stemstack.runs.fitting import fold_fits as first_level

NET = "effnet:cnn_tiny(epochs=4,remix=true,n_fft=512,hop_length=256,n_mels=16,crop_seconds=0.5)"
SMALL = ("--folds", "2", "--mashups-per-genre", "8", "--quiet")
OPTIONS = ("--jobs", "1", "--device", "cpu")


def results(run):
    found = [*run.rglob("*.safetensors"), *run.rglob("ledger/**/*.parquet")]
    return {str(path.relative_to(run)): path.read_bytes() for path in found}


def break_off(*_, **__):
    raise DataError("the power is gone")


@pytest.fixture
def saves(monkeypatch):
    """Note each epoch that is trained; where the list is ``end`` long, the power is gone."""
    saves, save = Saves(), Checkpoint.save

    def save_and_count(checkpoint, state):
        save(checkpoint, state)
        saves.append(len(state["history"]))
        if len(saves) == saves.end:
            break_off()

    monkeypatch.setattr(Checkpoint, "save", save_and_count)
    return saves


class Saves(list):
    end = None


@pytest.fixture(scope="module")
def whole(stem_data, shared_cache, tmp_path_factory):
    """The run of a fit that nothing breaks off."""
    out = tmp_path_factory.mktemp("deep") / "WHOLE"
    arguments = ["fit", "--data", stem_data, "--models", NET, "--out", out, *SMALL, *OPTIONS]
    assert main([*map(str, arguments), "--cache", str(shared_cache)]) == 0
    return out


def test_a_fit_broken_off_in_a_training_goes_on_to_the_same_bytes(
    whole, stem_data, tmp_path, fit_small, saves
):
    broken, saves.end = tmp_path / "BROKEN", 6
    code, _, err = fit_small(stem_data, broken, *OPTIONS, models=NET)
    assert (code, "the power is gone" in err) == (1, True)
    assert fit_small(stem_data, broken, *OPTIONS, "--resume", models=NET)[0] == 0
    # Two folds of four epochs: none that was whole is trained again.
    assert len(saves) == 8
    assert results(broken) == results(whole)


def test_a_net_that_was_ready_when_its_fold_was_broken_off_is_not_trained_again(
    whole, stem_data, tmp_path, fit_small, saves, monkeypatch
):
    broken = tmp_path / "BROKEN"
    with monkeypatch.context() as patch:
        patch.setattr(first_level, "predict_with", break_off)
        code, _, err = fit_small(stem_data, broken, *OPTIONS, models=NET)
    assert (code, "the power is gone" in err, len(saves)) == (1, True, 4)
    assert fit_small(stem_data, broken, *OPTIONS, "--resume", models=NET)[0] == 0
    assert len(saves) == 8
    assert results(broken) == results(whole)
