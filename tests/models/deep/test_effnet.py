import json
import os
import pickle
import re
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from helpers.nets import SMALL_NET, tones_and_noise
from numpy.testing import assert_allclose, assert_array_equal
from safetensors.torch import load
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from stemstack.exceptions import DataError, MissingExtraError, UsageError
from stemstack.models import (
    EffNetClassifier,
    EffNetEmbedding,
    EffNetLogits,
    load_model,
    save_model,
)
from stemstack.models.deep.persistence import save_net
from stemstack.models.deep.training.early_stopping import split_validation
from stemstack.stacking import OutOfFoldStacker

X, Y = tones_and_noise(24)


@pytest.fixture(scope="module")
def fitted():
    return EffNetClassifier(**SMALL_NET).fit(X, Y)


def test_tones_and_noise_are_classified():
    model = EffNetClassifier(**{**SMALL_NET, "epochs": 12, "learning_rate": 0.02})
    assert model.fit(*tones_and_noise(48)).score(*tones_and_noise(24, seed=1)) > 0.9


def test_predictions_agree(fitted):
    probabilities, margin = fitted.predict_proba(X), fitted.decision_function(X)
    # float64 softmax of the same logits.
    assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12, atol=0)
    assert_allclose(np.log(probabilities[:, 1] / probabilities[:, 0]), margin, rtol=1e-9, atol=1e-9)
    assert_array_equal(fitted.predict(X), fitted.classes_[probabilities.argmax(axis=1)])


def test_training_repeats_without_touching_global_random_states(fitted):
    import torch

    numpy_state, torch_state = np.random.get_state()[1].copy(), torch.get_rng_state()
    again = clone(fitted).fit(X, Y)
    other = clone(fitted).set_params(random_state=1).fit(X, Y)
    assert again.state_ == fitted.state_
    assert other.state_ != fitted.state_
    assert_array_equal(np.random.get_state()[1], numpy_state)
    assert torch.equal(torch.get_rng_state(), torch_state)


@pytest.mark.slow
def test_worker_process_and_cache_change_no_bit(fitted, tmp_path):
    model = EffNetClassifier(**SMALL_NET, cache=tmp_path)
    (fitted_elsewhere,) = joblib.Parallel(n_jobs=2)([joblib.delayed(model.fit)(X, Y)])
    assert fitted_elsewhere.state_ == fitted.state_
    assert_array_equal(fitted_elsewhere.predict_proba(X), fitted.predict_proba(X))


def test_cross_val_predict_equals_fits_by_fold():
    folds = [(np.arange(0, 12), np.arange(12, 24)), (np.arange(12, 24), np.arange(0, 12))]
    model = EffNetClassifier(**SMALL_NET)
    proba = cross_val_predict(model, X, Y, cv=folds, method="predict_proba")
    for train, test in folds:
        expected = clone(model).fit([X[i] for i in train], Y[train])
        assert_array_equal(proba[test], expected.predict_proba([X[i] for i in test]))


@pytest.mark.parametrize(
    "copy",
    [
        lambda model: pickle.loads(pickle.dumps(model)),
        lambda model: skops.io.loads(
            skops.io.dumps(model), trusted=["stemstack.models.deep.effnet.EffNetClassifier"]
        ),
    ],
    ids=["pickle", "skops"],
)
def test_copy_predicts_the_same_without_torch_objects(fitted, copy):
    assert b"torch" not in pickle.dumps(fitted)
    assert_array_equal(copy(fitted).predict_proba(X), fitted.predict_proba(X))


def test_skops_needs_trust_in_the_class_only(fitted):
    names = skops.io.get_untrusted_types(data=skops.io.dumps(fitted))
    assert names == ["stemstack.models.deep.effnet.EffNetClassifier"]


@pytest.mark.parametrize("labels", [Y, np.arange(24) % 3, np.array(Y, dtype=object)])
def test_saved_model_loads_unchanged(tmp_path, labels):
    model = EffNetClassifier(**SMALL_NET, class_weight="balanced").fit(X, labels)
    save_net(model, tmp_path / "net")
    loaded = load_model(tmp_path / "net")
    assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    assert_array_equal(loaded.predict(X), model.predict(X))
    assert loaded.classes_.dtype == model.classes_.dtype
    assert loaded.history_ == model.history_
    assert loaded.get_params()["class_weight"] == "balanced"
    assert sorted(p.name for p in (tmp_path / "net").iterdir()) == [
        "params.json",
        "weights.safetensors",
    ]


