"""Models of the user's own code: fitted, resumed, reported, served; and never imported unasked."""

import hashlib
import json
import os
import re
import shutil
import sys

import numpy as np
import pandas as pd
import pytest
import yaml

from stemstack.commands import main
from stemstack.exceptions import DataError
from stemstack.runs import Run
from stemstack.serving import ClipExplainer

CODE = '''
"""Models of a user."""

from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from stemstack.features import SpectralFeatures


def make_svm(C=1.0):
    svc = CalibratedClassifierCV(SVC(C=C, random_state=0), ensemble=False, cv=2)
    return make_pipeline(SpectralFeatures(families="rms"), StandardScaler(), svc)


def make_linear(C=1.0):
    classifier = LogisticRegression(C=C)
    return make_pipeline(SpectralFeatures(families="rms"), StandardScaler(), classifier)


def make_dummy():
    return DummyClassifier()


def make_search():
    pipeline = make_pipeline(SpectralFeatures(families="rms"), LogisticRegression())
    return GridSearchCV(pipeline, {"logisticregression__C": [0.1, 10]}, cv=2)


class Halved(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X / 2


def make_halved():
    return make_pipeline(SpectralFeatures(families="rms"), Halved(), LogisticRegression())


def make_nothing():
    return 3


def make_lambda():
    from sklearn.preprocessing import FunctionTransformer

    return make_pipeline(FunctionTransformer(lambda X: X), LogisticRegression())


def make_without_proba():
    return make_pipeline(SpectralFeatures(), SVC())


def make_error():
    raise RuntimeError("no luck")
'''
PLAIN = ["make_svm(C=2)", "make_linear", "make_dummy", "make_search"]
COLUMNS = ["make_svm-C-2", "make_linear", "make_dummy", "make_search"]
OPTIONS = ["--folds", "2", "--mashups-per-genre", "8", "--quiet"]

NEIGHBORS = """
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from stemstack import SpectralFeatures

def make():
    return make_pipeline(SpectralFeatures(families="rms"), KNeighborsClassifier(3))
"""


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    path = tmp_path_factory.mktemp("code") / "my_models.py"
    path.write_text(CODE)
    return path


def names(code, functions):
    return ",".join(f"{code}:{function}" for function in functions)


@pytest.fixture(scope="module")
def own_run(stem_data, shared_cache, tmp_path_factory, code):
    """A run of models made of scikit-learn's types only; not to be changed by a test."""
    out = tmp_path_factory.mktemp("own") / "RUN"
    models = ["--models", f"lr(families=rms),{names(code, PLAIN)}"]
    arguments = ["fit", "--data", stem_data, "--out", out, *models, *OPTIONS]
    assert main([*map(str, arguments), "--cache", str(shared_cache), "--jobs", "1"]) == 0
    return out


@pytest.fixture(scope="module")
def halved_run(stem_data, shared_cache, tmp_path_factory, code):
    """A run of a model that holds a class of the user's file; not to be changed by a test."""
    out = tmp_path_factory.mktemp("own") / "RUN"
    models = ["--models", names(code, ["make_halved"])]
    arguments = ["fit", "--data", stem_data, "--out", out, *models, *OPTIONS]
    assert main([*map(str, arguments), "--cache", str(shared_cache), "--jobs", "2"]) == 0
    return out


def test_own_models_are_fitted_and_recorded(own_run, code):
    oof = pd.read_parquet(own_run / "ledger/oof.parquet")
    assert list(dict.fromkeys(column.split("__")[0] for column in oof.columns[3:])) == [
        "lr-families-rms", *COLUMNS, "stack",
    ]  # fmt: skip
    assert set(os.listdir(own_run / "models")) == {"lr-families-rms", *COLUMNS, "stack"}
    resolved = yaml.safe_load((own_run / "config.yaml").read_text())["resolved"]
    assert resolved["lr-families-rms"] == {}
    assert resolved["make_dummy"] == {
        "code": {str(code): hashlib.sha256(code.read_bytes()).hexdigest()}
    }
    scores = json.loads((own_run / "metrics.json").read_text())["out_of_fold"]
    assert scores["make_search"]["macro_f1"] > scores["make_dummy"]["macro_f1"]


