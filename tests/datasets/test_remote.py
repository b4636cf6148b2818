"""Data by URL: the same bytes as remotely, each file fetched once, and nowhere else."""

import contextlib
import functools
import http.server
import os
import sys
import threading
import zipfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from stemstack.datasets import is_url, local_data, read_data, remote, url_within
from stemstack.exceptions import DataError, MissingExtraError
from stemstack.utils.progress import NullProgress

pytest.importorskip("aiohttp", reason="fsspec and aiohttp come with the 'scale' extra")
import fsspec
from fsspec.implementations.http import HTTPFileSystem
from fsspec.implementations.local import LocalFileSystem

FILES = {
    "pop & soul/a b#1.wav": b"one",
    "pop & soul/deep/b.FLAC": b"two",
    "métal/c.mp3": b"three",
    "test.csv": b"id,filename\n1,pop & soul/a b#1.wav\n",
}
UNREAD = {"notes.txt": b"-", "pop & soul/._a.wav": b"-", "model.safetensors": b"-"}
MANIFEST = "path,label\nd/a b#1.wav,x\nd/é.wav,y\n"


def write(root, files):
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)


def contents(folder):
    """Return the content of each file by name."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@pytest.fixture
def fetched(monkeypatch):
    """Count the files that are fetched, by name."""
    count = Counter()
    get, get_of_web = fsspec.AbstractFileSystem.get, HTTPFileSystem._get

    def counted(self, remote, local, **options):
        count.update(name.rpartition("/")[2] for name in remote)
        return get(self, remote, local, **options)

    async def counted_of_web(self, remote, local, **options):
        count.update(name.rpartition("/")[2] for name in remote)
        return await get_of_web(self, remote, local, **options)

    monkeypatch.setattr(fsspec.AbstractFileSystem, "get", counted)
    monkeypatch.setattr(HTTPFileSystem, "_get", counted_of_web)
    # Cached instances have the original method bound.
    HTTPFileSystem.clear_instance_cache()
    yield count
    HTTPFileSystem.clear_instance_cache()


@pytest.fixture
def source(tmp_path):
    """Folder that plays the remote side."""
    write(tmp_path / "there", FILES | UNREAD)
    return tmp_path / "there"


@pytest.fixture
def memory():
    """The in-memory file system, empty before and after."""
    fs = fsspec.filesystem("memory")
    with contextlib.suppress(FileNotFoundError):
        fs.rm("/", recursive=True)
    yield fs
    with contextlib.suppress(FileNotFoundError):
        fs.rm("/", recursive=True)


@contextlib.contextmanager
def served(folder):
    """Serve a folder on the loopback; yields its URL."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = functools.partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def zipped(folder, path):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents(folder).items():
            archive.writestr(name, content)
    return path


def test_url_has_protocol_or_chain(tmp_path):
    assert is_url("s3://bucket/x") and is_url("zip::/data/x.zip")
    assert not is_url("data/x") and not is_url(tmp_path)
    (tmp_path / "a::b").mkdir()
    assert not is_url(str(tmp_path / "a::b"))
    assert local_data(tmp_path / "nowhere") == tmp_path / "nowhere"


def test_url_of_file_below_url():
    assert url_within("s3://bucket/clips/", "a/b.wav") == "s3://bucket/clips/a/b.wav"
    assert url_within("zip://in::s3://b/x.zip", "a.wav") == "zip://in/a.wav::s3://b/x.zip"
    assert url_within("zip://::/x.zip", "a.wav") == "zip://a.wav::/x.zip"


@pytest.mark.parametrize("protocol", ["file", "zip", "http"])
def test_folder_is_mirrored_once(protocol, source, tmp_path, fetched):
    with served(source) as address:
        url = {
            "file": f"file://{source}",
            "zip": f"zip://::{zipped(source, tmp_path / 'there.zip')}",
            "http": f"{address}/",
        }[protocol]
        mirror = local_data(url, tmp_path / "cache")
        assert contents(mirror) == FILES
        assert fetched.total() == len(FILES)
        assert local_data(url, tmp_path / "cache") == mirror
        assert fetched.total() == len(FILES)


