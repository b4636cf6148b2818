"""Models of a fit that are fitted on test clips too, with their own pseudo-labels."""

import shutil
from dataclasses import replace
from html import escape

import numpy as np
import pandas as pd
import pytest
import soundfile

from stemstack.exceptions import DataError, UsageError
from stemstack.models import make_model
from stemstack.reports import write_model_card, write_report
from stemstack.runs import (
    Config,
    Run,
    fit_run,
    merge_runs,
    plan_run,
    predict_run,
    restack_runs,
)
from stemstack.stacking import pseudo_label
from stemstack.utils.progress import NullProgress
from stemstack.utils.resources import Resources

SR = 8000
HZ = {"a": 300, "b": 420, "c": 590, "d": 830}
TWO = {"a": 300, "b": 350}
MODEL, LDA = "lda(families=mfcc)", "lda-families-mfcc"
ROUNDS = f"self-training of {LDA}, round"


def write_tones(root, seed=2, n_test=80, pitches=HZ):
    """Write noisy tones of classes whose pitches overlap: few to learn from, many to label."""
    rng, time = np.random.default_rng(seed), np.arange(SR // 2) / SR

    def write(name, label):
        hz = pitches[label] * np.exp(rng.normal(0, 0.12))
        clip = 0.3 * np.sin(2 * np.pi * hz * time) + 0.3 * rng.standard_normal(len(time))
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, clip, SR)

    for label in pitches:
        for number in range(6):
            write(f"{label}/{number}.wav", label)
    names = [f"test/{number}.wav" for number in range(n_test)]
    for number, name in enumerate(names):
        write(name, list(pitches)[number % len(pitches)])
    table = pd.DataFrame({"id": range(n_test), "filename": names})
    table.to_csv(root / "test.csv", index=False)
    return root


@pytest.fixture(scope="module")
def tones(tmp_path_factory):
    return write_tones(tmp_path_factory.mktemp("tones"))


@pytest.fixture(scope="module")
def fit(tones, tmp_path_factory, shared_cache):
    """Return a function that fits or resumes a run, and returns it with the logged messages."""
    root = tmp_path_factory.mktemp("runs")

    class Display(NullProgress):
        def __init__(self):
            self.messages = []

        def log(self, message):
            self.messages.append(message)

    def fit(out, *, resume=False, time_limit=None, cache=shared_cache, **options):
        display = Display()
        config = Config(**{"data": str(tones), "models": [MODEL], "folds": 2, **options})
        job = {"resume": resume, "time_limit": time_limit}
        run, _ = fit_run(config, root / out, **job, resources=Resources(cache, 1, display))
        return run, display.messages

    return fit


def proba_of(table):
    return table[[f"{LDA}__{label}" for label in HZ]].to_numpy()


@pytest.fixture(scope="module")
def approved(fit):
    return fit("approved")


@pytest.fixture(scope="module")
def plain(fit):
    return fit("plain", self_training="off")[0]


def test_fold_models_learn_approved_labels(approved, tones):
    """Out-of-fold and test predictions are those of models fitted on the pseudo-labels, too."""
    run, messages = approved
    oof, test = run.read_table("ledger/oof"), pd.read_csv(tones / "test.csv")["filename"]
    clips, unlabelled = ([str(tones / name) for name in names] for names in (oof["clip"], test))
    y, folds, model = (
        oof["label"].to_numpy(),
        oof["fold"].to_numpy(),
        make_model(MODEL),
    )
    groups = run.read_table("folds")["group"]
    found = pseudo_label([("lda", model)], clips, y, folds, unlabelled, groups=groups)
    assert found.rounds[0].accepted
    mean = 0.0
    for fold, (rows, labels) in enumerate(found.by_fold):
        train, held_out = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        more = [clips[i] for i in train] + [unlabelled[i] for i in rows]
        model.fit(more, [*y[train], *labels])
        expected = model.predict_proba([clips[i] for i in held_out])
        # One BLAS thread here, another number there.
        np.testing.assert_allclose(proba_of(oof.iloc[held_out]), expected, atol=1e-6)
        mean = mean + model.predict_proba(unlabelled) / 2
    np.testing.assert_allclose(proba_of(run.read_table("ledger/test")), mean, atol=1e-6)
    rounds = [one.to_dict() for one in found.rounds]
    assert run.metrics["self_training"][LDA]["rounds"] == rounds
    lines = [f"{ROUNDS} {n} {one}" for n, one in enumerate(found.rounds, 1)]
    assert [message for message in messages if ROUNDS in message] == lines


def test_predictions_are_those_of_saved_models(approved, tones):
    run, test = approved[0], pd.read_csv(tones / "test.csv")
    paths = [str(tones / name) for name in test["filename"]]
    labels, _ = predict_run(run, paths, resources=Resources(n_jobs=1))
    assert labels.tolist() == pd.read_csv(run.path / "submission.csv")["label"].tolist()


