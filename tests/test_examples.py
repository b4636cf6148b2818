"""Examples: the script runs and the demo configuration is valid."""

import runpy
import shutil
import sys
from pathlib import Path

import yaml

from stemstack.runs import Config

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def test_script_stacks_one_folder_per_class(stem_data, tmp_path, monkeypatch, capsys):
    songs = sorted((stem_data / "genres_stems").glob("*/*"))
    for song in songs:
        for stem in ("vocals", "other"):
            target = tmp_path / song.parent.name / f"{song.name} {stem}.wav"
            target.parent.mkdir(exist_ok=True)
            shutil.copy(song / f"{stem}.wav", target)
    monkeypatch.setattr(sys, "argv", ["script.py", str(tmp_path)])
    runpy.run_path(str(EXAMPLES / "script.py"))
    printed = capsys.readouterr().out
    assert printed.split()[3:15:4] == ["lr", "lgbm", "stack"]
    assert "lr__blues" in printed


def test_demo_configuration_is_valid():
    values = yaml.safe_load((EXAMPLES / "demo.yaml").read_text(encoding="utf-8"))
    assert Config(data="DATA", **values).folds == 4
