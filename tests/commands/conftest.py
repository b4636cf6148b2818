"""Fixtures that run the program in this process, and one finished run shared by tests."""

import warnings

import pytest
from helpers.runs import SMALL_FIT

from stemstack.commands import main

ALL = "heuristic,lr,lgbm"


@pytest.fixture
def run_program(capsys, monkeypatch, shared_cache):
    """Return a function that runs the program and returns exit code, stdout and stderr."""
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    monkeypatch.setenv("STEMSTACK_CACHE", str(shared_cache))
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    # Worker processes take seconds to start; tests of them set --jobs.
    monkeypatch.setenv("STEMSTACK_JOBS", "1")
    # Tables wrap independently of the terminal that the tests run in.
    monkeypatch.setenv("COLUMNS", "140")

    def run(*arguments):
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def fit_small(run_program):
    """Return a function that runs fit with few folds and mashups, as run_program does."""

    def fit(data, out, *options, models="lr"):
        return run_program(
            "fit", "--data", data, "--models", models, "--out", out, *SMALL_FIT, *options
        )

    return fit


@pytest.fixture(scope="session")
def finished_run(stem_data, shared_cache, tmp_path_factory):
    """Return a run of classical models on the small data set; tests must not change it."""
    out = tmp_path_factory.mktemp("runs") / "RUN"
    arguments = ["fit", "--data", stem_data, "--models", ALL, "--out", out, *SMALL_FIT]
    code = main([*map(str, arguments), "--cache", str(shared_cache), "--jobs", "1"])
    assert code == 0
    return out