def test_saved_parameters_keep_their_first_names(tmp_path, fitted):
    model = pickle.loads(pickle.dumps(fitted)).set_params(tta_crops=5)
    save_net(model, tmp_path)
    params = json.loads((tmp_path / "params.json").read_text())["params"]
    assert (params["tta"], params["accumulate"]) == (5, 1)
    assert list(params) == sorted(params)
    assert load_model(tmp_path).get_params()["tta_crops"] == 5


def test_state_with_first_parameter_names_is_restored(fitted):
    state = fitted.__getstate__()
    state["tta"] = state.pop("tta_crops")
    old = EffNetClassifier.__new__(EffNetClassifier)
    old.__setstate__(state)
    assert_array_equal(old.predict_proba(X), fitted.predict_proba(X))


def test_saved_weights_initialise_another_network(tmp_path, fitted):
    save_net(fitted, tmp_path)
    path = tmp_path / "weights.safetensors"
    embedding = EffNetEmbedding(**SMALL_NET, weights=path).fit(X)
    assert embedding.weights_ == str(path)
    expected = {k: v for k, v in load(fitted.state_).items() if k.startswith("backbone.")}
    loaded = load(embedding.state_)
    assert set(loaded) == set(expected)
    for name, tensor in expected.items():
        assert_array_equal(loaded[name], tensor)


def test_loading_rejects_other_folders(tmp_path):
    with pytest.raises(DataError, match="is missing"):
        load_model(tmp_path)
    (tmp_path / "weights.safetensors").write_bytes(b"")
    (tmp_path / "params.json").write_text('{"class": "os.system", "params": {}, "fitted": {}}')
    with pytest.raises(DataError, match="is not a saved network"):
        load_model(tmp_path)


def test_saving_rejects_parameters_that_are_not_plain(tmp_path, fitted):
    model = pickle.loads(pickle.dumps(fitted)).set_params(random_state=np.random.default_rng(0))
    with pytest.raises(UsageError, match=r"random_state=.* cannot be saved"):
        save_net(model, tmp_path)


def test_embedding_works_in_a_pipeline():
    pipeline = make_pipeline(EffNetEmbedding(**SMALL_NET), StandardScaler(), LogisticRegression())
    # Even random filters separate tones from noise.
    assert pipeline.fit(X, Y).score(*tones_and_noise(24, seed=1)) > 0.7


def test_fine_tuned_embedding_has_the_classifiers_weights():
    plain = EffNetEmbedding(**SMALL_NET).fit(X).transform(X)
    tuned = EffNetEmbedding(fine_tune=True, **SMALL_NET).fit(X, Y)
    assert tuned.transform(X).shape == plain.shape
    assert not np.allclose(tuned.transform(X), plain, rtol=1e-3, atol=1e-3)
    assert tuned.state_ == EffNetClassifier(**SMALL_NET).fit(X, Y).state_


def test_logits_equal_the_classifiers(fitted):
    frame = EffNetLogits(**SMALL_NET).set_output(transform="pandas").fit(X, Y).transform(X)
    assert list(frame.columns) == ["logit_noise", "logit_tone"]
    assert_array_equal(frame["logit_tone"] - frame["logit_noise"], fitted.decision_function(X))


def test_embedding_columns_are_numbered():
    frame = (
        EffNetEmbedding(**SMALL_NET).set_output(transform="pandas").fit(X).transform(pd.Series(X))
    )
    assert list(frame.columns[:2]) == ["embedding_0000", "embedding_0001"]


