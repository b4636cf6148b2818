"""Every command accepts data by URL, with the result of the same data on disk."""

import shutil

import pandas as pd
import pytest

from stemstack.commands import main
from stemstack.datasets import read_data
from stemstack.features import Extractor
from stemstack.runs import Run
from stemstack.runs.nearest_clips import NearestClips
from stemstack.runs.stored_clips import open_data
from stemstack.utils.resources import Resources

fsspec = pytest.importorskip("fsspec", reason="fsspec comes with the 'scale' extra")

MODEL = "lr(families=rms)"
TABLES = ("folds.parquet", "recipes.parquet", "submission.csv")


@pytest.fixture(scope="module")
def archive(stem_data, tmp_path_factory):
    """The URL of the small data set in a ZIP archive."""
    path = tmp_path_factory.mktemp("archive") / "messy"
    return f"zip://::{shutil.make_archive(path, 'zip', stem_data)}"


def tables_of(run):
    names = [path.relative_to(run) for path in (run / "ledger").rglob("*.parquet")]
    return {str(name): (run / name).read_bytes() for name in [*names, *TABLES]}


@pytest.fixture(scope="module")
def run_of_url(archive, tmp_path_factory):
    """A small run, its data fetched into a cache of its own; not to be changed by a test."""
    run, cache = tmp_path_factory.mktemp("runs") / "REMOTE", tmp_path_factory.mktemp("cache")
    small = ["--folds", "2", "--mashups-per-genre", "8", "--quiet", "--jobs", "1"]
    named = ["--data", archive, "--models", MODEL, "--out", str(run), "--cache", str(cache)]
    assert main(["fit", *named, *small]) == 0
    return run


@pytest.mark.slow
def test_run_of_url_equals_run_of_folder(stem_data, archive, run_of_url, tmp_path, fit_small):
    code, _, err = fit_small(stem_data, tmp_path / "LOCAL", models=MODEL)
    assert code == 0, err
    assert tables_of(run_of_url) == tables_of(tmp_path / "LOCAL")
    assert Run.open(run_of_url).config.data == archive


@pytest.mark.slow
def test_run_of_url_resumes(archive, run_of_url, tmp_path, run_program):
    run = shutil.copytree(run_of_url, tmp_path / "RUN")
    (run / "submission.csv").unlink()
    next((run / "ledger" / "lr-families-rms").iterdir()).unlink()
    again = ["fit", "--config", run / "config.yaml", "--out", run, "--resume", "--quiet"]
    code, _, err = run_program(*again)
    assert code == 2 and f"repeat it as --data {archive}" in err
    code, _, err = run_program(*again, "--data", archive)
    assert code == 0, err
    assert tables_of(run) == tables_of(run_of_url)


@pytest.mark.slow
def test_data_of_run_are_found_again(run_of_url, stem_data, tmp_path):
    run = Run.open(run_of_url)
    data = open_data(run, run.config.data, resources=Resources(tmp_path))
    assert data.train.equals(read_data(stem_data).train)
    table = NearestClips.from_run(
        run, Extractor(families=("rms",)), data=run.config.data, resources=Resources(tmp_path, 1)
    )
    assert table.sound(run.read_table("ledger/oof")["clip"][0]).exists()


@pytest.mark.slow
def test_predicted_clips_are_named_by_url(archive, stem_data, tmp_path, run_of_url, run_program):
    predicted, rest = [], archive.partition("::")[2]
    for name in (stem_data / "mashups", f"zip://mashups::{rest}"):
        code, _, err = run_program("predict", run_of_url, name, "--out", tmp_path / "a.csv")
        assert code == 0, err
        predicted.append(pd.read_csv(tmp_path / "a.csv"))
    assert predicted[0]["label"].equals(predicted[1]["label"])
    assert predicted[1]["path"][0] == f"zip://mashups/song0001.wav::{rest}"


@pytest.mark.slow
def test_test_clips_of_url_are_predicted(archive, tmp_path, run_of_url, run_program):
    out = tmp_path / "a.csv"
    code, _, err = run_program("predict", run_of_url, "--data", archive, "--out", out)
    assert code == 0, err
    assert out.read_bytes() == (run_of_url / "submission.csv").read_bytes()


@pytest.mark.parametrize(
    "command",
    [
        ["doctor"],
        ["mash", "--n", "6", "--recipes-only", "--folds", "2", "--out", "OUT"],
        ["features", "--families", "rms", "--out", "OUT.parquet"],
    ],
)
def test_commands_give_equal_output_for_url(
    command, archive, stem_data, tmp_path, run_program, monkeypatch
):
    name, *options = command
    results = []
    for folder, data in (("LOCAL", stem_data), ("REMOTE", archive)):
        (tmp_path / folder).mkdir()
        monkeypatch.chdir(tmp_path / folder)
        code, out, err = run_program(name, data, *options, "--quiet")
        results.append((code, out.replace(str(data), "DATA"), err))
    assert results[0] == results[1]
    local, remote = tmp_path / "LOCAL", tmp_path / "REMOTE"
    for path in local.rglob("*.parquet"):
        assert (remote / path.relative_to(local)).read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    "command",
    [
        ["fit", "--models", "lr", "--out", "RUN", "--data"],
        ["mash", "--n", "6", "--out", "OUT"],
        ["doctor"],
        ["gap"],
        ["gap", "memory://other"],
        ["tune", "--out", "settings.yaml"],
        ["reuse"],
        ["features", "--out", "OUT.parquet"],
    ],
)
def test_empty_url_is_one_error_line(command, tmp_path, run_program, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = run_program(*command, "memory://nowhere")
    assert (code, out) == (1, "")
    assert err.splitlines()[-1].startswith("error: memory://")
    assert "no audio file and no CSV table" in err and "Traceback" not in err
