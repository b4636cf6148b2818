"""Running the program in this process, and one finished run that many tests look at."""

import warnings

import pytest

from stemstack.commands import main

ALL = "heuristic,lr,lgbm"
SMALL = ["--folds", "2", "--mashups-per-genre", "8", "--quiet"]


@pytest.fixture
def run_program(capsys, monkeypatch, shared_cache):
    """Call the program as the shell would; gives (exit code, stdout, stderr)."""
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    monkeypatch.setenv("STEMSTACK_CACHE", str(shared_cache))
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    # Worker processes take seconds to start: only tests of them ask for some.
    monkeypatch.setenv("STEMSTACK_JOBS", "1")
    # Whatever the width of the terminal the tests run in, tables wrap alike.
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
    """Call fit with few folds and mashups; gives (exit code, stdout, stderr)."""

    def fit(data, out, *options, models="lr"):
        return run_program(
            "fit", "--data", data, "--models", models, "--out", out, *SMALL, *options
        )

    return fit


@pytest.fixture(scope="session")
def finished_run(stem_data, shared_cache, tmp_path_factory):
    """The main job on the small data set, classical models; not to be changed by a test."""
    out = tmp_path_factory.mktemp("runs") / "RUN"
    arguments = ["fit", "--data", stem_data, "--models", ALL, "--out", out, *SMALL]
    code = main([*map(str, arguments), "--cache", str(shared_cache), "--jobs", "1"])
    assert code == 0
    return out