def test_stack_of_network_and_pipeline():
    piped = make_pipeline(EffNetLogits(**SMALL_NET), LogisticRegression())
    models = [("net", EffNetClassifier(**SMALL_NET)), ("piped", piped)]
    stack = OutOfFoldStacker(models, cv=2, random_state=0).fit(X, Y, groups=np.arange(24) // 4)
    assert list(stack.oof_) == ["net", "piped"]
    rows = np.flatnonzero(stack.folds_ == 1)
    seen = np.flatnonzero(stack.folds_ == 0)
    alone = clone(models[0][1]).fit([X[i] for i in seen], Y[seen])
    held_out = alone.predict_proba([X[i] for i in rows])[:, 1]
    assert_array_equal(stack.oof_["net"].iloc[rows], held_out)
    assert stack.predict(X[:3]).shape == (3,)


def test_grid_search_selects_the_best_parameter():
    grid = {"learning_rate": [0.0, 0.02]}
    search = GridSearchCV(EffNetClassifier(**{**SMALL_NET, "epochs": 12}), grid, cv=2)
    # Without learning, the network is at chance.
    assert search.fit(*tones_and_noise(48)).best_params_["learning_rate"] == 0.02
    scores = search.cv_results_["mean_test_score"]
    assert scores[1] > scores[0]


def test_patience_stops_early_with_the_best_weights():
    groups, labels = np.arange(24) // 4, (Y == "tone").astype(int)
    # A rate at which the loss falls, and then explodes.
    params = {**SMALL_NET, "epochs": 12, "learning_rate": 0.3}
    model = EffNetClassifier(**params, patience=1).fit(X, Y, groups=groups)
    losses = [epoch["validation_loss"] for epoch in model.history_]
    assert len(losses) < 12
    assert losses[-1] > losses[-2] == min(losses)
    seed = np.random.default_rng(0).integers(2**31)
    train, validation = split_validation(labels, groups, int(seed))
    assert set(groups[train]).isdisjoint(groups[validation])
    proba = model.predict_proba([X[i] for i in validation])
    # float32 sums in another order: batch norms are fused for prediction.
    assert_allclose(log_loss(Y[validation], proba), min(losses), rtol=1e-4)


def test_verbose_prints_to_stderr(capsys):
    EffNetClassifier(**SMALL_NET, verbose=True).fit(X, Y)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.match(r"EffNetClassifier: epoch 1, loss [\d.]+, f1 [\d.]+, learn", captured.err)
    assert captured.err.splitlines()[-1].endswith(" clips/s")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0), ("epochs", 2.5), ("epochs", True), ("batch_size", 1), ("hop_length", 128.0),
        ("frozen", 2), ("frozen", "all"), ("tta_crops", 0), ("sr", None), ("mixup", float("inf")),
        ("ema", 1), ("crop_seconds", float("nan")),
    ],
)  # fmt: skip
def test_parameter_out_of_range_is_named(name, value):
    message = (
        rf"The '{name}' parameter of EffNetClassifier must be .* in the range .* Got '?{value}"
    )
    with pytest.raises(UsageError, match=message):
        EffNetClassifier(**{**SMALL_NET, name: value}).fit(X, Y)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pool", "max"), ("schedule", None), ("remix", "no"), ("class_weight", "all"),
        ("backbone", 3), ("cache", 3), ("random_state", -1),
    ],
)  # fmt: skip
def test_unknown_option_is_named(name, value):
    message = f"The '{name}' parameter of EffNetClassifier must be .* Got {value!r} instead"
    with pytest.raises(UsageError, match=message):
        EffNetClassifier(**{**SMALL_NET, name: value}).fit(X, Y)


def test_all_options_survive_saving(tmp_path):
    options = {
        "pool": "gem",
        "band_norm": True,
        "schedule": "cosine",
        "layer_decay": 0.8,
        "accumulate_grad_batches": 2,
        "warmup_epochs": 1,
        "ema": 0.9,
        "mixup": 0.2,
        "spec_augment": 0.1,
        "class_weight": "balanced",
        "patience": 3,
        "tta_shift": 1,
        "tta_contrast": 0.1,
    }
    model = EffNetClassifier(**SMALL_NET, **options).fit(X, Y)
    save_net(model, tmp_path)
    assert_array_equal(load_model(tmp_path).predict_proba(X), model.predict_proba(X))
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict_proba(X), model.predict_proba(X))
    assert clone(model).fit(X, Y).state_ == model.state_


def test_bfloat16_predicts_nearly_the_same(fitted):
    bf16 = pickle.loads(pickle.dumps(fitted)).set_params(precision="bf16")
    # Three significant digits in each layer.
    assert_allclose(bf16.predict_proba(X), fitted.predict_proba(X), rtol=0, atol=0.03)
    assert not np.array_equal(bf16.predict_proba(X), fitted.predict_proba(X))


@pytest.mark.parametrize("patience", [None, 1])
def test_divergence_in_the_last_step_is_reported(patience):
    # One step: the only loss is that of the initial weights, and finite.
    params = {
        **SMALL_NET,
        "learning_rate": 1e25,
        "epochs": 1,
        "batch_size": 24,
        "patience": patience,
    }
    with pytest.raises(UsageError, match="not finite: its training diverged"):
        EffNetClassifier(**params).fit(X, Y).predict_proba(X)


