"""Hostile archives and servers: nothing outside the mirror, nothing beyond the limits."""

import contextlib
import gzip
import http.server
import io
import socket
import tarfile
import threading
import time
import zipfile
from types import SimpleNamespace

import pytest

from stemstack.commands import main
from stemstack.datasets import local_data, transfer
from stemstack.exceptions import DataError, UsageError

pytest.importorskip("aiohttp", reason="fsspec and aiohttp come with the 'scale' extra")


def make_tar(path, members, mode="w"):
    """Write a tar archive of (name, content or changes of the TarInfo)."""
    with tarfile.open(path, mode) as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
            else:
                for key, value in content.items():
                    setattr(member, key, value)
                archive.addfile(member)
    return path


def make_zip(path, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content, mode in members:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = mode << 16, compression
            archive.writestr(info, content)
    return path


def fetch(path, folder):
    kind = "zip" if path.suffix == ".zip" else "tar"
    return local_data(f"{kind}://::{path}", folder / "cache")


def written(folder):
    return sorted(path.name for path in (folder / "cache").rglob("*.wav"))


@pytest.mark.parametrize("name", ["../evil.wav", "a/../../../evil.wav", "..//../evil.wav"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_names_cannot_leave_the_mirror(kind, name, tmp_path):
    if kind == "zip":
        path = make_zip(tmp_path / "x.zip", [(name, b"x", 0)])
    else:
        path = make_tar(tmp_path / "x.tar", [(name, b"x")])
    with pytest.raises(DataError, match="leads out of its folder"):
        fetch(path, tmp_path)
    assert list(tmp_path.rglob("evil.wav")) == []


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_absolute_names_are_not_followed(kind, tmp_path):
    name = f"{tmp_path}/outside/a.wav"
    if kind == "zip":
        path = make_zip(tmp_path / "x.zip", [(name, b"x", 0)])
    else:
        path = make_tar(tmp_path / "x.tar", [(name, b"x")])
    # The name is read as one below the archive, or not found.
    with contextlib.suppress(DataError):
        fetch(path, tmp_path)
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"},
        {"type": tarfile.SYMTYPE, "linkname": "other.wav"},
        {"type": tarfile.LNKTYPE, "linkname": "other.wav"},
        {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 5},
        {"type": tarfile.BLKTYPE, "devmajor": 8},
        {"type": tarfile.FIFOTYPE},
    ],
)
def test_links_and_devices_in_tar_are_refused(changes, tmp_path):
    path = make_tar(tmp_path / "x.tar", [("other.wav", b"x"), ("d/a.wav", changes)])
    with pytest.raises(DataError, match=r"d/a\.wav is a link or a device; expected files"):
        fetch(path, tmp_path)
    assert written(tmp_path) == []


@pytest.mark.parametrize("mode", [0o120777, 0o020666, 0o010644])
def test_links_and_devices_in_zip_are_refused(mode, tmp_path):
    path = make_zip(tmp_path / "x.zip", [("a.wav", b"/etc/passwd", mode)])
    with pytest.raises(DataError, match=r"a\.wav is a link or a device"):
        fetch(path, tmp_path)
    assert written(tmp_path) == []


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (("a.wav", "a.wav"), r"holds a\.wav more than once"),
        (("a.wav", "A.WAV"), r"'a\.wav'.* are the same file"),
        (("\xe9.wav", "e\u0301.wav"), "are the same file where"),
    ],
)
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_names_that_fall_together_are_refused(kind, names, problem, tmp_path):
    if kind == "zip":
        path = make_zip(tmp_path / "x.zip", [(name, b"x", 0) for name in names])
    else:
        path = make_tar(tmp_path / "x.tar", [(name, b"x") for name in names])
    with pytest.raises(DataError, match=problem):
        fetch(path, tmp_path)
    assert written(tmp_path) == []


