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
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from stemstack.exceptions import DataError, MissingExtraError, UsageError
from stemstack.models import load_model, save_model
from stemstack.models.deep.effnet import EffNetClassifier, EffNetEmbedding, EffNetLogits
from stemstack.models.deep.persistence import save_net
from stemstack.models.deep.training.early_stopping import split_validation
from stemstack.stacking import OutOfFoldStacker

SMALL = {
    "backbone": "cnn_tiny",
    "sr": 8000,
    "n_fft": 256,
    "hop_length": 128,
    "n_mels": 16,
    "crop_seconds": 0.25,
    "batch_size": 8,
    "epochs": 2,
    "device": "cpu",
    "n_threads": 1,
    "random_state": 0,
}


def _clips(n, seed=0):
    """Tones and noise by turns, half a second each."""
    rng = np.random.default_rng(seed)
    time = np.arange(4000) / 8000
    tones = [np.sin(2 * np.pi * rng.uniform(200, 3000) * time) for _ in range(n)]
    clips = [tone if i % 2 else rng.standard_normal(4000) for i, tone in enumerate(tones)]
    labels = np.array(["tone" if i % 2 else "noise" for i in range(n)])
    return [clip.astype(np.float32) for clip in clips], labels


X, Y = _clips(24)


@pytest.fixture(scope="module")
def fitted():
    return EffNetClassifier(**SMALL).fit(X, Y)


def test_tones_and_noise_are_told_apart():
    learner = EffNetClassifier(**{**SMALL, "epochs": 12, "learning_rate": 0.02})
    assert learner.fit(*_clips(48)).score(*_clips(24, seed=1)) > 0.9


def test_probabilities_logits_and_classes_agree(fitted):
    probabilities, margin = fitted.predict_proba(X), fitted.decision_function(X)
    # float64 softmax of the same logits.
    assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12, atol=0)
    assert_allclose(np.log(probabilities[:, 1] / probabilities[:, 0]), margin, rtol=1e-9, atol=1e-9)
    assert_array_equal(fitted.predict(X), fitted.classes_[probabilities.argmax(axis=1)])


def test_training_repeats_by_seed_and_leaves_the_random_states_alone(fitted):
    import torch

    numpy_state, torch_state = np.random.get_state()[1].copy(), torch.get_rng_state()
    again = clone(fitted).fit(X, Y)
    other = clone(fitted).set_params(random_state=1).fit(X, Y)
    assert again.state_ == fitted.state_
    assert other.state_ != fitted.state_
    assert_array_equal(np.random.get_state()[1], numpy_state)
    assert torch.equal(torch.get_rng_state(), torch_state)


def test_a_worker_process_and_a_cache_change_no_bit(fitted, tmp_path):
    model = EffNetClassifier(**SMALL, cache=tmp_path)
    (there,) = joblib.Parallel(n_jobs=2)([joblib.delayed(model.fit)(X, Y)])
    assert there.state_ == fitted.state_
    assert_array_equal(there.predict_proba(X), fitted.predict_proba(X))


def test_out_of_fold_predictions():
    predictions = cross_val_predict(EffNetClassifier(**SMALL), X, Y, cv=2, method="predict_proba")
    assert predictions.shape == (24, 2)


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
def test_a_copy_gives_the_same_probabilities_without_carrying_the_graph(fitted, copy):
    assert b"torch" not in pickle.dumps(fitted)
    assert_array_equal(copy(fitted).predict_proba(X), fitted.predict_proba(X))


def test_only_the_class_itself_needs_trust(fitted):
    names = skops.io.get_untrusted_types(data=skops.io.dumps(fitted))
    assert names == ["stemstack.models.deep.effnet.EffNetClassifier"]


@pytest.mark.parametrize("labels", [Y, np.arange(24) % 3, np.array(Y, dtype=object)])
def test_saved_and_loaded_it_is_the_same(tmp_path, labels):
    model = EffNetClassifier(**SMALL, class_weight="balanced").fit(X, labels)
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


def test_its_own_saved_weights_start_another(tmp_path, fitted):
    save_net(fitted, tmp_path)
    start = {**SMALL, "weights": tmp_path / "weights.safetensors"}
    before = EffNetEmbedding(**start).fit(X).transform(X)
    kept = EffNetClassifier(**{**start, "learning_rate": 0.0}).fit(X, Y)
    assert kept.weights_ == str(tmp_path / "weights.safetensors")
    assert before.shape == (24, 32)


def test_a_folder_that_is_no_net_is_refused(tmp_path):
    with pytest.raises(DataError, match="is not a saved net"):
        load_model(tmp_path)
    (tmp_path / "weights.safetensors").write_bytes(b"")
    (tmp_path / "params.json").write_text('{"class": "os.system", "params": {}, "fitted": {}}')
    with pytest.raises(DataError, match="is not a saved net"):
        load_model(tmp_path)