def test_class_weight_of_an_unknown_class_is_rejected():
    with pytest.raises(UsageError, match="class_weight: The classes"):
        EffNetClassifier(**SMALL_NET, class_weight={"rock": 2}).fit(X, Y)


def test_early_stopping_needs_groups():
    with pytest.raises(DataError, match="training clips cannot be split for early stopping"):
        EffNetClassifier(**SMALL_NET, patience=2).fit(X, Y, groups=np.zeros(24))


def test_early_stopping_needs_two_classes():
    with pytest.raises(DataError, match="of at least two classes and groups"):
        EffNetClassifier(**SMALL_NET, patience=2).fit(X, np.zeros(24))


def test_divergence_is_reported():
    with pytest.raises(UsageError, match=r"diverged in epoch \d: .* Lower learning_rate"):
        EffNetClassifier(**{**SMALL_NET, "learning_rate": 1e20, "epochs": 8}).fit(X, Y)


@pytest.mark.parametrize("schedule", ["one_cycle", "cosine"])
def test_single_step_has_the_maximum_rate(schedule):
    net = EffNetClassifier(**{**SMALL_NET, "epochs": 1, "batch_size": 32}, schedule=schedule)
    assert net.fit(X, Y).history_[0]["learning_rate"] == net.learning_rate


def test_training_in_threads_changes_no_bit():
    model = EffNetClassifier(**SMALL_NET, spec_augment=0.3)
    expected = clone(model).fit(X, Y).state_
    with joblib.parallel_backend("threading", n_jobs=4):
        nets = joblib.Parallel()(joblib.delayed(clone(model).fit)(X, Y) for _ in range(4))
    assert all(net.state_ == expected for net in nets)


def test_cached_files_are_not_held_open(tmp_path):
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    in_use = len(os.listdir("/proc/self/fd"))
    clips, labels = tones_and_noise(60)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (in_use + 30, hard))
        net = EffNetClassifier(**SMALL_NET, cache=tmp_path).fit(clips, labels)
        assert net.predict(clips).shape == (60,)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_read_only_clips_are_accepted(fitted):
    table = np.stack(X)
    table.flags.writeable = False
    assert_array_equal(fitted.predict_proba(table), fitted.predict_proba(X))


def test_remix_without_mashups_is_logged(caplog):
    with caplog.at_level("INFO", logger="stemstack"):
        net = EffNetClassifier(**SMALL_NET, remix=True).fit(X, Y)
    assert "remix has no effect" in caplog.text
    assert net.state_ == EffNetClassifier(**SMALL_NET).fit(X, Y).state_


def test_embedding_in_a_pipeline_survives_saving(tmp_path):
    pipeline = make_pipeline(EffNetEmbedding(**SMALL_NET), LogisticRegression()).fit(X, Y)
    save_model(pipeline, tmp_path)
    assert_array_equal(load_model(tmp_path).predict_proba(X), pipeline.predict_proba(X))


def test_damaged_model_is_named(tmp_path, fitted):
    save_net(fitted, tmp_path)
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"weights of a saved cnn_tiny are damaged.*copy the model"):
        load_model(tmp_path).predict(X)
    (tmp_path / "params.json").write_text(
        '{"class": "EffNetClassifier", "params": {}, "fitted": {}}'
    )
    with pytest.raises(DataError, match="is not a saved network"):
        load_model(tmp_path)
    (tmp_path / "model.skops").write_bytes(b"not an archive")
    with pytest.raises(DataError, match="is not a saved model"):
        load_model(tmp_path)
    with pytest.raises(NotFittedError, match="not fitted"):
        save_net(EffNetClassifier(), tmp_path)


def test_fine_tuning_needs_labels():
    with pytest.raises(UsageError, match="give y"):
        EffNetEmbedding(**SMALL_NET, fine_tune=True).fit(X)


def test_unknown_device_is_rejected():
    with pytest.raises(UsageError, match="The device 'nonsense' cannot be used"):
        EffNetClassifier(**{**SMALL_NET, "device": "nonsense"}).fit(X, Y)


def test_missing_torch_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'stemstack\[deep\]'"):
        EffNetClassifier(**SMALL_NET).fit(X, Y)
