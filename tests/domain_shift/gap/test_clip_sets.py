"""Sets of clips: where they come from, samples, unreadable clips, and the gap between songs."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import soundfile

from stemstack.domain_shift.gap import ClipSet, measure_gap
from stemstack.domain_shift.gap.clip_sets import compare
from stemstack.exceptions import DataError
from stemstack.features import Extractor

SR = 22050


@pytest.fixture
def folder(tmp_path):
    """Folder of four clips, of which one is no audio."""
    for name in "abc":
        soundfile.write(tmp_path / f"{name}.wav", np.full(100, 0.5), SR)
    (tmp_path / "d.wav").write_bytes(b"no audio")
    return tmp_path


def test_unreadable_clips_are_left_out_and_reported(folder):
    clips = ClipSet.from_path(folder)
    assert len(clips.clips) == 4 and clips.name == folder.name
    usable = clips.usable()
    assert [path.rsplit("/")[-1] for path in usable.clips] == ["a.wav", "b.wav", "c.wav"]
    assert usable.groups == usable.clips
    (problem,) = usable.problems
    assert "d.wav" in problem
    with pytest.raises(DataError, match=r"none of the clips of d\.wav can be used; the first: "):
        ClipSet.from_path(folder / "d.wav").usable()


def test_manifest_has_its_groups(folder):
    table = pd.DataFrame({"path": ["a.wav", "b.wav"], "label": ["x", "y"], "group": ["s", "t"]})
    table.to_csv(folder / "train.csv", index=False)
    clips = ClipSet.from_path(folder / "train.csv")
    assert (clips.name, clips.groups) == ("train.csv", ["s", "t"])
    assert clips.clips == [str(folder / "a.wav"), str(folder / "b.wav")]


def test_sample_keeps_clips_with_their_groups():
    clips = ClipSet("numbers", list(range(20)), [str(i) for i in range(20)])
    sample = clips.sample(5, seed=0)
    assert len(set(sample.clips)) == 5 and sample.clips == sorted(sample.clips)
    assert sample.groups == [str(i) for i in sample.clips]
    assert sample == clips.sample(5, seed=0) != clips.sample(5, seed=1)
    assert clips.sample(99, seed=0).clips == clips.clips


def test_recipes_are_grouped_by_class_and_fold(make_recipe, make_source):
    store = {"path0": make_source("stem", np.ones(100, int))}
    clips = ClipSet.from_recipes([make_recipe(50), make_recipe(60)], store)
    assert (clips.groups, clips.folds) == (["a/0", "a/0"], [0, 0])
    assert [clip.recipe.length for clip in clips.clips] == [50, 60]


def test_gap_between_songs_is_that_of_folds():
    rng = np.random.default_rng(0)
    folds = np.repeat([0, 1, 2], 10)
    groups = [f"{i % 2}/{fold}" for i, fold in enumerate(folds)]
    test = ClipSet("test", list(range(30)), list(range(30)))
    X_test = pd.DataFrame({"tempo": rng.normal(size=30)})
    aucs = []
    for shift in (0.0, 9.0):
        mashups = ClipSet("synthetic", list(range(30)), groups, folds.tolist())
        X = pd.DataFrame({"tempo": rng.normal(size=30) + shift * (folds == 2)})
        aucs.append(compare(mashups, X, test, X_test, n_permutations=1).between_songs_auc)
    assert aucs[0] < 0.7 < aucs[1]
    without_folds = ClipSet("train", list(range(30)), groups)
    assert compare(without_folds, X, test, X_test, n_permutations=1).between_songs_auc is None


class Crest(Extractor):
    """Extractor of the crest factor of a clip, in place of a network."""

    names, store_name = ("crest",), "crest"

    def __call__(self, samples):
        return np.array([np.abs(samples).max() / samples.std()], np.float32)


def test_embedding_is_a_facet_of_its_own():
    rng = np.random.default_rng(0)
    noise = [rng.normal(size=2000).astype(np.float32) for _ in range(60)]
    a = ClipSet("noise", [0.1 * clip for clip in noise[:30]], list(range(30)))
    # The signs of noise cross zero as often as the noise, but have no peaks.
    b = ClipSet("signs", [0.1 * np.sign(clip) for clip in noise[30:]], list(range(30, 60)))
    options = {"families": "zcr", "n_permutations": 19}
    gap = measure_gap(a, b, embedding=SimpleNamespace(extractor_=Crest(SR)), **options)
    assert gap.families["embedding"] == 1.0
    facets = {facet.name: facet.auc for facet in gap.facets}
    assert facets["embedding"] == 1.0 and facets["spectrum"] < 0.75
    assert "embedding" not in measure_gap(a, b, **options).families
