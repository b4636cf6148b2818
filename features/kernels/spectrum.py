"""Magnitude spectrogram that all families share.

Conventions: frames of 2048 samples every 512 samples, centred on a clip padded by zeros, under a
periodic Hann window; magnitudes, not powers, of shape (n_bins, n_frames), float32, as
``abs(librosa.stft(y))`` returns.

General libraries transform one frame after another. Here sixteen frames are transformed at a time:
the same sample of sixteen neighbouring frames is contiguous, so every step is one run of vector
instructions as wide as the machine has, and spectra come out in (bin, frame) order. The even and
odd samples of a frame make the real and imaginary parts of 1024 complex numbers; five stages of
radix-4 butterflies (decimation in frequency, in place) transform them, and the two halves are
separated at the end (Sorensen et al., "Real-valued fast Fourier transform algorithms", 1987).
"""

from functools import lru_cache

import numpy as np

from .common import hann_window, njit_ordered, read_only

N_FFT = 2048
HOP = 512
N_BINS = N_FFT // 2 + 1
LANES = 16
_HALF = N_FFT // 2
# A complex point is stored as its real parts in all lanes, then its imaginary parts.
_POINT = 2 * LANES
_HOPS = LANES + N_FFT // HOP - 1
_BLOCK = 8 * LANES


def count_frames(n_samples):
    """Return the number of frames of a clip."""
    return 1 + n_samples // HOP


def magnitude_spectrogram(samples, precision="librosa"):
    """Compute the magnitude spectrogram of a clip.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,), float32
    precision : {"librosa", "fast"}, default="librosa"
        Transform in float64, as librosa does, or in float32, which is faster but leaves rounding
        noise some 130 dB below the largest bin of a frame.

    Returns
    -------
    ndarray of shape (1025, 1 + n_samples // 512), float32
    """
    dtype = np.float64 if precision == "librosa" else np.float32
    magnitude = np.empty((N_BINS, count_frames(len(samples))), dtype=np.float32)
    _fill_magnitudes(np.ascontiguousarray(samples), magnitude, *tables(dtype))
    return magnitude


