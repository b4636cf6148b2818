import librosa
import numpy as np
import pytest
import torch
import torchaudio

from stemstack import features
from stemstack.models.deep.data.log_mel import (
    MelSettings,
    log_mel,
    log_mel_batch,
    standardise,
    standardise_batch,
)

SETTINGS = MelSettings()


def _tone(frequency, seconds=1.0, sr=22050):
    return np.sin(2 * np.pi * frequency * np.arange(int(seconds * sr)) / sr).astype(np.float32)


@pytest.mark.parametrize("settings", [SETTINGS, MelSettings(16000, 1024, 320, 64)])
def test_log_mel_equals_librosa(settings):
    rng = np.random.default_rng(0)
    clip = 0.5 * _tone(440) + 0.05 * rng.standard_normal(22050).astype(np.float32)
    power = librosa.feature.melspectrogram(
        y=clip,
        sr=settings.sr,
        n_fft=settings.n_fft,
        hop_length=settings.hop_length,
        n_mels=settings.n_mels,
        pad_mode="constant",
    )
    # Both compute in float32, librosa's transform by another library: dB of the fifth digit.
    np.testing.assert_allclose(
        log_mel(clip, settings).numpy(), librosa.power_to_db(power), rtol=0, atol=2e-3
    )


def test_log_mel_equals_torchaudio():
    clip = np.random.default_rng(1).standard_normal(30_000).astype(np.float32)
    mel = torchaudio.transforms.MelSpectrogram(
        22050, n_fft=2048, hop_length=512, n_mels=128, norm="slaney", mel_scale="slaney",
        pad_mode="constant",
    )  # fmt: skip
    expected = torchaudio.transforms.AmplitudeToDB("power", top_db=80)(mel(torch.from_numpy(clip)))
    # Filters and sums in float32 by other routes: dB of the fifth digit.
    np.testing.assert_allclose(log_mel(clip, SETTINGS), expected, rtol=0, atol=2e-3)


def test_a_batch_is_one_after_the_other():
    clips = torch.randn(3, 30_000)
    clips[1] = 0
    for together, clip in zip(log_mel_batch(clips, SETTINGS), clips, strict=True):
        # Rows of one product, summed in blocks of other sizes: dB of the sixth digit.
        torch.testing.assert_close(together, log_mel(clip.numpy(), SETTINGS), rtol=0, atol=1e-4)


def test_log_mel_equals_that_of_the_handcrafted_features():
    clip = 0.5 * _tone(440) + np.random.default_rng(2).normal(0, 0.05, 22050).astype(np.float32)
    expected = features.log_mel(clip, 22050, hop_length=512, n_mels=128)
    # Theirs are numpy's transforms; dB of the fifth digit.
    np.testing.assert_allclose(log_mel(clip, SETTINGS), expected, rtol=0, atol=2e-3)


def test_log_mel_of_a_tone_peaks_in_its_band():
    centres = librosa.mel_frequencies(128 + 2, fmax=22050 / 2)[1:-1]
    decibels = log_mel(_tone(1000), SETTINGS).numpy()
    assert decibels.mean(axis=1).argmax() == np.abs(centres - 1000).argmin()


def test_standardise_gives_mean_0_and_deviation_1():
    standard = standardise(log_mel(_tone(300), SETTINGS)).numpy()
    # float32 means over 5,632 cells.
    np.testing.assert_allclose([standard.mean(), standard.std()], [0, 1], rtol=0, atol=1e-5)


def test_a_batch_is_standardised_each_by_its_own_frames():
    decibels = torch.randn(2, 4, 30)
    together = standardise_batch(decibels, [30, 20])
    # float32 sums of the same cells, padded by zeros.
    for batch, alone in ((together[0], decibels[0]), (together[1, :, :20], decibels[1, :, :20])):
        torch.testing.assert_close(batch, standardise(alone), rtol=1e-5, atol=1e-6)
    assert not together[1, :, 20:].any()


def test_picture_does_not_tell_loudness():
    quiet, loud = SETTINGS.picture(_tone(300) * 0.01), SETTINGS.picture(_tone(300))
    # float16 keeps three digits; the cells are within a few units.
    np.testing.assert_allclose(quiet, loud, rtol=0, atol=5e-3)


@pytest.mark.parametrize("n_samples", [1, 100, 512])
def test_short_and_silent_clips_give_finite_pictures(n_samples):
    silence = SETTINGS.picture(np.zeros(n_samples, dtype=np.float32))
    assert silence.shape == (128, 1 + n_samples // 512)
    assert not silence.any()


def test_n_frames_is_at_least_one():
    assert SETTINGS.n_frames(10) == 431
    assert SETTINGS.n_frames(0.001) == 1