def test_mirror_follows_changes_and_removals(memory, tmp_path, fetched):
    memory.pipe({f"/songs/{name}": content for name, content in (FILES | UNREAD).items()})
    mirror = local_data("memory://songs", tmp_path)
    fetched.clear()
    memory.pipe("/songs/métal/c.mp3", b"THREE")
    memory.rm("/songs/pop & soul/deep/b.FLAC")
    assert local_data("memory://songs", tmp_path) == mirror
    assert fetched == {"c.mp3": 1}
    assert contents(mirror) == {
        "pop & soul/a b#1.wav": b"one",
        "métal/c.mp3": b"THREE",
        "test.csv": FILES["test.csv"],
    }
    # An empty folder would be a song without stems.
    assert not (mirror / "pop & soul/deep").exists()


def test_damaged_local_files_are_fetched_again(source, tmp_path, fetched):
    mirror = local_data(f"file://{source}", tmp_path)
    fetched.clear()
    (mirror / "métal/c.mp3").write_bytes(b"th")
    (mirror / "pop & soul/a b#1.wav").unlink()
    assert contents(local_data(f"file://{source}", tmp_path)) == FILES
    assert fetched == {"c.mp3": 1, "a b#1.wav": 1}


def test_manifest_fetches_files_it_lists(tmp_path, fetched):
    clips = {"d/a b#1.wav": b"one", "d/é.wav": b"two"}
    write(tmp_path / "there", {**clips, "d/other.wav": b"-", "all.csv": MANIFEST.encode()})
    with served(tmp_path / "there") as address:
        for _ in range(2):
            mirror = local_data(f"{address}/all.csv", tmp_path / "cache")
            assert mirror.name == "all.csv"
            assert contents(mirror.parent) == {**clips, "all.csv": MANIFEST.encode()}
            assert fetched.total() == 3
    table = read_data(mirror).train
    assert table["clip"].tolist() == list(clips)


def test_manifest_of_another_system_is_fetched(memory, tmp_path):
    memory.pipe("/in/x/a.wav", b"x")
    memory.pipe("/in/all.csv", "File_Name;Label\r\nx\\a.wav ;rock\r\n".encode("utf-16"))
    manifest = local_data("memory://in/all.csv", tmp_path)
    assert (manifest.parent / "x/a.wav").read_bytes() == b"x"


def test_single_clip_is_fetched(source, tmp_path):
    clip = local_data(f"file://{source}/métal/c.mp3", tmp_path)
    assert (clip.name, clip.read_bytes()) == ("c.mp3", b"three")


def test_read_data_accepts_urls(source, tmp_path, monkeypatch):
    monkeypatch.setenv("STEMSTACK_CACHE", str(tmp_path / "cache"))
    archive = zipped(source, tmp_path / "there.zip")
    here, there = read_data(source), read_data(f"zip://::{archive}")
    assert there.train.equals(here.train)
    assert there.test.equals(here.test)
    assert there.root.is_relative_to(tmp_path / "cache" / "remote")


def test_progress_counts_only_fetched_files(source, tmp_path):
    shown = []

    class Recorder(NullProgress):
        @contextlib.contextmanager
        def stage(self, name, total=None):
            shown.append((name, total))
            yield lambda done: shown.append(done)

    for _ in range(2):
        local_data(f"file://{source}", tmp_path, progress=Recorder())
    assert shown == [(f"fetching file://{source}", len(FILES)), len(FILES)]


def test_interrupted_mirror_resumes(source, tmp_path, monkeypatch, fetched):
    monkeypatch.setattr(remote, "_BATCH", 2)
    get_file = LocalFileSystem.get_file

    def cut(self, remote, local, **options):
        get_file(self, remote, local, **options)
        if remote.endswith("b.FLAC"):
            os.truncate(local, 1)
            raise KeyboardInterrupt("cut")

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt, match="cut"):
        patch.setattr(LocalFileSystem, "get_file", cut)
        local_data(f"file://{source}", tmp_path)
    fetched.clear()
    (mirror,) = tmp_path.glob("remote/*/there")
    started = contents(mirror)
    assert started.items() < FILES.items()
    assert contents(local_data(f"file://{source}", tmp_path)) == FILES
    assert set(fetched) == {name.rpartition("/")[2] for name in FILES.keys() - started.keys()}


def test_abandoned_downloads_are_removed_after_a_day(source, tmp_path):
    mirror = local_data(f"file://{source}", tmp_path)
    write(mirror, {".0123.wav": b"half", ".4567.wav": b"half"})
    os.utime(mirror / ".0123.wav", (0, 0))
    assert local_data(f"file://{source}", tmp_path) == mirror
    # The younger one may belong to another process.
    assert contents(mirror) == {**FILES, ".4567.wav": b"half"}


