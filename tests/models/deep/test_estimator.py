import inspect

import numpy as np
import pytest

from stemstack.exceptions import UsageError
from stemstack.models import EffNetClassifier, EffNetEmbedding, EffNetLogits


@pytest.mark.parametrize("cls", [EffNetClassifier, EffNetLogits, EffNetEmbedding])
def test_defaults_are_valid_and_constrained(cls):
    model = cls()
    model.check_parameters()
    # Any device and any verbosity are passed on.
    unconstrained = set(model.get_params()) - set(cls._parameter_constraints)
    assert unconstrained == {"device", "verbose"}


def test_embedding_has_the_parameters_of_the_classifier():
    shared = {name: p.default for name, p in inspect.signature(EffNetClassifier).parameters.items()}
    own = {name: p.default for name, p in inspect.signature(EffNetEmbedding).parameters.items()}
    assert own == {**shared, "fine_tune": False}
    assert list(own)[:2] == ["backbone", "fine_tune"]
    assert EffNetEmbedding(sr=8000).get_params()["sr"] == 8000


def test_unknown_parameter_of_embedding_is_rejected():
    with pytest.raises(TypeError, match="unexpected keyword argument 'fourth'"):
        EffNetEmbedding(fourth=4)


@pytest.mark.parametrize(
    "params",
    [
        {"frozen": 1, "layer_decay": 0.0, "learning_rate": 0},
        {"random_state": np.random.default_rng(0), "class_weight": {"rock": 0.5}},
        {"patience": None, "n_threads": None, "cache": None},
    ],
)
def test_limits_of_ranges_are_valid(params):
    # Passes when nothing is raised.
    EffNetClassifier(**params).check_parameters()


@pytest.mark.parametrize("value", [0, None, True, 1.5])
def test_invalid_epochs_are_named(value):
    with pytest.raises(
        UsageError,
        match=r"^The 'epochs' parameter of EffNetLogits must be an int in the range \[1, inf\)",
    ):
        EffNetLogits(epochs=value).check_parameters()


def test_negative_class_weight_is_rejected():
    with pytest.raises(UsageError, match=r"'class_weight' .* at least 0\. Got \{'rock': -1\}"):
        EffNetClassifier(class_weight={"rock": -1}).check_parameters()


@pytest.mark.parametrize("name", ["cache", "checkpoint"])
def test_file_is_rejected_as_a_folder(name, tmp_path):
    (tmp_path / "file").touch()
    EffNetClassifier(**{name: tmp_path / "new"}).check_parameters()
    with pytest.raises(UsageError, match=f"The '{name}' parameter .* must be a folder"):
        EffNetClassifier(**{name: tmp_path / "file"}).check_parameters()
