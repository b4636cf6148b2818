"""The server refuses a missing run and an occupied port in one line."""

from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest

from stemstack.commands import main
from stemstack.exceptions import UsageError
from stemstack.serving import Limits
from stemstack.serving import app as server


def test_missing_run_gives_one_line(tmp_path, capsys):
    assert main(["serve", str(tmp_path), "--no-browser"]) == 1
    err = capsys.readouterr().err
    assert err == f"error: {tmp_path}: holds no run (config.yaml is missing); make one with fit\n"


class Page:
    """Page whose port is in use."""

    def queue(self, **_):
        return self

    def launch(self, **_):
        raise OSError("Cannot find empty port in range: 80-80")


def test_port_in_use_raises(monkeypatch):
    monkeypatch.setattr(server, "build_page", lambda explainer: Page())
    monkeypatch.setattr(server, "import_optional", lambda module, extra: MagicMock())
    explainer = SimpleNamespace(nearest_clips=None, limits=Limits())
    with pytest.raises(UsageError, match=r"127\.0\.0\.1:80: Cannot find empty port"):
        server.serve_page(explainer, host="127.0.0.1", port=80)
