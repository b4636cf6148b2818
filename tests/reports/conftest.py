"""What models say of made-up clips: odd class names, known rights and wrongs."""

import numpy as np
import pytest

from stemstack.reports.sides import Side

ODD = ("$a$b$", "<d> & co", "métal")


@pytest.fixture(scope="session")
def make_side():
    """Make a side whose models are 80 % sure of what they guess."""

    def make(said, truth, classes=ODD, name="out of fold"):
        rest, labels = 0.2 / (len(classes) - 1), np.asarray(classes, dtype=object)
        eye = np.eye(len(classes))
        tables = {model: np.where(eye[guess] == 1, 0.8, rest) for model, guess in said.items()}
        return Side(name, list(classes), labels[truth], np.arange(len(truth)) // 2, tables)

    return make


@pytest.fixture
def side(make_side):
    """60 clips; lr is right in 36, lgbm in 45, the stack in 48."""
    clip = np.arange(60)
    truth, wrong = clip % 3, {"lr": clip % 5 < 2, "lgbm": clip % 4 < 1, "stack": clip % 5 < 1}
    said = {model: np.where(miss, (truth + 1) % 3, truth) for model, miss in wrong.items()}
    return make_side(said, truth)