def test_held_out_and_test_clips_gain(approved, plain):
    y_true = [list(HZ)[number % 4] for number in range(80)]
    scores = {run: run.scores["macro_f1"][LDA] for run in (approved[0], plain)}
    correct = {
        run: np.mean(pd.read_csv(run.path / "submission.csv")["label"] == y_true) for run in scores
    }
    assert scores[approved[0]] > scores[plain] + 0.1
    assert correct[approved[0]] > correct[plain]


def test_resumed_run_fits_nothing_again(approved, fit, tmp_path, monkeypatch):
    def refuse(*args, **options):
        raise AssertionError("fitted again")

    for module, name in (("fold_fits", "fit_and_predict"), ("self_training", "pseudo_label")):
        monkeypatch.setattr(f"stemstack.runs.fitting.{module}.{name}", refuse)
    run, messages = fit("approved", resume=True, cache=tmp_path)
    assert run.metrics == approved[0].metrics
    assert [m for m in messages if ROUNDS in m] == [m for m in approved[1] if ROUNDS in m]


def test_option_may_change_when_resumed(fit, plain, approved):
    """The folds are fitted again, and the result is that of a run with the option."""
    run, _ = fit("changed")
    for option, expected in (("off", plain), ("auto", approved[0])):
        run, _ = fit("changed", resume=True, self_training=option)
        assert len(run.ledger.entries()) == 2
        for table in ("ledger/oof", "ledger/test", "ledger/test_folds"):
            pd.testing.assert_frame_equal(run.read_table(table), expected.read_table(table))
        assert run.metrics == expected.metrics


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{", "["),
        ('"rounds"', '"round"'),
        ('"accepted"', '"agreed"'),
        ('"a"', '"e"'),
        ('"by_fold": [[[', '"by_fold": [[[99999, '),
        ('"by_fold": [', '"by_fold": [[[], []], '),
    ],
)
def test_damaged_labels_are_found_again(old, new, fit, approved):
    run = Run(fit("first", resume=True)[0].path)
    (path,) = run.ledger.root.glob("*/self-training-*.json")
    text = path.read_text()
    path.write_text(text.replace(old, new, 1))
    run, messages = fit("first", resume=True)
    assert path.read_text() == text
    assert any(f"{path}: is damaged" in m and "labelled again" in m for m in messages)
    assert run.metrics == approved[0].metrics


def test_result_does_not_depend_on_processes(approved, tones, tmp_path):
    config = Config(str(tones), models=[MODEL], folds=2)
    run, _ = fit_run(config, tmp_path / "RUN", resources=Resources(tmp_path / "cache", n_jobs=2))
    assert run.metrics == approved[0].metrics


def test_disapproved_labels_change_nothing(fit, tmp_path):
    data = write_tones(tmp_path / "DATA", seed=0)
    run, messages = fit("disapproved", data=str(data))
    without, _ = fit("without", data=str(data), self_training="off")
    assert "round 1 rolled back: " in messages[-1]
    assert run.metrics["out_of_fold"] == without.metrics["out_of_fold"]
    assert {entry.key for entry in run.ledger.entries()} == {
        entry.key for entry in without.ledger.entries()
    }


def test_run_without_test_clips_labels_none(fit, tones, tmp_path):
    data = tmp_path / "DATA"
    data.mkdir()
    for label in HZ:
        (data / label).symlink_to(tones / label)
    run, messages = fit("no-test", data=str(data))
    assert "self_training" not in run.metrics
    assert not [message for message in messages if ROUNDS in message]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["lda", "lda-shrinkage-0.5"]),
        ({"protocol": "both"}, []),
        ({"self_training": "off"}, []),
        ({"protocol": "shared"}, []),
        ({"repeats": 2}, []),
        ({"label_separator": ";"}, []),
    ],
    ids=str,
)
def test_configuration_decides_on_models(options, expected):
    models = ("lr", "lda", "lda(shrinkage=0.5)", "mine.py:lda", "codebook")
    assert Config("DATA", models=models, **options).self_trained == expected


def test_report_lists_the_rounds(approved, tmp_path):
    run, _ = approved
    write_report(run, out=tmp_path / "report.html")
    report = (tmp_path / "report.html").read_text()
    for number, one in enumerate(run.metrics["self_training"][LDA]["rounds"], 1):
        assert f"{LDA}, round {number} {escape(one['in_words'])}" in report


def test_model_card_has_number_of_clips(approved):
    run, _ = approved
    rounds = run.metrics["self_training"][LDA]["rounds"]
    n_clips = [one["n_selected"] for one in rounds if one["kept"]][-1]
    text = f"{LDA} was also trained on {n_clips:.0f} test clips with its own labels."
    assert text in write_model_card(run).read_text()


@pytest.mark.parametrize(
    "damage",
    [
        {"n_clips": 3.0, "rounds": [{"verdict": "kept"}]},
        {"n_clips": "many", "rounds": []},
        {"rounds": []},
        [],
    ],
    ids=str,
)
def test_damaged_self_training_is_named(damage, fit):
    run, _ = fit("damaged", resume=True)
    run.write_metrics({**run.metrics, "self_training": {LDA: damage}})
    with pytest.raises(DataError, match=r"metrics\.json: is damaged"):
        Run.open(run.path).metrics  # noqa: B018


