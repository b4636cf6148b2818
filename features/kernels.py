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


def combine(weights, rows):
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
    for i in range(n_out):
        total = out[i]
        in_fours = first[i] + (stop[i] - first[i]) // 4 * 4
        for k in range(first[i], in_fours, 4):
            w0, w1, w2, w3 = weights[i, k], weights[i, k + 1], weights[i, k + 2], weights[i, k + 3]
            r0, r1, r2, r3 = rows[k], rows[k + 1], rows[k + 2], rows[k + 3]
            for f in range(n_frames):
                total[f] += w0 * r0[f] + w1 * r1[f] + w2 * r2[f] + w3 * r3[f]
        for k in range(in_fours, stop[i]):
            weight, row = weights[i, k], rows[k]
            for f in range(n_frames):
                total[f] += weight * row[f]
    return out
