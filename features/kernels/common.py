"""How the kernels are compiled, and kernels that several descriptors share.

Conventions: rows over time are C-contiguous (row, frame) arrays, so that the innermost loop of a
kernel runs over neighbouring frames and is vectorised. Nothing is compiled at import; compiled code
is stored on disk for the next process. No BLAS: its sums depend on the number of threads.
"""

from functools import lru_cache

import numpy as np

from ...utils.compiled import njit

# Operations in the order written, without fused multiply-add: the same bits on any machine.
njit_ordered = njit(cache=True, error_model="numpy")
# For sums in float64 whose order has no effect in float32: they may be split over vector lanes.
njit_reordered = njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})

# A polynomial of log(1 + x) for sqrt(1/2) <= 1 + x < sqrt(2), by rising powers from x on, of
# the smallest maximal error for this degree: 4e-8.
_C1, _C2 = np.float32(0.999999814), np.float32(-0.500006674)
_C3, _C4 = np.float32(0.33336182), np.float32(-0.249593438)
_C5, _C6 = np.float32(0.198730466), np.float32(-0.173334655)
_C7, _C8 = np.float32(0.16419989), np.float32(-0.101022349)
_LOG_2 = np.float32(np.log(2))
_SQRT_HALF_BITS = np.sqrt(np.float32(0.5)).view(np.int32)
_MANTISSA_BITS = np.int32(23)


def read_only(array):
    """Make an array read-only, as one that a cache returns to several callers must be.

    Parameters
    ----------
    array : ndarray

    Returns
    -------
    ndarray
        The same.
    """
    array.setflags(write=False)
    return array


@lru_cache(maxsize=16)
def hann_window(n):
    """Return a periodic Hann window.

    Parameters
    ----------
    n : int

    Returns
    -------
    ndarray of shape (n,), float64
        Read-only. The same bits as ``scipy.signal.get_window("hann", n)``, without the import of
        ``scipy.signal``, which is slow.
    """
    if n == 1:
        return read_only(np.ones(1))
    return read_only(0.5 + 0.5 * np.cos(np.linspace(-np.pi, np.pi, n + 1)[:-1]))


@njit_ordered
def parabola_vertex(below, here, above):
    """Return the offset, from the middle one, of the vertex of a parabola through three values.

    In steps from one value to the next; 0 where the middle value is not an extremum.
    """
    curvature = above + below - 2 * here
    slope = (above - below) / 2
    return 0.0 if abs(slope) >= abs(curvature) else -slope / curvature


@njit_ordered
def parabola_vertices(below, here, above):
    """Return :func:`parabola_vertex` of each item of three arrays of shape (n,)."""
    offsets = np.empty(len(here))
    for i in range(len(here)):
        offsets[i] = parabola_vertex(below[i], here[i], above[i])
    return offsets


@njit_ordered
def fast_log(value):
    """Return the natural logarithm of a positive, normal float32 without a branch or a call.

    Loops that use it are vectorised, which they are not with ``np.log``. The error is at most
    1.3e-7, times the logarithm where that exceeds 1.
    """
    bits = np.float32(value).view(np.int32)
    # value = mantissa * 2 ** exponent, with a mantissa around 1; integers are cast back, because
    # numba widens them.
    exponent = np.int32(np.int32(bits - _SQRT_HALF_BITS) >> _MANTISSA_BITS)
    mantissa = np.int32(bits - np.int32(exponent << _MANTISSA_BITS)).view(np.float32)
    x = mantissa - np.float32(1)
    tail = _C5 + x * (_C6 + x * (_C7 + x * _C8))
    return np.float32(exponent) * _LOG_2 + x * (_C1 + x * (_C2 + x * (_C3 + x * (_C4 + x * tail))))
