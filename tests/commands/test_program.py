"""The program: help, precedence of options, one clear message for every mistake."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from stemstack.commands.main import COMMANDS
from stemstack.datasets import read_data

ROOT = Path(__file__).resolve().parents[2]


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from stemstack.commands import main; main(['--help']); "
        "print(*{'torch', 'librosa', 'sklearn', 'numpy', 'pandas'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(f"\n  {command} " in done.stdout for command in COMMANDS)
    assert done.stdout.splitlines()[-1] == ""


def test_cli_explains_installation_if_not_installed(tmp_path):
    (tmp_path / "cli.py").write_text((ROOT / "cli.py").read_text())
    # -S leaves out site-packages, where stemstack and click are.
    done = subprocess.run(
        [sys.executable, "-S", "cli.py"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.strip().startswith("stemstack is not installed here: run")
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command, run_program):
    code, out, _ = run_program(command, "--help")
    assert code == 0
    assert f"stemstack {command}" in out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["fitt"], 2, "Did you mean 'fit'?"),
        (["fit"], 2, "Missing option '--data'"),
        (
            ["fit", "--data", "D", "--out", "R", "--folds", "1"],
            2,
            "folds must be a whole number",
        ),
        (["fit", "--data", "D", "--out", "R", "--models", "lrr"], 2, "did you mean 'lr'?"),
        (["fit", "--data", "D", "--out", "R", "--models", "lr,lr"], 2, "named twice"),
        (["fit", "--data", "D", "--out", "R", "--models", ""], 2, "No model was named"),
        (["fit", "--data", "D", "--out", "R"], 1, "D: no such file or folder"),
        (["predict", "R", "--out", "x.csv"], 2, "Give either PATHS or --data"),
        (["predict", "R", "a.wav", "--out", "x.csv"], 1, "R: holds no run"),
        (["evaluate", "R", "--answers", "a.csv"], 1, "R: holds no run"),
        (["features", "nothing.wav", "--out", "x.parquet"], 1, "nothing.wav: no such file"),
        (["mash", "D", "--out", "M", "--n", "0"], 2, "--n"),
    ],
)
def test_mistakes_give_one_message(arguments, code, message, run_program, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    actual, _, err = run_program(*arguments)
    assert (actual, message in err) == (code, True), err
    assert "Traceback" not in err


def test_unknown_family_is_named(stem_data, tmp_path, run_program):
    out = tmp_path / "x.parquet"
    code, _, err = run_program("features", stem_data, "--out", out, "--families", "mfc")
    assert code == 2
    assert "'mfc'" in err and "mfcc" in err and "Traceback" not in err
    assert not out.exists()


def test_missing_weights_stop_fit(stem_data, tmp_path, fit_small):
    out = tmp_path / "RUN"
    code, _, err = fit_small(stem_data, out, "--weights", "none.pth", models="effnet")
    assert code == 2
    assert "weights='none.pth': no such file; give imagenet, none or FILE" in err
    assert not out.exists()


def test_too_many_folds_name_the_classes(stem_data, tmp_path, run_program):
    arguments = ["--data", stem_data, "--models", "lr", "--out", tmp_path / "RUN", "--folds", "5"]
    code, _, err = run_program("fit", *arguments, "--quiet")
    assert code == 1
    assert "fewer songs or groups than the 5 folds: blues (4)" in err
    assert "--folds 4" in err
    assert not (tmp_path / "RUN").exists()


def test_missing_stem_stops_fit(own_stem_data, tmp_path, fit_small):
    for path in own_stem_data.rglob("other.wav"):
        path.rename(path.with_name("others.wav"))
    code, _, err = fit_small(own_stem_data, tmp_path / "RUN")
    assert code == 1
    assert "there is others.wav" in err


def test_broken_stem_is_named_others_are_cached(own_stem_data, tmp_path, fit_small):
    broken = own_stem_data / "genres_stems/blues/blues.00000/bass.wav"
    broken.write_bytes(b"")
    cache = tmp_path / "cache"
    code, _, err = fit_small(own_stem_data, tmp_path / "RUN", "--cache", cache)
    assert code == 1
    assert f"{broken}: is empty" in err
    # 24 stems and 2 noise clips, less the broken one.
    assert len(list((cache / "sources").glob("*.json"))) == 25


def test_bad_training_clip_is_named_before_fitting(stem_data, tmp_path, fit_small):
    clips = sorted((stem_data / "mashups").iterdir())
    (tmp_path / "bad.wav").touch()
    rows = [f"{clip},{'ab'[i % 2]}" for i, clip in enumerate([*clips, tmp_path / "bad.wav"])]
    (tmp_path / "all.csv").write_text("\n".join(["path,label", *rows]))
    code, _, err = fit_small(tmp_path / "all.csv", tmp_path / "RUN")
    assert code == 1
    assert "1 of 7 training clips cannot be used" in err and "bad.wav: is empty" in err


def test_out_must_be_empty_or_a_run(stem_data, tmp_path, run_program):
    (tmp_path / "precious.txt").touch()
    code, _, err = run_program("fit", "--data", stem_data, "--models", "lr", "--out", tmp_path)
    assert code == 2
    assert "is not empty and not a run" in err


def test_precedence_of_flag_environment_file_default(stem_data, tmp_path, run_program, monkeypatch):
    (tmp_path / "c.yaml").write_text("folds: 2\nmashups_per_genre: 7\nseed: 3\nmodels: [heuristic]")
    monkeypatch.setenv("STEMSTACK_SEED", "4")
    monkeypatch.setenv("STEMSTACK_MASHUPS_PER_GENRE", "6")
    arguments = ["--data", stem_data, "--out", tmp_path / "RUN", "--config", tmp_path / "c.yaml"]
    code, _, err = run_program("fit", *arguments, "--mashups-per-genre", "5", "--quiet")
    assert code == 0, err
    config = yaml.safe_load((tmp_path / "RUN/config.yaml").read_text())["config"]
    assert (config["folds"], config["seed"], config["mashups_per_genre"]) == (2, 4, 5)
    assert config["models"] == ["heuristic"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fold: 2", "did you mean 'folds'?"),
        ("- a", "expected a mapping"),
        ("a: [", "is not YAML"),
    ],
)
def test_broken_configuration_raises(text, message, tmp_path, run_program):
    (tmp_path / "c.yaml").write_text(text)
    code, _, err = run_program("fit", "--data", "D", "--out", "R", "--config", tmp_path / "c.yaml")
    assert code == 2
    assert message in err


def test_settings_are_used_for_recipes(stem_data, tmp_path, run_program):
    (tmp_path / "s.yaml").write_text("noise_probability: 0\ntempo: none\ngain_probability: 1")
    arguments = ["--out", tmp_path / "M", "--n", "6", "--folds", "2", "--recipes-only", "--quiet"]
    assert run_program("mash", stem_data, *arguments, "--settings", tmp_path / "s.yaml")[0] == 0
    recipes = pd.read_parquet(tmp_path / "M/recipes.parquet")
    assert all(len(noises) == 0 for noises in recipes["noises"])
    assert {part["rate"] for stems in recipes["stems"] for part in stems} == {1.0}


def test_answers_must_match_the_run(finished_run, tmp_path, run_program):
    (tmp_path / "a.csv").write_text("id,genre\n000,blues\n")
    code, _, err = run_program("evaluate", finished_run, "--answers", tmp_path / "a.csv")
    assert code == 1 and "lacks 5 of the predicted ids, first 007" in err
    rows = "\n".join(f"{7 * i:03d},polka" for i in range(6))
    (tmp_path / "a.csv").write_text(f"id,genre\n{rows}\n")
    code, _, err = run_program("evaluate", finished_run, "--answers", tmp_path / "a.csv")
    assert code == 1 and "unknown class 'polka'; the run's are" in err


def test_unfinished_run_is_refused(finished_run, tmp_path, run_program):
    (tmp_path / "config.yaml").write_text((finished_run / "config.yaml").read_text())
    code, _, err = run_program("report", tmp_path)
    assert code == 1 and "not finished; continue it with fit --resume" in err


def test_out_may_be_an_empty_folder(stem_data, tmp_path, run_program, shared_cache):
    out = tmp_path / "EMPTY"
    out.mkdir()
    options = ["--models", "heuristic", "--folds", 2, "--mashups-per-genre", 4, "--out", out]
    code, _, err = run_program("fit", "--data", stem_data, *options, "--cache", shared_cache)
    assert code == 0 and (out / "metrics.json").exists() and (out / "costs.json").exists(), err


def test_out_is_no_run_and_no_file(finished_run, tmp_path, run_program):
    (tmp_path / "file").touch()
    for out, expected in (
        (finished_run, "holds a run already"),
        (tmp_path / "file", "is a file"),
    ):
        code, _, err = run_program("stack", finished_run, "--blend", "mean", "--out", out)
        assert code == 2 and expected in err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_pipe_is_not_replaced_by_a_file(finished_run, stem_data, tmp_path, run_program):
    os.mkfifo(tmp_path / "pipe")
    clip = next((stem_data / "mashups").glob("*.wav"))
    code, _, err = run_program("predict", finished_run, clip, "--out", tmp_path / "pipe")
    assert code == 1 and "is a device or a pipe" in err
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize("command", ["fit", "mash", "features"])
def test_stems_are_named_once(command, stem_data, tmp_path, run_program):
    options = {"fit": ["--data", stem_data], "mash": [stem_data, "--n", 3], "features": [stem_data]}
    arguments = [*options[command], "--stems", "drums,drums", "--out", tmp_path / "OUT.csv"]
    code, _, err = run_program(command, *arguments)
    assert code == 2 and "twice" in err


def test_folders_that_programs_leave_are_no_songs(own_stem_data, run_program):
    label = next((own_stem_data / "genres_stems").iterdir())
    (label / ".ipynb_checkpoints").mkdir()
    assert ".ipynb" not in "".join(run_program("doctor", own_stem_data)[1:])
    assert all(".ipynb" not in song for song in read_data(own_stem_data).train["song"])
