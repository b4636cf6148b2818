"""The gap is measured before and after mixing, stored, and put into words."""

import json
from dataclasses import replace

import numpy as np
import pytest
from helpers.nets import LevelNetwork

from stemstack.datasets import read_data
from stemstack.domain_shift.gap import compute_clip_stats
from stemstack.mashups import write_recipes
from stemstack.models import AudioEmbedding
from stemstack.models.deep.embeddings import extractor
from stemstack.reports.sections import gap as gap_section
from stemstack.reports.sections.gap import GAP
from stemstack.runs import Config
from stemstack.runs.training_clips import sample_training
from stemstack.utils.resources import Resources


def test_gap_before_and_after_mixing_is_rendered(make_gap):
    naive = make_gap(0.95, differences=[("is louder by 3 dB", 0.01), ("is faster by 2 BPM", 0.4)])
    body = GAP.render(
        {"trained_on": make_gap(0.6, is_separable=False, between_songs_auc=0.58), "naive": naive}
    )
    assert "AUC of 0.60 (0.55 to 0.65)" in body and "0.95 (0.90 to 1.00)" in body
    assert "the AUC is 0.58" in body
    assert "No difference found." in body
    assert "A test clip is louder by 3 dB." in body
    # Not significant.
    assert "faster" not in body
    assert ">plain sums of songs</text>" in body and ">mfcc</text>" in body


def test_gap_of_plain_clips_has_no_before(make_gap):
    body = GAP.render({"trained_on": make_gap(0.8), "naive": None})
    assert "plain sums" not in body and "of one fold" not in body
    assert "no interpretable feature differs significantly" in body


@pytest.fixture
def run(make_run, stem_data, shared_cache):
    """A run of mashups with predictions of the six test clips."""
    config = Config(str(stem_data), folds=2, mashups_per_genre=4)
    resources = Resources(cache=shared_cache, n_jobs=1)
    recipes = sample_training(read_data(stem_data), config, resources=resources).recipes
    proba = {name: np.full((len(recipes), 3), 1 / 3) for name in ("lr", "stack")}
    run = make_run(
        stem_data,
        [recipe.id for recipe in recipes],
        [recipe.label for recipe in recipes],
        proba,
        test_ids=[f"{7 * i:03d}" for i in range(6)],
        test_proba={name: values[:6] for name, values in proba.items()},
        folds=[recipe.fold for recipe in recipes],
    )
    write_recipes(recipes, run.path / "recipes.parquet")
    return run


def test_mashups_and_plain_songs_are_compared(run, make_inputs, shared_cache, monkeypatch):
    # Length and level are enough to compare by; all features would take seconds.
    monkeypatch.setattr(
        gap_section, "describe", lambda clips, *options: compute_clip_stats(clips.clips)
    )
    inputs = make_inputs(run, resources=Resources(cache=shared_cache, n_jobs=1))
    data = GAP.collect(inputs, n_clips=8, n_songs=5)
    sizes = [(data[name]["n_a"], data[name]["n_b"]) for name in ("trained_on", "naive")]
    assert sizes == [(8, 6), (5, 6)]
    assert "training mashups" in GAP.render(data)
    # The second report reads the stored result.
    document = json.loads((run.path / "gap.json").read_text())
    document["result"]["trained_on"]["auc"] = 0.123
    (run.path / "gap.json").write_text(json.dumps(document))
    assert GAP.collect(inputs, n_clips=8, n_songs=5)["trained_on"]["auc"] == 0.123
    # Other test clips, and other groups of songs, are measured again.
    data_set = inputs.data_set
    for change in (
        {"test": data_set.test.iloc[1:]},
        {"train": data_set.train.assign(group=data_set.train["group"] + "x")},
    ):
        vars(inputs)["data_set"] = replace(data_set, **change)
        assert GAP.collect(inputs, n_clips=8, n_songs=5)["trained_on"]["auc"] != 0.123
        vars(inputs)["data_set"] = data_set
        (run.path / "gap.json").write_text(json.dumps(document))
    assert GAP.collect(inputs, n_clips=7, n_songs=5)["trained_on"]["n_a"] == 7


def test_embedding_is_a_facet(run, make_inputs, shared_cache, monkeypatch):
    monkeypatch.setattr(extractor, "load_network", lambda model, **options: LevelNetwork())
    describe = gap_section.describe
    monkeypatch.setattr(
        gap_section,
        "describe",
        lambda clips, _, resources, embedding: describe(clips, ["zcr"], resources, embedding),
    )
    options = {"resources": Resources(cache=shared_cache, n_jobs=1)}
    without = GAP.collect(make_inputs(run, **options), n_clips=8, n_songs=5)
    data = GAP.collect(
        make_inputs(run, embedding=AudioEmbedding(), **options), n_clips=8, n_songs=5
    )
    for kind in ("trained_on", "naive"):
        facets = {one["name"] for one in data[kind]["facets"]}
        assert facets - {one["name"] for one in without[kind]["facets"]} == {"embedding"}


def test_missing_data_set_is_the_reason_given(make_run, make_inputs, tmp_path):
    proba = {name: np.full((2, 2), 0.5) for name in ("lr", "stack")}
    tables = {"test_ids": ["1", "2"], "test_proba": proba}
    run = make_run(tmp_path / "gone", ["a.wav", "b.wav"], ["a", "b"], proba, **tables)
    assert f"{tmp_path / 'gone'} is not there" in GAP.body(make_inputs(run))
    assert not (run.path / "gap.json").exists()


def test_run_without_test_clips_has_no_gap(make_run, make_inputs, tmp_path):
    proba = {name: np.full((2, 2), 0.5) for name in ("lr", "stack")}
    run = make_run(tmp_path / "gone", ["a.wav", "b.wav"], ["a", "b"], proba)
    assert GAP.collect(make_inputs(run)) is None
