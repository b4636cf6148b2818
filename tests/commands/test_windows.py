"""Recordings cut into windows: fit, resume, plan, report, and predictions of and by windows."""

import io

import numpy as np
import pandas as pd
import pytest
import soundfile
from helpers.small_run import write_small_run

from stemstack.reports import write_report
from stemstack.runs import Config, fit_run, restack_runs
from stemstack.runs.stored_clips import find_training, open_data
from stemstack.serving import ClipExplainer
from stemstack.utils.resources import Resources

SR = 8000
HZ = {"low": 200, "mid": 700, "high": 2000}


def tone(hz, seconds, rng):
    time = np.arange(round(seconds * SR)) / SR
    return 0.3 * np.sin(2 * np.pi * hz * time) + 0.02 * rng.standard_normal(len(time))


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """Recordings of 6 and 8 s, test clips of 1 s, one of them of 4, and a recording to predict."""
    root, rng = tmp_path_factory.mktemp("recordings"), np.random.default_rng(0)
    for label, hz in HZ.items():
        (root / "DATA" / label).mkdir(parents=True)
        for i in range(2):
            soundfile.write(root / f"DATA/{label}/{i}.wav", tone(hz, 6 + 2 * i, rng), SR)
    (root / "DATA/test").mkdir()
    names = [f"test/{i}.wav" for i in range(12)]
    for i, name in enumerate(names):
        hz = list(HZ.values())[i % 3]
        soundfile.write(root / "DATA" / name, tone(hz, 4 if i == 11 else 1, rng), SR)
    pd.DataFrame({"id": range(12), "filename": names}).to_csv(root / "DATA/test.csv", index=False)
    both = np.concatenate([tone(HZ["low"], 5, rng), tone(HZ["high"], 5.5, rng)])
    soundfile.write(root / "both.wav", both, SR)
    return root


@pytest.fixture(scope="module")
def fit(recordings, shared_cache):
    """Return a function that fits the run of the recordings, or resumes it."""
    config = Config(str(recordings / "DATA"), models=["lr(families=chroma|mfcc,C=1)"], folds=2)

    def fit(**options):
        resources = Resources(shared_cache, n_jobs=1)
        return fit_run(config, recordings / "RUN", resources=resources, **options)[0]

    return fit


@pytest.fixture(scope="module")
def run(fit):
    return fit()


def test_folds_keep_the_windows_of_recordings_together(run):
    folds = run.read_table("folds")
    assert len(folds) == 3 * (6 + 8)
    assert (folds.groupby("group")["fold"].nunique() == 1).all()
    assert folds["item"][0] == "high/0.wav#t=0.00,1.00"
    assert run.window_lengths() == pytest.approx([1.0] * 42)


def test_long_test_clips_have_one_answer(run):
    submission = pd.read_csv(run.path / "submission.csv")
    assert submission["label"].tolist() == [list(HZ)[i % 3] for i in range(12)]
    # Four windows of the last clip, in the ledger of a fold.
    entry = next(entry for entry in run.ledger.entries() if entry.fold == 0)
    assert len(run.ledger.read(entry.model, 0, entry.key, "test")) == 11 + 4


def test_resume_and_plan_know_the_windows(run, fit, recordings, run_program):
    models = sorted((run.path / "models").rglob("*.skops"))
    before = [path.stat().st_mtime_ns for path in models if "stack" not in str(path)]
    fit(resume=True)
    assert before == [path.stat().st_mtime_ns for path in models if "stack" not in str(path)]
    arguments = ["fit", "--data", recordings / "DATA", "--out", recordings / "NEW", "--dry-run"]
    code, out, _ = run_program(*arguments, "--models", "heuristic")
    assert code == 0 and "42 training clips of 3 classes, 12 test clips" in out


def test_training_windows_are_found_again(run, recordings):
    names = run.read_table("ledger/oof")["clip"]
    clips = find_training(open_data(run, recordings / "DATA"), {}, names)
    assert len(clips[5].load(SR)) == SR
    assert clips[0].path.endswith("0.wav") and clips[0].name("high/0.wav") == names[0]


def test_report_compares_windows_with_the_test(run, recordings, tmp_path, shared_cache):
    resources = Resources(shared_cache, n_jobs=1)
    options = {"data": recordings / "DATA", "resources": resources, "out": tmp_path / "report.html"}
    page = write_report(run, **options).read_text(encoding="utf-8")
    assert "A classifier separates the training clips of this run from the unlabelled test" in page


def test_recording_is_predicted_by_its_windows(run, recordings, run_program):
    both = recordings / "both.wav"
    code, out, err = run_program("predict", run.path, both, "--windows", "csv")
    assert code == 0, err
    windows = pd.read_csv(io.StringIO(out))
    assert list(windows) == ["path", "start", "end", "label", "high", "low", "mid"]
    assert windows["start"].tolist() == [*range(10), 9.5]
    assert windows["label"].tolist() == ["low"] * 5 + ["high"] * 6
    code, out, _ = run_program("predict", run.path, both, "--proba")
    proba = windows[["high", "low", "mid"]]
    mean = np.exp(np.log(proba).mean())
    averaged = pd.read_csv(io.StringIO(out))[["high", "low", "mid"]].iloc[0]
    np.testing.assert_allclose(averaged, mean / mean.sum(), rtol=1e-5)


