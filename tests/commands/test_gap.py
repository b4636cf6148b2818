"""``gap``: text, JSON, figures, two sets of clips, and exit codes."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile

SR = 22050
SMALL = ["--n", "6", "--folds", "2", "--families", "centroid", "--permutations", "20"]
SMALL += ["--quiet", "--jobs", "1"]


def test_mashups_are_compared_with_test_clips(stem_data, run_program, tmp_path):
    (tmp_path / "s.yaml").write_text("noise_probability: 0.0")
    figure = tmp_path / "gap.svg"
    options = ["--settings", tmp_path / "s.yaml", "--picture", figure, *SMALL]
    code, out, _ = run_program("gap", stem_data, *options)
    assert code == 0
    assert out.startswith("6 clips of synthetic, 6 of test\nAUC ")
    assert "AUC by family of features:\n" in out and "brightness" in out
    assert "<svg" in figure.read_text()
    code, plain, _ = run_program("gap", stem_data, "--json", *options)
    plain = json.loads(plain)
    assert code == 0 and f"AUC {plain['auc']:.3f} [" in out
    assert plain["n_permutations"] == 20 and set(plain["families"]) == {
        "length and level",
        "tuning",
        "decay",
        "centroid",
    }
    assert "AUC by facet" in out and {facet["name"] for facet in plain["facets"]} == {
        "length and level",
        "tempo and pitch",
        "dynamics",
        "spectrum",
    }


def test_too_few_permutations_are_refused(stem_data, run_program):
    """The least p-value of n permutations is 1 / (n + 1)."""
    code, _, err = run_program("gap", stem_data, "--permutations", "19")
    assert code == 2 and "19 is not in the range 20<=x" in err


@pytest.fixture
def two_folders(tmp_path):
    rng = np.random.default_rng(0)
    for name, gain in (("quiet", 0.01), ("loud", 0.1)):
        (tmp_path / name).mkdir()
        for i in range(9):
            noise = gain * rng.uniform(0.9, 1.1) * rng.standard_normal(SR // 2)
            soundfile.write(tmp_path / name / f"{i}.wav", noise, SR)
    return tmp_path


def test_two_folders_of_clips_are_compared(two_folders, run_program):
    arguments = [two_folders / "quiet", two_folders / "loud", *SMALL, "--n", "9"]
    code, out, _ = run_program("gap", *arguments)
    assert code == 0
    assert out.startswith("9 clips of quiet, 9 of loud\nAUC 1.000 [1.000, 1.000], p = 0.0476")
    (two_folders / "loud" / "0.wav").write_bytes(b"no audio")
    code, out, err = run_program("gap", *arguments)
    assert code == 1 and "9 clips of quiet, 8 of loud" in out
    assert "1 clips were left out" in err and "0.wav" in err


def test_embedding_is_compared_too(two_folders, run_program, musicnn):
    arguments = [two_folders / "quiet", two_folders / "loud", *SMALL, "--json"]
    code, out, _ = run_program("gap", *arguments, "--embedding", musicnn)
    assert code == 0
    gap = json.loads(out)
    assert "embedding" in gap["families"]
    assert "embedding" in [facet["name"] for facet in gap["facets"]]
    code, _, err = run_program("gap", *arguments, "--embedding", "musicn")
    assert code == 2 and "Unknown embedding 'musicn': expected musicnn" in err


def test_manifest_is_compared_with_folder(two_folders, run_program):
    names = [f"loud/{i}.wav" for i in range(9)]
    table = pd.DataFrame({"path": names, "label": ["a", "b", "c"] * 3, "group": [0, 1, 2] * 3})
    table.to_csv(two_folders / "train.csv", index=False)
    code, out, _ = run_program("gap", two_folders / "train.csv", two_folders / "quiet", *SMALL)
    assert code == 0 and "6 clips of train.csv, 6 of quiet" in out


def test_equal_clips_are_not_separable(two_folders, run_program):
    shutil.copytree(two_folders / "loud", two_folders / "copy")
    arguments = [two_folders / "loud", two_folders / "copy", *SMALL, "--n", "9"]
    code, out, _ = run_program("gap", *arguments)
    assert code == 0 and "No difference between copy and loud found." in out


def test_invalid_input_is_reported(two_folders, stem_data, run_program, tmp_path):
    code, _, err = run_program("gap", stem_data, *SMALL, "--picture", tmp_path / "gap.bmp")
    assert code == 2 and "must end in one of .png, .svg, .pdf" in err
    (tmp_path / "s.yaml").write_text("noise_probability: 0.0")
    pair = [two_folders / "loud", two_folders / "quiet"]
    code, _, err = run_program("gap", *pair, *SMALL, "--settings", tmp_path / "s.yaml")
    assert code == 2 and "--settings needs a data set with stems" in err
    code, _, err = run_program("gap", two_folders / "loud", two_folders / "nothing", *SMALL)
    assert code == 1 and "none of the clips of nothing can be used" in err
    own = tmp_path / "DATA"
    shutil.copytree(stem_data / "genres_stems", own / "genres_stems")
    code, _, err = run_program("gap", own, *SMALL)
    assert code == 1 and "there is no test.csv with clips to compare with" in err
