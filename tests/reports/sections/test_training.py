"""Training curves show the history saved with each network."""

import re

import numpy as np
import pytest

from stemstack.models import EffNetClassifier, make_lr
from stemstack.models.seed_ensemble import rebuild_seed_ensemble
from stemstack.reports import ReportInputs
from stemstack.reports.sections.training import TRAINING


def network(losses, **more):
    """Return a network with a training history and no weights."""
    model = EffNetClassifier("cnn_tiny")
    model.backbone_, model.n_embedding_, model.state_ = "cnn_tiny", 8, b"no weights"
    model.classes_ = np.arange(2)
    model.history_ = [
        {"epoch": i + 1, "loss": loss} | {name: value + i for name, value in more.items()}
        for i, loss in enumerate(losses)
    ]
    return model


@pytest.fixture
def make_net_run(make_run, tmp_path):
    def make(models):
        proba = np.full((2, 2), 0.5)
        run = make_run(tmp_path, ["a.wav", "b.wav"], ["a", "b"], {"effnet": proba, "stack": proba})
        for fold, model in enumerate(models):
            run.save_model(model, "effnet", fold)
        return run

    return make


def test_histories_of_all_folds_are_concatenated(make_net_run):
    run = make_net_run([network([2.0, 1.25], learning_rate=3.0), network([1.5], learning_rate=5.0)])
    data = TRAINING.collect(ReportInputs(run, []))
    assert data["effnet"].to_dict("list") == {
        "epoch": [1, 2, 1],
        "loss": [2.0, 1.25, 1.5],
        "learning_rate": [3.0, 4.0, 5.0],
        "fold": ["0", "0", "1"],
    }
    body = TRAINING.render(data)
    assert "effnet: training loss, learning rate, by epoch." in body
    # The last epoch of each fold.
    assert re.findall(r"<td>([\d.]+)</td>", body) == [
        "2", "1.2500", "4.0000", "1", "1.5000", "5.0000",
    ]  # fmt: skip


def test_validation_curves_are_drawn(make_net_run):
    run = make_net_run([network([2.0, 1.0], validation_loss=2.5, validation_f1=0.5)] * 2)
    body = TRAINING.body(ReportInputs(run, []))
    assert "training loss, validation loss, validation macro F1, by epoch." in body


def test_seed_ensemble_has_a_curve_per_member(make_net_run):
    ensemble = rebuild_seed_ensemble(
        [network([2.0, 1.0]), network([2.0, 1.5])], np.array(["a", "b"], dtype=object)
    )
    data = TRAINING.collect(ReportInputs(make_net_run([ensemble]), []))
    last = data["effnet"].groupby("fold")["loss"].last()
    assert last.to_dict() == {"0, seed 0": 1.0, "0, seed 1": 1.5}


def test_run_without_networks_has_no_curves(make_net_run):
    assert TRAINING.collect(ReportInputs(make_net_run([make_lr()]), [])) is None