def test_plain_own_models_predict_without_code(own_run, stem_data, code, tmp_path, run_program):
    moved = code.rename(code.with_suffix(".moved"))
    try:
        options = ["--data", stem_data, "--out", tmp_path / "answers.csv"]
        assert run_program("predict", own_run, *options, "--quiet")[0] == 0
    finally:
        moved.rename(code)
    answers = (tmp_path / "answers.csv").read_text()
    assert answers == (own_run / "submission.csv").read_text()


def test_own_models_are_served(own_run, stem_data):
    explainer = ClipExplainer(own_run)
    clip = sorted((stem_data / "mashups").iterdir())[0]
    explanation = explainer.explain(clip)
    expected = Run.open(own_run).read_table("ledger/test").iloc[0]
    for name in COLUMNS:
        for label, proba in explanation.probabilities[name].items():
            # float32 features; other blocks of rows in the sums.
            np.testing.assert_allclose(proba, expected[f"{name}__{label}"], rtol=1e-4, atol=1e-6)
    reasons = {reason.model: reason for reason in explanation.reasons}
    assert set(reasons) == {"lr-families-rms", "make_linear"}
    assert list(reasons["make_linear"].families.index) == ["rms"]


@pytest.mark.slow
def test_own_models_are_reported(own_run, stem_data, tmp_path, run_program):
    out = tmp_path / "report.html"
    options = ["--data", stem_data, "--out", out, "--no-audio", "--quiet"]
    code, _, err = run_program("report", own_run, *options)
    assert code == 0, err
    page = out.read_text()
    assert "make_linear: loss without each family" in page


def test_own_models_are_planned(own_run, stem_data, code, tmp_path, run_program):
    arguments = ["fit", "--data", stem_data, "--models", names(code, PLAIN), *OPTIONS]
    status, out, err = run_program(*arguments, "--out", tmp_path / "NEW", "--dry-run", "--json")
    assert status == 0, err
    stages = {stage["stage"]: stage for stage in json.loads(out)["stages"]}
    assert {f"fitting {column}" for column in COLUMNS} <= set(stages)
    assert all(stages[f"fitting {column}"]["seconds"] > 0 for column in COLUMNS)
    assert "features for make_search" in stages and "features for make_dummy" not in stages
    assert not (tmp_path / "NEW").exists()


def test_own_models_fit_into_a_time_limit(stem_data, code, tmp_path, fit_small):
    models = names(code, ["make_dummy", "make_search"])
    status, _, err = fit_small(stem_data, tmp_path / "RUN", "--time-limit", "10m", models=models)
    assert status == 0, err
    assert Run.open(tmp_path / "RUN").model_names == ["make_dummy", "make_search"]


@pytest.mark.slow
def test_edited_code_refits_that_model_only(stem_data, tmp_path, fit_small):
    path, run = tmp_path / "edited.py", tmp_path / "RUN"
    path.write_text(CODE)
    models = f"lr(families=rms),{path}:make_linear"
    assert fit_small(stem_data, run, models=models)[0] == 0
    entries = {name: set(os.listdir(run / "ledger" / name)) for name in Run(run).model_names}
    assert fit_small(stem_data, run, "--resume", models=models)[0] == 0
    assert set(os.listdir(run / "ledger/make_linear")) == entries["make_linear"]
    path.write_text(CODE.replace("C=1.0", "C=2.0"))
    assert fit_small(stem_data, run, "--resume", models=models)[0] == 0
    assert set(os.listdir(run / "ledger/lr-families-rms")) == entries["lr-families-rms"]
    assert not set(os.listdir(run / "ledger/make_linear")) & entries["make_linear"]