def test_what_is_not_plain_is_not_saved(tmp_path, fitted):
    odd = pickle.loads(pickle.dumps(fitted)).set_params(random_state=np.random.default_rng(0))
    with pytest.raises(UsageError, match=r"random_state=.* cannot be saved"):
        save_net(odd, tmp_path)


def test_embedding_and_logistic_regression_in_a_pipeline():
    pipeline = make_pipeline(EffNetEmbedding(**SMALL), StandardScaler(), LogisticRegression())
    # Even random filters tell tones from noise.
    assert pipeline.fit(X, Y).score(*_clips(24, seed=1)) > 0.7


def test_a_fine_tuned_embedding_is_the_classifiers_own():
    plain = EffNetEmbedding(**SMALL).fit(X).transform(X)
    tuned = EffNetEmbedding(fine_tune=True, **SMALL).fit(X, Y)
    assert tuned.transform(X).shape == plain.shape
    assert not np.allclose(tuned.transform(X), plain, rtol=1e-3, atol=1e-3)
    assert tuned.state_ == EffNetClassifier(**SMALL).fit(X, Y).state_


def test_logits_are_the_classifiers_and_named_by_class(fitted):
    frame = EffNetLogits(**SMALL).set_output(transform="pandas").fit(X, Y).transform(X)
    assert list(frame.columns) == ["logit_noise", "logit_tone"]
    assert_array_equal(frame["logit_tone"] - frame["logit_noise"], fitted.decision_function(X))


def test_embedding_names():
    frame = EffNetEmbedding(**SMALL).set_output(transform="pandas").fit(X).transform(pd.Series(X))
    assert list(frame.columns[:2]) == ["embedding_0000", "embedding_0001"]


def test_a_net_stands_in_a_stack_beside_a_pipeline_over_its_logits():
    piped = make_pipeline(EffNetLogits(**SMALL), LogisticRegression())
    models = [("net", EffNetClassifier(**SMALL)), ("piped", piped)]
    stack = OutOfFoldStacker(models, cv=2, random_state=0).fit(X, Y, groups=np.arange(24) // 4)
    assert list(stack.oof_) == ["net", "piped"]
    rows = np.flatnonzero(stack.folds_ == 1)
    seen = np.flatnonzero(stack.folds_ == 0)
    alone = clone(models[0][1]).fit([X[i] for i in seen], Y[seen])
    held_out = alone.predict_proba([X[i] for i in rows])[:, 1]
    assert_array_equal(stack.oof_["net"].iloc[rows], held_out)
    assert stack.predict(X[:3]).shape == (3,)


def test_grid_search_tries_parameters():
    search = GridSearchCV(EffNetClassifier(**SMALL), {"mixup": [0.0, 0.4]}, cv=2)
    assert search.fit(X, Y).best_params_["mixup"] in (0.0, 0.4)


def test_patience_keeps_the_best_epoch_and_splits_by_group():
    groups = np.arange(24) // 4
    model = EffNetClassifier(**{**SMALL, "epochs": 6}, patience=2).fit(X, Y, groups=groups)
    losses = [epoch["validation_loss"] for epoch in model.history_]
    assert all(0 <= epoch["validation_f1"] <= 1 for epoch in model.history_)
    assert len(losses) <= 6
    assert len(losses) == 6 or losses[-1] > min(losses)
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict_proba(X), model.predict_proba(X))


def test_verbose_speaks_on_stderr(capsys):
    EffNetClassifier(**SMALL, verbose=True).fit(X, Y)
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
def test_a_parameter_out_of_range_is_named(name, value):
    with pytest.raises(
        UsageError, match=rf"The '{name}' parameter must be a (whole )?number.* Got {value!r}"
    ):
        EffNetClassifier(**{**SMALL, name: value}).fit(X, Y)


@pytest.mark.parametrize(("name", "value"), [("pool", "max"), ("schedule", None), ("remix", "no"),
                                              ("class_weight", "all")])  # fmt: skip
def test_a_choice_that_is_none_is_named(name, value):
    with pytest.raises(UsageError, match=rf"The '{name}' parameter must be .* or .* Got {value!r}"):
        EffNetClassifier(**{**SMALL, name: value}).fit(X, Y)


def test_a_net_with_all_options_learns_and_survives_the_disk(tmp_path):
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
    model = EffNetClassifier(**SMALL, **options).fit(X, Y)
    save_net(model, tmp_path)
    assert_array_equal(load_model(tmp_path).predict_proba(X), model.predict_proba(X))
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict_proba(X), model.predict_proba(X))
    assert clone(model).fit(X, Y).state_ == model.state_


def test_bfloat16_says_nearly_the_same(fitted):
    quick = pickle.loads(pickle.dumps(fitted)).set_params(precision="bf16")
    # Three significant digits in each layer.
    assert_allclose(quick.predict_proba(X), fitted.predict_proba(X), rtol=0, atol=0.03)
    assert not np.array_equal(quick.predict_proba(X), fitted.predict_proba(X))


