"""fit --repeats: several tables of folds, predictions averaged."""

import shutil

import numpy as np
import pandas as pd
import pytest

MODEL = "lr(families=rms)"
NAME = "lr-families-rms"


@pytest.fixture(scope="module")
def excerpts(stem_data, tmp_path_factory):
    """A folder per class: two stems of each song as clips."""
    root = tmp_path_factory.mktemp("excerpts") / "DATA"
    for song in sorted((stem_data / "genres_stems").glob("*/*")):
        for stem in ("vocals", "other"):
            target = root / song.parent.name / f"{song.name} {stem}.wav"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(song / f"{stem}.wav", target)
    return root


@pytest.mark.slow
def test_repeats_are_averaged(excerpts, tmp_path, fit_small):
    one, two = tmp_path / "ONE", tmp_path / "TWO"
    assert fit_small(excerpts, one, models=MODEL)[0] == 0
    code, _, err = fit_small(excerpts, two, "--repeats", "2", models=MODEL)
    assert code == 0, err
    folds = pd.read_parquet(two / "folds.parquet")
    assert (folds["fold"] != folds["repeat1"]).any()
    assert folds.groupby("group")[["fold", "repeat1"]].nunique().max().max() == 1
    entries = sorted((two / "ledger" / NAME).iterdir())
    assert [path.name[:5] for path in entries] == ["fold0", "fold1", "fold2", "fold3"]
    tables = [pd.read_parquet(path).set_index("id").drop(columns="split") for path in entries]
    oof = pd.read_parquet(two / "ledger/oof.parquet").set_index("clip")
    mean = (pd.concat(tables[:2]) + pd.concat(tables[2:])) / 2
    # rtol: a mean of two.
    np.testing.assert_allclose(oof[mean.columns], mean.loc[oof.index], rtol=1e-12)
    # What one table of folds cost is not computed again for two.
    assert {path.name for path in (one / "ledger" / NAME).iterdir()} == {
        p.name for p in entries[:2]
    }


@pytest.mark.slow
def test_prediction_uses_models_of_all_repeats(excerpts, tmp_path, fit_small, run_program):
    run, out = tmp_path / "RUN", tmp_path / "p.csv"
    assert fit_small(excerpts, run, "--repeats", "3", models=MODEL)[0] == 0
    assert len(list((run / "models" / NAME).iterdir())) == 6
    clip = next(excerpts.rglob("*.wav"))
    assert run_program("predict", run, clip, "--out", out, "--quiet")[0] == 0
    (run / "models" / NAME / "fold5" / "model.skops").unlink()
    code, _, err = run_program("predict", run, clip, "--out", out, "--quiet")
    assert code == 1 and "fold5" in err


def test_impossible_repeats_raise(stem_data, tmp_path, fit_small):
    code, _, err = fit_small(stem_data, tmp_path / "RUN", "--repeats", "2", models=MODEL)
    assert code == 2 and "mashups, which are drawn within folds" in err
    code, _, err = fit_small(stem_data, tmp_path / "RUN", "--repeats", "0", models=MODEL)
    assert code == 2 and "repeats must be a whole number from 1 to 1000. Got 0" in err
