"""Levels, overdrive, brightness and the limiter."""

import numpy as np
import pytest
from helpers.signals import sine

from stemstack.datasets.demo.production import brighten, level_to, limit, overdrive, sounding_rms

SR = 22050


def tone(frequency):
    return sine(frequency, 0.1)[:, np.newaxis]


def test_level_ignores_silence():
    half = np.concatenate([tone(440), np.zeros((SR, 1), dtype=np.float32)])
    levelled = level_to(half, -20.0, SR)
    # 50 ms frames leave at most one partly silent frame of twenty.
    np.testing.assert_allclose(20 * np.log10(sounding_rms(levelled, SR)), -20, atol=0.3)
    np.testing.assert_allclose(np.sqrt(np.mean(levelled[:SR] ** 2)), 0.1, rtol=0.03)


@pytest.mark.parametrize("change", [lambda x: level_to(x, -10, SR), lambda x: overdrive(x, 1, SR)])
def test_silence_is_preserved(change):
    assert not change(np.zeros((SR, 1), dtype=np.float32)).any()


def test_brighten_amplifies_high_frequencies_only():
    gain = {f: np.std(brighten(tone(f), 6.0, SR)) / np.std(tone(f)) for f in (50, 9000)}
    # A first-order shelf at 1 kHz: within 0.1 dB well below it, within 1 dB well above.
    np.testing.assert_allclose(gain[50], 1, rtol=0.01)
    np.testing.assert_allclose(gain[9000], 10 ** (6 / 20), rtol=0.1)


def test_overdrive_adds_harmonics():
    spectrum = np.abs(np.fft.rfft(overdrive(tone(441), 0.5, SR)[:, 0]))
    assert spectrum[3 * 441] > 0.1 * spectrum[441]
    clean = tone(441)
    assert overdrive(clean, 0, SR) is clean


def test_limiter_changes_only_loud_samples():
    loud = np.linspace(-3, 3, 1001, dtype=np.float32)[:, np.newaxis]
    limited = limit(loud)
    assert np.abs(limited).max() <= 1
    quiet = np.abs(loud) < 0.7
    np.testing.assert_array_equal(limited[quiet], loud[quiet])
    assert (np.diff(limited[:, 0]) >= 0).all()