@pytest.mark.parametrize("patience", [None, 1])
def test_a_last_step_that_diverges_says_so(patience):
    # One step: the only loss is of the first weights, and finite.
    params = {**SMALL, "learning_rate": 1e25, "epochs": 1, "batch_size": 24, "patience": patience}
    with pytest.raises(UsageError, match="not finite: its training diverged"):
        EffNetClassifier(**params).fit(X, Y).predict_proba(X)


def test_weights_of_classes_that_are_not_there_are_refused():
    with pytest.raises(UsageError, match="class_weight: The classes"):
        EffNetClassifier(**SMALL, class_weight={"rock": 2}).fit(X, Y)


def test_too_few_groups_for_early_stopping_are_told():
    with pytest.raises(DataError, match="No clips can be set apart for early stopping"):
        EffNetClassifier(**SMALL, patience=2).fit(X, Y, groups=np.zeros(24))


def test_no_class_is_set_apart_whole():
    # Of the third class there is one group: it is learnt from, whatever the seed.
    labels, groups = np.repeat([0, 0, 1, 1, 2], 4), np.repeat(range(5), 4)
    for seed in range(30):
        train, validation = split_validation(labels, groups, seed)
        assert set(labels[train]) == {0, 1, 2}
        assert set(groups[train]).isdisjoint(groups[validation])
        assert sorted([*train, *validation]) == list(range(20))
    with pytest.raises(DataError, match="a class would be missing"):
        split_validation(labels[:16], labels[:16], 0)


def test_one_class_cannot_be_watched():
    with pytest.raises(DataError, match="of two classes and groups or more"):
        EffNetClassifier(**SMALL, patience=2).fit(X, np.zeros(24))


def test_a_training_that_diverges_says_so():
    with pytest.raises(UsageError, match=r"diverged in epoch \d: .* Lower learning_rate"):
        EffNetClassifier(**{**SMALL, "learning_rate": 1e20, "epochs": 8}).fit(X, Y)


@pytest.mark.parametrize("schedule", ["one_cycle", "cosine"])
def test_a_single_step_has_the_highest_rate(schedule):
    net = EffNetClassifier(**{**SMALL, "epochs": 1, "batch_size": 32}, schedule=schedule)
    assert net.fit(X, Y).history_[0]["learning_rate"] == net.learning_rate


def test_trainings_in_threads_give_the_bits_of_one():
    model = EffNetClassifier(**SMALL, spec_augment=0.3)
    alone = clone(model).fit(X, Y).state_
    with joblib.parallel_backend("threading", n_jobs=4):
        nets = joblib.Parallel()(joblib.delayed(clone(model).fit)(X, Y) for _ in range(4))
    assert all(net.state_ == alone for net in nets)


def test_a_cache_is_not_held_open(tmp_path):
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    in_use = len(os.listdir("/proc/self/fd"))
    clips, labels = _clips(60)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (in_use + 30, hard))
        net = EffNetClassifier(**SMALL, cache=tmp_path).fit(clips, labels)
        assert net.predict(clips).shape == (60,)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_clips_that_cannot_be_written_are_taken_without_a_warning(fitted):
    table = np.stack(X)
    table.flags.writeable = False
    assert_array_equal(fitted.predict_proba(table), fitted.predict_proba(X))


def test_remix_of_what_is_no_mashup_is_told(caplog):
    with caplog.at_level("INFO", logger="stemstack"):
        net = EffNetClassifier(**SMALL, remix=True).fit(X, Y)
    assert "remix changes nothing" in caplog.text
    assert net.state_ == EffNetClassifier(**SMALL).fit(X, Y).state_


def test_an_embedding_in_a_pipeline_survives_the_disk(tmp_path):
    pipeline = make_pipeline(EffNetEmbedding(**SMALL), LogisticRegression()).fit(X, Y)
    save_model(pipeline, tmp_path)
    assert_array_equal(load_model(tmp_path).predict_proba(X), pipeline.predict_proba(X))


def test_a_damaged_net_is_named(tmp_path, fitted):
    save_net(fitted, tmp_path)
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"weights of a saved cnn_tiny are damaged.*copy the model"):
        load_model(tmp_path).predict(X)
    (tmp_path / "params.json").write_text(
        '{"class": "EffNetClassifier", "params": {}, "fitted": {}}'
    )
    with pytest.raises(DataError, match="is not a saved net"):
        load_model(tmp_path)
    (tmp_path / "model.skops").write_bytes(b"not an archive")
    with pytest.raises(DataError, match="is not a saved model"):
        load_model(tmp_path)
    with pytest.raises(NotFittedError):
        save_net(EffNetClassifier(), tmp_path)


def test_fine_tuning_needs_classes():
    with pytest.raises(UsageError, match="give y"):
        EffNetEmbedding(**SMALL, fine_tune=True).fit(X)


def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(UsageError, match="The device 'nonsense' cannot be used"):
        EffNetClassifier(**{**SMALL, "device": "nonsense"}).fit(X, Y)


def test_without_torch_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'stemstack\[deep\]'"):
        EffNetClassifier(**SMALL).fit(X, Y)
