"""``doctor`` on the command line."""

import json

import numpy as np
import soundfile

FAST = ["--folds", "2", "--jobs", "1", "--quiet"]


def refuse_constant(name):
    raise AssertionError(f"{name} is not JSON")


def test_healthy_data_exits_with_0(stem_data, run_program):
    code, out, err = run_program("doctor", stem_data, *FAST)
    assert code == 0 and err == ""
    assert "errors: 0" in out and "Median loudness in LUFS" in out
    assert "contents" in out and "test vs training" in out


def test_errors_exit_with_1_and_fixes(own_stem_data, run_program):
    song = own_stem_data / "genres_stems/blues/blues.00000"
    (song / "other.wav").rename(song / "others.wav")
    code, out, err = run_program("doctor", own_stem_data, *FAST)
    assert code == 1 and err == ""
    assert "genres_stems/blues/blues.00000/others.wav" in out
    assert "mv others.wav other.wav" in out
    # The command for all of them is one unwrapped line, to be copied.
    (command,) = [line for line in out.splitlines() if line.startswith("for f in ")]
    assert command.endswith("done")


def test_warnings_alone_exit_with_0(own_stem_data, run_program):
    silent = own_stem_data / "genres_stems/blues/blues.00000/vocals.wav"
    soundfile.write(silent, np.zeros(11025), 22050)
    code, out, _ = run_program("doctor", own_stem_data, *FAST)
    assert code == 0 and "digital silence" in out


def test_json_lists_every_file(own_stem_data, run_program):
    for song in (own_stem_data / "genres_stems").glob("*/*"):
        (song / "bass.wav").write_bytes(b"")
        soundfile.write(song / "vocals.wav", np.zeros(11025), 22050)
    code, out, _ = run_program("doctor", own_stem_data, *FAST, "--json")
    document = json.loads(out, parse_constant=refuse_constant)
    assert code == 1
    (empty,) = [f for f in document["findings"] if f["check"] == "unreadable files"]
    assert len(empty["files"]) == 6 and empty["severity"] == "error"
    assert document["counts"]["error"] == sum(
        f["severity"] == "error" for f in document["findings"]
    )
    assert document["loudness_lufs"]["blues"]["vocals"] is None
    assert document["loudness_lufs"]["blues"]["drums"] < 0


def test_name_not_utf8_is_bad_data(own_stem_data, run_program):
    odd = (
        own_stem_data / "genres_stems/blues" / b"blu\xe9s.00009".decode("utf-8", "surrogateescape")
    )
    odd.mkdir()
    code, _, err = run_program("doctor", own_stem_data, *FAST)
    assert code == 1 and "is not a UTF-8 name; rename it" in err


def test_untracked_name_not_utf8_is_shown(own_stem_data, run_program):
    name = b"stray\xe9.wav".decode("utf-8", "surrogateescape")
    (own_stem_data / "genres_stems" / name).write_bytes(b"")
    code, out, _ = run_program("doctor", own_stem_data, *FAST)
    assert code == 0 and "genres_stems/stray\\xe9.wav" in out


def test_wrong_number_of_folds_is_bad_usage(stem_data, run_program):
    code, out, err = run_program("doctor", stem_data, "--folds", "1", "--quiet")
    assert code == 2 and out == "" and "1 is not in the range 2<=x<=1000" in err


def test_what_is_no_data_set_is_bad_data(tmp_path, run_program):
    code, out, err = run_program("doctor", tmp_path / "nowhere", "--quiet")
    assert code == 1 and out == "" and "no such file or folder" in err
