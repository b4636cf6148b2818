"""``tune`` and ``fit --match``: settings that match the test clips, messages, and exit codes."""

import json

import pytest
import yaml

from stemstack.commands.main import cli
from stemstack.mashups import Settings

SMALL = ["--pilots", "24", "--rounds", "2", "--n", "24", "--folds", "2", "--quiet", "--jobs", "1"]


@pytest.fixture(scope="module")
def data(make_stem_data, tmp_path_factory):
    """Songs of two seconds, and test clips enough to tune by."""
    return make_stem_data(tmp_path_factory.mktemp("tune") / "DATA", seconds=1.5, test=24)


@pytest.fixture(scope="module")
def tuned(data, shared_cache, tmp_path_factory):
    """JSON output of the command and its settings; not to be modified by tests."""
    from click.testing import CliRunner

    out = tmp_path_factory.mktemp("tuned") / "settings.yaml"
    arguments = ["tune", data, "--out", out, "--json", *SMALL, "--cache", shared_cache]
    result = CliRunner().invoke(cli, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout), out


def test_settings_have_length_and_level_of_test(tuned):
    result, out = tuned
    settings = Settings.from_yaml(out)
    assert settings.to_dict() == result["settings"]
    # The test clips touch full scale.
    assert settings.durations == ((1.0, 1.5, 1.5),)
    assert (settings.normalize, settings.peak, settings.headroom) == ("peak", 1.0, (0.0, 0.0))
    assert len(settings.components) == 100


def test_tuning_reports_gap_and_rounds(tuned):
    result, _ = tuned
    assert [one["n_pilots"] for one in result["rounds"]] == [24, 48]
    assert result["after"]["auc"] <= result["before"]["auc"]
    assert {"auc", "interval", "differences"} <= result["before"].keys() & result["after"].keys()


@pytest.mark.parametrize(
    ("options", "match", "mixture"),
    [
        ([], "read", "wide"),
        (["--settings", "record"], "off", None),
        (["--settings", "record", "--match", "full"], "full", None),
        (["--match", "off"], "off", "wide"),
    ],
)
def test_match_depends_on_settings(options, match, mixture, run_program):
    code, out, err = run_program("fit", "--data", "D", *options, "--print-config")
    printed = yaml.safe_load(out)
    assert code == 0, err
    assert (printed["match"], printed["settings"].get("mixture")) == (match, mixture)


def test_settings_found_before_are_used(tuned, tmp_path, run_program):
    result, path = tuned
    fit = ("fit", "--data", "D", "--print-config")
    code, out, err = run_program(*fit, "--match", path)
    printed = yaml.safe_load(out)
    assert code == 0, err
    assert (printed["match"], printed["settings"]) == ("off", result["settings"])
    code, _, err = run_program(*fit, "--match", path, "--settings", "wide")
    assert code == 2 and "--settings and --match both name settings" in err
    config = tmp_path / "config.yaml"
    config.write_text("match: off\n")
    assert yaml.safe_load(run_program(*fit, "--config", config)[1])["match"] == "off"


def test_plan_has_the_matching(data, tmp_path, run_program):
    fit = ("fit", "--data", data, "--models", "heuristic", "--folds", "2", "--out", tmp_path / "R")
    options = ("--mashups-per-genre", "4", "--jobs", "1", "--dry-run", "--json", "--quiet")
    code, out, err = run_program(*fit, *options)
    assert code == 0, err
    stages = {stage["stage"]: stage for stage in json.loads(out)["stages"]}
    # 100 test clips, and 100 mashups before and after.
    assert stages["matching settings"]["n"] == 300


def test_test_of_few_clips_is_not_matched(stem_data, tmp_path, run_program):
    fit = ("fit", "--data", stem_data, "--models", "heuristic", "--folds", "2", "--jobs", "1")
    code, _, err = run_program(*fit, "--mashups-per-genre", "4", "--out", tmp_path / "RUN")
    assert code == 0, err
    (line,) = (line for line in err.splitlines() if "not matched to the test" in line)
    assert "has 6 test clips" in line
    assert not (tmp_path / "RUN" / "match.json").exists()
