"""Signals whose features are known."""

import numpy as np


def sine(frequency, amplitude=0.5, seconds=1.0, sr=22050):
    """Return a sine of shape (n_samples,), float32: frequency in Hz, amplitude up to 1."""
    time = np.arange(round(sr * seconds)) / sr
    return (amplitude * np.sin(2 * np.pi * frequency * time)).astype(np.float32)


def low_and_high_tones(n, seconds=0.5, sr=8000, seed=0):
    """Return n noisy tones, low and high by turns, and their labels."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * sr)) / sr
    labels = np.array(["low", "high"] * (n // 2))
    pitches = np.where(labels == "low", 300, 1200) * rng.uniform(0.9, 1.1, len(labels))
    clips = [np.sin(2 * np.pi * p * time) + 0.1 * rng.standard_normal(len(time)) for p in pitches]
    return clips, labels
