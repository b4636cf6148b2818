import logging

import numpy as np
import pytest
import torch
from helpers.nets import Tone

from stemstack.datasets import read_data
from stemstack.exceptions import UsageError
from stemstack.models.deep.backbones.ast import KaldiFbankConfig
from stemstack.models.deep.data import dataset as dataset_module
from stemstack.models.deep.data.dataset import LogMelDataset, RemixedDataset, render_log_mels
from stemstack.models.deep.data.log_mel import MelSettings, compute_log_mel
from stemstack.runs import Config
from stemstack.runs.training_clips import training_clips
from stemstack.utils.resources import Resources

SETTINGS = MelSettings(n_mels=32)
CPU = torch.device("cpu")
SECONDS = 0.5


@pytest.fixture(scope="module")
def mashups(stem_data, shared_cache):
    config = Config(str(stem_data), folds=2, mashups_per_genre=4)
    resources = Resources(shared_cache, n_jobs=1)
    return training_clips(read_data(stem_data), config, resources=resources).clips


def remixed(clips, **options):
    defaults = {"device": CPU, "rng": np.random.default_rng(0), "seconds": SECONDS}
    return RemixedDataset(clips, SETTINGS, **{**defaults, **options})


def take(dataset, epoch, rows):
    dataset.set_epoch(epoch)
    return dataset.take(rows)


def test_static_dataset_is_the_same_each_epoch():
    tones = [Tone(300.0), Tone(900.0)]
    dataset = LogMelDataset(tones, SETTINGS, device=CPU)
    for epoch in (0, 1):
        (log_mel,) = take(dataset, epoch, [1])
        np.testing.assert_array_equal(log_mel, compute_log_mel(tones[1], SETTINGS, CPU))


def test_first_epoch_has_the_given_mashups(mashups):
    (log_mel,) = take(remixed(mashups), 0, [3])
    np.testing.assert_array_equal(log_mel, compute_log_mel(mashups[3], SETTINGS, CPU))


def test_later_epochs_mix_only_a_crop(mashups):
    width = SETTINGS.n_frames(SECONDS)
    log_mels = take(remixed(mashups), 1, [0, 1, 2])
    assert {log_mel.shape for log_mel in log_mels} == {(32, width)}
    (whole,) = take(remixed(mashups, seconds=1e3), 1, [0])
    assert whole.shape[1] > width


@pytest.mark.parametrize(
    "settings", [MelSettings(hop_length=300), KaldiFbankConfig(16000, 400, 160)]
)
@pytest.mark.parametrize("seconds", [0.001, 0.5, 1.024])
def test_n_samples_gives_the_frames_of_a_crop(settings, seconds):
    clip = np.ones(settings.n_samples(seconds), np.float32)
    assert settings.compute(clip).shape[1] == settings.n_frames(seconds)


def test_later_epochs_differ_and_repeat_by_seed(mashups):
    first, second = (
        [take(dataset, epoch, [0, 5])[0] for epoch in (1, 2)]
        for dataset in (remixed(mashups), remixed(mashups))
    )
    assert not np.array_equal(*first)
    for log_mel, repeated in zip(first, second, strict=True):
        np.testing.assert_array_equal(log_mel, repeated)


def test_other_clips_stay_in_their_rows(mashups, tmp_path):
    noise = np.random.default_rng(0).standard_normal(22050).astype(np.float32)
    log_mels = take(remixed([mashups[0], noise, mashups[1]], cache=tmp_path), 1, [0, 1, 2])
    np.testing.assert_array_equal(log_mels[1], compute_log_mel(noise, SETTINGS, CPU))
    assert not np.array_equal(log_mels[0], log_mels[2])


def test_batch_rendering_gives_the_same_log_mels(mashups):
    batch = render_log_mels(mashups, SETTINGS, CPU)
    for log_mel, mashup in zip(batch, mashups, strict=True):
        expected = compute_log_mel(mashup, SETTINGS, CPU)
        assert log_mel.shape == expected.shape
        # One step of 16 bits is visible in quiet cells: standardised dB of the second digit there.
        np.testing.assert_allclose(log_mel, expected, rtol=0, atol=0.05)
        assert np.abs(log_mel - expected).mean() < 1e-3


def test_batches_are_rendered_at_once(mashups):
    dataset = remixed(mashups)
    dataset.render_batches = True
    expected = take(remixed(mashups), 1, [0, 1, 2])
    for log_mel, other in zip(take(dataset, 1, [0, 1, 2]), expected, strict=True):
        # As above.
        np.testing.assert_allclose(log_mel, other, rtol=0, atol=0.05)
    assert dataset.render_batches


def test_unsupported_settings_are_rendered_on_the_cpu(mashups, monkeypatch, caplog):
    def refuse(mashups, packed):
        raise UsageError("the setting 'codec' is not rendered")

    monkeypatch.setattr(dataset_module, "render_batch", refuse)
    dataset = remixed(mashups)
    dataset.render_batches = True
    with caplog.at_level(logging.INFO, "stemstack"):
        log_mels = [take(dataset, epoch, [0])[0] for epoch in (1, 2)]
    messages = [record.message for record in caplog.records]
    assert messages == ["Mashups are rendered on the CPU: the setting 'codec' is not rendered"]
    expected = remixed(mashups)
    np.testing.assert_array_equal(log_mels[0], take(expected, 1, [0])[0])


def test_batch_rendering_rejects_another_sample_rate(mashups):
    with pytest.raises(UsageError, match=r"mashups at \[22050\] Hz need resampling to 16000 Hz"):
        render_log_mels(mashups, MelSettings(sr=16000), CPU)
