"""``reuse``: training stems are found in the test clips that contain them, and in no others."""

import json

import numpy as np
import pandas as pd
import pytest
import soundfile

SR = 22050
STEMS = ("drums", "vocals", "bass", "other")
SETTINGS = "noise_probability: 0\ndurations: [[1, 5, 6]]\nrate_range: [0.8, 1.25]\n"
SMALL = ["--n", "16", "--quiet", "--jobs", "1"]


def write(path, clip):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.9 * clip / np.abs(clip).max(), SR)


@pytest.fixture(scope="module")
def songs_data(tmp_path_factory, random_notes):
    """Two classes of four songs, and ten test clips, of which five are mixes of their stems."""
    root = tmp_path_factory.mktemp("reuse") / "DATA"
    notes = [random_notes(seed, 7.0) for seed in range(52)]
    for i, clip in enumerate(notes[:32]):
        song = i // 4
        write(root / f"genres_stems/c{song % 2}/c{song % 2}.{song}/{STEMS[i % 4]}.wav", clip)
    for i in range(10):
        own = [notes[(5 * i + 8 * k) % 32] for k in range(4)]
        new = [notes[32 + 2 * i + k] for k in (0, 1)] if i >= 5 else []
        write(root / f"mashups/song{i}.wav", sum(new or own)[SR:])
    files = [f"mashups/song{i}.wav" for i in range(10)]
    pd.DataFrame({"id": range(10), "filename": files}).to_csv(root / "test.csv", index=False)
    (root.parent / "settings.yaml").write_text(SETTINGS)
    return root


@pytest.fixture
def reuse(run_program, songs_data):
    """Function that runs the command and returns exit code, stdout and stderr."""
    settings = songs_data.parent / "settings.yaml"
    return lambda *options: run_program(
        "reuse", songs_data, "--settings", settings, *SMALL, *options
    )


def test_json_has_stems_of_each_clip(reuse):
    code, out, _ = reuse("--json")
    assert code == 0
    document = json.loads(out)
    assert document["n_stems"] == 32
    assert document["check"]["recall"]["value"] > 0.8
    assert document["check"]["precision"]["value"] > 0.8
    found = {clip["id"]: clip["stems"] for clip in document["clips"]}
    assert [bool(found[str(i)]) for i in range(10)] == [True] * 5 + [False] * 5
    assert document["flagged"]["value"] == 0.5 and document["reused"] is True
    first = {stem["path"]: stem for stem in found["0"]}
    # Each clip begins one second after its stems. atol: half a hop, in s.
    for stem in first.values():
        np.testing.assert_allclose(stem["start"], 1.0, rtol=0, atol=0.02)
        np.testing.assert_allclose(stem["rate"], 1.0, rtol=1e-3)
    assert set(first) <= {f"genres_stems/c{i % 2}/c{i % 2}.{i}/drums.wav" for i in (0, 2, 4, 6)}


def test_text_reports_reuse(reuse):
    code, out, _ = reuse()
    assert code == 0
    assert "32 training stems were searched in 10 test clips." in out
    assert "A stem was found in 50% [24%, 76%] of the test clips." in out
    assert "Test mashups reuse training stems." in out


def test_text_reports_no_reuse(reuse, songs_data, tmp_path, run_program):
    own = tmp_path / "DATA"
    own.mkdir()
    (own / "genres_stems").symlink_to(songs_data / "genres_stems")
    (own / "mashups").symlink_to(songs_data / "mashups")
    table = pd.read_csv(songs_data / "test.csv").iloc[5:]
    table.to_csv(own / "test.csv", index=False)
    settings = songs_data.parent / "settings.yaml"
    code, out, _ = run_program("reuse", own, "--settings", settings, *SMALL)
    assert code == 0
    assert "A stem was found in 0%" in out and "No sign of reuse: keep songs apart" in out


def test_result_does_not_depend_on_jobs(reuse):
    few = ["--json", "--clips", "2", "--n", "4"]
    assert reuse(*few)[1] == reuse(*few, "--jobs", "2")[1]


def test_unreadable_clip_is_reported(reuse, songs_data):
    bad = songs_data / "mashups/song9.wav"
    whole = bad.read_bytes()
    try:
        bad.write_bytes(b"")
        code, out, err = reuse("--n", "2")
    finally:
        bad.write_bytes(whole)
    assert code == 1 and "1 clips were left out" in err and "song9.wav" in err
    assert "in 9 test clips" in out


def test_data_without_stems_or_test_is_refused(songs_data, run_program, tmp_path):
    write(tmp_path / "clips/a/x.wav", np.ones(100))
    write(tmp_path / "clips/b/x.wav", np.ones(100))
    code, _, err = run_program("reuse", tmp_path / "clips")
    assert code == 2 and "reuse needs a folder with genres_stems" in err
    (tmp_path / "DATA").mkdir()
    (tmp_path / "DATA/genres_stems").symlink_to(songs_data / "genres_stems")
    code, _, err = run_program("reuse", tmp_path / "DATA")
    assert code == 1 and "there is no test.csv with clips to check" in err
