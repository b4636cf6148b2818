"""Signals whose features are known."""

import numpy as np


def sine(frequency, amplitude=0.5, seconds=1.0, sr=22050):
    """Return a sine of shape (n_samples,), float32: frequency in Hz, amplitude up to 1."""
    time = np.arange(round(sr * seconds)) / sr
    return (amplitude * np.sin(2 * np.pi * frequency * time)).astype(np.float32)
