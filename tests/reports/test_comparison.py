"""Several runs on one page: options, paired differences, and clips to listen to."""

import re
import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile
from sklearn.metrics import f1_score

from stemstack.exceptions import UsageError
from stemstack.reports import write_comparison
from stemstack.reports.comparison import (
    ComparisonInputs,
    collect_configuration,
    collect_differences,
)
from stemstack.runs import Run
from stemstack.utils.resources import Resources

CLASSES = np.array(["<d> & co", "jazz", "métal"])
Y = CLASSES[np.arange(30) % 3]


@pytest.fixture
def make_runs(make_run, tmp_path):
    """Make runs A, B, … whose stack is wrong in the given clips, and lr in every third."""

    def make(*wrong, clips=range(30), **options):
        runs = []
        for name, rows in zip("ABC", wrong, strict=False):
            proba = {"lr": predict(range(0, 30, 3)), "stack": predict(rows)}
            own = {key: value[len(runs)] for key, value in options.items()}
            run = make_run("GONE", clips, Y, proba, **own)
            run.write_table("folds", pd.DataFrame({"group": np.arange(30) // 2}))
            shutil.move(run.path, tmp_path / name)
            runs.append(Run.open(tmp_path / name))
        return runs

    return make


def predict(wrong):
    codes = (np.arange(30) + np.isin(np.arange(30), list(wrong))) % 3
    return 0.7 * np.eye(3)[codes] + 0.1


def test_page_has_differences_and_disagreements(make_runs, tmp_path):
    runs = make_runs([0], [0, 1, 2, 5], [4], seed=[0, 0, 7])
    path = write_comparison(runs, tmp_path / "page.html")
    text = path.read_text(encoding="utf-8")
    again = write_comparison(runs, tmp_path / "again.html").read_text(encoding="utf-8")
    assert text == again and "<d>" not in text and "http" not in re.sub(r"http-equiv", "", text)
    expected = [
        f1_score(Y, CLASSES[predict(rows).argmax(axis=1)], average="macro")
        for rows in ([0], [0, 1, 2, 5])
    ]
    difference = f"{expected[1] - expected[0]:.3f}".replace("-", "−")
    assert f"against A with {expected[0]:.3f}: B {difference} (95 % interval" in plain(text)
    assert "5 clips; of these are right: A 4, B 1, C 4." in plain(text)
    assert "seed" in text and "folds</th>" not in text


def test_runs_that_differ_in_blend_alone_differ(make_runs, tmp_path):
    runs = make_runs([0], [0], blend=["logistic", "vote"])
    text = write_comparison(runs, tmp_path / "page.html").read_text(encoding="utf-8")
    assert re.search(r">blend<.*?>logistic<.*?>vote<", text, re.DOTALL)
    assert "The runs have the same options" not in text


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_differences_are_paired_by_model(make_runs):
    runs = make_runs([0], [0, 1, 2, 5])
    table = collect_differences(ComparisonInputs(dict(zip("AB", runs, strict=True))))["out of fold"]
    assert table["model"].tolist() == ["lr", "stack"] and table.index.tolist() == ["B", "B"]
    # The same predictions differ in no sample of songs.
    assert table.iloc[0, 1:].tolist() == [0, 0, 0]
    low, high = table.iloc[1][["low", "high"]]
    assert low < table.iloc[1]["difference"] < 0 and low < high


def test_runs_of_different_clips_are_not_paired(make_runs, tmp_path):
    first, second = make_runs([0], [1])
    table = second.read_table("ledger/oof")
    second.write_table("ledger/oof", table.assign(clip=table["clip"] + "x"))
    inputs = ComparisonInputs({"A": first, "B": second})
    assert collect_differences(inputs) == {} and list(inputs.evaluations) == ["out of fold"]
    assert collect_configuration(inputs).empty
    text = write_comparison([first, second], tmp_path / "page.html").read_text(encoding="utf-8")
    assert "2 runs on different clips" in text and 'id="disagreements"' not in text


def test_disagreements_are_played_from_data_given(make_runs, tmp_path):
    (data := tmp_path / "clips").mkdir()
    for name in [f"{i}.wav" for i in range(30)]:
        soundfile.write(data / name, np.random.default_rng(0).normal(0, 0.1, 22050), 22050)
    rows = [f"{i}.wav,{label}" for i, label in enumerate(Y)]
    (data / "manifest.csv").write_text("\n".join(["path,label", *rows]), encoding="utf-8")
    runs = make_runs([0], [1], clips=[f"{i}.wav" for i in range(30)])
    options = {"data": data / "manifest.csv", "resources": Resources(cache=tmp_path / "C")}
    text = write_comparison(runs, tmp_path / "page.html", **options).read_text(encoding="utf-8")
    assert text.count("<audio") == 2
    options["data"] = tmp_path / "other"
    text = write_comparison(runs, tmp_path / "page.html", **options).read_text(encoding="utf-8")
    assert "cannot be played here" in text and "<audio" not in text


def test_one_run_is_no_comparison(make_runs, tmp_path):
    (run,) = make_runs([0])
    with pytest.raises(UsageError, match="two or more different runs"):
        write_comparison([run, run], tmp_path / "page.html")


def test_notebook_shows_scores_of_run(make_runs):
    (run,) = make_runs([0])
    expected = f1_score(Y, CLASSES[predict([0]).argmax(axis=1)], average="macro")
    # rtol: the same counts.
    np.testing.assert_allclose(run.scores.loc["stack", "macro_f1"], expected, rtol=1e-12)
    html = run._repr_html_()
    assert f"{expected:.3f}" in html and "<table" in html and str(run.path) in html
    run.unfinish()
    assert "not finished" in run._repr_html_()
