"""The main job from data to submission, on all layouts of data."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from stemstack.commands import main
from stemstack.mashups import read_recipes

ALL = "heuristic,lr,lgbm"


def tables(run):
    """The bytes of every table of a run, by name."""
    found = [*run.glob("*.parquet"), *run.rglob("ledger/**/*.parquet"), run / "submission.csv"]
    return {str(path.relative_to(run)): path.read_bytes() for path in found}


def test_run_has_all_files(finished_run):
    names = {path.name for path in finished_run.iterdir()}
    assert names == {
        "config.yaml", "folds.parquet", "recipes.parquet", "ledger", "models", "metrics.json",
        "submission.csv", "report.html", "model_card.md", "costs.json",
    }  # fmt: skip
    files = {path.suffix for path in (finished_run / "models").rglob("*") if path.is_file()}
    assert files == {".skops"}


def test_submission_copies_header_and_ids(finished_run):
    lines = (finished_run / "submission.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "id,genre"
    assert [line.split(",")[0] for line in lines[1:]] == ["000", "007", "014", "021", "028", "035"]


def test_folds_share_neither_songs_nor_noise(finished_run):
    folds = pd.read_parquet(finished_run / "folds.parquet")
    assert folds.groupby(["kind", "item"])["fold"].nunique().max() == 1
    where = folds.set_index("item")["fold"]
    for recipe in read_recipes(finished_run / "recipes.parquet"):
        songs = [where[part.song] for part in recipe.stems]
        noises = [where[part.path] for part in recipe.noises]
        assert {*songs, *noises} == {recipe.fold}


def test_metrics_match_the_oof_table(finished_run):
    metrics = json.loads((finished_run / "metrics.json").read_text())
    oof = pd.read_parquet(finished_run / "ledger/oof.parquet")
    for model in ("heuristic", "lr", "lgbm", "stack"):
        columns = [f"{model}__{label}" for label in metrics["classes"]]
        y_pred = np.array(metrics["classes"])[oof[columns].to_numpy().argmax(axis=1)]
        expected = f1_score(oof["label"], y_pred, average="macro")
        # rtol: the same numbers, averaged in the same order.
        np.testing.assert_allclose(metrics["out_of_fold"][model]["macro_f1"], expected, rtol=1e-12)


def test_evaluate_prints_both_scores(finished_run, stem_data, run_program):
    answers = stem_data.parent / "answers.csv"
    code, out, _ = run_program("evaluate", finished_run, "--answers", answers)
    assert code == 0
    assert out.splitlines()[0].split() == ["macro", "F1", "out", "of", "fold", "answers"]
    code, out, _ = run_program("evaluate", finished_run, "--answers", answers, "--json")
    scores = json.loads(out)
    y_true = pd.read_csv(answers)["genre"].to_numpy()
    y_pred = pd.read_csv(finished_run / "submission.csv")["genre"].to_numpy()
    assert scores["stack"]["accuracy"] == np.mean(y_true == y_pred)
    assert scores["stack"]["macro_f1"] > 0.5


@pytest.mark.slow
def test_both_protocols(stem_data, tmp_path, fit_small, run_program):
    out = tmp_path / "RUN"
    arguments = ("--protocol", "both", "--jobs", "1")
    assert fit_small(stem_data, out, *arguments, models="heuristic")[0] == 0
    shared = out / "song_shared"
    where = pd.read_parquet(shared / "folds.parquet").set_index("item")["fold"]
    mashups = read_recipes(shared / "recipes.parquet")
    songs = [{(part.song, where[mashup.id]) for part in mashup.stems} for mashup in mashups]
    pairs = set().union(*songs)
    assert len(pairs) > len({song for song, _ in pairs}), "no song is on both sides"
    metrics = [json.loads((run / "metrics.json").read_text()) for run in (out, shared)]
    assert metrics[0]["song_shared"] == metrics[1]["out_of_fold"]
    assert "song-shared (optimistic)" in (out / "report.html").read_text(encoding="utf-8")
    _, table, _ = run_program("evaluate", out, "--answers", stem_data.parent / "answers.csv")
    assert "song-shared (optimistic)" in table.splitlines()[0]
    assert fit_small(stem_data, out, "--resume", "--protocol", "shared", "--jobs", "1")[0] == 2


def test_resume_computes_only_what_is_missing(finished_run, stem_data, tmp_path, fit_small):
    run = tmp_path / "RUN"
    shutil.copytree(finished_run, run)
    entry = next((run / "ledger/lr").glob("fold0-*"))
    stamp = entry.stat().st_mtime_ns
    next((run / "ledger/lgbm").glob("fold1-*")).unlink()
    (run / "metrics.json").unlink()
    code, _, err = fit_small(stem_data, run, models=ALL)
    assert code == 2 and "--resume" in err
    code, _, err = fit_small(stem_data, run, "--resume", "--seed", "5", models=ALL)
    assert code == 2 and "seed=0, not 5" in err
    assert fit_small(stem_data, run, "--resume", models=ALL)[0] == 0
    assert tables(run) == tables(finished_run)
    assert entry.stat().st_mtime_ns == stamp


def test_resume_with_other_models_fits_only_those(finished_run, stem_data, tmp_path, fit_small):
    run = tmp_path / "RUN"
    shutil.copytree(finished_run, run)
    shutil.rmtree(run / "ledger/lr")
    stamps = {path: path.stat().st_mtime_ns for path in run.glob("ledger/lgbm/*")}
    assert fit_small(stem_data, run, "--resume", models="lgbm,lr")[0] == 0
    assert {path: path.stat().st_mtime_ns for path in run.glob("ledger/lgbm/*")} == stamps
    metrics = json.loads((run / "metrics.json").read_text())
    assert list(metrics["out_of_fold"]) == ["lgbm", "lr", "stack"]


@pytest.mark.slow
def test_configuration_repeats_the_run(finished_run, tmp_path, run_program):
    config = ["--config", finished_run / "config.yaml", "--out", tmp_path / "RUN", "--quiet"]
    assert run_program("fit", *config)[0] == 0
    assert tables(tmp_path / "RUN") == tables(finished_run)


def test_predicting_test_clips_gives_the_submission(finished_run, stem_data, tmp_path, run_program):
    out = tmp_path / "again.csv"
    assert run_program("predict", finished_run, "--data", stem_data, "--out", out)[0] == 0
    assert out.read_bytes() == (finished_run / "submission.csv").read_bytes()


def test_predict_keeps_the_order_of_paths(finished_run, stem_data, tmp_path, run_program):
    odd = tmp_path / "-odd, name.wav"
    shutil.copy(stem_data / "mashups/song0002.wav", odd)
    (tmp_path / "bad.wav").write_text("not audio, but long enough to look like a header of one")
    clips = [stem_data / "mashups/song0003.wav", tmp_path / "bad.wav", odd]
    out = tmp_path / "out.csv"
    code, _, err = run_program("predict", finished_run, "--out", out, "--proba", "--", *clips)
    assert code == 1
    assert "1 clips were left out" in err and "bad.wav" in err
    table = pd.read_csv(out)
    assert table["path"].tolist() == [str(clips[0]), str(odd)]
    assert list(table.columns[:2]) == ["path", "label"]
    # rtol: CSV keeps every digit of a double.
    np.testing.assert_allclose(table.iloc[:, 2:].sum(axis=1), 1, rtol=1e-9)


def test_unreadable_test_clip_is_left_out(own_stem_data, tmp_path, fit_small):
    (own_stem_data / "mashups/song0001.wav").write_bytes(b"")
    code, _, err = fit_small(own_stem_data, tmp_path / "RUN", models="heuristic")
    assert code == 1
    assert "song0001.wav: is empty" in err
    submission = (tmp_path / "RUN/submission.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in submission] == ["id", "007"]


@pytest.fixture(scope="module")
def mashup_folder(stem_data, shared_cache, tmp_path_factory):
    out = tmp_path_factory.mktemp("mash") / "MASHUPS"
    arguments = ["mash", stem_data, "--out", out, "--n", "25", "--folds", "2", "--quiet"]
    assert main([*map(str, arguments), "--cache", str(shared_cache)]) == 0
    return out


@pytest.mark.slow
def test_fit_accepts_manifest_of_mash(mashup_folder, tmp_path, fit_small):
    manifest = pd.read_csv(mashup_folder / "manifest.csv")
    assert len(manifest) == 25
    assert manifest["label"].value_counts().max() - manifest["label"].value_counts().min() <= 1
    assert len(read_recipes(mashup_folder / "recipes.parquet")) == 25
    code, _, err = fit_small(mashup_folder / "manifest.csv", tmp_path / "RUN")
    assert code == 0, err
    folds = pd.read_parquet(tmp_path / "RUN/folds.parquet")
    assert folds["fold"].tolist() == manifest["fold"].tolist()
    assert not (tmp_path / "RUN/submission.csv").exists()


@pytest.mark.slow
def test_fit_accepts_folder_per_class(mashup_folder, tmp_path, fit_small):
    manifest = pd.read_csv(mashup_folder / "manifest.csv")
    for path, label in zip(manifest["path"], manifest["label"], strict=True):
        target = tmp_path / "DATA" / label / path.rsplit("/", 1)[1]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(mashup_folder / path, target)
    code, _, err = fit_small(tmp_path / "DATA", tmp_path / "RUN", models="lr,lgbm")
    assert code == 0, err
    metrics = json.loads((tmp_path / "RUN/metrics.json").read_text())
    assert metrics["out_of_fold"]["stack"]["macro_f1"] > 0.5


def test_recipes_only_writes_no_audio(stem_data, tmp_path, run_program):
    arguments = ["--out", tmp_path / "M", "--n", "3", "--folds", "2", "--recipes-only", "--quiet"]
    assert run_program("mash", stem_data, *arguments)[0] == 0
    assert [path.name for path in (tmp_path / "M").iterdir()] == ["recipes.parquet"]


def test_features_of_data_set(stem_data, tmp_path, run_program):
    out = tmp_path / "features.parquet"
    arguments = ["--out", out, "--families", "rms,zcr", "--quiet"]
    assert run_program("features", stem_data, *arguments)[0] == 0
    table = pd.read_parquet(out)
    assert table["split"].value_counts().to_dict() == {"train": 12, "test": 6}
    assert list(table.columns[:3]) == ["clip", "label", "split"]
    assert {"rms_mean", "zcr_mean"} <= set(table.columns)
    assert table["label"].notna().sum() == 12


def test_features_skip_unreadable_file(stem_data, tmp_path, run_program):
    (tmp_path / "bad.wav").write_text("not audio, but long enough to look like a header of one")
    out = tmp_path / "features.parquet"
    paths = [tmp_path / "bad.wav", stem_data / "mashups"]
    code, _, err = run_program("features", *paths, "--out", out, "--families", "rms", "--quiet")
    assert code == 1 and "bad.wav" in err
    assert len(pd.read_parquet(out)) == 6


def test_features_name_format_without_ffmpeg(stem_data, tmp_path, run_program, monkeypatch):
    folder = tmp_path / "clips"
    folder.mkdir()
    shutil.copy(stem_data / "mashups/song0001.wav", folder)
    shutil.copy(Path(__file__).parent.parent / "data/audio/tone.m4a", folder)
    monkeypatch.setenv("PATH", "")
    out = tmp_path / "features.parquet"
    code, _, err = run_program("features", folder, "--out", out, "--families", "rms", "--quiet")
    assert code == 1 and "tone.m4a: is audio in a format (mov) that needs ffmpeg" in err
    assert len(pd.read_parquet(out)) == 1
