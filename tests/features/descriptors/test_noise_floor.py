"""Noise-floor subtraction of known levels, PCEN against librosa."""

import librosa
import numpy as np

from stemstack.features.descriptors.noise_floor import normalise_energy, pool_bands, subtract_floor


def test_pooling_averages_neighbours():
    mel = np.arange(8, dtype=np.float32).reshape(8, 1)
    np.testing.assert_array_equal(pool_bands(mel, 4)[:, 0], [0.5, 2.5, 4.5, 6.5])


def test_stationary_noise_is_subtracted():
    bands = np.ones((1, 100), np.float32)
    bands[0, 50:55] = 101
    rows = subtract_floor(bands)[0]
    # 100 remains of the burst, a twentieth of the steady noise; float32 logarithms.
    np.testing.assert_allclose(rows[50] - rows[0], 10 * np.log10(100 / 0.05), rtol=1e-5)
    np.testing.assert_allclose(rows.mean(), 0, atol=1e-5)


def test_noise_does_not_change_louder_levels():
    rng = np.random.default_rng(0)
    music = rng.uniform(10, 1000, (4, 200)).astype(np.float32)
    music[:, ::5] = 0
    quiet, noisy = subtract_floor(music), subtract_floor(music + np.float32(5))
    loud = np.flatnonzero(np.arange(200) % 5)
    steps = np.diff(quiet[:, loud], axis=1), np.diff(noisy[:, loud], axis=1)
    # Float32 around 1000, less 5 and plus 5: rounding of 1e-4 in 10.
    np.testing.assert_allclose(*steps, atol=1e-4)


def test_silence_has_constant_level():
    np.testing.assert_array_equal(subtract_floor(np.zeros((2, 9), np.float32)), np.zeros((2, 9)))


def test_pcen_equals_librosa_in_steady_state():
    bands = np.random.default_rng(0).uniform(0, 1, (3, 1200)).astype(np.float32)
    expected = librosa.pcen(bands * 2.0**31, sr=22050, hop_length=512)
    rows = normalise_energy(bands, 22050, 512)
    # The start decays by a factor of e every 35 frames; float32 against float64.
    np.testing.assert_allclose(rows[:, 900:], expected[:, 900:], rtol=1e-4)


def test_pcen_equals_librosa_from_equal_start():
    bands = np.random.default_rng(0).uniform(0, 1, (3, 200)).astype(np.float32)
    scaled, frames = bands * np.float32(2.0**31), 0.4 * 22050 / 512
    share = (np.sqrt(1 + 4 * frames**2) - 1) / (2 * frames**2)
    steady_state = (1 - share) * scaled[:, :1]
    expected = librosa.pcen(scaled, sr=22050, hop_length=512, zi=steady_state)
    np.testing.assert_allclose(normalise_energy(bands, 22050, 512), expected, rtol=1e-12)


def test_pcen_starts_in_steady_state():
    rows = normalise_energy(np.full((1, 50), 0.01, np.float32), 22050, 512)
    # Float32 in a recursion.
    np.testing.assert_allclose(rows, rows[0, 0], rtol=1e-4)
