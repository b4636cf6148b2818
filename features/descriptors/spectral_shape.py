"""Shape of the spectrum of each frame: centroid, bandwidth, rolloff, flatness, entropy, flux."""

import numpy as np

from ..kernels.common import fast_log, njit_ordered
from .family import descriptor
from .mel import N_MELS

_ROLLOFF_SHARE = np.float32(0.85)
_POWER_FLOOR = np.float32(1e-10)
_TINY = np.finfo(np.float32).tiny
# So many float32 are added up before their sum is added to a float64.
_PARTIAL = 8


@descriptor("centroid", unit="Hz", explanation="brightness", standard=True)
def centroid(clip):
    """Mean frequency, weighted by magnitude."""
    return clip.compute(centroid_and_bandwidth)[0]


@descriptor("bandwidth", unit="Hz", explanation="spectral width", standard=True)
def bandwidth(clip):
    """Standard deviation of frequency around the centroid."""
    return clip.compute(centroid_and_bandwidth)[1]


@descriptor("rolloff", unit="Hz", explanation="treble", standard=True)
def rolloff(clip):
    """Frequency below which 85 % of the magnitude lies."""
    return compute_rolloff(clip.magnitude, clip.bin_width)


@descriptor("flatness", explanation="noisiness", standard=True)
def flatness(clip):
    """Geometric over arithmetic mean of the powers."""
    return compute_flatness(clip.magnitude)


@descriptor("levelfree", rows=N_MELS, unit="dB", explanation="spectral shape")
def levelfree(clip):
    """Levels of the mel bands less their mean in the frame."""
    return subtract_frame_mean(clip.log_mel)


@descriptor("entropy", explanation="disorder")
def entropy(clip):
    """Entropy of the power spectrum, normalised to 1."""
    return compute_entropy(clip.magnitude)


@descriptor("flux", explanation="change from moment to moment")
def flux(clip):
    """Growth of the normalised spectrum from frame to frame."""
    return compute_flux(clip.magnitude, clip.compute(moments_of_clip)[0])


def moments_of_clip(clip):
    """Return the moments of a clip's spectra that three families share."""
    return spectral_moments(clip.magnitude)


def centroid_and_bandwidth(clip):
    """Return the centroid and bandwidth of a clip, which share their means."""
    return compute_centroid_and_bandwidth(clip.compute(moments_of_clip), clip.bin_width)


@njit_ordered
def spectral_moments(magnitude):
    """Sum the magnitudes of each frame, weighted by powers of the bin.

    Parameters
    ----------
    magnitude : ndarray of shape (n_bins, n_frames), float32

    Returns
    -------
    ndarray of shape (3, n_frames), float64
        Sums over bins of the magnitude, and of it times the bin and its square.
    """
    n_bins, n_frames = magnitude.shape
    moments = np.zeros((3, n_frames))
    zeros = np.zeros(n_frames, np.float32)
    for k in range(0, n_bins, 4):
        a, b, c, d = _four_rows(magnitude, k, zeros)
        _add_moments(a, b, c, d, float(k), moments[0], moments[1], moments[2])
    return moments


def compute_centroid_and_bandwidth(moments, bin_width):
    """Compute the mean frequency and its standard deviation, weighted by magnitude.

    Parameters
    ----------
    moments : ndarray of shape (3, n_frames), float64
        As returned by :func:`spectral_moments`.
    bin_width : float
        Distance of two frequency bins in Hz.

    Returns
    -------
    centroid, bandwidth : ndarray of shape (n_frames,), float64
        In Hz; 0 in a silent frame.

    Notes
    -----
    With moments :math:`m_j = \\sum_k k^j S_k`, in units of bins the centroid is
    :math:`m_1 / m_0` and the squared bandwidth :math:`m_2 / m_0 - (m_1 / m_0)^2`. With float64
    moments of float32 magnitudes the difference is exact to 1e-4 bins.
    """
    total = np.where(moments[0] > 0, moments[0], 1.0)
    mean = moments[1] / total
    variance = np.maximum(moments[2] / total - mean**2, 0.0)
    return bin_width * mean, bin_width * np.sqrt(variance)


