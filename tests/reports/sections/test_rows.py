"""Rows of a figure."""

import pytest

from stemstack.reports.sections.rows import height, name_rows

matplotlib = pytest.importorskip("matplotlib.figure")


def test_rows_are_named_from_the_bottom_and_long_names_cut():
    axes = matplotlib.Figure().subplots()
    name_rows(axes, ["lr", "effnet-backbone-resnet50-epochs-8"])
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "lr",
        "effnet-backbone-resne…",
    ]
    assert list(axes.get_yticks()) == [0, 1]


def test_height_grows_with_the_rows():
    # atol: roundings of a float.
    assert height(5) - height(3) == pytest.approx(0.5, abs=1e-12)
