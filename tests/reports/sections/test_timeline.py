"""Long test clips by time: the windows of the ledger, the longest clips first."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from stemstack.reports.sections.timeline import TIMELINE
from stemstack.runs.clip_list import average_windows
from stemstack.runs.prediction.stored_windows import read_test_windows
from stemstack.stacking.out_of_fold import prediction_table

CLASSES = ["a", "b", "c"]
# Number of windows of 10 s of each test clip; one of them is not cut.
N_WINDOWS = {"short": 0, **{f"clip{i}": 3 for i in range(6)}, "long": 5, "shorter": 2}


def window_names(test_id):
    return [f"{test_id}#t={t}.00,{t + 10}.00" for t in range(0, 10 * N_WINDOWS[test_id], 10)] or [
        test_id
    ]


@pytest.fixture
def run(make_run):
    """A run of two models and two folds, whose test clips were cut into windows."""
    rng, n_train = np.random.default_rng(0), 12
    names = [name for test_id in N_WINDOWS for name in window_names(test_id)]
    labels = np.array(CLASSES)[np.arange(n_train) % 3]
    oof = {name: rng.dirichlet(np.ones(3), n_train) for name in ("lr", "lgbm", "stack")}
    folds = {name: rng.dirichlet(np.ones(3), (2, len(names))) for name in ("lr", "lgbm")}
    mean = {name: both.mean(axis=0) for name, both in folds.items()}
    final = LogisticRegression().fit(np.hstack([oof["lr"], oof["lgbm"]]), labels)
    mean["stack"] = final.predict_proba(np.hstack([mean["lr"], mean["lgbm"]]))
    ends = np.cumsum([max(1, n) for n in N_WINDOWS.values()])[:-1]
    test = {
        name: np.array([average_windows(part) for part in np.split(proba, ends)])
        for name, proba in mean.items()
    }
    run = make_run("GONE", range(n_train), labels, oof, test_ids=list(N_WINDOWS), test_proba=test)
    run.save_model(final, "stack")
    for name, both in folds.items():
        for fold, proba in enumerate(both):
            table = prediction_table(name, proba, CLASSES, names)
            run.ledger.write(name, fold, "abc", oof=table[:0], test=table)
    return run


def test_windows_average_to_the_test_predictions(run):
    found = read_test_windows(run)
    assert list(found) == [name for name, n in N_WINDOWS.items() if n]
    assert found["long"].starts.tolist() == [0, 10, 20, 30, 40]
    assert found["long"].ends.tolist() == [10, 20, 30, 40, 50]
    expected = run.read_table("ledger/test").set_index("id").loc["long"]
    proba = average_windows(found["long"].proba)
    # rtol: the same numbers, computed again.
    np.testing.assert_allclose(proba, [expected[f"stack__{name}"] for name in CLASSES], rtol=1e-9)


def test_longest_clips_come_first_and_ties_by_id(run, make_inputs):
    inputs = make_inputs(run, data=None, test_labels=dict.fromkeys(N_WINDOWS, "c"))
    data = TIMELINE.collect(inputs)
    assert [one.clip for one in data["clips"]] == ["long", *(f"clip{i}" for i in range(5))]
    html = TIMELINE.body(inputs)
    assert html.count('class="windows"') == 6 and "The 6 longest of 8." in html
    assert html.count('<th scope="row">') == 5 + 5 * 3
    assert "<h3>long, 50 s: predicted as " in html and html.count("; labelled c</h3>") == 6


def test_run_without_long_test_clips_has_no_section(run, make_inputs):
    for entry in run.ledger.entries():
        table = run.ledger.read(entry.model, entry.fold, entry.key, "test")
        run.ledger.write(entry.model, entry.fold, entry.key, oof=table[:0], test=table[:1])
    assert TIMELINE.body(make_inputs(run, data=None)) is None
    (run.path / "ledger/test.parquet").unlink()
    assert TIMELINE.body(make_inputs(run, data=None)) is None


def test_windows_of_other_predictions_are_refused(run, make_inputs):
    test = run.read_table("ledger/test")
    ids = test["id"].replace({"long": "clip0", "clip0": "long"})
    run.write_table("ledger/test", test.assign(id=ids))
    html = TIMELINE.body(make_inputs(run, data=None))
    assert "cannot be shown" in html
    assert "the windows of clip0 do not average to its prediction" in html


def test_damaged_entry_is_named(run, make_inputs):
    table = run.ledger.read("lr", 1, "abc", "test")
    run.ledger.write("lr", 1, "abc", oof=table[:0], test=table[:3])
    assert "ledger/lr" in TIMELINE.body(make_inputs(run, data=None))
    path = run.ledger.path("lgbm", 0, "abc")
    pd.DataFrame({"id": [1]}).to_parquet(path)
    assert path.name in TIMELINE.body(make_inputs(run, data=None))
