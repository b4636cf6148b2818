"""``mash``: output files, resumption, and reproduction of recipes to the same bytes."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import soundfile

from stemstack.audio import read_clip
from stemstack.mashups import Effect, read_jams, read_recipes, write_recipes

SMALL = ["--n", "6", "--folds", "2", "--quiet", "--jobs", "1"]


@pytest.fixture(scope="session")
def mash(stem_data, shared_cache, tmp_path_factory):
    """Folder of six mashups with recipes as JSON Lines; not to be modified by tests."""
    from stemstack.commands import main

    out = tmp_path_factory.mktemp("mash") / "M"
    arguments = ["mash", stem_data, "--out", out, "--format", "jsonl", *SMALL]
    assert main([*map(str, arguments), "--cache", str(shared_cache)]) == 0
    return out


def audio_of(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "audio").iterdir())}


def test_audio_recipes_and_manifest_are_written(mash):
    recipes = read_recipes(mash / "recipes.jsonl")
    manifest = pd.read_csv(mash / "manifest.csv")
    assert manifest["path"].tolist() == [f"audio/{recipe.id}.wav" for recipe in recipes]
    assert manifest["label"].value_counts().tolist() == [2, 2, 2]
    assert sorted(audio_of(mash)) == sorted(f"{recipe.id}.wav" for recipe in recipes)
    assert len(read_clip(mash / manifest["path"][0])) == recipes[0].length


@pytest.mark.parametrize("form", ["parquet", "jams"])
def test_recipe_formats_have_same_recipes(mash, stem_data, tmp_path, run_program, form):
    arguments = ["--out", tmp_path, "--format", form, "--recipes-only", *SMALL]
    assert run_program("mash", stem_data, *arguments)[0] == 0
    expected = read_recipes(mash / "recipes.jsonl")
    if form == "parquet":
        assert read_recipes(tmp_path / "recipes.parquet") == expected
    else:
        assert [read_jams(tmp_path / f"jams/{recipe.id}.jams") for recipe in expected] == expected
    assert not (tmp_path / "audio").exists()


def test_second_run_renders_missing_files_only(mash, stem_data, tmp_path, run_program):
    assert run_program("mash", stem_data, "--out", tmp_path, *SMALL)[0] == 0
    paths = sorted((tmp_path / "audio").iterdir())
    stamps = [path.stat().st_mtime_ns for path in paths]
    paths[0].unlink()
    paths[1].write_bytes(b"half a file")
    assert run_program("mash", stem_data, "--out", tmp_path, *SMALL)[0] == 0
    assert audio_of(tmp_path) == audio_of(mash)
    assert [path.stat().st_mtime_ns for path in paths][2:] == stamps[2:]


def test_other_settings_replace_files(mash, stem_data, tmp_path, run_program):
    assert run_program("mash", stem_data, "--out", tmp_path, *SMALL)[0] == 0
    (tmp_path / "s.yaml").write_text("normalize: rms\nlevel: [-20, -20]")
    arguments = ["--out", tmp_path, "--settings", tmp_path / "s.yaml", *SMALL]
    assert run_program("mash", stem_data, *arguments)[0] == 0
    for path in (tmp_path / "audio").iterdir():
        level = 20 * np.log10(np.sqrt(np.mean(np.square(read_clip(path)))))
        # atol: in dB; 16 bits and some clipped samples.
        np.testing.assert_allclose(level, -20, rtol=0, atol=0.1)


def test_recipes_reproduce_the_same_bytes(mash, stem_data, tmp_path, run_program):
    arguments = ["--recipes", mash / "recipes.jsonl", "--out", tmp_path, "--quiet", "--jobs", "1"]
    assert run_program("mash", stem_data, *arguments)[0] == 0
    assert audio_of(tmp_path) == audio_of(mash)


def test_malicious_or_invalid_recipes_are_refused(mash, stem_data, tmp_path, run_program):
    row = json.loads((mash / "recipes.jsonl").read_text().split("\n")[0])
    (tmp_path / "r.jsonl").write_text(json.dumps(row | {"id": "../../out"}))
    arguments = ["--recipes", tmp_path / "r.jsonl", "--out", tmp_path / "M/N", "--quiet"]
    code, _, err = run_program("mash", stem_data, *arguments)
    assert code == 1 and "would be written outside" in err
    (tmp_path / "r.jsonl").write_text(json.dumps(row | {"length": 10**9}))
    code, _, err = run_program("mash", stem_data, *arguments, "--jobs", "1")
    assert code == 1 and "render from the stems that the recipe was made for" in err
    (tmp_path / "r.jsonl").write_text(f"{json.dumps(row)}\n" * 2)
    code, _, err = run_program("mash", stem_data, *arguments)
    assert code == 1 and f"ids of recipes are repeated, which name the files: {row['id']}" in err
    (tmp_path / "r.jsonl").write_text("")
    code, _, err = run_program("mash", stem_data, *arguments)
    assert code == 1 and "has no recipes" in err


@pytest.mark.parametrize("arguments", [[], ["--n", "3", "--recipes", "r.jsonl"]])
def test_either_n_or_recipes_is_required(stem_data, tmp_path, run_program, arguments, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "r.jsonl").touch()
    code, _, err = run_program("mash", stem_data, "--out", tmp_path / "M", *arguments)
    assert code == 2 and "Give either --n to sample mashups, or --recipes" in err


@pytest.mark.parametrize(
    ("n", "out", "message"),
    [
        ("2", "../MASHUPS", "2 mashups are fewer than the 3 classes"),
        ("9", "", "is in the data set"),
    ],
)
def test_what_no_one_can_mean_is_refused(n, out, message, own_stem_data, run_program):
    place = own_stem_data / out
    code, _, err = run_program("mash", own_stem_data, "--n", n, "--folds", 2, "--out", place)
    assert code == 2 and message in err and not (place / "recipes.parquet").exists()


def test_mashups_are_no_class_of_a_folder(stem_data, tmp_path, run_program):
    for label, song in (("a", "blues/blues.00000"), ("b", "blues/blues.00001")):
        shutil.copytree(stem_data / "genres_stems" / song, tmp_path / "DATA" / label)
    rows = [f"DATA/{label}/{stem}.wav,{label}" for label in "ab" for stem in ("bass", "drums")]
    (tmp_path / "list.csv").write_text("\n".join(["path,label", *rows]))
    noise = stem_data / "ESC-50-master"
    options = ["--noise", noise, "--n", 2, "--folds", 2, "--recipes-only", "--out"]
    code, _, err = run_program("mash", tmp_path / "DATA", *options, tmp_path / "DATA/c")
    assert code == 2 and "c: is in the data set; choose another --out" in err
    # A manifest does not list what lies beside it.
    code, _, err = run_program("mash", tmp_path / "list.csv", *options, tmp_path / "MASHUPS")
    assert code == 0, err


def test_impulse_responses_of_the_data_are_replayed(own_stem_data, tmp_path, run_program):
    settings = tmp_path / "s.yaml"
    settings.write_text("reverb_probability: 1\nreverb_folder: rooms\nnoise_probability: 0")
    arguments = ["mash", own_stem_data, *SMALL, "--out"]
    code, _, error = run_program(*arguments, tmp_path / "M", "--settings", settings)
    assert code == 1 and "rooms: no such folder; put impulse responses there" in error
    rng = np.random.default_rng(0)
    (own_stem_data / "rooms").mkdir()
    for name in "ab":
        tail = 0.2 * rng.standard_normal(9000) * np.exp(-np.arange(9000) / 1500)
        soundfile.write(own_stem_data / f"rooms/{name}.wav", np.r_[0.9, tail], 44100)
    assert run_program(*arguments, tmp_path / "M", "--settings", settings)[0] == 0
    recipes = read_recipes(tmp_path / "M/recipes.parquet")
    paths = {recipe.effects[-1].path for recipe in recipes}
    assert paths == {"rooms/a.wav", "rooms/b.wav"}
    replay = ["--recipes", tmp_path / "M/recipes.parquet", "--out", tmp_path / "again", "--quiet"]
    assert run_program("mash", own_stem_data, *replay)[0] == 0
    assert audio_of(tmp_path / "again") == audio_of(tmp_path / "M")
    outside = [replace(recipes[0], effects=(Effect("convolution", (-6.0,), "../rooms/a.wav"),))]
    write_recipes(outside, tmp_path / "M/recipes.parquet")
    code, _, error = run_program("mash", own_stem_data, *replay)
    assert code == 1 and "'../rooms/a.wav', which leads out of the data set" in error
