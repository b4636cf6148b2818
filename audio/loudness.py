"""Integrated loudness of a clip by ITU-R BS.1770-4."""

import math
import warnings

# Length in seconds of the blocks whose loudness is averaged.
BLOCK_SECONDS = 0.4
# The standard's absolute gate, in LUFS: blocks below it do not count.
GATE_LUFS = -70.0


def integrated_loudness(clip, sr):
    """Compute the integrated loudness of a mono clip.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float
        Filtered in its own precision.
    sr : int
        Sample rate in Hz.

    Returns
    -------
    float
        In LUFS; ``-inf`` for silence, for clips below the gate of -70 LUFS and for a single sample.
        A clip shorter than the standard's block of 0.4 s is measured as one block.

    References
    ----------
    ITU-R BS.1770-4, "Algorithms to measure audio programme loudness and true-peak audio level",
    2015; computed by pyloudnorm.

    Examples
    --------
    >>> import numpy as np
    >>> tone = np.sin(2 * np.pi * 997 * np.arange(48000) / 48000)
    >>> round(integrated_loudness(tone, 48000))
    -3
    """
    import pyloudnorm

    # pyloudnorm raises when a block rounds to more samples than the clip has.
    block = min(BLOCK_SECONDS, math.nextafter(len(clip) / sr, 0))
    meter = pyloudnorm.Meter(sr, block_size=block)
    with warnings.catch_warnings():
        # pyloudnorm averages over no blocks at all when all are below the gate.
        warnings.simplefilter("ignore", RuntimeWarning)
        level = meter.integrated_loudness(clip)
    return float(level) if level >= GATE_LUFS else -math.inf
