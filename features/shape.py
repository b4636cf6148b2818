"""The shape of the spectrum, frame by frame: centroid, bandwidth, rolloff, flatness."""

import numpy as np

from .kernels import ordered

_ROLL = 0.85
_POWER_FLOOR = 1e-10


def centroid_and_bandwidth(magnitude, bin_width):
    """Compute the mean frequency and its spread, weighted by magnitude.

    Parameters
    ----------
    magnitude : ndarray of shape (n_bins, n_frames), float32
    bin_width : float
        Hz from one bin to the next.

    Returns
    -------
    centroid, bandwidth : ndarray of shape (n_frames,), float64
        In Hz; 0 in a silent frame.

    Notes
    -----
    With moments :math:`m_j = \\sum_k k^j S_k`, in units of bins the centroid is
    :math:`m_1 / m_0` and the squared bandwidth :math:`m_2 / m_0 - (m_1 / m_0)^2`. Float64 moments
    of float32 magnitudes leave the difference exact to a ten-thousandth of a bin.
    """
    moments = _moments(magnitude)
    total = np.where(moments[0] > 0, moments[0], 1.0)
    mean = moments[1] / total
    variance = np.maximum(moments[2] / total - mean**2, 0.0)
    return bin_width * mean, bin_width * np.sqrt(variance)


def rolloff(magnitude, bin_width):
    """Find the frequency below which 85 % of the magnitude lies.

    Parameters
    ----------
    magnitude : ndarray of shape (n_bins, n_frames), float32
    bin_width : float

    Returns
    -------
    ndarray of shape (n_frames,), float64
        In Hz.

    Notes
    -----
    The running sum is float32 in bin order, as librosa's is: on noise another order of summation
    moves the crossing by a bin now and then.
    """
    return bin_width * _bins_below(magnitude, np.float32(_ROLL))


def flatness(magnitude):
    """Compute the geometric over the arithmetic mean of the powers.

    Parameters
    ----------
    magnitude : ndarray of shape (n_bins, n_frames), float32

    Returns
    -------
    ndarray of shape (n_frames,), float64
        From 0 (a tone) to 1 (white); 1 in silence, where all powers are at the floor of 1e-10.

    Notes
    -----
    The powers are multiplied, not their logarithms added: every fourth time the product's binary
    exponent is set aside, so that it never overflows, and one logarithm a frame is left.
    """
    mean_log, mean = _log_and_mean(magnitude, np.float32(_POWER_FLOOR))
    return np.exp(mean_log) / mean


@ordered
def _moments(magnitude):
    n_bins, n_frames = magnitude.shape
    moments = np.zeros((3, n_frames))
    m0, m1, m2 = moments[0], moments[1], moments[2]
    for k in range(n_bins):
        row = magnitude[k]
        weight = float(k)
        for f in range(n_frames):
            value = np.float64(row[f])
            m0[f] += value
            m1[f] += weight * value
            m2[f] += weight * weight * value
    return moments


@ordered
def _bins_below(magnitude, share):
    n_bins, n_frames = magnitude.shape
    total = np.zeros(n_frames, np.float32)
    for k in range(n_bins):
        row = magnitude[k]
        for f in range(n_frames):
            total[f] += row[f]
    threshold = share * total
    running = np.zeros(n_frames, np.float32)
    below = np.zeros(n_frames, np.int32)
    for k in range(n_bins):
        row = magnitude[k]
        for f in range(n_frames):
            running[f] += row[f]
            below[f] += running[f] < threshold[f]
    return below


@ordered
def _log_and_mean(magnitude, floor):
    n_bins, n_frames = magnitude.shape
    total, product, exponents = np.zeros(n_frames), np.ones(n_frames), np.zeros(n_frames, np.int64)
    for k in range(n_bins):
        row = magnitude[k]
        for f in range(n_frames):
            power = max(row[f] * row[f], floor)
            product[f] *= power
            total[f] += power
        if k % 4 == 3:
            _move_exponents(product.view(np.int64), exponents)
    return (np.log(product) + np.log(2.0) * exponents) / n_bins, total / n_bins


@ordered
def _move_exponents(bits, exponents):
    """Bring positive float64, given by their bits, into [1, 2) and count the powers of two."""
    for f in range(len(bits)):
        exponents[f] += (bits[f] >> 52) - 1023
        bits[f] = (bits[f] & 0xFFFFFFFFFFFFF) | (1023 << 52)
