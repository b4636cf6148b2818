"""The surest errors are found, heard and explained; without the data set, explained only."""

import re

import numpy as np
import pandas as pd
import pytest
import soundfile

from stemstack.datasets import read_data
from stemstack.mashups import write_recipes
from stemstack.reports.sections.mistakes import find_mistakes, mistakes_section
from stemstack.runs import Config, sample_training
from stemstack.utils.progress import NullProgress


@pytest.fixture
def tones(tmp_path):
    """A folder a class, of two tones of 12 s each."""
    times = np.arange(12 * 8000) / 8000
    for label, pitch in {"high": 1000, "low": 200}.items():
        (tmp_path / "DATA" / label).mkdir(parents=True)
        for i in range(2):
            tone = 0.5 * np.sin(2 * np.pi * pitch * (1 + i / 10) * times)
            soundfile.write(tmp_path / "DATA" / label / f"{i}.wav", tone, 8000)
    return tmp_path / "DATA"


CLIPS, LABELS = ["high/0.wav", "high/1.wav", "low/0.wav", "low/1.wav"], ["high"] * 2 + ["low"] * 2
STACK = np.array([[0.2, 0.8], [0.9, 0.1], [0.7, 0.3], [0.1, 0.9]])
SAID = {"lr": np.array([[0.6, 0.4], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7]]), "stack": STACK}


def test_the_surest_errors_come_first(make_run, tones):
    run = make_run(tones, CLIPS, LABELS, SAID)
    first, second = find_mistakes(run)
    assert (first.clip, first.truth, first.guess) == ("high/0.wav", "high", "low")
    assert (first.confidence, second.confidence) == (0.8, 0.7)
    assert first.by_model.to_dict("index") == {
        "lr": {"high (truth)": 0.6, "low (guess)": 0.4, "says": "high"},
        "stack": {"high (truth)": 0.2, "low (guess)": 0.8, "says": "low"},
    }
    assert [mistake.clip for mistake in find_mistakes(run, n_mistakes=1)] == ["high/0.wav"]


def test_with_answers_the_test_is_looked_at_too(make_run, tones):
    pd.DataFrame({"id": ["007", "010"], "filename": CLIPS[1:3]}).to_csv(
        tones / "test.csv", index=False
    )
    test_said = {"lr": STACK[:2], "stack": STACK[:2]}
    run = make_run(tones, CLIPS, LABELS, SAID, test_ids=["007", "010"], test_said=test_said)
    truth = {"007": "high", "010": "high"}
    section = mistakes_section(run, truth=truth, cache=tones.parent / "C", progress=NullProgress())
    assert section.body.count("<audio") == 3
    assert "high taken for low, 80&nbsp;%: 007" in section.body and ": 010" not in section.body


def test_the_middle_of_each_clip_is_heard_and_seen(make_run, tones):
    run = make_run(tones, CLIPS, LABELS, SAID)
    section = mistakes_section(run, cache=tones.parent / "C", progress=NullProgress())
    assert section.anchor == "mistakes"
    assert section.body.count("<audio") == section.body.count("<svg") == 2
    assert section.body.count("seconds 1.5 to 10.5") == 2 * 3
    names = re.findall(r' id="([^"]+)"', section.body)
    assert len(names) == len(set(names))


def test_without_the_data_set_the_report_says_which_folder_is_missing(make_run, tones):
    run = make_run(tones.parent / "gone", CLIPS, LABELS, SAID)
    section = mistakes_section(run, cache=tones.parent / "C", progress=NullProgress())
    assert f"{tones.parent / 'gone'} is not there" in section.body
    assert "<audio" not in section.body and "high taken for low" in section.body


def test_a_clip_that_is_gone_is_named(make_run, tones):
    (tones / CLIPS[0]).rename(tones / "high/other.wav")
    section = mistakes_section(
        make_run(tones, CLIPS, LABELS, SAID), cache=tones.parent / "C", progress=NullProgress()
    )
    assert "knows no clip &#x27;high/0.wav&#x27;; it has changed" in section.body


def test_nothing_wrong_is_said_too(make_run, tones):
    section = mistakes_section(
        make_run(tones, CLIPS, LABELS, {"lr": STACK, "stack": STACK[[1, 1, 3, 3]]}),
        cache=tones.parent / "C",
        progress=NullProgress(),
    )
    assert "No clip was taken for another class." in section.body


def test_a_mashup_is_told_by_its_parts(make_run, stem_data, shared_cache):
    config = Config(str(stem_data), folds=2, mashups_per_genre=2)
    means = {"cache": shared_cache, "n_jobs": 1, "progress": NullProgress()}
    recipes = sample_training(read_data(stem_data), config, **means).recipes
    labels = [recipe.label for recipe in recipes]
    said = np.full((len(recipes), 3), 1 / 3)
    said[0] = [0, 0, 1]
    run = make_run(
        stem_data, [r.id for r in recipes], labels, {"lr": said, "stack": said}, folds=[0] * 6
    )
    write_recipes(recipes, run.path / "recipes.parquet")
    section = mistakes_section(run, n_mistakes=1, **means)
    assert section.body.count("<audio") == 1
    for part in recipes[0].stems:
        assert part.song in section.body and f"× {part.rate:.2f}" in section.body
    for noise in recipes[0].noises:
        assert noise.path.split("/")[-1].removesuffix(".wav") in section.body


def test_recipes_of_another_version_leave_the_players_out(make_run, tones):
    run = make_run(tones, CLIPS, LABELS, SAID)
    pd.DataFrame({"id": ["a"], "peak": [1.0]}).to_parquet(run.path / "recipes.parquet")
    section = mistakes_section(run, cache=tones.parent / "C", progress=NullProgress())
    assert "cannot be read as recipes" in section.body
    assert "<audio" not in section.body and "high taken for low" in section.body