def test_stacked_run_has_rounds_of_base_models(approved, fit, tmp_path):
    other, _ = fit("other", models=("lr(families=mfcc)",))
    run, _ = restack_runs([approved[0].path, other.path], tmp_path / "RUN", blend="mean")
    assert run.metrics["self_training"] == approved[0].metrics["self_training"]


def test_merged_run_has_the_labels(approved, plain, fit, tmp_path):
    """The options of the run with the model count; its labels are not found again."""
    other, _ = fit("lr", models=["lr(families=mfcc)"], self_training="off")
    merged = merge_runs([other.path, approved[0].path], tmp_path / "RUN")
    assert merged.config.self_training == "auto"
    for path in approved[0].ledger.root.glob(f"{LDA}/*"):
        assert (merged.ledger.root / LDA / path.name).read_bytes() == path.read_bytes()
    assert merge_runs([other.path, plain.path], tmp_path / "RUN2").config.self_training == "off"
    with pytest.raises(UsageError, match=r"self_training='auto', .* with 'off'"):
        merge_runs([approved[0].path, plain.path], tmp_path / "RUN3")


def test_stacked_run_has_option_of_the_model(plain, fit, tmp_path):
    other, _ = fit("lr-auto", models=["lr(families=mfcc)"])
    run, _ = restack_runs([other.path, plain.path], tmp_path / "RUN", blend="mean")
    assert run.config.self_training == "off"


def test_labels_depend_on_songs(fit, tmp_path):
    """Manifests of equal folds and other songs: a round is judged by samples of songs."""
    data = write_tones(tmp_path / "DATA")
    paths = sorted(str(p.relative_to(data)) for label in HZ for p in (data / label).iterdir())
    table = pd.DataFrame({"path": paths, "label": [path[0] for path in paths]})
    table["fold"] = np.arange(len(paths)) % 2
    intervals, songs = [], {"single": table.index, "pairs": table.index // 4 * 2 + table["fold"]}
    for name, groups in songs.items():
        table.assign(group=groups).to_csv(data / "train.csv", index=False)
        run, _ = fit(name, data=str(data / "train.csv"))
        intervals.append(run.metrics["self_training"][LDA]["rounds"][0]["low"])
    assert intervals[0] != intervals[1]


def test_mashups_and_windows_are_labelled(fit, stem_data, tones, tmp_path):
    run, messages = fit("mashups", data=str(stem_data), mashups_per_genre=8)
    assert "self-training" in messages[-1] and LDA in run.metrics["self_training"]
    data = write_tones(tmp_path / "DATA", n_test=8)
    for path in (data / "test").iterdir():
        samples, sr = soundfile.read(path)
        soundfile.write(path, np.tile(samples, 4), sr)
    run, messages = fit("windows", data=str(data))
    assert "self-training" in messages[-1] and LDA in run.metrics["self_training"]


def test_two_classes_are_labelled(fit, tmp_path):
    data = write_tones(tmp_path / "DATA", seed=11, pitches=TWO)
    run, _ = fit("two", data=str(data))
    assert run.metrics["self_training"][LDA]["n_clips"] > 0


def stages_of(plan):
    return {stage.stage: stage.seconds for stage in plan.stages}


def test_plan_has_all_fits(tones, tmp_path):
    config = Config(str(tones), models=[MODEL], folds=2)
    resources = Resources(tmp_path, n_jobs=1)
    stages = stages_of(plan_run(config, tmp_path / "RUN", resources=resources))
    # One fit of each fold, and one in each of three rounds; then the last one.
    assert stages[f"self-training {LDA}"] == pytest.approx(4 * stages[f"fitting {LDA}"])
    off = replace(config, self_training="off")
    assert f"self-training {LDA}" not in stages_of(
        plan_run(off, tmp_path / "RUN", resources=resources)
    )


def test_plan_counts_lost_labels_again(tones, approved, tmp_path):
    run = tmp_path / "RUN"
    shutil.copytree(approved[0].path, run)
    config, resources = Config(str(tones), models=[MODEL], folds=2), Resources(tmp_path, n_jobs=1)
    assert f"self-training {LDA}" not in stages_of(plan_run(config, run, resources=resources))
    next(run.glob("ledger/*/self-training-*.json")).unlink()
    stages = stages_of(plan_run(config, run, resources=resources))
    assert stages[f"self-training {LDA}"] > 0 == stages[f"fitting {LDA}"]


def test_time_limit_leaves_self_training_out_first(fit, plain, monkeypatch):
    monkeypatch.setattr("stemstack.runs.time_limit.estimate._SELF_TRAINING_FITS", 10**6)
    run, messages = fit("limited", time_limit=3600.0)
    assert any(f"{MODEL} is fitted without self-training" in message for message in messages)
    assert run.config.self_training == "off"
    assert run.metrics["out_of_fold"] == plain.metrics["out_of_fold"]
    monkeypatch.undo()
    resumed, _ = fit("limited", time_limit=3600.0, resume=True)
    assert resumed.metrics == run.metrics
