"""The server refuses a missing run and an occupied port in one line."""

import gc
import socket
from types import SimpleNamespace
from unittest.mock import MagicMock

import pandas as pd
import pytest

from stemstack.commands import main
from stemstack.exceptions import AudioError, UsageError
from stemstack.serving import Limits, Predictions
from stemstack.serving import app as server


def test_missing_run_gives_one_line(tmp_path, capsys):
    assert main(["serve", str(tmp_path), "--no-browser"]) == 1
    err = capsys.readouterr().err
    assert err == f"error: {tmp_path}: holds no run (config.yaml is missing); make one with fit\n"


class Page:
    """Page that finds no free port."""

    def queue(self, **_):
        return self

    def launch(self, **_):
        raise OSError("Cannot find empty port in range: 80-80")


def test_unavailable_address_raises():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"127\.0\.0\.1:{port}: .* in use; choose another"):
            server.serve_page(None, host="127.0.0.1", port=port)
    # An address for documentation, of no machine.
    with pytest.raises(UsageError, match=r"192\.0\.2\.1:any port: .*; choose another --host"):
        server.serve_page(None, host="192.0.2.1")


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_ip_6_has_brackets_in_a_url(host, monkeypatch):
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    page, addresses = Page(), []
    monkeypatch.setattr(page, "launch", lambda server_name, **_: addresses.append(server_name))
    monkeypatch.setattr(server, "build_page", lambda explainer: page)
    monkeypatch.setattr(server, "import_optional", lambda module, extra: MagicMock())
    monkeypatch.setattr(server, "_check_address", lambda host, port: addresses.append(host))
    explainer = SimpleNamespace(nearest_clips=None, limits=Limits())
    with pytest.raises(TypeError):  # Nothing was launched.
        server.serve_page(explainer, host=host)
    assert addresses == ["::1", "[::1]"]


def test_no_free_port_raises(monkeypatch):
    monkeypatch.setattr(server, "build_page", lambda explainer: Page())
    monkeypatch.setattr(server, "import_optional", lambda module, extra: MagicMock())
    explainer = SimpleNamespace(nearest_clips=None, limits=Limits())
    with pytest.raises(UsageError, match=r"127\.0\.0\.1:any port: Cannot find"):
        server.serve_page(explainer, host="127.0.0.1")


# gradio leaves an event loop open.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_page_predicts_and_reports_problems(tmp_path):
    pytest.importorskip("gradio", reason="gradio comes with the 'serve' extra")
    table = pd.DataFrame({"path": ["a.wav"], "label": ["rock"], "jazz": [0.2], "rock": [0.8]})
    explainer = SimpleNamespace(
        run=SimpleNamespace(
            path=tmp_path / "<RUN>",
            model_names=["lr"],
            metrics={"out_of_fold": {"stack": {"macro_f1": 0.5}}},
        ),
        limits=Limits(),
        nearest_clips=None,
        explain=MagicMock(side_effect=AudioError("a.wav", "is <empty>")),
        predict_many=MagicMock(return_value=Predictions(table)),
    )
    page = server.build_page(explainer)
    blocks = page.blocks.values()
    assert [one.label for one in blocks if type(one).__name__ == "Tab"] == ["One clip", "Several"]
    assert "Classified by &lt;RUN&gt;: lr" in next(
        one.value for one in blocks if type(one).__name__ == "HTML"
    )
    explain, predict = [function.fn for function in page.fns.values()]
    assert "a.wav: is &lt;empty&gt;" in explain("0a1b.wav") and "600 s" in explain(None)
    html, download = predict(["/uploads/a.wav"], progress=MagicMock())
    assert "Predicted: 1" in html
    assert pd.read_csv(download.value["path"])["label"].tolist() == ["rock"]
    gc.collect()
