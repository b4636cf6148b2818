"""Sorting networks for a few values: minimum and maximum only, no branches.

Only functions of numbers, not of arrays, are inlined, and a loop over columns that calls them is
vectorised.
"""

from .common import njit_ordered


@njit_ordered
def order(a, b):
    """Return two values in ascending order."""
    return (a, b) if a < b else (b, a)


@njit_ordered
def sort_eight(a, b, c, d, e, f, g, h):
    """Sort eight values by Batcher's odd-even merge sort."""
    a, b, c, d = _merge_pairs(*order(a, b), *order(c, d))
    e, f, g, h = _merge_pairs(*order(e, f), *order(g, h))
    # The even and the odd places are merged, then neighbours are put in order.
    a, c, e, g = _merge_pairs(a, c, e, g)
    b, d, f, h = _merge_pairs(b, d, f, h)
    return a, *order(b, c), *order(d, e), *order(f, g), h


@njit_ordered
def sort_bitonic_eight(a, b, c, d, e, f, g, h):
    """Sort eight values that rise and then fall, also if they are rotated, by Batcher's merger."""
    a, e = order(a, e)
    b, f = order(b, f)
    c, g = order(c, g)
    d, h = order(d, h)
    return *_sort_bitonic_four(a, b, c, d), *_sort_bitonic_four(e, f, g, h)


@njit_ordered
def _sort_bitonic_four(a, b, c, d):
    a, c = order(a, c)
    b, d = order(b, d)
    return *order(a, b), *order(c, d)


@njit_ordered
def _merge_pairs(a, b, c, d):
    """Merge the sorted pairs a, b and c, d."""
    a, c = order(a, c)
    b, d = order(b, d)
    b, c = order(b, c)
    return a, b, c, d
