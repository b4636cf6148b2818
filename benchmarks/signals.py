"""Test signals for feature extraction."""

import librosa
import numpy as np


def parity_signals(sr=22050, seconds=2.0, seed=0):
    """Return the signals on which the features are compared with librosa's.

    Parameters
    ----------
    sr : int, default=22050
        Sample rate in Hz.
    seconds : float, default=2
    seed : int, default=0

    Returns
    -------
    dict of str to ndarray of shape (n_samples,), float32
    """
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * sr)) / sr
    noise = rng.standard_normal(len(time))
    music = music_like(sr, seconds, rng)
    halved = librosa.resample(music, orig_sr=sr, target_sr=sr / 2, res_type="soxr_hq")
    signals = {
        "noise": 0.1 * noise,
        "faint noise": 1e-5 * noise,
        "tone": 0.5 * np.sin(2 * np.pi * 440 * time),
        "two tones 100 dB apart": np.sin(2 * np.pi * 300 * time)
        + 1e-5 * np.sin(2 * np.pi * 3000 * time),
        "constant": np.full(len(time), 0.3),
        "silence": np.zeros(len(time)),
        "clicks": np.where(np.arange(len(time)) % (sr // 3) == 0, 0.9, 0.0),
        "chirp": 0.8 * np.sin(2 * np.pi * (50 * time + sr / 8 * time**2)),
        "music": music,
        "music, upper half empty": _brick_wall(music),
        "music, resampled": librosa.resample(
            halved, orig_sr=sr / 2, target_sr=sr, res_type="soxr_hq"
        ),
        "music, 8 bits": np.round(music * 127) / 128,
        "music after silence": np.where(time < seconds / 2, 0, music),
        "odd length": 0.1 * noise[: len(time) // 3 | 1],
        "nine frames": music[: 8 * 512],
        "eight frames": music[: 8 * 512 - 1],
        "half a frame": music[:1023],
        "one sample": np.array([0.5]),
    }
    return {name: signal.astype(np.float32) for name, signal in signals.items()}


def music_like(sr=22050, seconds=30.0, rng=None):
    """Synthesise chords over a pulse with some noise, of shape (n_samples,), float32."""
    rng = np.random.default_rng(0) if rng is None else rng
    time = np.arange(round(seconds * sr)) / sr
    fade = np.exp(-6 * (time * 2.1 % 1))
    chord = np.floor(time / 1.9) % 4
    root = 110 * 2 ** (np.choose(chord.astype(int), [0, 5, 7, 3]) / 12)
    phase = 2 * np.pi * np.cumsum(root) / sr
    partials = sum(np.sin(k * phase) / k for k in (1, 2, 3, 2.52, 3.78, 5, 7))
    drum = rng.standard_normal(len(time)) * np.exp(-40 * (time * 4.2 % 1))
    return (0.12 * fade * partials + 0.1 * drum).astype(np.float32)


def _brick_wall(signal):
    spectrum = np.fft.rfft(signal)
    spectrum[len(spectrum) // 2 :] = 0
    return np.fft.irfft(spectrum, len(signal))
