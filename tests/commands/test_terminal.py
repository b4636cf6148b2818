"""fit before its fits: plan, configuration, time limit; and what a terminal shows."""

import io
import json
import subprocess
import sys
from unittest.mock import MagicMock

import click
import pytest
import yaml
from rich.console import Console

from stemstack.commands._shared import options as offered
from stemstack.commands._shared.outputs import scores_panel
from stemstack.commands._shared.progress import RichProgress, show_rate
from stemstack.commands._shared.values import Duration
from stemstack.runs import Run, summarise_run
from stemstack.runs.config import PROTOCOLS
from stemstack.runs.costs import read_costs

QUICK = "heuristic,lr(families=rms)"


def files_of(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_plan_writes_nothing_and_counts_the_ledger(
    finished_run, stem_data, shared_cache, run_program
):
    before = files_of(finished_run), files_of(shared_cache)
    arguments = ["--config", finished_run / "config.yaml", "--out", finished_run, "--dry-run"]
    code, out, err = run_program("fit", *arguments, "--models", "heuristic,lr", "--json")
    assert code == 0, err
    plan = json.loads(out)
    assert (plan["training_clips"], plan["test_clips"], plan["folds"]) == (24, 6, 2)
    stages = {stage["stage"]: stage for stage in plan["stages"]}
    assert list(stages) == [
        "converting stems", "checking clips", "features for heuristic", "fitting heuristic",
        "features for lr", "fitting lr", "stack and report",
    ]  # fmt: skip
    for stage in ("converting stems", "features for lr", "fitting heuristic", "fitting lr"):
        assert stages[stage]["done"] == stages[stage]["n"] > 0, stage
        assert stages[stage]["seconds"] == 0
    assert plan["models"] == ["heuristic", "lr"] and plan["decisions"] == []
    # abs: sums of floats.
    assert plan["seconds"] == pytest.approx(sum(s["seconds"] for s in plan["stages"]), abs=1e-9)
    assert (files_of(finished_run), files_of(shared_cache)) == before


def test_plan_of_new_data_measures_few_clips(stem_data, tmp_path, run_program):
    cache, out = tmp_path / "cache", tmp_path / "RUN"
    arguments = ["--models", QUICK, "--folds", "2", "--mashups-per-genre", "8", "--cache", cache]
    code, table, err = run_program(
        "fit", "--data", stem_data, "--out", out, "--dry-run", *arguments, "--quiet"
    )
    assert code == 0, err
    assert "24 training clips of 3 classes, 6 test clips, 2 folds" in table
    assert "fitting lr-families-rms" in table and "total" in table
    assert not out.exists() and not cache.exists()


def test_plan_counts_patches_apart_from_features(stem_data, tmp_path, run_program):
    fit = ["fit", "--data", stem_data, "--out", tmp_path / "RUN", "--folds", "2", "--dry-run"]
    options = ["--mashups-per-genre", "8", "--cache", tmp_path / "cache", "--quiet", "--json"]
    numbers = []
    for models in (QUICK, f"{QUICK},codebook(n_codes=8)"):
        code, out, err = run_program(*fit, *options, "--models", models)
        assert code == 0, err
        stages = {stage["stage"]: stage for stage in json.loads(out)["stages"]}
        numbers.append(sum(s["n"] for name, s in stages.items() if name.startswith("features")))
    # 24 training clips and 6 of the test once more.
    assert numbers[1] == numbers[0] + 30
    assert stages["fitting codebook-n_codes-8"]["n"] == 2


def test_printed_configuration_reads_back(tmp_path, run_program):
    printed = ["--print-config", "--data", "D", "--models", "lr(C=0.1),cnn", "--seed", "3"]
    code, out, _ = run_program("fit", *printed)
    assert code == 0
    assert yaml.safe_load(out)["models"] == ["lr(C=0.1)", "cnn"]
    (tmp_path / "c.yaml").write_text(out)
    assert run_program("fit", "--print-config", "--config", tmp_path / "c.yaml")[:2] == (0, out)


def test_long_limit_and_tracker_change_no_table(
    finished_run, stem_data, tmp_path, fit_small, monkeypatch
):
    wandb, out = MagicMock(), tmp_path / "RUN"
    monkeypatch.setitem(sys.modules, "wandb", wandb)
    options = ("--jobs", "1", "--time-limit", "10h", "--track", "wandb", "--json")
    code, printed, err = fit_small(stem_data, out, *options, models="heuristic")
    assert code == 0, err
    entries = sorted((out / "ledger/heuristic").iterdir())
    assert len(entries) == 2
    for entry in entries:
        twin = finished_run / entry.relative_to(out)
        assert entry.read_bytes() == twin.read_bytes(), entry.name
    planned = Run(out).planned
    assert planned["models"] == ["heuristic"] and planned["unfinished"] == {}
    assert planned["time_limit"] == 36000
    scores = json.loads(printed)
    assert list(scores) == ["heuristic", "stack"]
    score = scores["heuristic"]
    assert score["low"] <= score["macro_f1"] <= score["high"]
    assert score["seconds"] > 0 and "seconds" not in scores["stack"]
    wandb.init.assert_called_once_with(project="stemstack", name="RUN")
    wandb.init().log.assert_any_call(
        {f"{key}/{model}": v for model, row in scores.items() for key, v in row.items()}
    )
    wandb.init().finish.assert_called_once_with(exit_code=0)


@pytest.mark.slow
def test_time_limit_lowers_epochs_repeatably(stem_data, tmp_path, fit_small, monkeypatch):
    # An hour per epoch of a network.
    monkeypatch.setattr(
        "stemstack.runs.time_limit.estimate.time_fold",
        lambda model, task: {"fold": 1.0, "epoch": 3600.0},
    )
    # The deadline compares it with the estimate: more than any fold.
    monkeypatch.setattr("stemstack.runs.time_limit.deadline.TimeLimit.left", 1e6)
    net = "effnet:cnn_tiny(epochs=9,weights=none,n_mels=16,crop_seconds=0.5)"
    out, lowered = tmp_path / "RUN", net.replace("epochs=9", "epochs=4")
    here, limit = ("--jobs", "1", "--device", "cpu"), ("--time-limit", "9h")
    code, _, err = fit_small(stem_data, out, *here, *limit, models=net)
    assert code == 0, err
    run = Run(out)
    assert run.config.models == (lowered,)
    assert run.planned["decisions"] == [f"{net} gets 4 epochs instead of 9"]
    fitted = files_of(out / "ledger")
    # Resumed with the same options, the plan stays; and without a time limit, its configuration
    # needs the same fits, which the ledger has.
    for options, models in (((*limit, "--resume"), net), (("--resume",), lowered)):
        code, _, err = fit_small(stem_data, out, *here, *options, models=models)
        assert code == 0, err
        assert Run(out).config.models == (lowered,)
        stored = files_of(out / "ledger")
        entries = [path for path in stored if path.name.startswith("fold")]
        assert len(entries) == 2 and all(stored[path] == fitted[path] for path in entries)


@pytest.mark.slow
def test_unfinished_model_is_dropped_loudly(stem_data, tmp_path, run_program, monkeypatch):
    from stemstack.runs.time_limit.deadline import TimeLimit

    batches = TimeLimit.batches
    monkeypatch.setattr(
        TimeLimit,
        "batches",
        lambda self, name, calls, width: (
            batches(self, name, calls, width)
            if name == "heuristic"
            else iter([self.drop(name, "2 of 2 folds were left")] * 0)
        ),
    )
    out = tmp_path / "RUN"
    small = ["--folds", "2", "--mashups-per-genre", "8", "--jobs", "1"]
    arguments = ["--data", stem_data, "--out", out, "--models", QUICK, "--time-limit", "10h"]
    code, _, err = run_program("fit", *arguments, *small)
    assert code == 0, err
    assert "NOT FINISHED, NOT IN THE STACK: lr-families-rms: 2 of 2 folds were left" in err
    run = Run(out)
    assert run.model_names == ["heuristic"]
    assert set(run.metrics["out_of_fold"]) == {"heuristic", "stack"}
    assert list(run.metrics["unfinished"]) == ["lr-families-rms"]
    assert (out / "submission.csv").exists()
    assert not run.read_table("ledger/oof").isna().any().any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--time-limit", "soon"], "expected a time such as 9h, 30m, 3600s or 01:30:00"),
        (["--time-limit", "1h", "--scheduler", "local:2"], "not the workers of a --scheduler"),
        (["--time-limit", "1h", "--protocol", "both"], "plans one protocol at a time"),
        (["--time-limit", "1s"], "The time limit is too short: heuristic, the cheapest model"),
        (["--track", "neptune"], "The tracker must be mlflow, mlflow:URI"),
        # Some versions of click quote the name.
        (["--tim-limit", "1h"], "Did you mean --time-limit?"),
    ],
)
def test_invalid_time_limit_raises(options, message, stem_data, tmp_path, fit_small):
    code, _, err = fit_small(stem_data, tmp_path / "RUN", *options, models="heuristic")
    assert code == 2 and message in err.replace("'", "")
    assert not (tmp_path / "RUN").exists()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("9h", 32400), ("30m", 1800), ("3600s", 3600), ("90", 90), ("1h30m", 5400), ("01:30:00", 5400),
     ("2:05", 125), ("1.5h", 5400)],
)  # fmt: skip
def test_duration_in_seconds(text, seconds):
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "0", "-3", "h", "1d", "1:2:3:4"])
def test_invalid_duration_raises(text):
    with pytest.raises(click.BadParameter, match="expected a time such as 9h"):
        Duration().convert(text, None, None)


