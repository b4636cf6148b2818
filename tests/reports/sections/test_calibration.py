"""The calibration error of tables whose error is known."""

import numpy as np
import pytest

from stemstack.reports.sections.calibration import calibration_section, expected_calibration_error


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


def test_the_section_shows_every_model_and_both_sides(side):
    # lr is 80 % sure and right in 60 %, the stack right in 80 %.
    section = calibration_section([side, side])
    assert "lr 0.200" in section.body and "stack 0.000" in section.body
    assert "−0.200" in section.body
    assert section.body.count("ECE, out of fold") == 1
