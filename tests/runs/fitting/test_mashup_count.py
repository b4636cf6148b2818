"""``auto`` doubles the mashups while the learning curve rises, and nothing is computed twice."""

from dataclasses import replace
from pathlib import Path

import pytest

from stemstack.datasets import read_data
from stemstack.exceptions import UsageError
from stemstack.runs import Config, fit_run, plan_run
from stemstack.runs.fitting import job, mashup_count
from stemstack.runs.fitting.mashup_count import cheap_models, first_rows
from stemstack.runs.learning_curve import LearningCurve
from stemstack.runs.training_clips import sample_training, training_clips
from stemstack.utils.resources import Resources

MODELS = ("lr(families=chroma)", "heuristic")


@pytest.fixture(autouse=True)
def small_rounds(monkeypatch):
    """Rounds of 8 and 16 mashups per class."""
    monkeypatch.setattr(mashup_count, "FIRST", 8)
    monkeypatch.setattr(mashup_count, "LAST", 16)


@pytest.fixture
def resources(shared_cache):
    return Resources(shared_cache, n_jobs=1)


@pytest.fixture
def config(stem_data):
    return Config(str(stem_data), models=MODELS, folds=2, seed=1)


def always_rising(monkeypatch):
    monkeypatch.setattr(LearningCurve, "predicted_gain", lambda curve: 0.01)


@pytest.mark.parametrize("folds", [2, 3])
def test_first_rows_are_those_of_fewer_mashups(stem_data, config, resources, folds):
    data, config = read_data(stem_data), replace(config, folds=folds)
    many, few = (
        training_clips(data, replace(config, mashups_per_genre=n), resources=resources)
        for n in (16, 7)
    )
    first = many.table[first_rows(many.table, 7)]
    assert set(first["clip"]) == set(few.table["clip"]) and len(first) == len(few.table) == 21
    recipes = {recipe.id: recipe for recipe in many.recipes}
    assert all(recipes[recipe.id] == recipe for recipe in few.recipes)


def test_rising_curve_doubles_the_mashups(config, resources, tmp_path, monkeypatch):
    always_rising(monkeypatch)
    run, _ = fit_run(config, tmp_path / "RUN", resources=resources)
    curve = run.learning_curve
    assert (curve.sizes, curve.chosen, curve.models) == ([2, 4, 8], 16, ["lr-families-chroma"])
    assert run.config.mashups_per_genre == 16 and len(run.read_recipes()) == 3 * 16


def test_auto_run_equals_one_of_its_number(config, resources, tmp_path, monkeypatch):
    monkeypatch.setattr(LearningCurve, "predicted_gain", lambda curve: 0.0)
    auto, _ = fit_run(config, tmp_path / "auto", resources=resources)
    given = replace(config, mashups_per_genre=8)
    explicit, _ = fit_run(given, tmp_path / "explicit", resources=resources)
    assert explicit.learning_curve is None and auto.config == explicit.config == given
    for name in ("recipes.parquet", "ledger/oof.parquet", "submission.csv"):
        assert (auto.path / name).read_bytes() == (explicit.path / name).read_bytes()
    # The last point is the out-of-fold score of the same models on the same mashups.
    score = auto.metrics["out_of_fold"]["lr-families-chroma"]["macro_f1"]
    assert auto.learning_curve.macro_f1[-1] == score


def test_interrupted_rounds_are_not_repeated(config, resources, tmp_path, monkeypatch):
    always_rising(monkeypatch)
    monkeypatch.setattr(mashup_count, "LAST", 32)
    config, counted, score = replace(config, seed=2), [], mashup_count._score

    def killed(training, models, trained, *others):
        if trained.sum() == 3 * 16:
            raise KeyboardInterrupt
        return score(training, models, trained, *others)

    monkeypatch.setattr(mashup_count, "_score", killed)
    with pytest.raises(KeyboardInterrupt):
        fit_run(config, tmp_path / "RUN", resources=resources)
    monkeypatch.setattr(
        mashup_count, "_score", lambda *args: counted.append(args[2].sum()) or score(*args)
    )
    run, _ = fit_run(config, tmp_path / "RUN", resume=True, resources=resources)
    assert counted == [3 * 16] and run.learning_curve.sizes == [2, 4, 8, 16]


def test_resumed_run_keeps_its_number(config, resources, tmp_path, monkeypatch):
    fit_run(replace(config, mashups_per_genre=6), tmp_path / "RUN", resources=resources)
    monkeypatch.setattr(job, "choose_mashups", None)
    again, _ = fit_run(config, tmp_path / "RUN", resume=True, resources=resources)
    assert again.config.mashups_per_genre == 6
    assert plan_run(config, tmp_path / "RUN", resources=resources).training_clips == 18


def test_no_time_leaves_the_first_round(config, resources, tmp_path, monkeypatch):
    monkeypatch.setattr(mashup_count, "_seconds_per_mashup", lambda *args: 1e6)
    run, _ = fit_run(config, tmp_path / "RUN", resources=resources)
    assert run.config.mashups_per_genre == 8 and run.learning_curve.sizes == []
    assert "with 16 the rest would take" in run.learning_curve.reason


@pytest.mark.parametrize(("seconds", "number"), [(1.0, 16), (1e6, 8)])
def test_plan_is_for_the_largest_round(config, resources, tmp_path, monkeypatch, seconds, number):
    monkeypatch.setattr(mashup_count, "_seconds_per_mashup", lambda *args: seconds)
    plan = plan_run(config, tmp_path / "RUN", resources=resources)
    assert plan.training_clips == 3 * number
    assert f"{number} mashups per class" in plan.decisions[0] or number == 16
    assert not Path(tmp_path, "RUN").exists()


def test_curve_uses_cheap_models_or_lr(config):
    models = {"lr-C-1": object(), "heuristic": object(), "lgbm": object(), "lda": object()}
    named = replace(config, models=("lr(C=1)", "heuristic", "lgbm", "mine.py:lda"))
    assert list(cheap_models(named, models)) == ["lr-C-1", "lgbm"]
    assert list(cheap_models(replace(config, models=("heuristic",)), {"heuristic": 0})) == ["lr"]


def test_sampling_needs_a_number(stem_data, config, resources):
    with pytest.raises(UsageError, match="give the number of mashups"):
        sample_training(read_data(stem_data), config, resources=resources)