def test_costs_and_summary_of_a_run(finished_run):
    names = ("heuristic", "lr", "lgbm", "stack")
    stages = [stage["stage"] for stage in read_costs(Run(finished_run))["stages"]]
    first = ["converting noise clips", "checking clips", "converting stems", "drawing mashups"]
    assert stages[:4] == first
    assert stages[-1] == "stacking"
    summary = summarise_run(Run(finished_run), {name: {"macro_f1": 0.5} for name in names})
    assert summary["lgbm"]["answers"] == 0.5 and summary["lgbm"]["seconds"] > 0


@pytest.mark.parametrize("width", [30, 100])
def test_score_table_fits_the_terminal(width, finished_run):
    output = io.StringIO()
    console = Console(file=output, width=width, color_system=None)
    RichProgress(console).log(scores_panel(summarise_run(Run(finished_run))))
    lines = output.getvalue().splitlines()
    assert all(len(line) <= width for line in lines)
    assert "heuristic" in output.getvalue()


def draw(width, **settings):
    """Return what stages draw on a terminal."""
    output = io.StringIO()
    console = Console(file=output, width=width, force_terminal=True, highlight=False, **settings)
    with RichProgress(console).stage("features for a model of long name", 10) as advance:
        advance(4)
    with RichProgress(console).stage("stacking") as advance:
        pass
    return output.getvalue()


