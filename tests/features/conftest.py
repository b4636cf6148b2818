"""Signals the tests of features share."""

import numpy as np
import pytest


@pytest.fixture
def clips():
    """Three clips of half a second: noise, a tone, silence."""
    rng = np.random.default_rng(0)
    time = np.arange(11025) / 22050
    noise = 0.1 * rng.standard_normal(11025)
    tone = 0.5 * np.sin(2 * np.pi * 440 * time)
    return [clip.astype(np.float32) for clip in (noise, tone, np.zeros(11025))]


@pytest.fixture
def sine():
    """Make a sine at 22,050 Hz: frequency in Hz, amplitude, seconds."""

    def make(frequency, amplitude=0.5, seconds=1.0):
        time = np.arange(round(22050 * seconds)) / 22050
        return (amplitude * np.sin(2 * np.pi * frequency * time)).astype(np.float32)

    return make
