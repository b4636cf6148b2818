"""Clips with any number of labels: from a manifest to scores, predictions and a report."""

import io
import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile
from helpers.nets import SMALL_NET
from helpers.signals import sine

from stemstack.commands import main
from stemstack.runs import Run

PITCHES = {"high": 3000, "low": 150, "mid": 800}
OPTIONS = ("--label-separator", ";", "--folds", "2", "--quiet", "--jobs", "1")
MODELS = "lr(families=mfcc),lgbm(families=mfcc)"


def write_clips(folder, names, rng):
    """Write clips of any subset of three tones with noise; return the labels of each."""
    rows = []
    for name in names:
        labels = [label for label in PITCHES if rng.random() < 0.5]
        tones = [rng.uniform(0.2, 0.3) * sine(PITCHES[label], 1.0) for label in labels]
        soundfile.write(folder / name, 0.02 * rng.standard_normal(22050) + sum(tones), 22050)
        rows.append((name, labels))
    return rows


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("labels"), np.random.default_rng(0)
    train = write_clips(folder, [f"{i}.wav" for i in range(24)], rng)
    rows = [(name, "; ".join(reversed(labels))) for name, labels in train]
    pd.DataFrame(rows, columns=["path", "label"]).to_csv(folder / "train.csv", index=False)
    test = write_clips(folder, [f"t{i}.wav" for i in range(8)], rng)
    table = pd.DataFrame(test, columns=["filename", "label"]).assign(id=range(8))
    table[["id", "filename"]].to_csv(folder / "test.csv", index=False)
    table["label"] = table["label"].map(";".join)
    table[["id", "label"]].to_csv(folder / "answers.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def run(clips, shared_cache):
    out = clips / "RUN"
    arguments = ["fit", "--data", clips / "train.csv", "--models", MODELS, "--out", out, *OPTIONS]
    assert main([*map(str, arguments), "--cache", str(shared_cache)]) == 0
    return out


def test_submission_has_sets_of_labels(run, clips):
    submission = pd.read_csv(run / "submission.csv", keep_default_na=False)
    answers = pd.read_csv(clips / "answers.csv", keep_default_na=False)
    assert (submission["id"] == answers["id"]).all()
    assert (submission["label"] == answers["label"]).sum() >= 6


def test_scores_are_by_label(run, clips, run_program):
    code, out, _ = run_program(
        "evaluate", run, "--answers", clips / "answers.csv", "--json", "--quiet"
    )
    scores = json.loads(out)["stack"]
    assert code == 0 and scores["macro_f1"] > 0.85 and scores["roc_auc"] > 0.9
    assert list(scores["per_class_f1"]) == list(PITCHES)
    assert Run.open(run).metrics["out_of_fold"]["lr-families-mfcc"]["average_precision"] > 0.8


def test_predictions_have_a_probability_per_label(run, clips, run_program):
    paths = [clips / f"{i}.wav" for i in range(24)]
    code, out, _ = run_program("predict", run, *paths, "--proba", "--quiet")
    table = pd.read_csv(io.StringIO(out), keep_default_na=False)
    thresholds = Run.open(run).thresholds("stack")
    for label, threshold in zip(PITCHES, thresholds, strict=True):
        named = table["label"].str.split(";").map(lambda names, label=label: label in names)
        assert (named == (table[label] >= threshold)).all()
    assert code == 0 and table[list(PITCHES)].sum(axis=1).std() > 0.3


def test_test_clips_are_predicted_again(run, clips, run_program):
    code, out, _ = run_program("predict", run, "--data", clips / "train.csv", "--quiet")
    assert code == 0 and out == (run / "submission.csv").read_text()


def test_test_clips_of_folders_are_predicted(run, clips, run_program, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        shutil.copy(clips / "0.wav", tmp_path / name)
    (tmp_path / "test.csv").write_text("filename\na/0.wav\n")
    code, out, _ = run_program("predict", run, "--data", tmp_path, "--quiet")
    expected = run_program("predict", run, clips / "0.wav", "--quiet")[1]
    assert code == 0 and out.splitlines()[1].split(",")[1] == expected.splitlines()[1].split(",")[1]


def test_windows_average_each_label(run, clips, run_program, tmp_path):
    parts = [soundfile.read(clips / name)[0] for name in ("0.wav", "1.wav")]
    soundfile.write(tmp_path / "long.wav", np.concatenate(parts), 22050)
    options = ("--window", "1", "--proba", "--quiet")
    code, out, _ = run_program("predict", run, tmp_path / "long.wav", *options)
    long = pd.read_csv(io.StringIO(out), keep_default_na=False)[list(PITCHES)].iloc[0]
    table = run_program("predict", run, tmp_path / "long.wav", *options[:2], "--windows", "csv")[1]
    proba = pd.read_csv(io.StringIO(table))[list(PITCHES)].to_numpy()
    odds = np.exp(np.log(proba / (1 - proba)).mean(axis=0))
    assert code == 0 and len(proba) == 2
    np.testing.assert_allclose(long, odds / (1 + odds), rtol=1e-6)


def test_blends_are_compared(run, run_program, tmp_path):
    code, out, _ = run_program("stack", run, "--blend", "mean", "--out", tmp_path / "RUN2")
    assert code == 0 and re.search(r"^mean +[01]\.\d+", out, re.MULTILINE)
    logistic = re.search(r"^logistic +(\S+)", out, re.MULTILINE)[1]
    assert float(logistic) == pytest.approx(Run.open(run).scores.loc["stack", "macro_f1"], abs=1e-3)


def test_report_has_sections_of_several_labels(run, clips, run_program, tmp_path):
    page = tmp_path / "page.html"
    options = ("--answers", clips / "answers.csv", "--out", page, "--quiet")
    code, _, _ = run_program("report", run, "--data", clips / "train.csv", *options)
    text = page.read_text()
    titles = re.findall(r"<h2[^>]*>([^<]*)", text)
    assert code == 0 and {"Scores", "F1 by class", "Classes and folds"} <= set(titles)
    assert "Confusion" not in titles and "average precision" in text


def test_resumed_run_is_the_same(run, clips, run_program, tmp_path):
    out = tmp_path / "RUN"
    fit = ("fit", "--data", clips / "train.csv", "--out", out, *OPTIONS)
    assert run_program(*fit, "--models", MODELS.split(",")[0])[0] == 0
    assert run_program(*fit, "--models", MODELS, "--resume")[0] == 0
    for name in ("metrics.json", "submission.csv", "ledger/oof.parquet"):
        assert (out / name).read_bytes() == (run / name).read_bytes()


def test_network_is_stacked_with_others(clips, run_program, tmp_path):
    out, params = tmp_path / "RUN", {"epochs": 1, "backbone": "cnn", "weights": "none"}
    net = ",".join(f"{name}={value}" for name, value in {**SMALL_NET, **params}.items())
    models = f"lr(families=mfcc),effnet({net})"
    fit = ("fit", "--data", clips / "train.csv", "--models", models, "--out", out, *OPTIONS)
    assert run_program(*fit)[0] == 0
    code, predicted, _ = run_program("predict", out, clips / "0.wav", "--proba", "--quiet")
    assert code == 0 and predicted.startswith("path,label,high,low,mid")


def test_plan_fits_nothing(clips, run_program, tmp_path):
    fit = ("fit", "--data", clips / "train.csv", "--models", MODELS, "--out", tmp_path / "RUN")
    code, out, _ = run_program(*fit, *OPTIONS, "--dry-run")
    assert code == 0 and "24 training clips of 3 classes, 8 test clips, 2 folds" in out
    assert not (tmp_path / "RUN").exists()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("predict", "RUN", "--data", "train.csv", "--decode"), "--decode adjusts the frequencies"),
        (("evaluate", "RUN", "--answers", "answers.csv", "--decode"), "--decode adjusts"),
        (("pseudo-label", "RUN", "--data", "train.csv", "--out", "X"), "are of one class"),
        (("serve", "RUN"), "the page explains one class"),
        (("fit", "--data", "train.csv", "--audit", "--out", "X"), "--audit checks clips of one"),
        (("fit", "--data", "train.csv", "--noise", "RUN", "--out", "X"), "leave one of them out"),
        (("fit", "--data", "train.csv", "--label-separator", "a", "--out", "X"), "neither letters"),
    ],
)
def test_what_needs_one_label_is_refused(command, message, run, clips, run_program, monkeypatch):
    monkeypatch.chdir(clips)
    if command[0] == "fit" and "--label-separator" not in command:
        command = (*command, "--label-separator", ";", "--models", "lr")
    code, out, err = run_program(*command)
    assert (code, out) == (2, "") and message in err
    assert not (clips / "X").exists()


