"""A small finished run with models of every kind, and a watch of what commands open."""

import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import soundfile
from helpers.audit import Watch
from helpers.nets import SMALL_NET
from helpers.signals import low_and_high_tones
from sklearn.linear_model import LogisticRegression

from stemstack.commands import main
from stemstack.models import EffNetClassifier, make_model
from stemstack.models.deep.persistence import unpack_net
from stemstack.runs import Config, Run
from stemstack.stacking import score_classes
from stemstack.stacking.out_of_fold import prediction_table, to_labels

SR = 8000
OPTIONS = {
    "lr(families=centroid)": "lr(families=centroid)",
    "lgbm": "lgbm(families=centroid,n_estimators=3)",
    "cnn": None,
}


@pytest.fixture(scope="session")
def watch():
    return Watch()


def _fit(clips, y):
    """Return models by name; the network is stored without training."""
    net = EffNetClassifier(**{**SMALL_NET, "epochs": 1})
    models = {
        name: net if text is None else make_model(text, sr=SR, random_state=0)
        for name, text in OPTIONS.items()
    }
    return {name: model.fit(clips, y) for name, model in models.items()}


@pytest.fixture(scope="session")
def small_run(tmp_path_factory):
    """A finished run on 20 tones, not to be changed, with one clip to predict."""
    clips, y = low_and_high_tones(20)
    classes, root = sorted(set(y)), tmp_path_factory.mktemp("security")
    soundfile.write(root / "clip.wav", clips[0], SR)
    run, models = Run(root / "RUN"), _fit(clips, y)
    config = Config("DATA", models=list(OPTIONS), folds=2)
    config.write(run.config_path, {name: {} for name in config.models})
    columns = dict(zip(run.model_names, models.values(), strict=True))
    proba = {name: model.predict_proba(clips) for name, model in columns.items()}
    for name, model in columns.items():
        for fold in (0, 1):
            run.save_model(model, name, fold)
        table = prediction_table(name, proba[name], classes).set_index(pd.Index(range(20)))
        run.ledger.write(name, 0, "abc", oof=table, test=table[:2])
    X = np.hstack([values[:, 1:] for values in proba.values()])
    final = LogisticRegression().fit(X, y)
    run.save_model(final, "stack")
    proba["stack"] = final.predict_proba(X)
    blocks = [prediction_table(name, values, classes) for name, values in proba.items()]
    folds = np.arange(20) // 2 % 2
    table = pd.DataFrame({"clip": [f"{i}.wav" for i in range(20)], "label": y, "fold": folds})
    run.write_table("folds", table.assign(group=np.arange(20) // 2))
    run.write_table("ledger/oof", pd.concat([table, *blocks], axis=1))
    ids = pd.DataFrame({"id": ["0", "1"]})
    run.write_table("ledger/test", pd.concat([ids, *(b[:2] for b in blocks)], axis=1))
    run.write_submission(ids.assign(label=y[:2]))
    scores = {
        m: score_classes(y, to_labels(p, np.array(classes), "predict_proba"), classes)
        for m, p in proba.items()
    }
    run.write_metrics({"classes": classes, "out_of_fold": scores, "left_out": []})
    stage = {"stage": "stacking", "n": 1, "seconds": 1.0, "cpu_seconds": 1.0}
    costs = {"stages": [stage], "seconds": 1.0, "peak_memory_mb": 1.0}
    (run.path / "costs.json").write_text(pd.io.json.ujson_dumps(costs))
    return SimpleNamespace(path=run.path, clip=root / "clip.wav", labels=y[:2])


@pytest.fixture
def run_quietly(capsys, monkeypatch):
    """Return a function that runs the program and returns exit code and stderr."""
    monkeypatch.setattr("stemstack.reports.html.figures.draw_svg", lambda *a, **k: "")
    monkeypatch.setattr("stemstack.serving.serve_page", lambda *a, **k: None)
    # Figures, blends and intervals open nothing and take most of the time, as tracing by torch.
    blends = pd.DataFrame({"macro_f1": 0.5, "low": 0.4, "high": 0.6}, ["mean"])
    monkeypatch.setattr(
        "stemstack.runs.fitting.restack.compare_blends", lambda *a, **k: blends.copy()
    )
    monkeypatch.setattr(
        "stemstack.runs.prediction.evaluate.macro_f1_interval", lambda *a, **k: (0.4, 0.6)
    )
    monkeypatch.setattr(
        "stemstack.models.export_onnx", lambda net, path: unpack_net(net.backbone_, net.state_)
    )
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)

    def run(*arguments):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = main([str(argument) for argument in arguments])
        return code, capsys.readouterr().err

    return run
