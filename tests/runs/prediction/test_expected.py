"""Expected scores of runs, and leaderboard scores that are entered."""

import json

import numpy as np
import pandas as pd
import pytest

from stemstack.commands import main
from stemstack.exceptions import DataError, UsageError
from stemstack.runs import Run, expect_run, record_score, summarise_run
from stemstack.runs.prediction.expected import read_leaderboard

N = 60
LABELS = [("a", "b", "c")[i % 3] for i in range(N)]


@pytest.fixture
def make_finished(make_run):
    """Return a function that writes a run with two base models, right in most clips."""

    def make(n_test=N, **options):
        rng = np.random.default_rng(0)
        y = np.arange(N) % 3
        proba = {}
        for name in ("lr", "lgbm", "stack"):
            seen = np.where(rng.random(N) < 0.8, y, rng.integers(0, 3, N))
            proba[name] = 0.7 * np.eye(3)[seen] + 0.1
        tests = {name: values[:n_test] for name, values in proba.items()}
        ids = list(map(str, range(n_test)))
        run = make_run("DATA", range(N), LABELS, proba, test_ids=ids, test_proba=tests, **options)
        clips = {"item": list(map(str, range(N))), "kind": "clip", "label": LABELS}
        folds = pd.DataFrame(clips | {"group": range(N), "fold": np.arange(N) % 2})
        run.write_table("folds", folds)
        return run

    return make


def test_run_has_expected_scores_of_all_models(make_finished):
    run = make_finished()
    scores, note = expect_run(run)
    assert list(scores) == ["lr", "lgbm", "stack"] and note is None
    row = summarise_run(run)["lr"]
    assert row["expected_low"] < row["expected"] < row["expected_high"]


def test_reasons_for_no_estimate_are_given(make_finished, make_run):
    scores, note = expect_run(make_finished(n_test=12))
    assert not scores and "not estimated: the test has 12 clips; 30 or more are needed" in note
    assert "expected" not in summarise_run(make_finished(n_test=12))["lr"]
    scores, note = expect_run(make_finished(protocol="shared"))
    assert not scores and "the folds share songs" in note
    run = make_finished()
    (run.path / "ledger/test.parquet").unlink()
    assert expect_run(run) == ({}, None)


def test_leaderboard_score_is_stored_and_corrects(make_finished):
    run = make_finished()
    before = expect_run(run)[0]
    record_score(run, 0.5, board="public")
    after = expect_run(Run.open(run.path))[0]
    assert list(after) == ["lr", "lgbm"]
    assert all(after[name].macro_f1 < before[name].macro_f1 - 0.02 for name in after)
    assert run.metrics["expected"]["lr"] == after["lr"].to_dict()
    assert summarise_run(run)["stack"]["leaderboard"] == 0.5
    # A score entered again replaces the earlier one.
    record_score(run, 0.9, board="public")
    assert read_leaderboard(run) == {"stack": {"public": 0.9}}
    assert expect_run(run)[0]["lr"].macro_f1 > after["lr"].macro_f1


def test_invalid_scores_are_refused(make_finished):
    run = make_finished()
    with pytest.raises(UsageError, match=r"from 0 to 1. Got 68; divide a percentage by 100"):
        record_score(run, 68, board="public")
    with pytest.raises(UsageError, match="has no model 'cnn'; its models are lr, lgbm, stack"):
        record_score(run, 0.5, board="public", model="cnn")
    with pytest.raises(UsageError, match="must have 1 to 40 characters"):
        record_score(run, 0.5, board="")
    (run.path / "ledger/test.parquet").unlink()
    with pytest.raises(DataError, match="the run predicted no test clips"):
        record_score(run, 0.5, board="public")


@pytest.mark.parametrize("text", ['{"stack": {"public": "high"}}', '{"stack": 0.5}', "[]", "{"])
def test_damaged_leaderboard_can_be_removed(text, make_finished):
    run = make_finished()
    (run.path / "leaderboard.json").write_text(text)
    message = r"leaderboard.json: is damaged; remove it, and enter the scores again by ledger score"
    with pytest.raises(DataError, match=message):
        expect_run(run)


def test_score_of_a_lost_model_stays(make_finished):
    """A resumed run may have fewer models than when the score was entered."""
    run = make_finished()
    text = {"cnn": {"public": 0.4}, "lr": {"public": 0.6}}
    (run.path / "leaderboard.json").write_text(json.dumps(text))
    assert list(expect_run(run)[0]) == ["lgbm", "stack"]
    record_score(run, 0.7, board="public", model="lgbm")
    stored = json.loads((run.path / "leaderboard.json").read_text())
    assert {m: entry["public"]["macro_f1"] for m, entry in stored.items()} == {
        "cnn": 0.4, "lr": 0.6, "lgbm": 0.7,
    }  # fmt: skip
    assert read_leaderboard(run) == {"lr": {"public": 0.6}, "lgbm": {"public": 0.7}}


def test_score_of_other_predictions_is_not_used(make_finished):
    """A resumed run may have another stack than the one that was submitted."""
    run = make_finished()
    before = expect_run(run)[0]
    record_score(run, 0.5, board="public")
    table = run.read_table("ledger/test")
    columns = [name for name in table if name.startswith("stack__")]
    run.write_table("ledger/test", table.assign(**{c: table[c].to_numpy()[::-1] for c in columns}))
    assert read_leaderboard(run) == {}
    assert list(expect_run(run)[0]) == ["lr", "lgbm", "stack"]
    assert expect_run(run)[0]["lr"].macro_f1 == pytest.approx(before["lr"].macro_f1, abs=0.01)
    run.write_table("ledger/test", table)
    assert read_leaderboard(run) == {"stack": {"public": 0.5}}
    (run.path / "ledger/test.parquet").unlink()
    assert read_leaderboard(run) == {} and "leaderboard" not in summarise_run(run)["stack"]


def test_ledger_score_prints_the_table(make_finished, capsys):
    run = make_finished()
    arguments = ["ledger", "score", str(run.path), "0.6", "--model", "lr", "--on", "private"]
    assert main([*arguments, "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["lr"]["leaderboard"] == 0.6
    assert "expected" in err and "measured" in err and "0.600" in err
    assert main(["ledger", "score", str(run.path), "60"]) == 2
    assert "from 0 to 1" in capsys.readouterr().err


def test_clips_of_folds_are_checked(make_finished):
    run = make_finished()
    test = run.read_table("ledger/test")
    folds = [test.assign(fold=fold) for fold in (0, 1)]
    run.write_table("ledger/test_folds", pd.concat(folds, ignore_index=True))
    pd.testing.assert_frame_equal(run.read_test_folds()[1], folds[1], check_like=True)
    assert expect_run(run)[0].keys() == {"lr", "lgbm", "stack"}
    run.write_table("ledger/test_folds", pd.concat([folds[0]] * 2, ignore_index=True))
    with pytest.raises(DataError, match=r"test_folds\.parquet: is damaged \(its ids are repeated"):
        expect_run(run)
    run.write_table("ledger/test_folds", pd.concat([folds[0], folds[1][::-1]], ignore_index=True))
    with pytest.raises(DataError, match=r"test_folds\.parquet: is damaged \(its clips are others"):
        expect_run(run)
