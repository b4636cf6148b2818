"""Fits with mashups that are resampled from the songs and noise of the training folds."""

from dataclasses import replace

import numpy as np
import pytest

from stemstack.datasets import read_data
from stemstack.mashups import Pool
from stemstack.models import make_model, set_resources
from stemstack.models.deep import estimator as estimator_module
from stemstack.runs import Config
from stemstack.runs.training_clips import training_clips
from stemstack.utils.resources import Resources

NET = (
    "effnet:cnn_tiny(remix=true,epochs=3,n_fft=512,hop_length=256,n_mels=16,crop_seconds=0.5,"
    "batch_size=8)"
)


@pytest.fixture(scope="module")
def training(stem_data, shared_cache):
    config = Config(str(stem_data), folds=2, mashups_per_genre=8)
    resources = Resources(shared_cache, n_jobs=1)
    return training_clips(read_data(stem_data), config, resources=resources)


@pytest.fixture
def sampled(monkeypatch):
    """The recipes that are sampled from now on."""
    recipes, sample = [], Pool.sample_recipe

    def sample_and_record(*arguments):
        recipes.append(sample(*arguments))
        return recipes[-1]

    monkeypatch.setattr(Pool, "sample_recipe", sample_and_record)
    return recipes


@pytest.mark.parametrize("held_out", [0, 1])
def test_remix_samples_from_training_folds(training, sampled, held_out):
    fold_of = training.folds.set_index("item")["fold"]
    rows = np.flatnonzero(training.table["fold"] != held_out)
    clips = [training.clips[row] for row in rows]
    labels = training.table["label"].to_numpy(dtype=object)[rows]
    net = set_resources(make_model(NET, random_state=0, device="cpu"))
    net.fit(clips, labels)
    # Three epochs, the first of them with the mashups given.
    assert sorted(recipe.label for recipe in sampled) == sorted([*labels, *labels])
    sources = {stem.song for recipe in sampled for stem in recipe.stems}
    sources |= {noise.path for recipe in sampled for noise in recipe.noises}
    assert {fold_of[source] for source in sources} == {1 - held_out}
    # No mashup is sampled twice.
    assert len({replace(recipe, id="") for recipe in sampled}) == len(sampled)


def test_remix_repeats_by_seed(training):
    labels = training.table["label"].to_numpy(dtype=object)
    static = make_model(NET.replace("remix=true,", ""), random_state=0, device="cpu")
    remixed = make_model(NET, random_state=0, device="cpu")
    states = [
        set_resources(net).fit(training.clips, labels).state_ for net in (remixed, remixed, static)
    ]
    assert states[0] == states[1]
    assert states[0] != states[2]


def test_early_stopping_splits_by_fold_of_songs(training, monkeypatch):
    splits = []

    def record(labels, groups, seed, split=estimator_module.split_validation):
        splits.append(split(labels, groups, seed))
        return splits[-1]

    monkeypatch.setattr(estimator_module, "split_validation", record)
    labels = training.table["label"].to_numpy(dtype=object)
    net = make_model(NET.replace("epochs=3", "epochs=1,patience=1"), random_state=0, device="cpu")
    set_resources(net).fit(training.clips, labels)
    ((train, validation),) = splits
    folds = training.table["fold"].to_numpy()
    assert len(train) + len(validation) == len(folds)
    assert not set(folds[train]) & set(folds[validation])
