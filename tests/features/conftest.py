"""Clips that the feature tests share."""

import numpy as np
import pytest
from helpers.signals import sine


@pytest.fixture
def clips():
    """Three clips of half a second: noise, a tone, silence."""
    noise = 0.1 * np.random.default_rng(0).standard_normal(11025).astype(np.float32)
    return [noise, sine(440, seconds=0.5), np.zeros(11025, np.float32)]
