"""The history saved with each net is what the report draws."""

import numpy as np
import pytest

from stemstack.models import EffNetClassifier, make_lr
from stemstack.models.seed_ensemble import rebuild_seed_ensemble
from stemstack.reports.sections.training import (
    training_section,
)


def net(losses, **more):
    """A net that remembers its training and little else."""
    model = EffNetClassifier("cnn_tiny")
    model.backbone_, model.n_embedding_, model.state_ = "cnn_tiny", 8, b"no weights"
    model.history_ = [
        {"epoch": i + 1, "loss": loss} | {name: value + i for name, value in more.items()}
        for i, loss in enumerate(losses)
    ]
    return model


@pytest.fixture
def make_net_run(make_run, tmp_path):
    def make(models):
        said = np.full((2, 2), 0.5)
        run = make_run(tmp_path, ["a.wav", "b.wav"], ["a", "b"], {"effnet": said, "stack": said})
        for fold, model in enumerate(models):
            run.save_model(model, "effnet", fold)
        return run

    return make


def test_every_fold_has_its_line_and_its_end(make_net_run):
    run = make_net_run([net([2.0, 1.25], learning_rate=3.0), net([1.5], learning_rate=5.0)])
    section = training_section(run)
    assert section.anchor == "training"
    assert "effnet: training loss, learning rate, by epoch." in section.body
    assert "set apart, by epoch" not in section.body
    assert "<td>1.2500</td>" in section.body and "<td>1.5000</td>" in section.body
    assert "<td>4.0000</td>" in section.body and "<td>5.0000</td>" in section.body


def test_what_early_stopping_saw_is_drawn_too(make_net_run):
    run = make_net_run([net([2.0, 1.0], validation_loss=2.5, validation_f1=0.5)] * 2)
    body = training_section(run).body
    assert "training loss, loss on clips set apart, macro F1 on clips set apart, by epoch." in body


def test_each_member_of_a_bag_has_a_line(make_net_run):
    bag = rebuild_seed_ensemble(
        [net([2.0, 1.0]), net([2.0, 1.5])], np.array(["a", "b"], dtype=object)
    )
    body = training_section(make_net_run([bag])).body
    assert ">0, seed 0</text>" in body and ">0, seed 1</text>" in body


def test_a_run_without_nets_has_no_curves(make_net_run):
    assert training_section(make_net_run([make_lr()])) is None
