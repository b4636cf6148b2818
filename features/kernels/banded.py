"""How the compiled kernels are compiled, and the one they share.

Conventions: rows over time are C-contiguous (row, frame) arrays, so that the innermost loop of a
kernel runs over neighbouring frames and vectorises. Nothing compiles at import; what is compiled is
kept on disk for the next process. No BLAS: its sums depend on the number of threads.
"""

import numpy as np
from numba import njit

# Operations stay in the order written, unfused: the same bits on any machine.
ordered = njit(cache=True, error_model="numpy")
# Reductions in float64, where the order is beyond what float32 shows, may be split over lanes.
reordered = njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})

# Frames worked on at a time where spectra are visited again and again: long enough for vectors to
# pay, short enough for the second-level cache.
BLOCK = 512


def banded_matmul(weights, rows):
    """Multiply a matrix that is zero outside a band per row with rows over time.

    Parameters
    ----------
    weights : ndarray of shape (n_out, n_rows), float32
    rows : ndarray of shape (n_rows, n_frames), float32

    Returns
    -------
    ndarray of shape (n_out, n_frames), float32
        ``weights @ rows``, summed in row order.
    """
    used = weights != 0
    first = np.argmax(used, axis=1)
    stop = weights.shape[1] - np.argmax(used[:, ::-1], axis=1)
    return _combine(weights, first, np.where(used.any(axis=1), stop, first), rows)


@ordered
def _combine(weights, first, stop, rows):
    n_out, n_frames = len(weights), rows.shape[1]
    out = np.zeros((n_out, n_frames), np.float32)
    for start in range(0, n_frames, BLOCK):
        for i in range(n_out):
            _add_weighted(out[i, start : start + BLOCK], weights[i], first[i], stop[i], rows, start)
    return out


@ordered
def _add_weighted(total, weights, first, stop, rows, start):
    """Add rows ``first`` to ``stop``, four at a time so that the total is fetched less often."""
    in_fours = first + (stop - first) // 4 * 4
    for k in range(first, in_fours, 4):
        w0, w1, w2, w3 = weights[k], weights[k + 1], weights[k + 2], weights[k + 3]
        if w0 == 0 and w1 == 0 and w2 == 0 and w3 == 0:
            continue
        r0, r1 = rows[k, start:], rows[k + 1, start:]
        r2, r3 = rows[k + 2, start:], rows[k + 3, start:]
        for f in range(len(total)):
            total[f] += w0 * r0[f] + w1 * r1[f] + w2 * r2[f] + w3 * r3[f]
    for k in range(in_fours, stop):
        weight, row = weights[k], rows[k, start:]
        for f in range(len(total)):
            total[f] += weight * row[f]
