"""A small finished run with fitted models, made without the command `fit`."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import soundfile
from sklearn.linear_model import LogisticRegression

from helpers.nets import SMALL_NET
from helpers.signals import low_and_high_tones
from stemstack.models import EffNetClassifier, make_model
from stemstack.runs import Config, Run
from stemstack.stacking import score_classes
from stemstack.stacking.out_of_fold import prediction_table, to_labels

SR = 8000
# What is fitted for each model's name; None for a network, which is not trained.
MODELS = {
    "lr(families=centroid)": "lr(families=centroid)",
    "lgbm": "lgbm(families=centroid,n_estimators=3)",
    "cnn": None,
}


def _fit(names, clips, y):
    """Return models by name; the network is stored without training."""
    net = EffNetClassifier(**{**SMALL_NET, "epochs": 1})
    models = {
        name: net if text is None else make_model(text, sr=SR, random_state=0)
        for name, text in MODELS.items()
        if name in names
    }
    return {name: model.fit(clips, y) for name, model in models.items()}


def write_small_run(root, names=tuple(MODELS)):
    """Write a finished run on 20 tones, and one clip to predict, into a folder."""
    clips, y = low_and_high_tones(20)
    classes = sorted(set(y))
    soundfile.write(root / "clip.wav", clips[0], SR)
    run, models = Run(root / "RUN"), _fit(names, clips, y)
    config = Config("DATA", models=list(names), folds=2)
    config.write(run.config_path, {name: {} for name in config.models})
    columns = dict(zip(run.model_names, models.values(), strict=True))
    proba = {name: model.predict_proba(clips) for name, model in columns.items()}
    for name, model in columns.items():
        for fold in (0, 1):
            run.save_model(model, name, fold)
        table = prediction_table(name, proba[name], classes).set_index(
            pd.Index(map(str, range(20)))
        )
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
    folds = [pd.concat([ids.assign(fold=f), *(b[:2] for b in blocks)], axis=1) for f in (0, 1)]
    run.write_table("ledger/test_folds", pd.concat(folds, ignore_index=True))
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
