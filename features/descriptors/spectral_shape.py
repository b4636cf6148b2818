"""The shape of the spectrum, frame by frame: centroid, bandwidth, rolloff, flatness."""

import numpy as np

from ..kernels.banded import ordered

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


_TINY = np.finfo(np.float32).tiny


def level_free(log_mel):
    """Take its mean level out of every frame.

    Parameters
    ----------
    log_mel : ndarray of shape (n_mels, n_frames), float32
        In dB.

    Returns
    -------
    ndarray of shape (n_mels, n_frames), float32
        In dB over the frame's mean: a gain, also one that changes over time, cancels.
    """
    return log_mel - log_mel.mean(axis=0, dtype=np.float64).astype(np.float32)


def spectral_entropy(magnitude):
    """Compute how evenly the power of a frame is spread over its bins.

    Parameters
    ----------
    magnitude : ndarray of shape (n_bins, n_frames), float32

    Returns
    -------
    ndarray of shape (n_frames,), float64
        The entropy of the powers taken as probabilities, over that of equal ones: 0 for a tone, 1
        for a flat spectrum, 0 in silence.

    References
    ----------
    Misra et al., "Spectral entropy based feature for robust ASR", ICASSP 2004.
    """
    power = magnitude * magnitude
    # One fast float32 logarithm for the whole array; what has no power adds nothing.
    total, weighted = _power_sums(power, np.log(np.maximum(power, _TINY)))
    safe = np.where(total > 0, total, 1.0)
    entropy = np.log(safe) - weighted / safe
    return np.where(total > 0, np.maximum(entropy, 0.0) / np.log(len(magnitude)), 0.0)


def spectral_flux(magnitude):
    """Compute how much the shape of the spectrum grows from one frame to the next.

    Parameters
    ----------
    magnitude : ndarray of shape (n_bins, n_frames), float32

    Returns
    -------
    ndarray of shape (n_frames,), float64
        Sum of the rises, each frame scaled to sum 1: from 0 (the same shape) to 1 (no bin in
        common); 0 in the first frame.

    References
    ----------
    Dixon, "Onset detection revisited", DAFx 2006 (half-wave rectified, L1).
    """
    total = magnitude.sum(axis=0, dtype=np.float64)
    scale = (1 / np.where(total > 0, total, 1.0)).astype(np.float32)
    return _rises(magnitude, scale)


@ordered
def _power_sums(power, logarithms):
    """Sums over bins of the powers and of the powers times their logarithms."""
    n_bins, n_frames = power.shape
    total, weighted = np.zeros(n_frames), np.zeros(n_frames)
    for k in range(n_bins):
        row, logs = power[k], logarithms[k]
        for f in range(n_frames):
            total[f] += row[f]
            weighted[f] += np.float64(row[f]) * logs[f]
    return total, weighted


@ordered
def _rises(magnitude, scale):
    n_bins, n_frames = magnitude.shape
    rises = np.zeros(n_frames)
    for k in range(n_bins):
        row = magnitude[k]
        for f in range(n_frames - 1):
            rises[f + 1] += max(row[f + 1] * scale[f + 1] - row[f] * scale[f], np.float32(0))
    return rises
