"""Sentences."""

import pandas as pd

from stemstack.serving import Confidence, Reasons
from stemstack.serving.explanations import describe_reasons, describe_sureness


def test_a_preference_names_what_speaks_for_and_against_it():
    families = pd.Series({"tempo": 2.0, "mfcc": 1.0, "zcr": -0.5, "rms": -0.1})
    said = describe_reasons(Reasons("lr", 2.4, 0.0, families), "rock", "jazz")
    assert said == (
        "lr prefers rock to jazz, mostly for tempo and timbre; roughness would rather say jazz."
    )


def test_a_model_that_disagrees_with_the_stack_is_said_to():
    families = pd.Series({"tempo": -2.0, "mfcc": -1.5, "zcr": -1.0})
    said = describe_reasons(Reasons("lgbm", -4.5, 0.0, families), "rock", "jazz")
    assert said == (
        "lgbm, unlike the stack, prefers jazz to rock, mostly for tempo, timbre and roughness."
    )


def test_a_preference_without_features_is_one_of_frequency():
    said = describe_reasons(Reasons("lr", 1.0, 1.0, pd.Series({"tempo": 0.0})), "rock", "jazz")
    assert said == "lr prefers rock to jazz, mostly for how frequent it is."


def test_sureness():
    assert describe_sureness(Confidence(0.812, 0.75, 40, 30), "rock") == (
        "About 81 % sure, calibrated. When it said rock of training clips held out, it was right "
        "30 times of 40 (F1 0.75)."
    )
    assert "Of no training clip held out was rock said" in describe_sureness(
        Confidence(0.5, 0.0, 0, 0), "rock"
    )