def test_stages_are_as_wide_as_the_terminal():
    wide, narrow = draw(120), draw(40)
    assert "4/10" in wide and "4/10" in narrow
    assert "features for a model of long name" in wide and "…" in narrow
    assert "stacking: 0.0 s" in wide


def test_no_color(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[3" in draw(120, color_system="standard")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in draw(120, color_system="standard")


@pytest.mark.parametrize(("rate", "text"), [(None, ""), (250.04, "250.0/s"), (0.1, "6.0/min")])
def test_rate_as_text(rate, text):
    assert show_rate(rate) == text


def test_defaults_match_the_packages():
    from stemstack.datasets import DEFAULT_STEMS
    from stemstack.datasets.transfer import MAX_DATA_GB
    from stemstack.domain_shift.gap.clip_sets import DEFAULT_FOLDS
    from stemstack.domain_shift.tuning.tune import TuneBudget

    assert tuple(DEFAULT_STEMS) == offered.STEMS
    assert tuple(PROTOCOLS) == offered.PROTOCOLS
    assert offered.GAP_FOLDS == DEFAULT_FOLDS
    assert offered.MAX_DATA_GB == MAX_DATA_GB
    budget = vars(offered.TUNE_BUDGET)
    assert {name: getattr(TuneBudget, name) for name in budget} == budget


def test_help_of_fit_imports_nothing_heavy():
    code = (
        "import sys; from stemstack.commands import main; main(['fit', '--help']); "
        "print(*{'torch', 'librosa', 'sklearn', 'numpy', 'pandas'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    titles = [line for line in lines if line.endswith(":") and not line.startswith(" ")]
    assert titles == ["Data:", "Mashups:", "Models:", "Computing:", "Output:", "Options:"]
    assert lines[-1] == ""
