"""Selected clips are agreed upon, sure and balanced."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemstack.errors import DataError, UsageError
from stemstack.stacking.pseudo_labels import select_sure


def say(codes, sure):
    """Give three-class probabilities of a model that says ``codes``, that sure."""
    sure = np.broadcast_to(sure, np.shape(codes))[:, None]
    return np.where(np.eye(3)[codes] > 0, sure, (1 - sure) / 2)


def test_models_must_agree():
    said = [say([0, 1, 2, 0], 0.9), say([0, 1, 2, 1], 0.9)]
    rows, codes = select_sure(said)
    assert rows.tolist() == [0, 1, 2]
    assert codes.tolist() == [0, 1, 2]


def test_the_mean_must_be_sure():
    said = [say([0, 1, 2], [0.9, 0.5, 0.9]), say([0, 1, 2], [0.9, 0.65, 0.4])]
    assert select_sure(said, confidence=0.6)[0].tolist() == [0, 2]
    assert select_sure(said, confidence=0.5)[0].tolist() == [0, 1, 2]


def test_no_class_gives_more_than_twice_the_scarcest_and_one():
    codes = np.repeat([0, 1, 2], [50, 20, 3])
    sure = np.linspace(0.7, 0.99, 73)
    rows, said = select_sure([say(codes, sure)])
    assert np.bincount(said).tolist() == [8, 8, 3]
    # The surest of each class.
    assert rows.tolist() == [*range(42, 50), *range(62, 70), *range(70, 73)]


def test_a_share_bounds_every_class():
    codes = np.tile([0, 1, 2], 20)
    _, said = select_sure([say(codes, 0.9)], share=0.25)
    assert np.bincount(said).tolist() == [5, 5, 5]


@given(seed=st.integers(0, 999), n_models=st.integers(1, 3), share=st.floats(0.01, 1))
def test_whatever_is_selected_passes_the_gate(seed, n_models, share):
    said = np.random.default_rng(seed).dirichlet(np.full(3, 0.3), size=(n_models, 40))
    rows, codes = select_sure(said, share=share)
    assert (np.diff(rows) > 0).all()
    assert (said[:, rows].argmax(axis=2) == codes).all()
    assert (said[:, rows].mean(axis=0).max(axis=1) >= 0.6).all()
    assert (np.bincount(codes, minlength=3) <= np.ceil(share * 40 / 3)).all()


def test_settings_out_of_range_are_refused():
    with pytest.raises(UsageError, match=r"share in \(0, 1\]\. Got 0.6 and 0"):
        select_sure([say([0], 0.9)], share=0)


def test_what_is_no_table_a_model_is_refused():
    with pytest.raises(DataError, match=r"Got shape \(1, 3\) and 0 NaN"):
        select_sure(say([0], 0.9))
    with pytest.raises(DataError, match=r"Got shape \(1, 1, 3\) and 3 NaN"):
        select_sure([say([0], np.nan)])
