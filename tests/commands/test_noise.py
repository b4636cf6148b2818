"""Recordings with added noise: fit, resume, plan, report, predictions and mashups."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from stemstack.datasets import read_data
from stemstack.domain_shift import recording_noise
from stemstack.domain_shift.recording_noise import choose_noise
from stemstack.exceptions import AudioWarning, DataError, DataWarning
from stemstack.mashups import Settings, load_mashups, read_recipes
from stemstack.runs import Config, Run, fit_run, plan_run
from stemstack.runs.stored_clips import _find_moved, find_training, open_data
from stemstack.runs.training_clips import drop_silent_noise, sample_training
from stemstack.utils.resources import Resources

SR = 8000
HZ = {"low": 200, "mid": 700, "high": 2000}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Recordings of 4 s, test clips of 1 s, and noise clips."""
    root, rng = tmp_path_factory.mktemp("noisy"), np.random.default_rng(0)

    def write(name, samples):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(root / name, samples, SR)

    def tone(hz, seconds):
        time = np.arange(round(seconds * SR)) / SR
        return 0.3 * np.sin(2 * np.pi * hz * time) + 0.01 * rng.standard_normal(len(time))

    for label, hz in HZ.items():
        for i in range(4):
            write(f"DATA/{label}/{i}.wav", tone(hz * (1 + 0.02 * i), 4))
    names = [f"test/{i}.wav" for i in range(6)]
    for i, name in enumerate(names):
        write(f"DATA/{name}", tone(list(HZ.values())[i % 3], 1))
    for i in range(4):
        write(f"NOISE/{i}.wav", 0.1 * rng.standard_normal(SR))
    pd.DataFrame({"id": range(6), "filename": names}).to_csv(root / "DATA/test.csv", index=False)
    return root


@pytest.fixture(scope="module")
def run(folders, shared_cache):
    """A finished run of clips of 1 s, each with noise."""
    config = Config(
        str(folders / "DATA"),
        models=["lr(families=chroma|mfcc,C=1)"],
        folds=2,
        mashups_per_genre=8,
        noise=str(folders / "NOISE"),
        window=1.0,
        settings=Settings(noise_probability=1.0).to_dict(),
    )
    return fit_run(config, folders / "RUN", resources=Resources(shared_cache, n_jobs=1))[0]


def test_folds_share_no_recording_and_no_noise(run):
    recipes = run.read_recipes().values()
    assert len(recipes) == 3 * 8
    for kind in ("stems", "noises"):
        fold_of = {}
        for recipe in recipes:
            (part,) = getattr(recipe, kind)
            assert fold_of.setdefault(part.path, recipe.fold) == recipe.fold
    assert {recipe.length / recipe.sr for recipe in recipes} == {1.0}
    # Of 4 s, parts of 1 s begin anywhere.
    assert len({recipe.start for recipe in recipes}) > 12


def test_answers_are_right_in_spite_of_noise(run):
    submission = pd.read_csv(run.path / "submission.csv")
    assert submission["label"].tolist() == [list(HZ)[i % 3] for i in range(6)]
    assert run.window_lengths() == pytest.approx([1.0] * 24)


def test_long_recording_is_predicted_by_its_parts(run, folders, run_program):
    code, out, err = run_program(
        "predict", run.path, folders / "DATA/high/0.wav", "--windows", "csv"
    )
    assert code == 0, err
    assert [line.split(",")[1] for line in out.splitlines()] == [
        "start",
        "0.0",
        "1.0",
        "2.0",
        "3.0",
    ]


def test_noise_folder_is_not_opened_unasked(run, folders, shared_cache):
    with pytest.raises(DataError, match="give its folder by --noise"):
        open_data(run, folders / "DATA")
    data, recipes = open_data(run, folders / "DATA", noise=folders / "NOISE"), run.read_recipes()
    resources = Resources(shared_cache)
    (clip,) = find_training(data, recipes, [next(iter(recipes))], resources=resources)
    assert len(clip.load(SR)) == SR


