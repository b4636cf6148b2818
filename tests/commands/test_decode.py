"""``--decode`` of predict and evaluate: the predictions of a whole test adjusted together."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from stemstack.mashups import read_recipes
from stemstack.runs import STACK, Run
from stemstack.runs.training_clips import song_groups
from stemstack.stacking import PredictionAdjuster
from stemstack.stacking.out_of_fold import name_columns


@pytest.mark.slow
def test_decode_fits_on_nested_predictions(finished_run, stem_data, tmp_path, run_program):
    out = tmp_path / "answers.csv"
    arguments = ["predict", finished_run, "--data", stem_data, "--out", out, "--proba"]
    assert run_program(*arguments, "--quiet")[0] == 0
    plain = pd.read_csv(out)
    code, _, err = run_program(*arguments, "--decode")
    assert code == 0 and "adjustment: class" in err
    adjusted = pd.read_csv(out)
    run = Run.open(finished_run)
    classes, oof = run.metrics["classes"], run.read_table("ledger/oof")
    nested = oof[name_columns(STACK, classes, len(classes))].to_numpy()
    groups = song_groups(None, read_recipes(finished_run / "recipes.parquet"))
    adjuster = PredictionAdjuster().fit(nested, oof["label"], oof["fold"], groups)
    expected = adjuster.adjust(plain[classes].to_numpy())
    assert adjusted.iloc[:, 1].tolist() == expected.labels.tolist()
    # rtol: through the text of a CSV.
    np.testing.assert_allclose(adjusted[classes], expected.proba, rtol=1e-6)
    check_evaluated(run_program, finished_run, stem_data.parent / "answers.csv", adjusted["genre"])


def check_evaluated(run_program, run, answers, labels):
    """``evaluate --decode`` scores the labels that ``predict --decode`` wrote."""
    code, printed, err = run_program("evaluate", run, "--answers", answers, "--decode", "--json")
    assert code == 0 and "adjustment: class" in err
    scores, y_true = json.loads(printed), pd.read_csv(answers)["genre"]
    assert list(scores) == ["heuristic", "lr", "lgbm", "stack", "decoded"]
    # rtol: the same counts.
    expected = f1_score(y_true, labels, average="macro")
    np.testing.assert_allclose(scores["decoded"]["macro_f1"], expected, rtol=1e-12)
    plain = json.loads(run_program("evaluate", run, "--answers", answers, "--json")[1])
    assert plain == {name: score for name, score in scores.items() if name != "decoded"}


def test_decode_without_test_predictions_fails(finished_run, stem_data, run_program, tmp_path):
    run = shutil.copytree(finished_run, tmp_path / "RUN")
    (run / "ledger/test.parquet").unlink()
    answers = stem_data.parent / "answers.csv"
    code, _, err = run_program("evaluate", run, "--answers", answers, "--decode", "--quiet")
    assert code == 1 and "the run predicted no test clips" in err


def test_song_groups(finished_run):
    recipes = read_recipes(finished_run / "recipes.parquet")
    groups = song_groups(None, recipes)
    songs = [{part.song for part in recipe.stems} for recipe in recipes]
    for i, j in zip(*np.triu_indices(len(recipes), 1), strict=True):
        assert groups[i] == groups[j] or not songs[i] & songs[j]
    labels = [recipe.label for recipe in recipes]
    assert pd.crosstab(groups, labels).gt(0).sum(axis=1).eq(1).all()
    table = pd.DataFrame({"group": ["a", "b", "a"]})
    assert song_groups(table, []).tolist() == ["a", "b", "a"]
