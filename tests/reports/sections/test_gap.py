"""The section says how wide the gap is, before and after, and in what words."""

import json

import numpy as np
import pytest

from stemstack.datasets import read_data
from stemstack.domain_shift.gap.clip_stats import clip_stats
from stemstack.mashups import write_recipes
from stemstack.reports.sections import gap as report_gap
from stemstack.reports.sections.gap import gap_section, render_gap
from stemstack.runs import Config, sample_training
from stemstack.utils.progress import NullProgress


def gap(auc, *, is_separable=True, floor=None, differences=()):
    found = [{"words": words, "p_value": p} for words, p in differences]
    return {
        "auc": auc,
        "interval": [auc - 0.05, min(auc + 0.05, 1)],
        "floor": floor,
        "is_separable": is_separable,
        "families": {"mfcc": auc, "tempo": 0.45},
        "differences": found,
    }


def test_before_and_after_are_said_and_drawn():
    naive = gap(0.95, differences=[("is louder by 3 dB", 0.01), ("is faster by 2 BPM", 0.4)])
    section = render_gap(gap(0.6, is_separable=False, floor=0.58), naive, kind="training mashups")
    assert section.anchor == "gap"
    assert "AUC of 0.60 (0.55 to 0.65)" in section.body and "0.95 (0.90 to 1.00)" in section.body
    assert "the AUC is 0.58" in section.body
    assert "Nothing found that tells them apart." in section.body
    assert "A test clip is louder by 3 dB." in section.body
    # Chance may explain it.
    assert "faster" not in section.body
    assert ">plain sums of songs</text>" in section.body and ">mfcc</text>" in section.body


def test_clips_as_they_are_have_no_before():
    section = render_gap(gap(0.8))
    assert "Plain sums" not in section.body and "of one fold" not in section.body
    assert "no readable feature does by itself" in section.body


@pytest.fixture
def run(make_run, stem_data, shared_cache):
    """A run of mashups, which predicted the six test clips."""
    config = Config(str(stem_data), folds=2, mashups_per_genre=4)
    means = {"cache": shared_cache, "n_jobs": 1, "progress": NullProgress()}
    recipes = sample_training(read_data(stem_data), config, **means).recipes
    said = {name: np.full((len(recipes), 3), 1 / 3) for name in ("lr", "stack")}
    run = make_run(
        stem_data,
        [recipe.id for recipe in recipes],
        [recipe.label for recipe in recipes],
        said,
        test_ids=[f"{7 * i:03d}" for i in range(6)],
        test_said={name: values[:6] for name, values in said.items()},
        folds=[recipe.fold for recipe in recipes],
    )
    write_recipes(recipes, run.path / "recipes.parquet")
    return run


def test_mashups_and_plain_songs_are_held_against_the_test(run, shared_cache, monkeypatch):
    # Length and level are enough to compare by; all features would take seconds.
    monkeypatch.setattr(
        report_gap, "describe", lambda clips, families, **means: clip_stats(clips.clips)
    )
    means = {"n_clips": 8, "n_songs": 5, "cache": shared_cache, "progress": NullProgress()}
    section = gap_section(run, **means)
    assert "training mashups" in section.body and "plain sums of songs" in section.body
    document = json.loads((run.path / "gap.json").read_text())
    gaps = document["result"]
    sizes = [(gaps[side]["n_a"], gaps[side]["n_b"]) for side in ("trained_on", "naive")]
    assert sizes == [(8, 6), (5, 6)]
    # The second report reads what the first has stored.
    document["result"]["trained_on"]["auc"] = 0.123
    (run.path / "gap.json").write_text(json.dumps(document))
    assert "AUC of 0.12" in gap_section(run, **means).body


def test_where_the_data_are_gone_it_is_said(make_run, tmp_path):
    said = {name: np.full((2, 2), 0.5) for name in ("lr", "stack")}
    tables = {"test_ids": ["1", "2"], "test_said": said}
    run = make_run(tmp_path / "gone", ["a.wav", "b.wav"], ["a", "b"], said, **tables)
    section = gap_section(run, cache=tmp_path / "C", progress=NullProgress())
    assert f"{tmp_path / 'gone'} is not there" in section.body
    assert not (run.path / "gap.json").exists()


def test_without_test_clips_there_is_no_gap(make_run, tmp_path):
    said = {name: np.full((2, 2), 0.5) for name in ("lr", "stack")}
    run = make_run(tmp_path / "gone", ["a.wav", "b.wav"], ["a", "b"], said)
    assert gap_section(run, cache=tmp_path / "C", progress=NullProgress()) is None