def test_recipes_name_only_files_of_the_data(run, folders, shared_cache):
    recipes = list(run.read_recipes().values())
    with pytest.raises(DataError, match=r"which the data set .* does not have"):
        load_mashups(
            recipes, folders / "DATA", allowed={"low/0.wav"}, resources=Resources(shared_cache)
        )


def sample_manifest(folders, cache, column, value, *, folds):
    """Return recipes of the recordings, listed in a manifest with a further column."""
    manifest = folders / f"DATA/{column}.csv"
    rows = [f"{label}/{i}.wav,{label},{value(label, i)}" for label in HZ for i in range(4)]
    manifest.write_text("\n".join([f"path,label,{column}", *rows]))
    data = read_data(manifest, noise=folders / "NOISE")
    config = Config(str(manifest), folds=folds, mashups_per_genre=4, settings={"sr": SR})
    return sample_training(data, config, resources=Resources(cache)).recipes


def test_groups_are_the_songs_of_recipes(folders, shared_cache):
    recipes = sample_manifest(
        folders, shared_cache, "group", lambda label, i: f"{label} {i // 2}", folds=2
    )
    albums = {(part.song, recipe.fold) for recipe in recipes for part in recipe.stems}
    assert len(albums) == 6 and len({song for song, _ in albums}) == 6


def test_folds_are_those_of_the_manifest(folders, shared_cache):
    recipes = sample_manifest(folders, shared_cache, "fold", lambda label, i: i % 2, folds=5)
    assert {int(recipe.stems[0].path[-5]) % 2 - recipe.fold for recipe in recipes} == {0}


def test_mash_writes_recordings_with_noise(folders, tmp_path, run_program):
    arguments = ("mash", folders / "DATA", "--n", 6, "--folds", 2, "--settings", "record", "--out")
    code, _, err = run_program(*arguments, tmp_path / "A", "--noise", folders / "NOISE")
    assert code == 0, err
    recipes = read_recipes(tmp_path / "A/recipes.parquet")
    assert len(recipes) == 6 and len(pd.read_csv(tmp_path / "A/manifest.csv")) == 6
    code, _, err = run_program(*arguments, tmp_path / "B")
    assert code == 2 and "--noise FOLDER" in err


def test_plan_and_resume_know_the_noise(run, folders, tmp_path, run_program):
    arguments = ["fit", "--data", folders / "DATA", "--noise", folders / "NOISE", "--dry-run"]
    arguments += ["--folds", 2, "--models", "heuristic", "--mashups-per-genre", 5]
    code, out, err = run_program(*arguments, "--out", tmp_path / "NEW")
    assert code == 0 and "15 training clips of 3 classes, 6 test clips" in out, err
    models = sorted((run.path / "models/").rglob("fold*/*.skops"))
    before = [path.stat().st_mtime_ns for path in models]
    config = run.path / "config.yaml"
    code, _, err = run_program(
        "fit", "--data", folders / "DATA", "--models", "heuristic", "--out", run.path, "--resume"
    )
    assert code == 2 and f"repeat --noise {folders / 'NOISE'}" in " ".join(err.split())
    code, _, err = run_program("fit", "--config", config, "--out", run.path, "--resume")
    assert code == 0 and before == [path.stat().st_mtime_ns for path in models], err


@pytest.fixture(scope="module", params=[0.0, 0.3])
def shifted(request, tmp_path_factory):
    """48 recordings, 24 test clips with as much or more noise, and whether it is more."""
    root, rng = tmp_path_factory.mktemp("shifted"), np.random.default_rng(0)
    for i in range(72):
        hz, is_test = rng.normal((200, 900)[i % 2], 20), i % 3 == 0
        samples = 0.3 * np.sin(2 * np.pi * hz * np.arange(SR) / SR)
        samples += (0.02 + request.param * is_test) * rng.standard_normal(SR)
        path = root / ("test" if is_test else ("low", "high")[i % 2]) / f"{i}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples / np.abs(samples).max(), SR)
    names = [f"test/{i}.wav" for i in range(0, 72, 3)]
    pd.DataFrame({"id": names, "filename": names}).to_csv(root / "test.csv", index=False)
    return root, request.param > 0


