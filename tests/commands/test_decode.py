"""``predict --decode``: a whole test decided together, by what the run knows of itself."""

import numpy as np
import pandas as pd

from stemstack.mashups import read_recipes
from stemstack.runs import STACK, Run
from stemstack.runs.song_groups import clip_groups
from stemstack.stacking import Decoder, name_columns


def test_decoding_is_by_the_runs_own_nested_predictions(
    finished_run, stem_data, tmp_path, run_program
):
    out = tmp_path / "answers.csv"
    arguments = ["predict", finished_run, "--data", stem_data, "--out", out, "--proba"]
    assert run_program(*arguments, "--quiet")[0] == 0
    plain = pd.read_csv(out)
    code, _, err = run_program(*arguments, "--decode")
    assert code == 0 and "decoding: class" in err
    decoded = pd.read_csv(out)
    run = Run.open(finished_run)
    classes, oof = run.metrics["classes"], run.read_table("ledger/oof")
    nested = oof[name_columns(STACK, classes, len(classes))].to_numpy()
    songs = clip_groups(None, read_recipes(finished_run / "recipes.parquet"))
    decoder = Decoder().fit(nested, oof["label"], oof["fold"], songs)
    expected = decoder.decode(plain[classes].to_numpy())
    assert decoded.iloc[:, 1].tolist() == expected.labels.tolist()
    # rtol: through the text of a CSV.
    np.testing.assert_allclose(decoded[classes], expected.proba, rtol=1e-6)


def test_clips_that_share_songs_are_one_group(finished_run):
    recipes = read_recipes(finished_run / "recipes.parquet")
    groups = clip_groups(None, recipes)
    songs = [{part.song for part in recipe.stems} for recipe in recipes]
    for i, j in zip(*np.triu_indices(len(recipes), 1), strict=True):
        assert groups[i] == groups[j] or not songs[i] & songs[j]
    labels = [recipe.label for recipe in recipes]
    assert pd.crosstab(groups, labels).gt(0).sum(axis=1).eq(1).all()
    table = pd.DataFrame({"group": ["a", "b", "a"]})
    assert clip_groups(table, []).tolist() == ["a", "b", "a"]
