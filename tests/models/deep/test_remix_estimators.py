"""Remixing draws from the training songs only."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from stemstack.datasets import read_data
from stemstack.mashups import Pool
from stemstack.models import make_model, set_resources
from stemstack.runs import Config
from stemstack.runs.training_clips import training_clips
from stemstack.utils.progress import NullProgress

NET = (
    "effnet:cnn_tiny(remix=true,epochs=3,n_fft=512,hop_length=256,n_mels=16,crop_seconds=0.5,"
    "batch_size=8)"
)


@pytest.fixture(scope="module")
def training(stem_data, shared_cache):
    config = Config(str(stem_data), folds=2, mashups_per_genre=8)
    means = {"cache": shared_cache, "n_jobs": 1, "progress": NullProgress()}
    return training_clips(read_data(stem_data), config, **means)


@pytest.fixture
def drawn(monkeypatch):
    """The recipes that are drawn from now on."""
    recipes, draw = [], Pool.sample_recipe

    def cached_result(*arguments):
        recipes.append(draw(*arguments))
        return recipes[-1]

    monkeypatch.setattr(Pool, "sample_recipe", cached_result)
    return recipes


@pytest.mark.parametrize("held_out", [0, 1])
def test_what_is_drawn_anew_stays_in_the_training_folds(training, drawn, held_out):
    fold_of = training.folds.set_index("item")["fold"]
    rows = np.flatnonzero(training.table["fold"] != held_out)
    clips = [training.clips[row] for row in rows]
    labels = training.table["label"].to_numpy(dtype=object)[rows]
    net = set_resources(make_model(NET, random_state=0, device="cpu"))
    net.fit(clips, labels)
    # Three epochs: the first sees the mashups as they are.
    assert sorted(recipe.label for recipe in drawn) == sorted([*labels, *labels])
    sources = {part.song for recipe in drawn for part in recipe.stems}
    sources |= {part.path for recipe in drawn for part in recipe.noises}
    assert {fold_of[source] for source in sources} == {1 - held_out}
    # No mashup is drawn twice.
    assert len({replace(recipe, id="") for recipe in drawn}) == len(drawn)


def test_remix_repeats_by_seed_and_changes_what_is_learnt(training):
    labels = training.table["label"].to_numpy(dtype=object)
    fixed = make_model(NET.replace("remix=true,", ""), random_state=0, device="cpu")
    remixed = make_model(NET, random_state=0, device="cpu")
    states = [
        set_resources(net).fit(training.clips, labels).state_ for net in (remixed, remixed, fixed)
    ]
    assert states[0] == states[1]
    assert states[0] != states[2]


def test_early_stopping_holds_whole_folds_of_songs_out(training):
    labels = np.unique(training.table["label"], return_inverse=True)[1]
    net = make_model(NET.replace("epochs=3", "patience=1"))
    folds = training.table["fold"].to_numpy()
    train, held_out = net._split(training.clips, labels, None, np.random.default_rng(0))
    assert not set(folds[train]) & set(folds[held_out])


def test_mashups_of_one_fold_are_told_to_share_songs(training, caplog):
    labels = np.arange(16) % 2
    clips = [SimpleNamespace(recipe=SimpleNamespace(fold=0))] * 16
    net = make_model(NET.replace("epochs=3", "patience=1"))
    with caplog.at_level("INFO", "stemstack"):
        train, held_out = net._split(clips, labels, None, np.random.default_rng(0))
    assert len(train) + len(held_out) == 16
    assert "share songs with the rest" in caplog.text
