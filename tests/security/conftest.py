"""A small finished run with models of every kind, and a watch of what commands open."""

import warnings

import pandas as pd
import pytest
from helpers.audit import Watch
from helpers.small_run import write_small_run

from stemstack.commands import main
from stemstack.models.deep.persistence import unpack_net


@pytest.fixture(scope="session")
def watch():
    return Watch()


@pytest.fixture(scope="session")
def small_run(tmp_path_factory):
    """A finished run with models of every kind, not to be changed."""
    return write_small_run(tmp_path_factory.mktemp("security"))


@pytest.fixture
def run_quietly(capsys, monkeypatch):
    """Return a function that runs the program and returns exit code and stderr."""
    monkeypatch.setattr("stemstack.reports.html.figures.draw_svg", lambda *a, **k: "")
    monkeypatch.setattr("stemstack.serving.serve_page", lambda *a, **k: None)
    # Figures, blends and intervals open nothing and take most of the time, as tracing by torch.
    blends = pd.DataFrame({"macro_f1": 0.5, "low": 0.4, "high": 0.6}, ["mean"])
    monkeypatch.setattr(
        "stemstack.runs.fitting.restack.compare_blends", lambda *a, **k: blends.copy()
    )
    monkeypatch.setattr(
        "stemstack.runs.prediction.evaluate.macro_f1_interval", lambda *a, **k: (0.4, 0.6)
    )
    monkeypatch.setattr(
        "stemstack.models.export_onnx", lambda net, path: unpack_net(net.backbone_, net.state_)
    )
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)

    def run(*arguments):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = main([str(argument) for argument in arguments])
        return code, capsys.readouterr().err

    return run
