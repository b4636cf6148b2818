"""Hostile and slow clients of a real server: refused, cleaned up after, no trouble to others."""

import contextlib
import http.client
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import psutil
import pytest
import soundfile
from helpers.hostile import FORBIDDEN

from stemstack.audio import read_clip
from stemstack.commands import main
from stemstack.runs import Run, predict_run
from stemstack.serving import app
from stemstack.serving.guard import Rules

pytest.importorskip("gradio", reason="gradio comes with the 'serve' extra")

CLI = Path(__file__).resolve().parents[2] / "cli.py"
# Short limits of time, for the tests.
START = (
    "import sys; from stemstack.serving import guard; guard.PAUSE_SECONDS = 1.0; "
    "guard.Rules.__init__.__defaults__ = (*guard.Rules.__init__.__defaults__[:-2], 1.0, 5.0); "
    "guard.IdleConnections.__init__.__defaults__ = (1.0,); "
    "from stemstack.commands import main; sys.exit(main(sys.argv[1:]))"
)


class Server:
    """The program ``serve`` in its own process."""

    def __init__(self, run, data, cache, folder, *options):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder = folder
        command = [sys.executable, "-c", START, "serve", run, "--data", data, "--cache", cache]
        command += ["--port", self.port, "--no-browser", "--quiet", "--max-mb", 2, *options]
        self.process = subprocess.Popen(
            [*map(str, command)],
            env={**os.environ, "TMPDIR": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout.readline() == f"http://127.0.0.1:{self.port}/\n"

    def request(self, method, path, body=None, timeout=120, **headers):
        """Return status, headers and body of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        # The server may end the connection before the request is over.
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()

    def upload(self, *files):
        """Upload (name, content) pairs; returns their paths on the server."""
        body, boundary = b"", secrets.token_hex(8)
        for name, content in files:
            head = (
                f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{name}"'
            )
            body += f"{head}\r\nContent-Type: audio/wav\r\n\r\n".encode() + content + b"\r\n"
        body += f"--{boundary}--\r\n".encode()
        kind = f"multipart/form-data; boundary={boundary}"
        status, _, answer = self.request("POST", "/gradio_api/upload", body, Content_Type=kind)
        assert status == 200, answer
        return json.loads(answer)

    def event(self, number, value):
        """Run the event of a tab, 0 for one clip and 1 for several; returns its outputs."""
        session = secrets.token_hex(5)
        _, _, config = self.request("GET", "/config")
        (event, *_) = [one for one in json.loads(config)["dependencies"] if one["id"] == number]
        body = {"data": [value], "fn_index": event["id"], "session_hash": session}
        body |= {"event_data": None, "trigger_id": event["targets"][0][0]}
        kind = "application/json"
        self.request("POST", "/gradio_api/queue/join", json.dumps(body), Content_Type=kind)
        _, _, stream = self.request("GET", f"/gradio_api/queue/data?session_hash={session}")
        messages = [json.loads(line[6:]) for line in stream.decode().splitlines() if line[6:]]
        (done,) = [one for one in messages if one["msg"] == "process_completed"]
        return done

    def stored(self):
        """Return the files that the server holds of its clients."""
        return [path for path in self.folder.rglob("stemstack-serve-*/**/*") if path.is_file()]


def file_data(path):
    return {"path": path, "meta": {"_type": "gradio.FileData"}, "orig_name": Path(path).name}


def explain(server, content, name="a.wav"):
    """Return the page's answer for one clip."""
    (path,) = server.upload((name, content))
    return server.event(0, file_data(path))["output"]["data"][0]


@pytest.fixture(scope="module")
def server(served_run, stem_data, shared_cache, tmp_path_factory):
    """A server shared by the tests; SIGTERM ends it without leaving a file."""
    server = Server(served_run, stem_data, shared_cache, tmp_path_factory.mktemp("tmp"))
    yield server
    server.upload(("a.wav", b"x"))
    assert server.stored()
    server.process.terminate()
    _, err = server.process.communicate(timeout=20)
    assert server.process.returncode == 128 + signal.SIGTERM
    # gradio reports that clients asked for files of the server, and nothing else happened.
    assert err.count("Traceback") == err.count("InvalidPathError: ")
    assert re.findall(FORBIDDEN, err) == []
    assert list(server.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.test"}, 421),
        ({"Host": "127.0.0.1.evil.test"}, 421),
        ({"Host": ""}, 421),
        ({"Host": "localhost"}, 200),
        ({"Host": "[::1]:7860"}, 200),
        ({"Origin": "http://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost"}, 200),
    ],
)
def test_requests_by_other_names_are_refused(server, headers, status):
    assert server.request("GET", "/config", **headers)[0] == status


def test_cross_site_posts_are_refused(server):
    status, _, _ = server.request("POST", "/gradio_api/upload", b"", Sec_Fetch_Site="cross-site")
    assert status == 403


def test_names_of_the_server_are_given():
    rules = Rules(frozenset({"music.test", ".gradio.live"}))
    allowed = ["music.test", "MUSIC.test:80", "music.test.", "x.gradio.live", "10.0.0.1", "[::1]"]
    assert all(map(rules.allows, allowed))
    refused = ["", "evil.test", "xmusic.test", "gradio.live.evil.test", "[::1", "a@evil.test", "1"]
    assert not any(map(rules.allows, refused))


def test_answers_have_security_headers(server):
    for path, kind in (("/", "text/html"), ("/config", "application/json"), ("/gone", "")):
        _, headers, _ = server.request("GET", path)
        headers = {name.lower(): value for name, value in headers.items()}
        assert headers["content-type"].startswith(kind)
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'self'" in headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file=../../../../etc/passwd",
        "/gradio_api/file=..%2f..%2f..%2fetc%2fpasswd",
        "/gradio_api/file=http://127.0.0.1:1/",
        "/gradio_api/file=%68ttp://127.0.0.1:1/",
        "/gradio_api/file=cli.py",
        "/static/..%2f..%2f..%2fetc%2fpasswd",
        "/assets/../../../../../etc/passwd",
        "/gradio_api/proxy=http://127.0.0.1:1/",
        "/monitoring",
    ],
)
def test_no_other_files_are_served(server, path):
    status, _, body = server.request("GET", path)
    assert status in (403, 404) and b"root:" not in body and b"import" not in body