def compute_rolloff(magnitude, bin_width):
    """Compute the frequency below which 85 % of the magnitude lies.

    Parameters
    ----------
    magnitude : ndarray of shape (n_bins, n_frames), float32
    bin_width : float
        Distance of two frequency bins in Hz.

    Returns
    -------
    ndarray of shape (n_frames,), float64
        In Hz.

    Notes
    -----
    The running sum is float32 in bin order, as in librosa: on noise, another order of summation
    would sometimes move the result by a bin.
    """
    return bin_width * _bins_below(magnitude, _ROLLOFF_SHARE)


def compute_flatness(magnitude):
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
    Powers are multiplied instead of summing their logarithms, which leaves one logarithm per frame.
    After every fourth factor the binary exponent of the product is split off, so that it does not
    overflow.
    """
    mean_log, mean = _log_and_mean(magnitude, _POWER_FLOOR)
    return np.exp(mean_log) / mean


def subtract_frame_mean(log_mel):
    """Subtract its mean level from every frame.

    Parameters
    ----------
    log_mel : ndarray of shape (n_mels, n_frames), float32
        In dB.

    Returns
    -------
    ndarray of shape (n_mels, n_frames), float32
        In dB relative to the mean of the frame: a gain cancels, also one that varies over time.
    """
    return log_mel - log_mel.mean(axis=0, dtype=np.float64).astype(np.float32)


def compute_entropy(magnitude):
    """Compute the normalised entropy of the power spectrum of each frame.

    Parameters
    ----------
    magnitude : ndarray of shape (n_bins, n_frames), float32

    Returns
    -------
    ndarray of shape (n_frames,), float64
        Entropy of the powers as a distribution, over that of the uniform one: 0 for a tone, 1 for a
        flat spectrum, 0 in silence.

    References
    ----------
    Misra et al., "Spectral entropy based feature for robust ASR", ICASSP 2004.
    """
    total, weighted = _power_sums(magnitude)
    safe = np.where(total > 0, total, 1.0)
    entropy = np.log(safe) - weighted / safe
    return np.where(total > 0, np.maximum(entropy, 0.0) / np.log(len(magnitude)), 0.0)


def compute_flux(magnitude, total):
    """Compute the growth of the normalised spectrum from one frame to the next.

    Parameters
    ----------
    magnitude : ndarray of shape (n_bins, n_frames), float32
    total : ndarray of shape (n_frames,), float64
        Sum of each frame, the first one of :func:`spectral_moments`.

    Returns
    -------
    ndarray of shape (n_frames,), float64
        Sum of the increases of frames that are scaled to sum 1: from 0 (the same shape) to 1 (no
        bin in common); 0 in the first frame.

    References
    ----------
    Dixon, "Onset detection revisited", DAFx 2006 (half-wave rectified, L1).
    """
    scale = (1 / np.where(total > 0, total, 1.0)).astype(np.float32)
    return _sum_increases(magnitude, scale)


@njit_ordered
def _four_rows(rows, k, zeros):
    """Return four rows, zeros beyond the last. Kernels that add four load their sums less often."""
    last = len(rows) - 1
    return (
        rows[k],
        rows[k + 1] if k + 1 <= last else zeros,
        rows[k + 2] if k + 2 <= last else zeros,
        rows[k + 3] if k + 3 <= last else zeros,
    )


@njit_ordered
def _add_moments(a, b, c, d, bin_of_a, m0, m1, m2):
    """Add four rows to the moments.

    Moments around the first bin are float32. Their rounding amounts to that of the magnitudes, as
    all three moments have the same.
    """
    two, three, four, nine = np.float32(2), np.float32(3), np.float32(4), np.float32(9)
    for f in range(len(m0)):
        s0 = np.float64(a[f] + b[f] + c[f] + d[f])
        s1 = np.float64(b[f] + two * c[f] + three * d[f])
        s2 = np.float64(b[f] + four * c[f] + nine * d[f])
        m0[f] += s0
        m1[f] += bin_of_a * s0 + s1
        m2[f] += bin_of_a * bin_of_a * s0 + 2 * bin_of_a * s1 + s2


@njit_ordered
def _bins_below(magnitude, share):
    n_bins, n_frames = magnitude.shape
    zeros, total = np.zeros(n_frames, np.float32), np.zeros(n_frames, np.float32)
    for k in range(0, n_bins, 4):
        a, b, c, d = _four_rows(magnitude, k, zeros)
        for f in range(n_frames):
            total[f] = total[f] + a[f] + b[f] + c[f] + d[f]
    threshold = share * total
    running = np.zeros(n_frames, np.float32)
    below = np.zeros(n_frames, np.int32)
    for k in range(0, n_bins, 4):
        a, b, c, d = _four_rows(magnitude, k, zeros)
        _count_below(a, b, c, d, threshold, running, below)
    return below


@njit_ordered
def _count_below(a, b, c, d, threshold, running, below):
    """Add four rows to the running sum, and count the sums below the threshold."""
    for f in range(len(below)):
        s0 = running[f] + a[f]
        s1 = s0 + b[f]
        s2 = s1 + c[f]
        s3 = s2 + d[f]
        limit = threshold[f]
        # Without the casts numba counts in 64 bits, half as many at a time.
        count = np.int32(below[f] + (s0 < limit))
        count = np.int32(count + (s1 < limit))
        count = np.int32(count + (s2 < limit))
        running[f], below[f] = s3, np.int32(count + (s3 < limit))


@njit_ordered
def _log_and_mean(magnitude, floor):
    n_bins, n_frames = magnitude.shape
    total, product, exponents = np.zeros(n_frames), np.ones(n_frames), np.zeros(n_frames, np.int64)
    in_fours = n_bins - n_bins % 4
    for k in range(0, in_fours, 4):
        a, b, c, d = magnitude[k], magnitude[k + 1], magnitude[k + 2], magnitude[k + 3]
        _multiply_powers(a, b, c, d, floor, product, total)
        _move_exponents(product.view(np.int64), exponents)
    for k in range(in_fours, n_bins):
        for f in range(n_frames):
            power = max(magnitude[k, f] * magnitude[k, f], floor)
            product[f] *= power
            total[f] += power
    return (np.log(product) + np.log(2.0) * exponents) / n_bins, total / n_bins


@njit_ordered
def _multiply_powers(a, b, c, d, floor, product, total):
    for f in range(len(total)):
        p, q = max(a[f] * a[f], floor), max(b[f] * b[f], floor)
        r, s = max(c[f] * c[f], floor), max(d[f] * d[f], floor)
        product[f] *= np.float64(p) * np.float64(q) * (np.float64(r) * np.float64(s))
        total[f] += p + q + r + s


@njit_ordered
def _move_exponents(bits, exponents):
    """Scale positive float64, given by their bits, into [1, 2) and add up the powers of two."""
    for f in range(len(bits)):
        exponents[f] += (bits[f] >> 52) - 1023
        bits[f] = (bits[f] & 0xFFFFFFFFFFFFF) | (1023 << 52)


@njit_ordered
def _power_sums(magnitude):
    """Return sums over bins of the powers and of the powers times their logarithms."""
    n_bins, n_frames = magnitude.shape
    sums, partial = np.zeros((2, n_frames)), np.zeros((2, n_frames), np.float32)
    for k in range(n_bins):
        _add_powers(magnitude[k], partial[0], partial[1])
        if k % _PARTIAL == _PARTIAL - 1 or k == n_bins - 1:
            _move(partial[0], sums[0])
            _move(partial[1], sums[1])
    return sums[0], sums[1]


@njit_ordered
def _add_powers(row, total, weighted):
    for f in range(len(row)):
        power = row[f] * row[f]
        total[f] += power
        # A bin without power adds nothing.
        weighted[f] += power * fast_log(power + _TINY)


@njit_ordered
def _move(partial, sums):
    """Add partial sums to sums, and start them again."""
    for f in range(len(sums)):
        sums[f] += partial[f]
        partial[f] = 0


@njit_ordered
def _sum_increases(magnitude, scale):
    """Return the sums over bins of the increases of scaled columns."""
    n_bins, n_frames = magnitude.shape
    increases = np.zeros(n_frames)
    zeros = np.zeros(n_frames, np.float32)
    for k in range(0, n_bins, 4):
        a, b, c, d = _four_rows(magnitude, k, zeros)
        for f in range(n_frames - 1):
            here, there = scale[f], scale[f + 1]
            p, q = a[f + 1] * there - a[f] * here, b[f + 1] * there - b[f] * here
            r, s = c[f + 1] * there - c[f] * here, d[f + 1] * there - d[f] * here
            none = np.float32(0)
            increases[f + 1] += max(p, none) + max(q, none) + max(r, none) + max(s, none)
    return increases
