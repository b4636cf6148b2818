"""Sorting networks against a sort."""

from itertools import product

import numpy as np

from stemstack.features.kernels.sorting import sort_bitonic_eight, sort_eight


def test_all_sequences_of_zeros_and_ones_are_sorted():
    """A network that sorts these sorts everything (Knuth, vol. 3, 5.3.4, theorem Z)."""
    for values in product((0, 1), repeat=8):
        assert sort_eight(*values) == tuple(sorted(values))


def test_rotated_rises_and_falls_are_sorted():
    rng = np.random.default_rng(0)
    for turn, n_rising in product(range(8), range(9)):
        values = np.sort(rng.random(8))
        bitonic = np.concatenate([values[8 - n_rising :], values[: 8 - n_rising][::-1]])
        assert sort_bitonic_eight(*np.roll(bitonic, turn)) == tuple(values)
