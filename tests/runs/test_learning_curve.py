"""The gain of a learning curve is predicted; curves from files are checked."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemstack.runs import Config, Run
from stemstack.runs.learning_curve import CURVE, LearningCurve

CURVE_OF_TWO = LearningCurve(["lr", "lgbm"], [50, 100], [0.5, 0.625], 200, "time is over")


@settings(deadline=None)
@given(limit=st.floats(0.3, 1), slope=st.floats(0, 3), first=st.integers(10, 1000))
def test_gain_of_square_root_law_is_exact(limit, slope, first):
    sizes = [first, 2 * first, 4 * first]
    scores = [limit - slope / np.sqrt(n) for n in sizes]
    gain = slope / np.sqrt(sizes[-1]) - slope / np.sqrt(2 * sizes[-1])
    assert LearningCurve(["lr"], sizes, scores).predicted_gain() == pytest.approx(gain, abs=1e-9)


def test_early_points_do_not_count():
    late = [0.70, 0.71, 0.715]
    few = LearningCurve(["lr"], [100, 200, 400], late)
    many = LearningCurve(["lr"], [25, 50, 100, 200, 400], [0.1, 0.3, *late])
    assert many.predicted_gain() == few.predicted_gain()
    assert LearningCurve(["lr"], [1, 2, 4], [0.6, 0.5, 0.4]).predicted_gain() < 0


def test_curve_is_described_in_two_lines():
    assert CURVE_OF_TWO.describe() == [
        "macro F1 of lr and lgbm with 50, 100 mashups per class: 0.500, 0.625",
        "200 mashups per class: time is over",
    ]
    assert LearningCurve(["lr"], chosen=8, reason="no time").describe() == [
        "8 mashups per class: no time"
    ]


def test_curve_is_read_as_written():
    assert LearningCurve.from_dict(CURVE_OF_TWO.to_dict()) == CURVE_OF_TWO


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("models", "lr", "names"),
        ("models", [1], "names"),
        ("sizes", [50], "same length"),
        ("sizes", None, "same length"),
        ("sizes", [50, -1], "whole numbers"),
        ("chosen", 0, "whole numbers"),
        ("macro_f1", [0.5, 1.5], "0 to 1"),
        ("macro_f1", [0.5, "<b>"], "0 to 1"),
        ("reason", 3, "text"),
    ],
)
def test_odd_curve_is_an_error(name, value, message):
    with pytest.raises(ValueError, match=message):
        LearningCurve.from_dict({**CURVE_OF_TWO.to_dict(), name: value})


@pytest.mark.parametrize("text", ["[]", "{", '{"models": [], "more": 1}'])
def test_damaged_curve_names_the_file(text, tmp_path):
    (tmp_path / CURVE).write_text(text)
    with pytest.raises(Exception, match=f"{CURVE}: is damaged"):
        _ = Run(tmp_path).learning_curve


def test_auto_takes_the_number_of_a_run():
    old = Config("D", mashups_per_genre=7)
    Config("D").check_resumes(old)
    assert Config("D").with_number_of(old) == old
    assert Config("D", mashups_per_genre=5).with_number_of(old).mashups_per_genre == 5
