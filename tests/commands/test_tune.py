"""``tune``: settings that match the test clips, resumed searches, and exit codes."""

import json
import shutil

import pytest

from stemstack.mashups import Settings

SMALL = ["--budget", "3", "--pilots", "10", "--clips", "3", "--n", "6", "--finalists", "1"]
SMALL += ["--folds", "2", "--families", "centroid", "--quiet", "--jobs", "1"]


@pytest.fixture(scope="module")
def tuned(stem_data, shared_cache, tmp_path_factory):
    """JSON output of the command and its folder; not to be modified by tests."""
    from click.testing import CliRunner

    from stemstack.commands.main import cli

    out = tmp_path_factory.mktemp("tuned")
    arguments = ["tune", stem_data, "--out", out / "settings.yaml", "--json", *SMALL]
    result = CliRunner().invoke(cli, [*map(str, arguments), "--cache", str(shared_cache)])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout), out


def test_settings_have_duration_of_test_clips(tuned, stem_data):
    result, out = tuned
    settings = Settings.from_yaml(out / "settings.yaml")
    assert settings.to_dict() == result["settings"]
    # The test clips last four seconds and touch full scale.
    assert settings.durations == ((1.0, 4.0, 4.0),) and settings.peak == 1.0
    assert result["n_trials"] == 3
    # The start, and the best trial of each tempo mode; the best first.
    aucs = [max(candidate["auc"], 0.5) for candidate in result["finalists"]]
    assert len(aucs) == 3 and aucs == sorted(aucs)
    assert {"auc", "interval", "differences"} <= result["before"].keys() & result["after"].keys()


def test_resumed_search_has_same_result(tuned, stem_data, tmp_path, run_program):
    shutil.copy(tuned[1] / "settings.search", tmp_path / "settings.search")
    arguments = ["tune", stem_data, "--out", tmp_path / "settings.yaml", *SMALL]
    code, _, err = run_program(*arguments)
    assert code == 2 and "there is a search already; add --resume" in err
    code, out, _ = run_program(*arguments, "--resume")
    assert code == 0
    assert (tmp_path / "settings.yaml").read_bytes() == (tuned[1] / "settings.yaml").read_bytes()
    assert "Before" in out and "After" in out and "3 trials" in out and "durations" in out
    code, _, err = run_program(*arguments, "--resume", "--clips", "4")
    assert code == 2 and "has other clips" in err


def test_unsuitable_data_are_refused(stem_data, tmp_path, run_program):
    out = tmp_path / "settings.yaml"
    code, _, err = run_program("tune", stem_data, "--out", out, *SMALL, "--tempo", "waltz")
    assert code == 2 and "must be one of" in err
    own = tmp_path / "DATA"
    shutil.copytree(stem_data / "genres_stems", own / "genres_stems")
    code, _, err = run_program("tune", own, "--out", out, *SMALL)
    assert code == 1 and "tuning needs noise clips" in err
    shutil.copytree(stem_data / "ESC-50-master", own / "ESC-50-master")
    code, _, err = run_program("tune", own, "--out", out, *SMALL)
    assert code == 1 and "there is no test.csv" in err
    clips = stem_data / "genres_stems"
    code, _, err = run_program("tune", clips, "--out", out, *SMALL)
    assert code == 1 and "tuning needs songs in stems" in err
    assert not out.exists()