def test_files_of_the_server_are_not_predicted(server, song):
    evil = file_data("/etc/\x1b[31m.wav")
    for number, value in ((0, file_data(str(song))), (1, [file_data(str(song))]), (0, evil)):
        done = server.event(number, value)
        assert not done["success"] and "blues" not in json.dumps(done)


def test_uploads_are_bounded(server):
    (before, *_) = [server.stored()]
    big = b"x" * 2_300_000
    kind = "multipart/form-data; boundary=B"
    head = b'--B\r\nContent-Disposition: form-data; name="files"; filename="a.wav"\r\n\r\n'
    status, _, _ = server.request(
        "POST", "/gradio_api/upload", head + big + b"\r\n--B--\r\n", Content_Type=kind
    )
    assert status in (400, 413)
    status, _, _ = server.request("POST", "/gradio_api/upload", Content_Length=str(10**12))
    assert status == 413
    chunks = (head, *[b"y" * 100_000] * 300)
    with contextlib.suppress(ConnectionError):
        status, _, _ = server.request("POST", "/gradio_api/upload", iter(chunks), Content_Type=kind)
        assert status in (400, 413)
    with contextlib.suppress(ConnectionError):
        many = b"z" * 1_500_000
        status, _, _ = server.request(
            "POST", "/gradio_api/queue/join", many, Content_Type="application/json"
        )
        assert status == 413
    assert server.stored() == before