@pytest.mark.slow
def test_models_that_need_trust_are_not_refitted(stem_data, tmp_path, fit_small):
    # Nearest neighbours are loaded with --trust sklearn only.
    path, run = tmp_path / "neighbors.py", tmp_path / "RUN"
    path.write_text(NEIGHBORS)
    assert fit_small(stem_data, run, models=f"{path}:make")[0] == 0
    stamps = {file: file.stat().st_mtime_ns for file in run.glob("models/make/*/*")}
    code, _, err = fit_small(stem_data, run, "--resume", models=f"{path}:make")
    assert code == 0, err
    assert {file: file.stat().st_mtime_ns for file in stamps} == stamps and len(stamps) == 2


def test_own_types_reach_a_cluster(halved_run, code, stem_data, tmp_path, fit_small):
    pytest.importorskip("distributed")
    run, models = tmp_path / "RUN", names(code, ["make_halved"])
    status, _, err = fit_small(stem_data, run, "--scheduler", "local:1", models=models)
    assert status == 0, err
    assert (run / "submission.csv").read_bytes() == (halved_run / "submission.csv").read_bytes()


def test_module_on_the_path_is_taken(stem_data, tmp_path, fit_small, monkeypatch):
    package = tmp_path / "own_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "models.py").write_text(CODE)
    monkeypatch.syspath_prepend(tmp_path)
    try:
        run = tmp_path / "RUN"
        status, _, err = fit_small(stem_data, run, models="own_package.models:make_halved")
        assert status == 0, err
        assert Run(run).model_names == ["make_halved"]
        with pytest.raises(DataError, match=r"pass --trust own_package\.models"):
            Run.open(run).load_model("make_halved", 0)
        trusting = Run.open(run, trust=["own_package"])
        assert len(trusting.load_model("make_halved", 0).steps) == 3
    finally:
        for name in ("own_package.models", "own_package"):
            sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere.py:make", "nowhere.py: cannot be read"),
        ("{code}:make_svn", "has no function 'make_svn'; it defines .*make_svm"),
        ("{code}:make_nothing", "must return an unfitted classifier.*Got 3"),
        ("{code}:Halved", "must return an unfitted classifier"),
        ("{code}:make_lambda", r"without a name of its own \(<lambda>\)"),
        ("{code}:make_without_proba", "has no predict_proba; wrap it in"),
        ("{code}:make_error", "raised RuntimeError: no luck"),
        ("{code}:make_svm(gamma=1)", "make_svm has no parameter 'gamma'"),
        ("{code}", "expected NAME, NAME:NETWORK, FILE.py:FUNCTION"),
        ("no_such.module:make", "there is no module 'no_such'"),
        ("no_such:make", "Unknown model 'no_such'"),
    ],
)
def test_wrong_code_is_bad_usage(name, message, code, tmp_path, fit_small):
    models = name.format(code=code)
    status, _, err = fit_small(tmp_path / "nowhere", tmp_path / "RUN", models=models)
    assert status == 2
    assert err.count("\n") == 1
    assert re.search(message, err)


def test_broken_file_is_bad_usage(tmp_path, fit_small):
    path = tmp_path / "broken.py"
    path.write_text("import no_such_library_at_all\n")
    status, _, err = fit_small(tmp_path, tmp_path / "RUN", models=f"{path}:make")
    assert status == 2
    assert "importing it fails with ModuleNotFoundError" in err


def test_types_of_the_file_need_trust(halved_run, code, stem_data, tmp_path, run_program):
    arguments = ["predict", halved_run, "--data", stem_data, "--out", tmp_path / "a.csv", "--quiet"]
    status, _, err = run_program(*arguments)
    assert status == 1
    assert "pass --trust my_models.py, unchanged since the fit" in err and err.count("\n") == 1
    status, _, err = run_program(*arguments, "--trust", f"{code},sklearn")
    assert status == 2 and "no such file, and not the name of a module; repeat --trust" in err
    status, _, err = run_program(*arguments, "--trust", code, "--jobs", "2")
    assert status == 0, err
    answers = (tmp_path / "a.csv").read_text()
    assert answers == (halved_run / "submission.csv").read_text()
    edited = tmp_path / "my_models.py"
    edited.write_text(CODE + "\n# edited")
    status, _, err = run_program(*arguments, "--trust", edited)
    assert status == 1 and "unchanged since the fit" in err


