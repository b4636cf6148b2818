import librosa
import numpy as np
import pytest
import torch
import torchaudio
from helpers.nets import Tone
from helpers.signals import sine

from stemstack import features
from stemstack.exceptions import AudioError
from stemstack.models.deep.data.log_mel import (
    MelSettings,
    load_log_mels,
    log_mel,
    log_mel_batch,
    standardise,
    standardise_batch,
)

SETTINGS = MelSettings()


@pytest.mark.parametrize("settings", [SETTINGS, MelSettings(16000, 1024, 320, 64)])
def test_log_mel_equals_librosa(settings):
    rng = np.random.default_rng(0)
    clip = sine(440) + 0.05 * rng.standard_normal(22050).astype(np.float32)
    power = librosa.feature.melspectrogram(
        y=clip,
        sr=settings.sr,
        n_fft=settings.n_fft,
        hop_length=settings.hop_length,
        n_mels=settings.n_mels,
        pad_mode="constant",
    )
    # Both compute in float32, by different FFT libraries: dB of the fifth digit.
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
    # float32 sums in another order: dB of the fifth digit.
    np.testing.assert_allclose(log_mel(clip, SETTINGS), expected, rtol=0, atol=2e-3)


def test_batch_equals_single_clips():
    clips = torch.randn(3, 30_000)
    clips[1] = 0
    for batched, clip in zip(log_mel_batch(clips, SETTINGS), clips, strict=True):
        # Matrix products with other block sizes: dB of the sixth digit.
        torch.testing.assert_close(batched, log_mel(clip.numpy(), SETTINGS), rtol=0, atol=1e-4)


def test_log_mel_equals_the_handcrafted_feature():
    clip = sine(440) + np.random.default_rng(2).normal(0, 0.05, 22050).astype(np.float32)
    expected = features.log_mel(clip, 22050, hop_length=512, n_mels=128)
    # The feature uses another FFT: dB of the fifth digit.
    np.testing.assert_allclose(log_mel(clip, SETTINGS), expected, rtol=0, atol=2e-3)


def test_tone_peaks_in_its_band():
    centres = librosa.mel_frequencies(128 + 2, fmax=22050 / 2)[1:-1]
    decibels = log_mel(sine(1000, 1.0), SETTINGS).numpy()
    assert decibels.mean(axis=1).argmax() == np.abs(centres - 1000).argmin()


def test_standardise_gives_mean_0_and_deviation_1():
    standard = standardise(log_mel(sine(300, 1.0), SETTINGS)).numpy()
    # float32 means over 5,632 cells.
    np.testing.assert_allclose([standard.mean(), standard.std()], [0, 1], rtol=0, atol=1e-5)


def test_standardise_batch_ignores_padding():
    decibels = torch.randn(2, 4, 30)
    padded = standardise_batch(decibels, [30, 20])
    # float32 sums of the same cells, padded by zeros.
    for batched, single in ((padded[0], decibels[0]), (padded[1, :, :20], decibels[1, :, :20])):
        torch.testing.assert_close(batched, standardise(single), rtol=1e-5, atol=1e-6)
    assert not padded[1, :, 20:].any()


def test_log_mel_is_independent_of_loudness():
    quiet, loud = SETTINGS.compute(sine(300, 1.0) * 0.01), SETTINGS.compute(sine(300, 1.0))
    # float16 keeps three digits; the cells are within a few units.
    np.testing.assert_allclose(quiet, loud, rtol=0, atol=5e-3)


@pytest.mark.parametrize("n_samples", [1, 100, 512])
def test_short_and_silent_clips_are_finite(n_samples):
    silence = SETTINGS.compute(np.zeros(n_samples, dtype=np.float32))
    assert silence.shape == (128, 1 + n_samples // 512)
    assert not silence.any()


def test_n_frames_is_at_least_one():
    assert SETTINGS.n_frames(10) == 431
    assert SETTINGS.n_frames(0.001) == 1


def test_cache_is_read_the_second_time(tmp_path):
    clip, settings = Tone(900.0), MelSettings(n_mels=8)
    expected = load_log_mels([clip], settings, device="cpu")
    first, second = (load_log_mels([clip], settings, device="cpu", cache=tmp_path) for _ in "ab")
    np.testing.assert_array_equal(expected[0], first[0])
    np.testing.assert_array_equal(expected[0], second[0])
    assert clip.n_loads == 2


def test_cache_separates_settings(tmp_path):
    shapes = {
        load_log_mels([Tone(900.0)], MelSettings(n_mels=n), device="cpu", cache=tmp_path)[0].shape
        for n in (8, 16)
    }
    assert shapes == {(8, 8), (16, 8)}


def test_unreadable_clip_is_named():
    with pytest.raises(AudioError, match=r"absent\.wav: no such file"):
        load_log_mels(["absent.wav"], SETTINGS, device="cpu")