def test_unfinished_upload_is_removed(server):
    before = len(server.stored())
    kind = "multipart/form-data; boundary=B"
    head = f"POST /gradio_api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
    part = b'--B\r\nContent-Disposition: form-data; name="files"; filename="a.wav"\r\n\r\n'
    start = head.encode() + b"Content-Length: 100000\r\n\r\n" + part + b"x" * 1000
    leaving, slow = (socket.create_connection(("127.0.0.1", server.port)) for _ in range(2))
    for client in (leaving, slow):
        client.sendall(start)
    _wait_until(lambda: len(server.stored()) == before + 2)
    leaving.close()
    # The slow client stays, and is sent away.
    _wait_until(lambda: len(server.stored()) == before)
    slow.settimeout(10)
    assert slow.recv(100).startswith(b"HTTP/1.1 400")
    slow.close()


def test_idle_connections_are_closed(server):
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(50)]
    for client in idle:
        client.sendall(b"GET / HTTP/1.1\r\nX: ")
    assert server.request("GET", "/config", timeout=10)[0] == 200
    for client in idle:
        client.settimeout(10)
        assert client.recv(100) in (b"", b"HTTP/1.1 400 ")
        client.close()


def _wait_until(condition, seconds=15):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_small_file_with_many_samples_is_refused(server, tmp_path):
    # 12 s of 8 channels at 655,350 Hz: 63 million samples in a file of some kB.
    path = tmp_path / "x.flac"
    with soundfile.SoundFile(path, "w", 655350, 8, "PCM_16") as file:
        for _ in range(12):
            file.write(np.zeros((655350, 8), dtype=np.int16))
    assert path.stat().st_size < 1_000_000
    memory = psutil.Process(server.process.pid).memory_info().rss
    html = explain(server, path.read_bytes(), "x.flac")
    assert "x.flac: decodes to more than 57,600,000 samples" in html
    assert psutil.Process(server.process.pid).memory_info().rss < memory + 100_000_000


def test_twenty_clients_get_the_answers_of_predict(server, served_run, song, tmp_path):
    clip, contents, paths = read_clip(song), [], []
    for i in range(20):
        path = tmp_path / f"{i}.wav"
        soundfile.write(path, np.roll(clip, 1000 * i)[: 40_000 + 500 * i], 22050)
        contents.append((path.name, path.read_bytes()))
        paths.append(path)
    expected = predict_run(Run.open(served_run), paths)[1]

    def ask(content):
        (path,) = server.upload(content)
        table, download = server.event(1, [file_data(path)])["output"]["data"]
        assert "Predicted: 1" in table
        value = download.get("value", download)
        status, _, csv = server.request("GET", f"/gradio_api/file={value['path']}")
        assert status == 200
        return pd.read_csv(pd.io.common.BytesIO(csv))

    # A client with all files does not keep the others waiting, and bad ones harm nobody.
    with ThreadPoolExecutor(22) as pool:
        bad = [pool.submit(explain, server, b"RIFF" + bytes(40)) for _ in range(2)]
        tables = list(pool.map(ask, contents))
        assert all("audio" in one.result() for one in bad)
    for i, table in enumerate(tables):
        assert table["path"].tolist() == [f"{i}.wav"]
        np.testing.assert_allclose(table[expected.columns].iloc[0], expected.iloc[i], rtol=1e-6)


def test_ctrl_c_ends_the_wait_for_requests():
    page = SimpleNamespace(is_running=True)
    # A shell starts background jobs with the signal ignored, and tests may be one.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    main_thread = threading.main_thread().ident
    timer = threading.Timer(0.5, signal.pthread_kill, [main_thread, signal.SIGINT])
    end = threading.Timer(30, setattr, [page, "is_running", False])
    try:
        timer.start()
        end.start()
        app._wait(page)
    finally:
        signal.signal(signal.SIGINT, before)
        end.cancel()
    assert page.is_running


def test_open_address_is_announced_loudly(monkeypatch, capsys, served_run):
    called = threading.Event()
    monkeypatch.setattr("stemstack.serving.serve_page", lambda *args, **options: called.set())
    arguments = ["serve", str(served_run), "--data", "gone", "--no-browser", "--quiet"]
    assert main([*arguments, "--host", "0.0.0.0"]) == 0
    assert "WARNING: the page has no password; everyone who can reach 0.0.0.0" in (
        capsys.readouterr().err
    )
    assert main(arguments) == 0 and called.is_set()
    assert "WARNING" not in capsys.readouterr().err