@lru_cache(maxsize=2)
def tables(dtype):
    """Return the window, the twiddles by stage, the last twiddles and the order of the bins."""
    window = hann_window(N_FFT).astype(dtype)
    stages = np.concatenate([_twiddles(4**i) for i in (4, 3, 2, 1, 0)]).astype(dtype).ravel()
    phasors = np.exp(-2j * np.pi * np.arange(_HALF // 2 + 1) / N_FFT)
    last = np.stack([phasors.real, phasors.imag], axis=1).astype(dtype).ravel()
    order = np.array([_reverse_digits(k) for k in range(_HALF)])
    return tuple(map(read_only, (window, stages, last, order)))


def _twiddles(quarter):
    phasors = np.exp(-2j * np.pi * np.outer(np.arange(quarter), [1, 2, 3]) / (4 * quarter))
    return np.stack([phasors.real, phasors.imag], axis=2).reshape(quarter, 6)


def _reverse_digits(number):
    """Reverse the five base-4 digits of a bin, which gives its position after the stages."""
    return sum((number // 4**i % 4) * 4 ** (4 - i) for i in range(5))


def _stage(quarter):
    """Return the stage whose butterflies span four points ``quarter`` apart.

    All offsets into the flat ``z`` are constants of the stage: only then can the compiler infer
    that the points of a butterfly do not overlap, and vectorise over the lanes.
    """
    points = quarter * _POINT

    def stage(z, twiddles):
        for start in range(0, _HALF, 4 * quarter):
            for j in range(quarter):
                w1r, w1i = twiddles[6 * j], twiddles[6 * j + 1]
                w2r, w2i = twiddles[6 * j + 2], twiddles[6 * j + 3]
                w3r, w3i = twiddles[6 * j + 4], twiddles[6 * j + 5]
                a = (start + j) * _POINT
                b, c, d = a + points, a + 2 * points, a + 3 * points
                for r in range(LANES):
                    m = r + LANES
                    sum_r, sum_m = z[a + r] + z[c + r], z[a + m] + z[c + m]
                    dif_r, dif_m = z[a + r] - z[c + r], z[a + m] - z[c + m]
                    other_sum_r, other_sum_m = z[b + r] + z[d + r], z[b + m] + z[d + m]
                    # The difference of b and d, times -i.
                    other_dif_r, other_dif_m = z[b + m] - z[d + m], z[d + r] - z[b + r]
                    z[a + r], z[a + m] = sum_r + other_sum_r, sum_m + other_sum_m
                    x, y = dif_r + other_dif_r, dif_m + other_dif_m
                    z[b + r], z[b + m] = x * w1r - y * w1i, x * w1i + y * w1r
                    x, y = sum_r - other_sum_r, sum_m - other_sum_m
                    z[c + r], z[c + m] = x * w2r - y * w2i, x * w2i + y * w2r
                    x, y = dif_r - other_dif_r, dif_m - other_dif_m
                    z[d + r], z[d + m] = x * w3r - y * w3i, x * w3i + y * w3r

    # Numba stores compiled functions on disk by name. If all stages had one name, a process could
    # load a stage in place of another that was compiled at the same time.
    stage.__qualname__ = f"_stage_{quarter}"
    return njit_ordered(stage)


_stage_64, _stage_16, _stage_4, _stage_1 = (_stage(4**i) for i in (3, 2, 1, 0))


@njit_ordered
def _first_stage(hops, window, twiddles, z):
    """Window sixteen frames, frame i being hops i to i + 3, and apply the stage of span 256.

    A hop is a quarter of a frame, so the four points of a butterfly are the same samples of four
    neighbouring hops.
    """
    points = _HALF // 4 * _POINT
    for j in range(_HALF // 4):
        w1r, w1i = twiddles[6 * j], twiddles[6 * j + 1]
        w2r, w2i = twiddles[6 * j + 2], twiddles[6 * j + 3]
        w3r, w3i = twiddles[6 * j + 4], twiddles[6 * j + 5]
        va_r, vb_r, vc_r, vd_r = _window_weights(window, 2 * j)
        va_m, vb_m, vc_m, vd_m = _window_weights(window, 2 * j + 1)
        even, odd = 2 * j * _HOPS, (2 * j + 1) * _HOPS
        a = j * _POINT
        b, c, d = a + points, a + 2 * points, a + 3 * points
        for r in range(LANES):
            m = r + LANES
            a_r, a_m = hops[even + r] * va_r, hops[odd + r] * va_m
            b_r, b_m = hops[even + r + 1] * vb_r, hops[odd + r + 1] * vb_m
            c_r, c_m = hops[even + r + 2] * vc_r, hops[odd + r + 2] * vc_m
            d_r, d_m = hops[even + r + 3] * vd_r, hops[odd + r + 3] * vd_m
            sum_r, sum_m, dif_r, dif_m = a_r + c_r, a_m + c_m, a_r - c_r, a_m - c_m
            other_sum_r, other_sum_m = b_r + d_r, b_m + d_m
            other_dif_r, other_dif_m = b_m - d_m, d_r - b_r
            z[a + r], z[a + m] = sum_r + other_sum_r, sum_m + other_sum_m
            x, y = dif_r + other_dif_r, dif_m + other_dif_m
            z[b + r], z[b + m] = x * w1r - y * w1i, x * w1i + y * w1r
            x, y = sum_r - other_sum_r, sum_m - other_sum_m
            z[c + r], z[c + m] = x * w2r - y * w2i, x * w2i + y * w2r
            x, y = dif_r - other_dif_r, dif_m - other_dif_m
            z[d + r], z[d + m] = x * w3r - y * w3i, x * w3i + y * w3r


@njit_ordered
def _window_weights(window, sample):
    return window[sample], window[sample + HOP], window[sample + 2 * HOP], window[sample + 3 * HOP]


@njit_ordered
def _transpose_hops(samples, first, hops):
    """Copy the hops from ``first`` on into (sample, hop) order; zeros outside of the clip."""
    for h in range(_HOPS):
        start = (first + h) * HOP
        if start >= 0 and start + HOP <= len(samples):
            hop = samples[start : start + HOP]
            for j in range(HOP):
                hops[j * _HOPS + h] = hop[j]
        else:
            for j in range(HOP):
                inside = 0 <= start + j < len(samples)
                hops[j * _HOPS + h] = samples[start + j] if inside else np.float32(0)


@njit_ordered
def _separate_and_measure(z, order, phasors, lengths, first):
    """Join the spectra of even and odd samples; write magnitudes into sixteen columns.

    Powers are rounded to float32 before the root is taken, which is several times as fast.
    """
    quarter = z.dtype.type(0.25)
    for k in range(_HALF // 2 + 1):
        a, b = order[k] * _POINT, order[(_HALF - k) % _HALF] * _POINT
        here, mirror = z[a : a + _POINT], z[b : b + _POINT]
        low, high = lengths[k, first:], lengths[_HALF - k, first:]
        wr, wi = phasors[2 * k], phasors[2 * k + 1]
        for r in range(LANES):
            m = r + LANES
            even_r, even_m = here[r] + mirror[r], here[m] - mirror[m]
            odd_r, odd_m = here[m] + mirror[m], mirror[r] - here[r]
            turned_r, turned_m = odd_r * wr - odd_m * wi, odd_r * wi + odd_m * wr
            x, y = even_r + turned_r, even_m + turned_m
            low[r] = np.sqrt(np.float32(quarter * (x * x + y * y)))
            x, y = even_r - turned_r, even_m - turned_m
            high[r] = np.sqrt(np.float32(quarter * (x * x + y * y)))


@njit_ordered
def _fill_magnitudes(samples, magnitude, window, stages, phasors, order):
    """Fill (1025, n_frames) with the magnitudes of frames centred every hop on the samples."""
    n_frames = magnitude.shape[1]
    hops = np.empty(HOP * _HOPS, np.float32)
    z = np.empty(_HALF * _POINT, window.dtype)
    # Rows of the result are pages apart: they are written once per block, not per transform.
    lengths = np.empty((_HALF + 1, _BLOCK), np.float32)
    for start in range(0, n_frames, _BLOCK):
        count = min(_BLOCK, n_frames - start)
        for first in range(0, count, LANES):
            _transpose_hops(samples, start + first - N_FFT // HOP // 2, hops)
            _first_stage(hops, window, stages[: 6 * 256], z)
            _stage_64(z, stages[6 * 256 : 6 * 320])
            _stage_16(z, stages[6 * 320 : 6 * 336])
            _stage_4(z, stages[6 * 336 : 6 * 340])
            _stage_1(z, stages[6 * 340 :])
            _separate_and_measure(z, order, phasors, lengths, first)
        for k in range(_HALF + 1):
            row, length = magnitude[k, start : start + count], lengths[k]
            for f in range(len(row)):
                row[f] = length[f]
