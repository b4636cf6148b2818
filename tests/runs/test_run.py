"""A run's directory says what it holds, and forgets what it should."""

import pandas as pd
import pytest

from stemstack.exceptions import DataError
from stemstack.runs import Config, Run

TABLE = pd.DataFrame({"lr__a": [0.5]}, index=["x"])


@pytest.mark.parametrize("text", [b"\xff\xfe\x00", b"- a\n- b\n", b"config: [1]\n", b"a: [\n", b""])
def test_what_is_no_configuration_is_named(tmp_path, text):
    run = Run(tmp_path)
    run.config_path.write_bytes(text)
    for read in (lambda: run.config, lambda: run.resolved, lambda: run.made_by):
        with pytest.raises(DataError, match=r"config\.yaml: is not a run's configuration"):
            read()


def test_models_are_named_once_however_they_are_spelt():
    config = Config("DATA").with_models(["lr( C=0.1 )", "lgbm", "lr(C=0.1)"])
    assert config.models == ("lr( C=0.1 )", "lgbm")


def test_a_fold_is_forgotten_but_for_one_key(tmp_path):
    run = Run(tmp_path)
    for key in ("0a", "0b"):
        run.ledger.write("lr", 1, key, oof=TABLE)
    run.ledger.write("lr", 11, "0a", oof=TABLE)
    (run.model_folder("lr", 1)).mkdir(parents=True)
    run.forget_fold("lr", 1, but="0b")
    assert [(e.fold, e.key) for e in run.ledger.entries()] == [(1, "0b"), (11, "0a")]
    assert run.model_folds("lr") == [1]
    run.forget_fold("lr", 1)
    assert [(e.fold, e.key) for e in run.ledger.entries()] == [(11, "0a")]
    assert run.model_folds("lr") == []


def test_a_run_without_scores_is_not_finished(tmp_path):
    run = Run(tmp_path)
    Config("DATA").write(run.config_path, {})
    run.write_metrics({})
    assert Run.open(tmp_path).metrics == {}
    run.unfinish()
    with pytest.raises(DataError, match="not finished; go on with fit --resume"):
        Run.open(tmp_path)
    run.unfinish()