def test_bomb_in_zip_is_refused(tmp_path):
    path = make_zip(tmp_path / "x.zip", [("a.wav", bytes(120_000_000), 0)])
    with pytest.raises(DataError, match=r"0\.1 MB of it unpack to 0\.1 GB or more.*not audio"):
        fetch(path, tmp_path)
    assert written(tmp_path) == []


def test_bomb_in_tar_is_refused_before_it_unpacks(tmp_path, monkeypatch):
    # The header of a file of 1 TB; a reader that skips its data would take hours.
    member = tarfile.TarInfo("a.wav")
    member.size = 10**12
    with gzip.open(tmp_path / "x.tar.gz", "wb") as file:
        file.write(member.tobuf())
        file.write(bytes(1_000_000))
    with pytest.raises(DataError, match=r"larger than 64 GB \(1000\.0 GB so far\).*--max-data-gb"):
        fetch(tmp_path / "x.tar.gz", tmp_path)
    monkeypatch.setattr(transfer, "_RATIO_FROM", 1_000_000)
    members = [(f"{i}.wav", bytes(1_000_000)) for i in range(4)]
    path = make_tar(tmp_path / "y.tar.gz", members, "w:gz")
    with pytest.raises(DataError, match="not audio"):
        fetch(path, tmp_path)
    assert written(tmp_path) == []


def test_limit_is_raised_by_the_option(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("STEMSTACK_MAX_DATA_GB", raising=False)
    path = make_tar(tmp_path / "x.tar", [("x/a.wav", bytes(2000)), ("y/b.wav", bytes(2000))])
    url, cache = f"tar://::{path}", str(tmp_path / "cache")
    command = ["doctor", url, "--cache", cache, "--quiet", "--jobs", "1"]
    assert main([*command, "--max-data-gb", "0.000003"]) == 1
    assert "is larger than 3e-06 GB" in capsys.readouterr().err
    assert written(tmp_path) == []
    main([*command, "--max-data-gb", "1"])
    assert "larger" not in capsys.readouterr().err
    assert written(tmp_path) == ["a.wav", "b.wav"]


def test_limit_must_be_a_number(monkeypatch):
    for text in ("much", "0", "-1", "nan"):
        monkeypatch.setenv("STEMSTACK_MAX_DATA_GB", text)
        with pytest.raises(UsageError, match="must be a positive number of GB"):
            transfer.max_data_bytes()


def test_full_disk_is_noticed_before_the_transfer(tmp_path, monkeypatch):
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda _: SimpleNamespace(free=1))
    path = make_tar(tmp_path / "x.tar", [("a.wav", b"xx")])
    with pytest.raises(DataError, match=r"needs .* GB, but .* free space; choose.* --cache"):
        fetch(path, tmp_path)