FEW = ("--models", "lr(families=centroid)", "--folds", 2, "--mashups-per-genre", 10)


def test_noise_is_added_where_the_test_differs(shifted, tmp_path, run_program, shared_cache):
    (data, differs), out = shifted, tmp_path / "RUN"
    arguments = ["fit", "--data", data, "--out", out, *FEW, "--cache", shared_cache]
    code, _, err = run_program(*arguments)
    assert code == 0, err
    found = Run(out)
    text = " ".join(err.split())
    assert ("separates the test clips from the training clips with AUC" in text) is differs
    assert found.config.noise == ("synthetic" if differs else None)
    if not differs:
        assert not found.read_recipes()
        return
    assert "noise" in text.partition("with AUC")[2].partition(":")[0]
    recipes = found.read_recipes()
    assert len(recipes) == 20
    noises = {part.path for recipe in recipes.values() for part in recipe.noises}
    assert noises and all("noise/synthetic-v1" in path for path in noises)
    # Resumed, the noise is that of the run; generated again, it may be elsewhere.
    before = (out / "config.yaml").read_text()
    code, _, err = run_program(*arguments, "--resume")
    assert code == 0 and (out / "config.yaml").read_text() == before, err
    elsewhere = Resources(tmp_path / "cache")
    mashup = find_training(
        open_data(found, data, resources=elsewhere), recipes, list(recipes), resources=elsewhere
    )[0]
    assert mashup.load(SR).any() and any((tmp_path / "cache/noise").rglob("*.wav"))


def test_noise_off_leaves_recordings_as_they_are(shifted, tmp_path, run_program, shared_cache):
    arguments = ["--data", shifted[0], *FEW, "--cache", shared_cache, "--noise", "off"]
    code, _, err = run_program("fit", *arguments, "--out", tmp_path / "RUN")
    assert code == 0 and "AUC" not in err, err
    run = Run(tmp_path / "RUN")
    assert run.config.noise == "off" and not run.read_recipes()
    # Its configuration repeats it.
    code, _, err = run_program("fit", "--config", run.config_path, "--out", tmp_path / "AGAIN")
    assert code == 0 and Run(tmp_path / "AGAIN").config == run.config, err


@pytest.mark.parametrize(
    ("noise", "is_added", "folder"),
    [(None, False, None), ("off", False, None), ("synthetic", True, None), ("N", True, "N")],
)
def test_configuration_knows_what_its_noise_is(noise, is_added, folder):
    config = Config("DATA", noise=noise)
    assert (config.has_noise, config.noise_folder) == (is_added, folder)


def test_few_test_clips_choose_no_noise(shifted, shared_cache, monkeypatch):
    (folder, differs), resources = shifted, Resources(shared_cache)
    data, config = read_data(folder), Config(str(folder))
    monkeypatch.setattr(recording_noise, "LEAST_CLIPS", 25)
    assert choose_noise(data, config, resources=resources) == (None, None)
    monkeypatch.setattr(recording_noise, "LEAST_CLIPS", 24)
    noise, gap = choose_noise(data, config, resources=resources)
    assert noise == ("synthetic" if differs else None)
    assert gap.n_a == 48 and gap.n_b == 24 and (gap.auc > 0.9) is differs


def test_stems_have_their_own_noise(stem_data, shared_cache, monkeypatch):
    monkeypatch.setattr(recording_noise, "LEAST_CLIPS", 2)
    data = read_data(stem_data)
    assert len(data.test) >= 2 and len(data.train) >= 2
    config = Config(str(stem_data))
    assert choose_noise(data, config, resources=Resources(shared_cache)) == (None, None)


def test_moved_noise_folder_is_found_by_name(run, folders, tmp_path, shared_cache):
    shutil.copytree(folders / "NOISE", tmp_path / "MOVED")
    recipes, resources = run.read_recipes(), Resources(shared_cache)
    before = open_data(run, folders / "DATA", noise=folders / "NOISE")
    after = open_data(run, folders / "DATA", noise=tmp_path / "MOVED")
    first, second = (
        find_training(data, recipes, list(recipes), resources=resources) for data in (before, after)
    )
    assert [clip.key() for clip in first] == [clip.key() for clip in second]
    paths = {part.path for clip in second for part in clip.recipe.noises}
    assert paths and all("MOVED" in path for path in paths)


