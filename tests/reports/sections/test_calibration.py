"""Calibration errors of predictions with a known error."""

import numpy as np
import pandas as pd
import pytest

from stemstack.reports import ReportInputs
from stemstack.reports.sections.calibration import CALIBRATION, expected_calibration_error


@pytest.mark.parametrize(("n_right", "error"), [(8, 0.0), (6, 0.2), (10, 0.2), (0, 0.8)])
def test_error_of_one_confidence(n_right, error):
    right = np.arange(10) < n_right
    # atol: a few roundings.
    np.testing.assert_allclose(
        expected_calibration_error(right, np.full(10, 0.8)), error, atol=1e-9
    )


def test_bins_count_by_their_clips():
    # 30 clips at 0.3, all wrong; 10 at 0.9, all right.
    confidence = np.repeat([0.3, 0.9], [30, 10])
    found = expected_calibration_error(confidence > 0.5, confidence)
    # rtol: a few roundings.
    np.testing.assert_allclose(found, (30 * 0.3 + 10 * 0.1) / 40, rtol=1e-12)


def test_certainty_falls_into_the_last_bin():
    assert expected_calibration_error([True, True], [1.0, 1.0 + 1e-7]) == 0.0


def test_errors_of_every_model_and_evaluation(evaluation, make_evaluation):
    y_true = np.arange(60) % 3
    test = make_evaluation(dict.fromkeys(evaluation.proba, y_true), y_true, name="test")
    optimistic = make_evaluation({"lr": y_true}, y_true, name="song-shared (optimistic)")
    data = CALIBRATION.collect(ReportInputs(None, [evaluation, test, optimistic]))
    # Confidence is 0.8; lr is right for 60 %, lgbm for 75 %, the stack for 80 %.
    expected = {
        "ECE, out of fold": {"stack": 0.0, "lgbm": 0.05, "lr": 0.2},
        "bias, out of fold": {"stack": 0.0, "lgbm": -0.05, "lr": -0.2},
        "ECE, test": dict.fromkeys(["stack", "lgbm", "lr"], 0.2),
        "bias, test": dict.fromkeys(["stack", "lgbm", "lr"], 0.2),
    }
    # atol: a few roundings.
    pd.testing.assert_frame_equal(
        data["errors"], pd.DataFrame(expected).rename_axis("model"), rtol=0, atol=1e-9
    )
    assert "stack 0.000, lgbm 0.050, lr 0.200" in CALIBRATION.render(data)
