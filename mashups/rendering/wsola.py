"""Time stretch by waveform-similarity overlap-add (WSOLA), compiled.

The output is cross-faded from halves of Hann frames of the input. Each frame is read near the
position that the rate asks for, where the input resembles the continuation of the frame before:
periods go on without a jump, so the pitch stays. It takes a fraction of the time of a stretch in
the frequency domain, and sounds rougher for several notes at once.

Conventions: operations are not reordered or fused, as in :mod:`.kernels`. There are no bounds
checks: the input is padded by all that frames and search may read.
"""

import numpy as np

from ...features.kernels.common import njit_ordered

# Half a frame: frames of 46 ms hold two periods of the lowest notes.
_HOP_SECONDS = 0.023
# On both sides of the position that the rate asks for; half the longest period, at least.
_SEARCH_SECONDS = 0.012
# About the sample rate in Hz of the first search, which has most of the tonal energy.
_COARSE_SR = 5500
# Power below which segments count as silent: -90 dBFS.
_SILENCE_POWER = np.float64(1e-9)


def wsola(samples, rate, sr):
    """Change the speed and keep the pitch by waveform-similarity overlap-add.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,), float32
        In [-1, 1].
    rate : float
        Input samples per output sample, above 0.
    sr : int
        Sample rate in Hz.

    Returns
    -------
    ndarray of shape (round(n_samples / rate),), float32
        Output sample ``i`` is cross-faded from two input samples within 12 ms, the search, plus
        23 ms, half a frame, times ``|rate - 1|`` of ``i * rate``. At a rate of 1, the input.

    Notes
    -----
    The sample with the larger weight lies within 12 ms plus 11.5 ms times ``|rate - 1|``. Above a
    rate of 1, a short event may be near the ends of all frames, and be attenuated or lost in
    cross-fades: of clicks in faint noise, one in twenty at 1.25, and one in seven at 2. Above 2,
    parts of the input are skipped.

    Similarity is the normalised cross-correlation over the 23 ms in which two frames overlap. It is
    searched on means of a few samples first, and around the best of them on the samples.

    References
    ----------
    Verhelst, W. and Roelands, M. (1993). An overlap-add technique based on waveform similarity
    (WSOLA) for high quality time-scale modification of speech. ICASSP.
    """
    if rate == 1:
        return np.array(samples, np.float32)
    factor = max(1, sr // _COARSE_SR)
    hop, reach = (
        factor * max(1, round(seconds * sr / factor)) for seconds in (_HOP_SECONDS, _SEARCH_SECONDS)
    )
    output = np.empty(round(len(samples) / rate), np.float32)
    pad = hop + reach + factor
    padded = np.pad(np.asarray(samples, np.float32), (pad, pad + hop))
    fade = 0.5 - 0.5 * np.cos(np.pi * (np.arange(hop) + 0.5) / hop)
    _overlap_add(output, padded, rate, factor, reach, fade.astype(np.float32))
    return output


@njit_ordered
def _overlap_add(output, padded, rate, factor, reach, fade):
    """Fill the output; the input has zeros at both ends, a frame's half more at its end."""
    hop = len(fade)
    pad = hop + reach + factor
    last = len(padded) - 2 * pad
    coarse = _block_means(padded, len(padded) // factor, factor)
    # The sample at the middle of the last frame, whose second half fades out from there.
    middle = pad
    for begin in range(0, len(output), hop):
        # Where the rate asks for the first half of the next frame, or the silence after the end.
        nominal = pad - hop + np.int64(min((begin + hop) * rate, last))
        fading = padded[middle:]
        start = _most_similar(fading[:hop], padded, coarse, nominal, factor, reach)
        rising, block = padded[start:], output[begin : begin + hop]
        for i in range(len(block)):
            block[i] = fading[i] + fade[i] * (rising[i] - fading[i])
        middle = start + hop


@njit_ordered
def _most_similar(template, padded, coarse, nominal, factor, reach):
    """Return the position near the nominal one where the samples resemble the template most."""
    first = (nominal - reach) // factor
    means = _block_means(template, len(template) // factor, factor)
    near = factor * (first + _best_lag(means, coarse[first:], 2 * reach // factor + 1))
    return near - factor + _best_lag(template, padded[near - factor :], 2 * factor + 1)


@njit_ordered
def _block_means(samples, n_blocks, factor):
    """Return means of ``factor`` samples, float32."""
    means = np.empty(n_blocks, np.float32)
    scale = np.float32(1 / factor)
    for i in range(n_blocks):
        total = np.float32(0)
        for j in range(i * factor, (i + 1) * factor):
            total += samples[j]
        means[i] = total * scale
    return means


@njit_ordered
def _best_lag(template, signal, n_lags):
    """Return the lag of the largest normalised cross-correlation; the middle one in silence."""
    correlation = _correlate(template, signal, n_lags)
    size = len(template)
    energy = _SILENCE_POWER * size
    for i in range(size):
        energy += np.float64(signal[i]) * np.float64(signal[i])
    for lag in range(n_lags):
        if lag:
            before, after = np.float64(signal[lag - 1]), np.float64(signal[lag - 1 + size])
            energy += after * after - before * before
        correlation[lag] /= np.float32(np.sqrt(energy))
    best = n_lags // 2
    for lag in range(n_lags):
        if correlation[lag] > correlation[best]:
            best = lag
    return best


@njit_ordered
def _correlate(template, signal, n_lags):
    """Return the sums of products with the signal from each lag on, float32.

    The inner loop runs over lags, so that it is vectorised without reordering a sum; four products
    at a time, so that the sums are loaded less often.
    """
    total = np.zeros(n_lags, np.float32)
    in_fours = len(template) // 4 * 4
    for i in range(0, in_fours, 4):
        t0, t1, t2, t3 = template[i], template[i + 1], template[i + 2], template[i + 3]
        s0, s1, s2, s3 = signal[i:], signal[i + 1 :], signal[i + 2 :], signal[i + 3 :]
        for lag in range(n_lags):
            total[lag] += t0 * s0[lag] + t1 * s1[lag] + t2 * s2[lag] + t3 * s3[lag]
    for i in range(in_fours, len(template)):
        for lag in range(n_lags):
            total[lag] += template[i] * signal[i + lag]
    return total
