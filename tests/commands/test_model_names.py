"""Models with parameters, from the command line to the scores."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml

NET = (
    "effnet:cnn_tiny(remix=true,epochs=2,n_fft=512,hop_length=256,n_mels=16,crop_seconds=0.5,"
    "batch_size=8,seeds=2)"
)
COLUMNS = ["heuristic", "heuristic-sr-11025"]


@pytest.mark.slow
def test_one_model_twice_and_a_seed_ensemble(stem_data, tmp_path, fit_small, run_program):
    out, models = tmp_path / "RUN", f"heuristic, heuristic(sr=11025), {NET}"
    options = ("--jobs", "1", "--device", "cpu")
    code, _, err = fit_small(stem_data, out, *options, models=models)
    assert code == 0, err
    folders = sorted(path.name for path in (out / "models").iterdir())
    (net,) = set(folders) - {*COLUMNS, "stack"}
    assert net.startswith("effnet-cnn_tiny-remix-true-epochs-2-")
    oof = pd.read_parquet(out / "ledger/oof.parquet")
    assert {column.split("__")[0] for column in oof.columns[3:]} == {*COLUMNS, net, "stack"}
    first, second = (oof[f"{column}__blues"] for column in COLUMNS)
    assert not np.allclose(first, second, rtol=1e-3, atol=1e-3)
    answers = stem_data.parent / "answers.csv"
    code, printed, _ = run_program("evaluate", out, "--answers", answers, "--json")
    assert code == 0 and set(json.loads(printed)) == {*COLUMNS, net, "stack"}
    predicted = tmp_path / "predicted.csv"
    clips = sorted((stem_data / "mashups").iterdir())
    assert run_program("predict", out, *clips, "--out", predicted)[0] == 0
    submission = pd.read_csv(out / "submission.csv")
    assert pd.read_csv(predicted).iloc[:, 1].tolist() == submission.iloc[:, 1].tolist()


def test_name_of_a_set_selects_its_models(run_program):
    models = ["--models", "effnet,handcrafted"]
    code, out, _ = run_program("fit", "--data", "D", *models, "--print-config")
    assert code == 0 and yaml.safe_load(out)["models"] == ["effnet", "lgbm", "lda", "codebook"]


@pytest.mark.slow
def test_configuration_file_repeats_model_names(stem_data, tmp_path, fit_small, run_program):
    out = tmp_path / "RUN"
    assert fit_small(stem_data, out, "--jobs", "1", models="heuristic(sr=11025)")[0] == 0
    copy = tmp_path / "COPY"
    code, _, err = run_program(
        "fit", "--config", out / "config.yaml", "--out", copy, "--jobs", "1", "--quiet"
    )
    assert code == 0, err
    assert (copy / "submission.csv").read_bytes() == (out / "submission.csv").read_bytes()


def test_unknown_parameter_is_refused_before_reading(tmp_path, fit_small):
    code, _, err = fit_small(tmp_path / "nowhere", tmp_path / "RUN", models="effnet(epoch=3)")
    assert code == 2
    assert "effnet has no parameter 'epoch'; near it are epochs" in err