def test_concurrent_mirrors_agree(tmp_path):
    files = {f"{n % 3}/{n}.wav": bytes([n]) for n in range(100)}
    write(tmp_path / "songs", files)
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(local_data, [f"file://{tmp_path / 'songs'}"] * 4, [tmp_path] * 4))
    (mirror,) = found
    assert contents(mirror) == files


def test_truncated_transfer_is_an_error(memory, tmp_path, monkeypatch):
    memory.pipe("/songs/x/a.wav", b"abc")
    get_file = type(memory).get_file

    def cut(self, remote, local, **options):
        get_file(self, remote, local, **options)
        os.truncate(local, 1)

    monkeypatch.setattr(type(memory), "get_file", cut)
    with pytest.raises(
        DataError, match=r"memory://songs: /songs/x/a\.wav arrived with 1 bytes.* 3"
    ):
        local_data("memory://songs", tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_names_outside_mirror_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("a/../../../evil.wav", b"x")
    with pytest.raises(DataError, match=r"evil\.wav' leads out of its folder"):
        local_data(f"zip://::{tmp_path / 'evil.zip'}", tmp_path / "cache")
    assert list(tmp_path.rglob("*.wav")) == []


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("../a.wav", r"the name '\.\./a\.wav' leads out of its folder"),
        ("..\\a.wav", r"the name '\.\./a\.wav' leads out of its folder"),
        ("/etc/a.wav", "the name '/etc/a.wav' leads out of its folder"),
        ("s3://bucket/a.wav", "the name 's3://bucket/a.wav' leads out of its folder"),
        ("gone.wav", r"cannot be fetched \(FileNotFoundError: .*gone\.wav\); check the name"),
    ],
)
def test_manifest_paths_must_be_below_it(memory, tmp_path, cell, problem):
    memory.pipe("/a.wav", b"x")
    memory.pipe("/in/all.csv", f"path,label\n{cell},x\n".encode())
    with pytest.raises(DataError, match=f"^memory://in/all.csv: {problem}"):
        local_data("memory://in/all.csv", tmp_path)


def test_missing_url_is_an_error(memory, source, tmp_path):
    with pytest.raises(DataError, match="memory://nowhere: no audio file and no CSV table"):
        local_data("memory://nowhere", tmp_path)
    with pytest.raises(DataError, match=r"zip://::/no\.zip: .*FileNotFoundError.*check the name"):
        local_data("zip://::/no.zip", tmp_path)
    (tmp_path / "no.zip").write_bytes(b"not an archive")
    with pytest.raises(DataError, match=r"no\.zip: cannot be fetched \(BadZipFile"):
        local_data(f"zip://::{tmp_path / 'no.zip'}", tmp_path)
    with served(source) as address, pytest.raises(DataError, match=r"404.*; check the name"):
        local_data(f"{address}/nowhere.csv", tmp_path)


def test_dead_connection_is_an_error(source, tmp_path):
    with served(source) as address:
        pass
    with pytest.raises(DataError, match=r"ClientConnectorError.*repeat the command"):
        local_data(f"{address}/all.csv", tmp_path)


def test_forbidden_file_asks_for_credentials(memory, tmp_path, monkeypatch):
    def forbid(self, path, **options):
        raise PermissionError(path)

    monkeypatch.setattr(type(memory), "info", forbid)
    with pytest.raises(DataError, match=r"PermissionError.*give its protocol's credentials"):
        local_data("memory://in/all.csv", tmp_path)


@pytest.mark.parametrize(
    ("url", "protocol"),
    [
        ("s4://bucket/x", "s4"),
        ("dask://203.0.113.1:8786::memory://songs", "dask"),
        ("zip://::dask://203.0.113.1:8786", "dask"),
        ("reference://::memory://index.json", "reference"),
        ("simplecache::s3://bucket/x", "simplecache"),
        ("ssh://host/x", "ssh"),
    ],
)
def test_other_protocols_are_refused_unopened(url, protocol, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(DataError, match=rf"are not read from {protocol}://; expected one of file"):
        local_data(url, tmp_path)


def test_missing_packages_are_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(MissingExtraError, match="s3://bucket/x: Install s3fs"):
        local_data("s3://bucket/x", tmp_path)
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MissingExtraError, match=r"stemstack\[scale\]"):
        local_data("s3://bucket/x", tmp_path)