def test_answers_may_have_labels_in_any_order(run, clips, run_program, tmp_path):
    answers = pd.read_csv(clips / "answers.csv", keep_default_na=False)
    turned = answers["label"].map(lambda cell: " ; ".join(reversed(cell.split(";"))))
    answers.assign(label=turned).to_csv(tmp_path / "turned.csv", index=False)
    outputs = [
        run_program("evaluate", run, "--answers", path, "--json", "--quiet")[1]
        for path in (clips / "answers.csv", tmp_path / "turned.csv")
    ]
    assert outputs[0] == outputs[1] != ""
    answers.assign(label="low;bass").to_csv(tmp_path / "unknown.csv", index=False)
    code, _, err = run_program("evaluate", run, "--answers", tmp_path / "unknown.csv")
    assert code == 1 and "unknown class 'bass'; the run's are high, low, mid" in err


def test_label_of_one_group_is_named(clips, run_program, tmp_path):
    table = pd.read_csv(clips / "train.csv", keep_default_na=False)
    table["path"] = [str(clips / name) for name in table["path"]]
    rare = table.assign(
        label=["rare" if i == 3 else label for i, label in enumerate(table["label"])]
    )
    rare.to_csv(tmp_path / "rare.csv", index=False)
    options = ("--models", "lr(families=mfcc)", "--out", tmp_path / "RUN", *OPTIONS)
    code, _, err = run_program("fit", "--data", tmp_path / "rare.csv", *options)
    assert code == 1 and "All rows with label rare are in one fold" in err
    code, out, _ = run_program("doctor", tmp_path / "rare.csv", "--label-separator", ";", "--quiet")
    assert code == 1 and "1 of 4 labels are in a single group of clips" in out
    fixed = table.assign(fold=[int("low" in label) for label in table["label"]])
    fixed.to_csv(tmp_path / "fixed.csv", index=False)
    code, _, err = run_program("fit", "--data", tmp_path / "fixed.csv", *options)
    assert code == 1 and "label low are in one fold" in err
    assert not (tmp_path / "RUN").exists()


def test_models_without_weights_take_unequal_recordings(clips, tmp_path, run_program):
    # Unequal numbers of windows give weights, which the discriminant analysis does not take.
    samples, sr = soundfile.read(clips / "0.wav")
    longer = tmp_path / "longer.wav"
    soundfile.write(longer, np.tile(samples, 2), sr)
    table = pd.read_csv(clips / "train.csv", keep_default_na=False)
    table["path"] = [str(longer), *(str(clips / path) for path in table["path"][1:])]
    table.to_csv(tmp_path / "train.csv", index=False)
    models = "lda(families=mfcc),lr(families=mfcc)"
    arguments = ["--data", tmp_path / "train.csv", "--models", models, "--window", "0.5", *OPTIONS]
    code, _, err = run_program("fit", *arguments, "--out", tmp_path / "RUN")
    assert code == 0, err
    assert len(Run.open(tmp_path / "RUN").read_table("ledger/oof")) == 4 + 23 * 2
