"""``tune``: settings for the test clips, told before and after; killed and resumed."""

import json
import shutil

import pytest

from stemstack.mashups import Settings

SMALL = ["--budget", "3", "--pilots", "10", "--clips", "3", "--n", "6", "--finalists", "1"]
SMALL += ["--folds", "2", "--families", "centroid", "--quiet", "--jobs", "1"]


@pytest.fixture(scope="module")
def tuned(stem_data, shared_cache, tmp_path_factory):
    """The program's JSON and the folder it wrote into; not to be changed."""
    from click.testing import CliRunner

    from stemstack.commands.main import cli

    out = tmp_path_factory.mktemp("tuned")
    arguments = ["tune", stem_data, "--out", out / "settings.yaml", "--json", *SMALL]
    result = CliRunner().invoke(cli, [*map(str, arguments), "--cache", str(shared_cache)])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout), out


def test_it_writes_settings_that_fit_the_lengths(tuned, stem_data):
    told, out = tuned
    settings = Settings.from_yaml(out / "settings.yaml")
    assert settings.to_dict() == told["settings"]
    # The test clips last four seconds and touch full scale.
    assert settings.durations == ((1.0, 4.0, 4.0),) and settings.peak == 1.0
    assert told["n_trials"] == 3
    # The start, and the best of either tempo mode; the winner first.
    aucs = [max(finalist["auc"], 0.5) for finalist in told["finalists"]]
    assert len(aucs) == 3 and aucs == sorted(aucs)
    assert {"auc", "interval", "differences"} <= told["before"].keys() & told["after"].keys()


def test_resumed_it_comes_to_the_same(tuned, stem_data, tmp_path, run_program):
    shutil.copy(tuned[1] / "settings.search", tmp_path / "settings.search")
    arguments = ["tune", stem_data, "--out", tmp_path / "settings.yaml", *SMALL]
    code, _, err = run_program(*arguments)
    assert code == 2 and "there is a search already; add --resume" in err
    code, out, _ = run_program(*arguments, "--resume")
    assert code == 0
    assert (tmp_path / "settings.yaml").read_bytes() == (tuned[1] / "settings.yaml").read_bytes()
    assert "Before" in out and "After" in out and "3 trials" in out and "durations" in out
    code, _, err = run_program(*arguments, "--resume", "--clips", "4")
    assert code == 2 and "was begun with another clips" in err


def test_data_that_cannot_be_tuned_for_are_refused(stem_data, tmp_path, run_program):
    out = tmp_path / "settings.yaml"
    code, _, err = run_program("tune", stem_data, "--out", out, *SMALL, "--tempo", "waltz")
    assert code == 2 and "must be one of" in err
    own = tmp_path / "DATA"
    shutil.copytree(stem_data / "genres_stems", own / "genres_stems")
    code, _, err = run_program("tune", own, "--out", out, *SMALL)
    assert code == 1 and "tuning needs noise clips to try" in err
    shutil.copytree(stem_data / "ESC-50-master", own / "ESC-50-master")
    code, _, err = run_program("tune", own, "--out", out, *SMALL)
    assert code == 1 and "there is no test.csv" in err
    clips = stem_data / "genres_stems"
    code, _, err = run_program("tune", clips, "--out", out, *SMALL)
    assert code == 1 and "tuning needs songs in stems" in err
    assert not out.exists()