@pytest.mark.parametrize("command", ["predict", "report", "serve", "pseudo-label", "fit"])
def test_code_of_a_run_is_never_imported(
    command, halved_run, stem_data, tmp_path, run_program, fit_small, monkeypatch
):
    run = tmp_path / "RUN"
    shutil.copytree(halved_run, run)
    trap = run / "my_models.py"
    trap.write_text(f"{CODE}\nopen({str(tmp_path / 'imported')!r}, 'w')\n")
    config = (run / "config.yaml").read_text()
    document = yaml.safe_load(config)
    document["config"]["models"] = [f"{trap}:make_halved"]
    document["resolved"]["make_halved"] = {"code": {str(trap): "0" * 32}}
    (run / "config.yaml").write_text(yaml.safe_dump(document))
    monkeypatch.chdir(run)
    options = {
        "predict": ["predict", run, "--data", stem_data, "--out", tmp_path / "a.csv"],
        "report": ["report", run, "--data", stem_data, "--no-audio", "--out", tmp_path / "r.html"],
        "serve": ["serve", run, "--no-browser"],
        "pseudo-label": ["pseudo-label", run, "--data", stem_data, "--out", tmp_path / "NEW"],
        "fit": ["fit", "--config", run / "config.yaml", "--out", tmp_path / "NEW"],
    }
    status, _, err = run_program(*options[command], "--quiet")
    assert status == {"report": 0, "fit": 2}.get(command, 1), err
    assert not (tmp_path / "imported").exists()
    if command == "fit":
        assert f"names code to import: {trap}; pass --trust" in err


def test_trusted_configuration_repeats_a_run(own_run, code, tmp_path, run_program):
    copy = tmp_path / "COPY"
    arguments = ["fit", "--config", own_run / "config.yaml", "--out", copy, "--quiet"]
    status, _, err = run_program(*arguments, "--trust", code)
    assert status == 0, err
    assert (copy / "submission.csv").read_bytes() == (own_run / "submission.csv").read_bytes()


def test_configuration_cannot_trust(tmp_path, run_program):
    (tmp_path / "config.yaml").write_text("trust: [my_models.py]\n")
    arguments = ["fit", "--data", "D", "--out", "R", "--config", tmp_path / "config.yaml"]
    status, _, err = run_program(*arguments)
    assert status == 2 and "Unknown option 'trust'" in err


FAMILY = """
import numpy as np

from stemstack.features import descriptor


@descriptor("peak", scalar=True)
def peak(clip):
    return np.abs(clip.samples).max()
"""


def test_own_families_need_trust(stem_data, tmp_path, fit_small, run_program):
    path, run = tmp_path / "my_families.py", tmp_path / "RUN"
    path.write_text(FAMILY)
    models = f"lr(families=[rms,{path}:peak])"
    status, _, err = fit_small(stem_data, run, models=models)
    assert status == 0, err
    arguments = ["predict", run, "--data", stem_data, "--out", tmp_path / "a.csv", "--quiet"]
    status, _, err = run_program(*arguments)
    assert status == 1 and "holds feature families" in err and f"--trust {path}" in err
    status, _, err = run_program(*arguments, "--trust", path)
    assert status == 0, err
    assert (tmp_path / "a.csv").read_text() == (run / "submission.csv").read_text()
    path.write_text(FAMILY.replace(".max()", ".min()"))
    status, _, err = run_program(*arguments, "--trust", path)
    assert status == 1 and "has changed since the run was fitted" in err
    arguments = ["fit", "--config", run / "config.yaml", "--out", tmp_path / "NEW", "--quiet"]
    status, _, err = run_program(*arguments)
    assert status == 2 and f"names code to import: {path}" in err
