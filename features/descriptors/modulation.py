"""The rhythm pattern: how fast each part of the spectrum swells and fades.

Modulation frequencies are pooled by octaves, so a moderate change of tempo moves little.
"""

import numpy as np
import scipy.fft
import scipy.signal

N_BANDS = 16
# Hz; what is slower is the form of the piece, and the last octave ends at half the frame rate.
OCTAVES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_WINDOW = 256


def modulation_spectrum(bands, frame_rate):
    """Share the movement of each band's level out to octaves of modulation frequency.

    Parameters
    ----------
    bands : ndarray of shape (n_bands, n_frames), float32
        Levels in dB.
    frame_rate : float
        Frames per second.

    Returns
    -------
    ndarray of shape (n_bands * 6,), float64
        Band by band, for the octaves from 0.5 Hz on: their share of the band's modulation energy
        (the part under 0.5 Hz is not counted). 0 for a band that does not move.

    Notes
    -----
    Power spectra of the level under a Hann window of 256 frames, half overlapping, each window's
    mean taken out, averaged over the clip. A shorter clip is one window, padded by its mean.

    References
    ----------
    Pampalk, Rauber and Merkl, "Content-based organization and visualization of music archives", ACM
    Multimedia 2002 (fluctuation strength by band and modulation frequency).
    """
    frames = _windows(bands)
    frames = frames - frames.mean(axis=-1, keepdims=True)
    window = scipy.signal.get_window("hann", frames.shape[-1])
    energy = (np.abs(scipy.fft.rfft(frames * window, n=_WINDOW, axis=-1)) ** 2).mean(axis=1)
    rates = np.arange(energy.shape[1]) * frame_rate / _WINDOW
    octave = np.digitize(rates, OCTAVES)
    pooled = np.stack([energy[:, octave == i + 1].sum(axis=1) for i in range(len(OCTAVES))], axis=1)
    total = pooled.sum(axis=1, keepdims=True)
    moving = total > _STILL * frames.shape[-1]
    return np.where(moving, pooled / np.where(moving, total, 1.0), 0.0).ravel()


# Energy that float32 levels around 100 dB show by rounding alone, per frame of the window.
_STILL = 1e-6


def _windows(bands):
    """Cut into (n_bands, n_windows, length), float64."""
    bands = bands.astype(np.float64)
    if bands.shape[1] < _WINDOW:
        return bands[:, None]
    views = np.lib.stride_tricks.sliding_window_view(bands, _WINDOW, axis=1)
    return views[:, :: _WINDOW // 2]
