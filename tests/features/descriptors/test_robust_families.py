"""Families beyond librosa's, computed again from librosa's spectra by NumPy, SciPy and pandas."""

import librosa
import numpy as np
import pandas as pd
import pytest
import scipy.signal
import scipy.stats
from signals import music_like

from stemstack.features import FAMILIES, ClipDescriptors

SR = 22050
FRAME_RATE = SR / 512
CLIP = music_like(SR, seconds=12.0)
MAGNITUDE = np.abs(librosa.stft(CLIP)).astype(float)
MEL = librosa.feature.melspectrogram(y=CLIP, sr=SR).astype(float)
LOG_MEL = librosa.power_to_db(MEL)


def _pooled(n_bands):
    return MEL.reshape(n_bands, -1, MEL.shape[1]).mean(axis=1)


def _entropy(magnitude):
    return scipy.stats.entropy(magnitude**2, axis=0) / np.log(len(magnitude))


def _flux(magnitude):
    steps = np.diff(magnitude / magnitude.sum(axis=0), axis=1)
    return np.append(0, np.maximum(steps, 0).sum(axis=0))


def _hpss():
    parts = librosa.decompose.hpss(np.sqrt(MEL), kernel_size=17)
    energies = [part**2 for part in parts]
    harmonic, percussive = (energy.reshape(8, 16, -1).sum(axis=1) for energy in energies)
    shares = harmonic / (harmonic + percussive)
    whole = energies[0].sum(axis=0) / (energies[0] + energies[1]).sum(axis=0)
    shapes = [
        row
        for part, energy in zip(parts, energies, strict=True)
        for row in (
            np.average(np.tile(np.arange(128), (MEL.shape[1], 1)), axis=1, weights=energy.T),
            _entropy(part),
            _flux(part),
        )
    ]
    return np.stack([whole, *shares, *shapes])


def _octave_powers():
    hertz = librosa.fft_frequencies(sr=SR)
    octave = np.digitize(hertz, 100.0 * 2.0 ** np.arange(7))
    return np.stack([(MAGNITUDE[octave == i] ** 2).sum(axis=0) for i in range(8)])


def _octaves():
    powers = _octave_powers()
    return 10 * np.log10(np.maximum(powers / powers.sum(axis=0), 1e-8))


def _texture():
    levels = pd.DataFrame(librosa.power_to_db(_octave_powers()).T)
    tables = levels, levels.diff().fillna(0.0)
    # A second has 43 frames, half of it 21.
    return np.concatenate([t.rolling(43).std(ddof=0).iloc[42::21].T for t in tables])


def _denoised():
    bands = _pooled(32)
    floor = np.percentile(bands, 10, axis=1, keepdims=True)
    levels = librosa.power_to_db(np.maximum(bands - floor, 0.05 * bands))
    return levels - levels.mean()


def _pcen():
    bands, frames = _pooled(32) * 2.0**31, 0.4 * FRAME_RATE
    share = (np.sqrt(1 + 4 * frames**2) - 1) / (2 * frames**2)
    return librosa.pcen(bands, sr=SR, hop_length=512, zi=(1 - share) * bands[:, :1])


def _modulation():
    levels = librosa.power_to_db(_pooled(16))
    rates, energy = scipy.signal.welch(levels, FRAME_RATE, nperseg=256, detrend="constant")
    # welch doubles all but the last one for the negative frequencies.
    energy[:, -1] *= 2
    octave = np.digitize(rates, [0.5, 1, 2, 4, 8, 16])
    pooled = np.stack([energy[:, octave == i].sum(axis=1) for i in range(1, 7)], axis=1)
    return (pooled / pooled.sum(axis=1, keepdims=True)).ravel()


def _at_periods(seconds):
    onsets = librosa.onset.onset_strength(y=CLIP, sr=SR)
    window = int(librosa.time_to_frames(8.0, sr=SR, hop_length=512))
    tempogram = librosa.feature.tempogram(onset_envelope=onsets, win_length=window).mean(axis=1)
    return np.interp(seconds * FRAME_RATE, np.arange(len(tempogram)), tempogram, right=0.0)


def _beat_ratios():
    (bpm,) = librosa.feature.tempo(y=CLIP, sr=SR)
    return _at_periods(np.array([1 / 4, 1 / 3, 1 / 2, 2 / 3, 1, 3 / 2, 2, 3, 4]) * 60 / bpm)


# The function of each family, and how far float32 rounding may move its values.
EXPECTED = {
    "levelfree": (lambda: LOG_MEL - LOG_MEL.mean(axis=0), 1e-4),
    "entropy": (lambda: _entropy(MAGNITUDE), 1e-6),
    "flux": (lambda: _flux(MAGNITUDE), 1e-6),
    "hpss": (_hpss, 1e-3),
    "octaves": (_octaves, 1e-4),
    "texture": (_texture, 1e-4),
    "denoised": (_denoised, 1e-3),
    "pcen": (_pcen, 1e-5),
    "modulation": (_modulation, 1e-6),
    "beat_histogram": (lambda: _at_periods(60 / (40 * 2 ** (np.arange(19) / 6))), 1e-6),
    "beat_ratios": (_beat_ratios, 1e-6),
}


@pytest.mark.parametrize("family", EXPECTED)
def test_values_equal_those_of_other_libraries(family):
    compute, tolerance = EXPECTED[family]
    found = np.squeeze(FAMILIES[family](ClipDescriptors(CLIP, SR)))
    np.testing.assert_allclose(found, compute(), rtol=0, atol=tolerance)


def test_each_robust_family_has_a_reference():
    robust = {name for name, family in FAMILIES.items() if not family.standard}
    # The dynamics are compared with pyloudnorm.
    assert set(EXPECTED) == robust - {"dynamics"}
