"""The Fourier transform of real frames of 2048 samples, sixteen frames at a time.

General libraries transform one frame after another. Here the same sample of sixteen neighbouring
frames lies side by side, so every step of the transform is one run of vector instructions as wide
as the machine has, and spectra come out in the (bin, frame) order the features want.

The even and odd samples of a frame make the real and imaginary parts of 1024 complex numbers; five
stages of radix-4 butterflies (decimation in frequency, in place) transform them, and the two halves
are taken apart at the end (Sorensen et al., 1987).
"""

from functools import lru_cache

import numpy as np
import scipy.signal

from .banded import ordered

N_FFT = 2048
HOP = 512
LANES = 16
_HALF = N_FFT // 2
# A complex point is its real parts in all lanes, then its imaginary parts.
_POINT = 2 * LANES
_HOPS = LANES + N_FFT // HOP - 1
_BLOCK = 8 * LANES


@lru_cache(maxsize=2)
def tables(dtype):
    """Give the constants of the transform: window, twiddles by stage, last twiddles, bin order."""
    window = scipy.signal.get_window("hann", N_FFT).astype(dtype)
    stages = np.concatenate([_twiddles(4**i) for i in (4, 3, 2, 1, 0)]).astype(dtype).ravel()
    turns = np.exp(-2j * np.pi * np.arange(_HALF // 2 + 1) / N_FFT)
    last = np.stack([turns.real, turns.imag], axis=1).astype(dtype).ravel()
    order = np.array([_reverse_digits(k) for k in range(_HALF)])
    return window, stages, last, order


def _twiddles(quarter):
    turns = np.exp(-2j * np.pi * np.outer(np.arange(quarter), [1, 2, 3]) / (4 * quarter))
    return np.stack([turns.real, turns.imag], axis=2).reshape(quarter, 6)


def _reverse_digits(number):
    """Read the five base-4 digits of a bin backwards: where the stages leave it."""
    return sum((number // 4**i % 4) * 4 ** (4 - i) for i in range(5))


def _stage(quarter):
    """Make the stage whose butterflies span four points ``quarter`` apart.

    All offsets into the flat ``z`` are constants of the stage: only then does the compiler know
    that the points of a butterfly never overlap, and turns the lanes into vectors.
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
                    # The difference of b and d, turned by -i.
                    other_dif_r, other_dif_m = z[b + m] - z[d + m], z[d + r] - z[b + r]
                    z[a + r], z[a + m] = sum_r + other_sum_r, sum_m + other_sum_m
                    x, y = dif_r + other_dif_r, dif_m + other_dif_m
                    z[b + r], z[b + m] = x * w1r - y * w1i, x * w1i + y * w1r
                    x, y = sum_r - other_sum_r, sum_m - other_sum_m
                    z[c + r], z[c + m] = x * w2r - y * w2i, x * w2i + y * w2r
                    x, y = dif_r - other_dif_r, dif_m - other_dif_m
                    z[d + r], z[d + m] = x * w3r - y * w3i, x * w3i + y * w3r

    # A stage each is kept on disk under its name: of one name, those that two processes compiled at
    # once would be taken for each other by a third.
    stage.__qualname__ = f"_stage_{quarter}"
    return ordered(stage)


_stage_64, _stage_16, _stage_4, _stage_1 = (_stage(4**i) for i in (3, 2, 1, 0))


@ordered
def _first_stage(hops, window, twiddles, z):
    """Window sixteen frames, frame i being hops i to i + 3, and do the stage of span 256.

    A hop is as long as a quarter of a frame: the four points of a butterfly are the same samples of
    four neighbouring hops.
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


@ordered
def _window_weights(window, sample):
    return window[sample], window[sample + HOP], window[sample + 2 * HOP], window[sample + 3 * HOP]


@ordered
def _turn_hops(samples, first, hops):
    """Copy the hops from ``first`` on into (sample, hop); outside of the clip there is silence."""
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


@ordered
def _take_apart(z, order, turns, lengths, first):
    """Separate the even and odd samples' spectra, join them and measure into sixteen columns."""
    half = z.dtype.type(0.5)
    for k in range(_HALF // 2 + 1):
        a, b = order[k] * _POINT, order[(_HALF - k) % _HALF] * _POINT
        here, mirror = z[a : a + _POINT], z[b : b + _POINT]
        low, high = lengths[k, first:], lengths[_HALF - k, first:]
        wr, wi = turns[2 * k], turns[2 * k + 1]
        for r in range(LANES):
            m = r + LANES
            even_r, even_m = here[r] + mirror[r], here[m] - mirror[m]
            odd_r, odd_m = here[m] + mirror[m], mirror[r] - here[r]
            turned_r, turned_m = odd_r * wr - odd_m * wi, odd_r * wi + odd_m * wr
            x, y = even_r + turned_r, even_m + turned_m
            low[r] = half * np.sqrt(x * x + y * y)
            x, y = even_r - turned_r, even_m - turned_m
            high[r] = half * np.sqrt(x * x + y * y)


@ordered
def fill_magnitudes(samples, magnitude, window, stages, turns, order):
    """Fill (1025, n_frames) with the magnitudes of frames centred every hop on the samples."""
    n_frames = magnitude.shape[1]
    hops = np.empty(HOP * _HOPS, np.float32)
    z = np.empty(_HALF * _POINT, window.dtype)
    # Rows of the result lie pages apart: they are visited once a block, not once a transform.
    lengths = np.empty((_HALF + 1, _BLOCK), np.float32)
    for start in range(0, n_frames, _BLOCK):
        count = min(_BLOCK, n_frames - start)
        for first in range(0, count, LANES):
            _turn_hops(samples, start + first - N_FFT // HOP // 2, hops)
            _first_stage(hops, window, stages[: 6 * 256], z)
            _stage_64(z, stages[6 * 256 : 6 * 320])
            _stage_16(z, stages[6 * 320 : 6 * 336])
            _stage_4(z, stages[6 * 336 : 6 * 340])
            _stage_1(z, stages[6 * 340 :])
            _take_apart(z, order, turns, lengths, first)
        for k in range(_HALF + 1):
            row, length = magnitude[k, start : start + count], lengths[k]
            for f in range(len(row)):
                row[f] = length[f]