def test_window_tables_suit_audacity_and_raven(run, recordings, run_program):
    options = ["--window", 3, "--hop", 5, "--windows"]
    code, out, _ = run_program("predict", run.path, recordings / "both.wav", *options, "audacity")
    rows = [line.split("\t") for line in out.splitlines()]
    assert code == 0 and [row[:2] for row in rows] == [
        ["0.00", "3.00"],
        ["5.00", "8.00"],
        ["7.50", "10.50"],
    ]
    assert [row[2].split()[0] for row in rows] == ["low", "high", "high"]
    code, out, _ = run_program("predict", run.path, recordings / "both.wav", *options, "raven")
    table = pd.read_csv(io.StringIO(out), sep="\t")
    assert table["Begin Time (s)"].tolist() == [0.0, 5.0, 7.5]
    assert table["Selection"].tolist() == [1, 2, 3]
    two = [recordings / "both.wav", recordings / "DATA/test/0.wav"]
    code, out, err = run_program("predict", run.path, *two, *options, "audacity")
    assert code == 2 and out == "" and "of one recording" in err


def test_run_on_whole_clips_needs_a_length(tmp_path, run_program):
    small_run = write_small_run(tmp_path, ["lr(families=centroid)"])
    code, _, err = run_program("predict", small_run.path, small_run.clip, "--windows", "csv")
    assert code == 2 and "add --window SECONDS" in err
    options = ["--windows", "csv", "--window", "0.2"]
    code, out, _ = run_program("predict", small_run.path, small_run.clip, *options)
    assert code == 0 and len(out.splitlines()) > 2


def test_page_averages_windows_as_predict_does(run, recordings, run_program):
    explainer = ClipExplainer(run.path)
    explanation = explainer.explain(recordings / "both.wav")
    _, out, _ = run_program("predict", run.path, recordings / "both.wav", "--proba")
    expected = pd.read_csv(io.StringIO(out))[list(HZ)].iloc[0]
    # Windows are cut after resampling here.
    np.testing.assert_allclose(explanation.probabilities["stack"][list(HZ)], expected, atol=0.01)
    assert explanation.seconds == 10.5 and explanation.reasons


def predict_windows(run, path, run_program):
    """Return the table of ``predict --windows csv``."""
    code, out, err = run_program("predict", run.path, path, "--windows", "csv")
    assert code == 0, err
    return pd.read_csv(io.StringIO(out))


def assert_same_windows(windows, expected, **tolerance):
    assert windows.starts.tolist() == expected["start"].tolist()
    assert windows.ends.tolist() == expected["end"].tolist()
    assert windows.labels == expected["label"].tolist()
    np.testing.assert_allclose(windows.proba, expected[windows.classes], **tolerance)


def test_page_has_the_windows_of_predict(run, recordings, run_program):
    explainer = ClipExplainer(run.path)
    windows = explainer.explain(recordings / "both.wav").windows
    expected = predict_windows(run, recordings / "both.wav", run_program)
    # Windows are cut after resampling here.
    assert_same_windows(windows, expected, atol=0.01)
    samples, _ = soundfile.read(recordings / "both.wav")
    soundfile.write(recordings / "rate.wav", np.repeat(samples, 3)[: 7 * 22050], 22050)
    windows = explainer.explain(recordings / "rate.wav").windows
    expected = predict_windows(run, recordings / "rate.wav", run_program)
    # rtol, atol: the same samples, and numbers from tables with another memory layout.
    assert_same_windows(windows, expected, rtol=1e-5, atol=1e-7)
    assert explainer.explain(recordings / "DATA/test/0.wav").windows is None


def test_report_has_the_long_test_clips(run, tmp_path):
    page = write_report(run, out=tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<h3>11, 4 s: predicted as high" in page and page.count('<i class="c') == 1 + 4
    restacked, _ = restack_runs([run.path], tmp_path / "RUN2", blend="mean")
    page = write_report(restacked, out=tmp_path / "report.html").read_text(encoding="utf-8")
    assert "cannot be shown. This run was made of others by stack" in page


def test_hop_is_only_for_what_is_cut(tmp_path, run_program):
    small_run = write_small_run(tmp_path, ["lr(families=centroid)"])
    code, _, err = run_program("predict", small_run.path, small_run.clip, "--hop", 1)
    assert code == 2 and "add --window SECONDS" in err


@pytest.mark.parametrize(
    ("option", "expected"),
    [("--window", "expected auto, off, or a number"), ("--mashups-per-genre", "expected auto, or")],
)
def test_error_has_the_words_of_an_option(option, expected, tmp_path, run_program):
    code, _, err = run_program("fit", "--data", tmp_path, "--out", tmp_path / "R", option, "abc")
    assert code == 2 and expected in err and "Got 'abc'" in err
