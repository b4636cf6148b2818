import logging

import numpy as np
import pytest
import torch

from stemstack.datasets import read_data
from stemstack.exceptions import UsageError
from stemstack.models.deep.backbones.ast import KaldiFbankConfig
from stemstack.models.deep.data import remix as remixing
from stemstack.models.deep.data.log_mel import MelSettings
from stemstack.models.deep.data.log_mel_cache import compute_log_mel
from stemstack.models.deep.data.remix import Remixer, render_pictures
from stemstack.runs import Config
from stemstack.runs.training_clips import training_clips
from stemstack.utils.progress import NullProgress

SETTINGS = MelSettings(n_mels=32)
CPU = torch.device("cpu")
SECONDS = 0.5


@pytest.fixture(scope="module")
def mashups(stem_data, shared_cache):
    config = Config(str(stem_data), folds=2, mashups_per_genre=4)
    means = {"cache": shared_cache, "n_jobs": 1, "progress": NullProgress()}
    return training_clips(read_data(stem_data), config, **means).clips


def remixer(clips, **options):
    means = {"device": CPU, "rng": np.random.default_rng(0), "seconds": SECONDS}
    return Remixer(clips, SETTINGS, **{**means, **options})


def test_the_first_epoch_has_the_mashups_as_they_are(mashups):
    (picture,) = remixer(mashups)(0)([3])
    np.testing.assert_array_equal(picture, compute_log_mel(mashups[3], SETTINGS, CPU))


def test_later_epochs_mix_no_more_than_a_crop_shows(mashups):
    width = SETTINGS.n_frames(SECONDS)
    pictures = remixer(mashups)(1)([0, 1, 2])
    assert {picture.shape for picture in pictures} == {(32, width)}
    (whole,) = remixer(mashups, seconds=1e3)(1)([0])
    assert whole.shape[1] > width


@pytest.mark.parametrize(
    "settings", [MelSettings(hop_length=300), KaldiFbankConfig(16000, 400, 160)]
)
@pytest.mark.parametrize("seconds", [0.001, 0.5, 1.024])
def test_a_crop_is_as_many_frames_as_its_samples_give(settings, seconds):
    clip = np.ones(settings.n_samples(seconds), np.float32)
    assert settings.picture(clip).shape[1] == settings.n_frames(seconds)


def test_later_epochs_are_fresh_and_repeat_by_seed(mashups):
    epochs = [[source(e)([0, 5])[0] for e in (1, 2)] for source in map(remixer, [mashups] * 2)]
    assert not np.array_equal(*epochs[0])
    for here, there in zip(*epochs, strict=True):
        np.testing.assert_array_equal(here, there)


def test_what_cannot_be_drawn_anew_stays_in_its_place(mashups, tmp_path):
    noise = np.random.default_rng(0).standard_normal(22050).astype(np.float32)
    taken = remixer([mashups[0], noise, mashups[1]], cache=tmp_path)(1)([0, 1, 2])
    np.testing.assert_array_equal(taken[1], compute_log_mel(noise, SETTINGS, CPU))
    assert not np.array_equal(taken[0], taken[2])


def test_a_batch_rendered_at_once_gives_the_same_pictures(mashups):
    together = render_pictures(mashups, SETTINGS, CPU)
    for picture, mashup in zip(together, mashups, strict=True):
        alone = compute_log_mel(mashup, SETTINGS, CPU)
        assert picture.shape == alone.shape
        # One step of 16 bits shows where it is quiet: standardised dB of the second digit there.
        np.testing.assert_allclose(picture, alone, rtol=0, atol=0.05)
        assert np.abs(picture - alone).mean() < 1e-3


def test_elsewhere_than_on_a_cpu_batches_are_rendered_at_once(mashups, monkeypatch):
    source = remixer(mashups)
    monkeypatch.setattr(source, "_by_batch", True)
    drawn = source(1)([0, 1, 2])
    alone = remixer(mashups)(1)([0, 1, 2])
    for here, there in zip(drawn, alone, strict=True):
        # As above.
        np.testing.assert_allclose(here, there, rtol=0, atol=0.05)


def test_what_torch_does_not_render_is_rendered_by_the_cpu_and_said(mashups, monkeypatch, caplog):
    def refuse(mashups, packed):
        raise UsageError("the setting 'codec' is not rendered")

    monkeypatch.setattr(remixing, "render_batch", refuse)
    source = remixer(mashups)
    monkeypatch.setattr(source, "_by_batch", True)
    with caplog.at_level(logging.INFO, "stemstack"):
        for epoch in (1, 2):
            source(epoch)([0])
    said = [record.message for record in caplog.records]
    assert said == ["Mashups are rendered on the CPU: the setting 'codec' is not rendered"]


def test_another_rate_is_not_rendered_at_once(mashups):
    with pytest.raises(UsageError, match=r"mashups at \[22050\] Hz need resampling to 16000 Hz"):
        render_pictures(mashups, MelSettings(sr=16000), CPU)
