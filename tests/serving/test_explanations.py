"""Explanations as sentences."""

import pandas as pd
import pytest

from stemstack.serving import Confidence, Reasons
from stemstack.serving.explanations import describe_confidence, describe_reasons


@pytest.mark.parametrize(
    ("difference", "families", "text"),
    [
        (
            2.4,
            {"tempo": 2.0, "mfcc": 1.0, "zcr": -0.5, "rms": -0.1},
            "lr prefers rock to jazz, mostly because of tempo and timbre; roughness suggests jazz.",
        ),
        (
            -4.5,
            {"tempo": -2.0, "mfcc": -1.5, "zcr": -1.0},
            "lr, unlike the stack, prefers jazz to rock, mostly because of tempo, timbre and "
            "roughness.",
        ),
        (1.0, {"tempo": 0.0}, "lr prefers rock to jazz, mostly because of class frequencies."),
    ],
)
def test_reasons_name_the_strongest_families(difference, families, text):
    reasons = Reasons("lr", difference, 0.0, pd.Series(families))
    assert describe_reasons(reasons, "rock", "jazz") == text


def test_confidence_has_the_record_of_the_class():
    assert describe_confidence(Confidence(0.812, 0.75, 40, 30), "rock") == (
        "Calibrated probability about 81 %. Of 40 held-out training clips predicted as rock, 30 "
        "were correct (F1 0.75)."
    )
    assert "The stack never predicted rock for a held-out training clip" in describe_confidence(
        Confidence(0.5, 0.0, 0, 0), "rock"
    )