class Handler(http.server.BaseHTTPRequestHandler):
    """Server whose answer is made by the method ``respond`` of the test."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.close_connection = True
        with contextlib.suppress(ConnectionError):
            self.server.respond(self)

    do_HEAD = do_GET

    def answer(self, status, headers, body=b""):
        self.send_response(status)
        # Else a client may send its next request just when the connection is closed.
        for name, value in {"Connection": "close", **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def serve():
    """Return a function that starts a server; its URL and the paths that were requested."""
    started = []

    def start(respond):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads, server.requested = True, []

        def recorded(handler):
            server.requested.append(handler.path)
            respond(handler)

        server.respond = recorded
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        started.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}", server.requested

    yield start
    for server, thread in started:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://127.0.0.1/a.wav", "gopher://127.0.0.1:1/"]
)
def test_redirects_to_other_protocols_are_refused(target, serve, tmp_path):
    url, _ = serve(lambda handler: handler.answer(302, {"Location": target, "Content-Length": 0}))
    with pytest.raises(DataError, match=r"redirects to .*; only https and, from http, http"):
        local_data(f"{url}/a.wav", tmp_path / "cache")
    assert written(tmp_path) == []


def test_redirects_to_private_addresses_are_refused(serve, tmp_path, monkeypatch):
    url, requested = serve(lambda handler: handler.answer(200, {"Content-Length": 1}, b"x"))
    port = url.rpartition(":")[2]
    target = f"http://127.0.0.1:{port}/secret.wav"
    first, _ = serve(lambda handler: handler.answer(302, {"Location": target, "Content-Length": 0}))
    lookup = socket.getaddrinfo

    def public(host, *arguments, **options):
        # A public name, although the test's server is local.
        if host == "public.test":
            host = "8.8.8.8" if not arguments or arguments[0] is None else "127.0.0.1"
        return lookup(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", public)
    public_url = first.replace("127.0.0.1", "public.test") + "/a.wav"
    with pytest.raises(DataError, match=r"redirects to the private address http://127\.0\.0\.1"):
        local_data(public_url, tmp_path / "cache")
    assert requested == [] and written(tmp_path) == []


def test_redirects_within_a_place_are_followed(serve, tmp_path):
    def respond(handler):
        if handler.path == "/a.wav":
            handler.answer(302, {"Location": "/b.wav", "Content-Length": 0})
        else:
            handler.answer(200, {"Content-Length": 3, "ETag": "1"}, b"abc")

    url, requested = serve(respond)
    assert local_data(f"{url}/a.wav", tmp_path / "cache").read_bytes() == b"abc"
    assert "/b.wav" in requested


def test_https_is_not_downgraded():
    response = SimpleNamespace(headers={"Location": "http://host.test/a.wav"})
    parameters = SimpleNamespace(url="https://host.test/a.wav", response=response)
    with pytest.raises(DataError, match="only https and, from http, http are followed"):
        next(iter(transfer._check_redirect(None, None, parameters).__await__()), None)


def test_endless_file_stops_at_the_limit(serve, tmp_path, monkeypatch):
    monkeypatch.setenv("STEMSTACK_MAX_DATA_GB", "0.001")

    def respond(handler):
        handler.answer(200, {"Connection": "close"})
        if handler.command == "GET":
            while True:
                handler.wfile.write(bytes(100_000))

    url, _ = serve(respond)
    start = time.monotonic()
    with pytest.raises(DataError, match=r"is larger than 0\.001 GB"):
        local_data(f"{url}/a.wav", tmp_path / "cache")
    assert time.monotonic() - start < 10
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


def test_endless_page_stops_at_a_limit(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "_MAX_PAGE", 1_000_000)

    def respond(handler):
        handler.answer(200, {"Content-Type": "text/html", "Connection": "close"})
        while handler.command == "GET":
            handler.wfile.write(b"<a href='a.txt'>a</a>" * 1000)

    url, _ = serve(respond)
    with pytest.raises(DataError, match="the page is larger than"):
        local_data(f"{url}/", tmp_path / "cache")


def test_cut_connection_leaves_nothing_and_resumes(serve, tmp_path):
    broken = {"b.wav"}

    def respond(handler):
        name = handler.path.rpartition("/")[2]
        listed = b"path,label\na.wav,x\nb.wav,y\n"
        body = listed if name == "all.csv" else name.encode() * 1000
        handler.answer(
            200,
            {"Content-Length": len(body), "ETag": "1"},
            body[:10] if handler.command == "GET" and name in broken else body,
        )

    url, _ = serve(respond)
    with pytest.raises(DataError, match=r"cannot be fetched .*repeat the command"):
        local_data(f"{url}/all.csv", tmp_path / "cache")
    names = [path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert not any(name.startswith(".") or name == "b.wav" for name in names)
    broken.clear()
    mirror = local_data(f"{url}/all.csv", tmp_path / "cache").parent
    assert (mirror / "b.wav").read_bytes() == b"b.wav" * 1000
    assert (mirror / "a.wav").read_bytes() == b"a.wav" * 1000