def test_equal_names_of_moved_noise_are_distinguished(tmp_path):
    paths = ["../NOISE/a/1.wav", "../NOISE/b/1.wav", "../NOISE/2.wav"]
    moved = [path.replace("NOISE", "far/MOVED") for path in paths]
    by_name = {"1.wav": moved[:2], "2.wav": moved[2:]}
    assert [_find_moved(path, by_name[Path(path).name]) for path in paths] == moved
    # Several are as near: the path stays, and is reported where it is read.
    assert _find_moved("../OLD/1.wav", moved[:2]) == "../OLD/1.wav"


@pytest.mark.parametrize("noise", ["off", "synthetic"])
def test_resumed_run_keeps_its_kind_of_noise(noise, run, folders, run_program):
    files = {path: path.read_bytes() for path in run.path.iterdir() if path.is_file()}
    arguments = ["--data", folders / "DATA", "--folds", 2, "--models", "heuristic", "--resume"]
    code, _, err = run_program("fit", *arguments, "--noise", noise, "--out", run.path)
    expected = f"The run was started with noise='{folders / 'NOISE'}', not '{noise}'"
    assert code == 2 and expected in " ".join(err.split())
    assert {path: path.read_bytes() for path in run.path.iterdir() if path.is_file()} == files


def test_unusable_files_do_not_stop_the_choice(shifted, tmp_path, shared_cache):
    folder, differs = shifted
    shutil.copytree(folder, tmp_path / "DATA")
    data, resources = tmp_path / "DATA", Resources(shared_cache)
    # Cut short, all samples missing, no audio.
    whole = (data / "low/2.wav").read_bytes()
    (data / "low/2.wav").write_bytes(whole[: len(whole) // 3])
    (data / "test/0.wav").write_bytes(whole[:44])
    (data / "high/1.wav").write_bytes(b"text")
    with pytest.warns(AudioWarning, match="cut short"):
        noise, gap = choose_noise(read_data(data), Config(str(data)), resources=resources)
    assert noise == ("synthetic" if differs else None) and (gap.n_a, gap.n_b) == (47, 23)


def test_plan_does_not_need_to_read_clips(shifted, tmp_path, shared_cache):
    shutil.copytree(shifted[0], tmp_path / "DATA")
    (tmp_path / "DATA/test/0.wav").write_bytes(b"text")
    config = Config(str(tmp_path / "DATA"), models=["heuristic"], folds=2, noise="off")
    plan = plan_run(config, tmp_path / "RUN", resources=Resources(shared_cache))
    assert (plan.training_clips, plan.test_clips) == (48, 24)


def test_silent_noise_is_left_out(folders, tmp_path, shared_cache):
    shutil.copytree(folders / "NOISE", tmp_path / "NOISE")
    soundfile.write(tmp_path / "NOISE/-.wav", np.zeros(SR), SR)
    config, resources = Config("DATA"), Resources(shared_cache)
    data = read_data(folders / "DATA", noise=tmp_path / "NOISE")
    with pytest.warns(DataWarning, match=r"left out: 1 of 5, such as -\.wav"):
        audible = drop_silent_noise(data, config, resources=resources)
    assert [Path(path).name for path in audible.noise["path"]] == [f"{i}.wav" for i in range(4)]
    assert drop_silent_noise(audible, config, resources=resources) is audible
    silent = replace(data, noise=data.noise[:1])
    with pytest.raises(DataError, match=r"all 1 noise clips are silent, such as -\.wav"):
        drop_silent_noise(silent, config, resources=resources)
    without = replace(config, settings={"noise_probability": 0.0})
    assert drop_silent_noise(silent, without, resources=resources) is silent


def small_config(folders, **options):
    """Return the configuration of a quick fit of the recordings with noise."""
    usual = {"models": ["heuristic"], "folds": 2, "noise": str(folders / "NOISE")}
    usual |= {"mashups_per_genre": 4, "settings": {"sr": SR}}
    return Config(str(folders / "DATA"), **{**usual, **options})


def test_fit_leaves_silent_noise_out(folders, tmp_path, shared_cache):
    shutil.copytree(folders / "NOISE", tmp_path / "NOISE")
    # One of each fold is silent, were folds assigned before.
    for name in ("-.wav", "+.wav"):
        soundfile.write(tmp_path / "NOISE" / name, np.zeros(SR), SR)
    config = small_config(folders, folds=4, noise=str(tmp_path / "NOISE"))
    with pytest.warns(DataWarning, match="silent noise clips are left out: 2 of 6"):
        run, _ = fit_run(config, tmp_path / "RUN", resources=Resources(shared_cache))
    folds = run.read_table("folds")
    noises = folds.loc[folds["kind"] == "noise", ["item", "fold"]]
    assert len(noises) == 4 and noises["fold"].nunique() == 4


def test_fold_without_noise_is_named(folders, tmp_path, shared_cache):
    (tmp_path / "NOISE").mkdir()
    shutil.copy(folders / "NOISE/0.wav", tmp_path / "NOISE")
    data = read_data(folders / "DATA", noise=tmp_path / "NOISE")
    config = Config("DATA", folds=2, mashups_per_genre=4)
    expected = r"Fold \d has no noise clip .* there are 1 in fold \d; add noise clips, or use fewer"
    with pytest.raises(DataError, match=expected):
        sample_training(data, config, resources=Resources(shared_cache))


def test_recipes_are_rendered_with_moved_noise(folders, tmp_path, run_program):
    shutil.copytree(folders / "NOISE", tmp_path / "MOVED")
    arguments = ["mash", folders / "DATA", "--folds", 2]
    first = [*arguments, "--n", 3, "--noise", folders / "NOISE", "--out", tmp_path / "A"]
    recipes = ["--recipes", tmp_path / "A/recipes.parquet"]
    again = [*arguments, *recipes, "--noise", tmp_path / "MOVED", "--out", tmp_path / "B"]
    for command in (first, again):
        code, _, err = run_program(*command)
        assert code == 0, err
    before, after = (sorted((tmp_path / name / "audio").iterdir()) for name in "AB")
    assert len(before) == 3
    assert [path.read_bytes() for path in before] == [path.read_bytes() for path in after]


def test_audit_knows_that_folds_share_noise(folders, tmp_path, shared_cache):
    config = small_config(folders, models=["lr(families=centroid)"])
    run, _ = fit_run(config, tmp_path / "RUN", audit=True, resources=Resources(shared_cache))
    assert (run.path / "audit.json").exists()


def test_report_needs_the_data_that_it_is_given(run, folders, tmp_path, run_program):
    report = ["report", run.path, "--out", tmp_path / "report.html", "--data"]
    code, _, err = run_program(*report, tmp_path / "gone")
    assert code == 1 and "check the path of --data" in err
    code, _, err = run_program(*report, folders / "DATA")
    assert code == 1 and "give its folder by --noise" in err
    code, _, err = run_program(*report, folders / "DATA", "--noise", "synthetic")
    assert code == 1 and "give its folder by --noise" in err
    assert not (tmp_path / "report.html").exists()


def test_hop_of_mashups_has_no_effect(folders, tmp_path, shared_cache):
    config = small_config(folders, hop=1.0)
    with pytest.warns(DataWarning, match="--hop has no effect"):
        fit_run(config, tmp_path / "RUN", resources=Resources(shared_cache))


def test_recipes_go_with_the_data_of_a_run(run, folders, tmp_path, shared_cache, stem_data):
    config = Config(str(stem_data), models=["heuristic"], folds=2, mashups_per_genre=4)
    resources = Resources(shared_cache)
    fitted, _ = fit_run(config, tmp_path / "RUN", resources=resources)
    assert len(fitted.read_recipes()) == 12
    clips = replace(config, data=str(folders / "DATA"))
    resumed, _ = fit_run(clips, tmp_path / "RUN", resume=True, resources=resources)
    assert resumed.read_recipes() == {} and len(resumed.read_table("folds")) == 12 * 4
