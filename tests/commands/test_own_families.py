"""Feature families of a user's own files on the command line."""

import pandas as pd
import pytest
import yaml

CODE = """
import numpy as np
from stemstack.features import descriptor

@descriptor("peak", scalar=True, explanation="peak level")
def peak(clip):
    return np.abs(clip.samples).max()
"""


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    path = tmp_path_factory.mktemp("code") / "my_families.py"
    path.write_text(CODE)
    return path


def test_features_of_an_own_family(stem_data, code, tmp_path, run_program):
    out = tmp_path / "features.parquet"
    options = ["--families", f"rms,{code}:peak", "--cache", tmp_path / "cache", "--jobs", "2"]
    status, _, err = run_program("features", stem_data, "--out", out, *options, "--quiet")
    assert status == 0, err
    assert pd.read_parquet(out).columns[-1] == "peak"


def test_missing_file_is_one_message(stem_data, tmp_path, run_program):
    options = ["--out", tmp_path / "features.parquet", "--families", "nowhere.py:peak"]
    status, _, err = run_program("features", stem_data, *options)
    assert status == 2
    assert "nowhere.py: cannot be read" in err and "Traceback" not in err


@pytest.mark.slow
def test_run_with_own_family_needs_trust(stem_data, code, tmp_path, fit_small, run_program):
    run = tmp_path / "RUN"
    status, _, err = fit_small(stem_data, run, models=f"lr(families=[rms,{code}:peak])")
    assert status == 0, err
    (parameters,) = yaml.safe_load((run / "config.yaml").read_text())["resolved"].values()
    assert list(parameters["code"]) == [str(code)]
    predict = [
        "predict",
        run,
        "--data",
        stem_data,
        "--out",
        tmp_path / "predictions.csv",
        "--quiet",
    ]
    status, _, err = run_program(*predict)
    assert status == 1, err
    assert "holds feature families" in err and f"--trust {code}" in err
    status, _, err = run_program(*predict, "--trust", code)
    assert status == 0, err
