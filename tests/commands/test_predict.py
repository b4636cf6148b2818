"""``predict`` writes one row per clip to a file or to stdout."""

import io
import os
import shutil
import sys

import pandas as pd
import pytest

from stemstack.audio import read_clip
from stemstack.runs import Run, predict_run
from stemstack.utils.resources import Resources


@pytest.fixture
def clips(stem_data):
    return sorted((stem_data / "mashups").glob("*.wav"))[:2]


def test_without_out_the_csv_goes_to_stdout(finished_run, clips, tmp_path, run_program):
    out = tmp_path / "out.csv"
    assert run_program("predict", finished_run, *clips, "--proba", "--out", out)[:2] == (0, "")
    code, printed, err = run_program("predict", finished_run, *clips, "--proba")
    assert code == 0, err
    assert printed == out.read_text(encoding="utf-8")
    table = pd.read_csv(io.StringIO(printed))
    assert table["path"].tolist() == [str(clip) for clip in clips]
    assert list(table)[1:] == ["label", "blues", "jazz & soul", "métal"]


def test_names_are_exact_or_safe_for_spreadsheets(
    finished_run, clips, tmp_path, run_program, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "=1+1.wav").write_bytes(clips[0].read_bytes())
    for options, name in (((), "=1+1.wav"), (("--spreadsheet-safe",), "'=1+1.wav")):
        code, printed, err = run_program("predict", finished_run, "=1+1.wav", *options)
        assert code == 0, err
        assert pd.read_csv(io.StringIO(printed))["path"].tolist() == [name]


@pytest.mark.skipif(sys.platform == "win32", reason="names are Unicode there")
@pytest.mark.parametrize("options", [("--proba",), ("--windows", "csv", "--window", "1")])
def test_names_may_be_any_bytes(options, finished_run, clips, tmp_path, run_program):
    name = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav")
    shutil.copy(clips[0], name)
    out = tmp_path / "out.csv"
    arguments = ["--spreadsheet-safe", "--out", out]
    code, _, err = run_program("predict", finished_run, name, clips[1], *options, *arguments)
    assert code == 0, err
    rows = out.read_bytes().split(b"\n")[1:-1]
    assert {row.split(b",")[0] for row in rows} == {os.fsencode(name), os.fsencode(clips[1])}


def test_paths_come_before_data_of_the_environment(
    finished_run, clips, stem_data, run_program, monkeypatch
):
    monkeypatch.setenv("STEMSTACK_DATA", str(stem_data))
    code, printed, err = run_program("predict", finished_run, clips[0])
    assert code == 0, err
    assert pd.read_csv(io.StringIO(printed))["path"].tolist() == [str(clips[0])]
    assert run_program("predict", finished_run, clips[0], "--data", stem_data)[0] == 2


def test_unreadable_clip_is_left_out_of_stdout(finished_run, clips, tmp_path, run_program):
    (tmp_path / "bad.wav").write_text("not a sound")
    code, printed, err = run_program("predict", finished_run, clips[0], tmp_path / "bad.wav")
    assert code == 1
    assert pd.read_csv(io.StringIO(printed))["path"].tolist() == [str(clips[0])]
    assert "1 clips were left out" in err and "bad.wav: is not audio" in err


def test_only_unreadable_clips_print_nothing(finished_run, tmp_path, run_program):
    (tmp_path / "bad.wav").touch()
    code, printed, err = run_program("predict", finished_run, tmp_path / "bad.wav")
    assert (code, printed) == (1, "") and "bad.wav: is empty" in err


def test_data_without_test_clips_have_no_predictions(finished_run, clips, tmp_path, run_program):
    manifest, out = tmp_path / "train.csv", tmp_path / "answers.csv"
    manifest.write_text(f"path,label\n{clips[0]},a\n{clips[1]},b\n", encoding="utf-8")
    code, _, err = run_program("predict", finished_run, "--data", manifest, "--out", out)
    assert code == 1 and "there is no test.csv with clips to predict" in err and not out.exists()


def test_clips_of_a_script_are_checked_first(finished_run, stem_data, shared_cache):
    run, resources = Run.open(finished_run), Resources(shared_cache)
    path = next((stem_data / "mashups").glob("*.wav"))
    samples = read_clip(path, 22050)
    _, expected = predict_run(run, [samples], resources=resources)
    _, proba = predict_run(run, [(samples, 22050)], resources=resources)
    pd.testing.assert_frame_equal(proba, expected)
    for clips, problem in (
        ([], "0 sample"),
        ([samples, None], "a missing value"),
        (str(path), "in a list"),
    ):
        with pytest.raises((ValueError, TypeError), match=problem):
            predict_run(run, clips, resources=resources)
