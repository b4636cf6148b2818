"""The built distributions work without the repository."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

uv = pytest.importorskip("uv", reason="uv comes with the 'dev' extra")
pytestmark = pytest.mark.slow


def run(*command, cwd, check=True):
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0 or not check, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    """Build the sdist from a copy of the tracked files, and the wheel from the sdist."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    listed = run("git", "ls-files", "-z", cwd=ROOT, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    build = (uv.find_uv_bin(), "build", "-q", "--no-build-isolation", "--python", sys.executable)
    run(*build, "--sdist", "-o", out, source, cwd=out)
    (sdist,) = out.glob("*.tar.gz")
    run(*build, "--wheel", "-o", out, sdist, cwd=out)
    (wheel,) = out.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="module")
def program(distributions, tmp_path_factory):
    """Path of the program in a clean environment into which the wheel was installed."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    tool = uv.find_uv_bin()
    run(tool, "venv", "-q", "--python", sys.executable, folder, cwd=folder.parent)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    install = (tool, "pip", "install", "-q", "--python", programs / "python")
    needs = (f"{distributions[1]}[demo]", "-c", ROOT / "requirements.lock")
    # What `make install` downloaded is in uv's cache; elsewhere the index is asked.
    if run(*install, "--offline", *needs, cwd=folder.parent, check=False).returncode:
        run(*install, *needs, cwd=folder.parent)
    return programs / "stemstack"


def test_distributions_hold_the_package_only(distributions):
    sdist, wheel = distributions
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "stemstack/commands/main.py" in names
    assert "stemstack/reports/html/templates/report.html" in names
    assert not [n for n in names if n.startswith(("stemstack/tests/", "stemstack/benchmarks/"))]
    assert {n.split("/")[0] for n in names} == {
        "stemstack",
        f"{wheel.name.split('-py3')[0]}.dist-info",
    }
    with tarfile.open(sdist) as archive:
        listed = archive.getnames()
    data = ("serving/page.css", "serving/timeline.js", "serving/templates/answer.html")
    data += ("reports/html/templates/timeline.css", "datasets/demo/music.yaml")
    assert all(any(name.endswith(f"/{file}") for name in listed) for file in data)
    assert {f"stemstack/{file}" for file in data} <= set(names)


def test_installed_wheel_fits_from_another_directory(program, tmp_path):
    assert "demo-data" in run(program, "--help", cwd=tmp_path).stdout
    small = ("--songs-per-genre", "2", "--test-songs-per-genre", "1", "--test-per-genre", "1")
    few = ("--noise-per-category", "1", "--seconds", "3", "--sr", "22050", "--mono", "--quiet")
    # In one process, which alone has to compile.
    few += ("--jobs", "1")
    run(program, "demo-data", "data", *small, *few, cwd=tmp_path)
    fit = ("--models", "lr(families=rms)", "--folds", "2", "--mashups-per-genre", "2", "--quiet")
    run(program, "fit", "--data", "data", *fit, "--out", "RUN", "--cache", "cache", cwd=tmp_path)
    rows = (tmp_path / "RUN" / "submission.csv").read_text().splitlines()
    assert rows[0] == "id,genre" and len(rows) == 11
