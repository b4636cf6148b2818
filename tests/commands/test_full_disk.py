"""A full disk: one message that names the file, nothing half-written, and resumable commands."""

from contextlib import contextmanager
from pathlib import Path

import pytest

resource = pytest.importorskip("resource", reason="limits of file sizes need a Unix system")
TABLES = ("ledger/oof.parquet", "ledger/test.parquet", "submission.csv", "metrics.json")
DEMO = ("--songs-per-genre", "2", "--test-songs-per-genre", "1", "--test-per-genre", "1")


@contextmanager
def largest_file(n_bytes):
    """Let writes fail, as on a full disk, once a file has so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def unfinished(folder):
    return list(folder.rglob(".*"))


@pytest.mark.slow
def test_fit_resumes_after_a_full_disk(own_stem_data, tmp_path, fit_small):
    models = "lr(families=rms)"
    assert fit_small(own_stem_data, tmp_path / "WHOLE", models=models)[0] == 0
    run, cache, names = tmp_path / "RUN", tmp_path / "cache", []
    # The first is that of a cache which is empty; the others use a full one.
    for n_bytes, options in ((5_000, ["--cache", cache]), (8_000, []), (46_000, ["--resume"])):
        with largest_file(n_bytes):
            code, _, err = fit_small(own_stem_data, run, *options, models=models)
        (message,) = err.strip().splitlines()
        assert code == 1 and "cannot be written (file too large); free some space" in message
        names.append(Path(message.removeprefix("error: ").split(": ")[0]))
        assert unfinished(tmp_path) == []
    assert names[0].parent == cache / "sources"
    assert names[1:] == [run / "recipes.parquet", run / "report.html"]
    assert fit_small(own_stem_data, run, "--resume", models=models)[0] == 0
    for name in TABLES:
        assert (run / name).read_bytes() == (tmp_path / "WHOLE" / name).read_bytes(), name


def test_demo_data_leaves_nothing_on_full_disk(tmp_path, run_program):
    arguments = ("demo-data", tmp_path / "data", *DEMO, "--seconds", "2", "--quiet")
    with largest_file(5_000):
        code, _, err = run_program(*arguments)
    (message,) = err.strip().splitlines()
    assert code == 1 and ".wav: cannot be written (file too large); free some" in message
    assert list(tmp_path.iterdir()) == []
