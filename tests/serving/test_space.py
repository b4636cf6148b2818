"""Files of the Hugging Face Space are complete, and its app serves a run."""

import re
import runpy
import shutil
from pathlib import Path

import yaml

import stemstack

SPACE = Path(__file__).resolve().parents[2] / "examples/space"
# Files of a run that the README of the Space lists.
NEEDED = ("config.yaml", "metrics.json", "ledger/oof.parquet", "models")


def test_app_needs_only_the_listed_files(served_run, song, tmp_path, monkeypatch):
    (tmp_path / "ledger").mkdir()
    for name in NEEDED:
        copy = shutil.copytree if (served_run / name).is_dir() else shutil.copyfile
        copy(served_run / name, tmp_path / name)
    monkeypatch.setenv("STEMSTACK_RUN", str(tmp_path))
    explainer = runpy.run_path(str(SPACE / "app.py"))["explainer"]
    assert explainer.explain(song).label == "blues"


def test_header_names_the_app():
    text = (SPACE / "README.md").read_text(encoding="utf-8")
    header = yaml.safe_load(text.split("---")[1])
    assert header["sdk"] == "gradio" and (SPACE / header["app_file"]).exists()
    assert int(header["sdk_version"].split(".")[0]) >= 6
    assert all(f"`{name}" in text for name in NEEDED)


def test_requirement_is_this_version():
    (line,) = re.findall(r"^stemstack.*", (SPACE / "requirements.txt").read_text(), re.MULTILINE)
    assert line.startswith("stemstack[serve] @ https://huggingface.co/spaces/")
    assert f"stemstack-{stemstack.__version__}-py3-none-any.whl" in line
