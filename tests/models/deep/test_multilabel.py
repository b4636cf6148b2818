"""Networks on indicator matrices: training, prediction, early stopping, saving and stacking."""

import json
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from helpers.nets import SMALL_NET, low_and_high
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from scipy.special import expit
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.utils import get_tags

from stemstack.exceptions import DataError, UsageError
from stemstack.models import (
    EffNetClassifier,
    EffNetEmbedding,
    EffNetLogits,
    export_onnx,
    load_model,
    make_model,
    save_model,
)
from stemstack.models.deep.data.batches import even_crops
from stemstack.models.deep.onnx import describe
from stemstack.models.deep.training.early_stopping import split_validation
from stemstack.stacking import OutOfFoldStacker

X, Y = low_and_high(32)
GROUPS = np.arange(32) // 4
SEEDS = "effnet:cnn_tiny(seeds=2,n_fft=256,hop_length=128,n_mels=16,crop_seconds=0.25,epochs=2)"


@pytest.fixture(scope="module")
def fitted():
    params = {**SMALL_NET, "epochs": 12, "learning_rate": 0.02}
    return EffNetClassifier(**params).fit(X, Y)


@pytest.fixture(scope="module")
def ensemble():
    return make_model(SEEDS, sr=8000, random_state=0, device="cpu").fit(X, Y)


def test_labels_of_new_clips_are_predicted(fitted):
    clips, labels = low_and_high(16, seed=1)
    # All four sets of labels, one of them empty.
    assert_array_equal(fitted.predict(clips), labels)
    assert fitted.score(clips, labels) == 1


def test_label_predictions_agree(fitted):
    proba = fitted.predict_proba(X)
    assert proba.shape == (32, 2)
    assert_array_equal(proba, expit(fitted.decision_function(X)))
    assert_array_equal(fitted.predict(X), (proba > 0.5).astype(int))
    assert [pair.tolist() for pair in fitted.classes_] == [[0, 1], [0, 1]]
    assert get_tags(fitted).classifier_tags.multi_label


def test_crops_of_a_clip_are_averaged(fitted):
    model = pickle.loads(pickle.dumps(fitted)).set_params(tta_crops=2)
    log_mel, width = model.mel_settings().compute(X[3]), model.inference_config().width
    parts = [log_mel[:, :width], log_mel[:, -width:]]
    logits = [model._predict_log_mels(model._fitted_net(), [part])[0] for part in parts]
    # float32 sums in another order.
    assert_allclose(model.predict_proba(X[3:4])[0], expit(np.mean(logits, axis=0)), rtol=1e-4)


@pytest.mark.parametrize("convert", [csr_matrix, pd.DataFrame, np.ndarray.tolist, np.float64])
def test_any_form_of_matrix_is_accepted(convert):
    plain, converted = (EffNetClassifier(**SMALL_NET).fit(X, y) for y in (Y, convert(Y)))
    assert plain.state_ == converted.state_


def test_logits_and_embeddings_have_their_columns():
    logits = EffNetLogits(**SMALL_NET).fit(X, Y)
    assert logits.get_feature_names_out().tolist() == ["logit_0", "logit_1"]
    classifier = EffNetClassifier(**SMALL_NET).fit(X, Y)
    assert_array_equal(logits.transform(X), classifier.decision_function(X))
    embedding = EffNetEmbedding(fine_tune=True, **SMALL_NET).fit(X, Y)
    assert embedding.state_ == classifier.state_
    assert embedding.transform(X).shape == (32, embedding.n_embedding_)


def test_early_stopping_of_labels_respects_groups():
    params = {**SMALL_NET, "epochs": 12, "learning_rate": 0.3}
    model = EffNetClassifier(**params, patience=1).fit(X, Y, groups=GROUPS)
    losses = [epoch["validation_loss"] for epoch in model.history_]
    assert len(losses) < 12
    train, held_out = split_validation(Y, GROUPS, int(np.random.default_rng(0).integers(2**31)))
    assert set(GROUPS[train]).isdisjoint(GROUPS[held_out])
    proba = model.predict_proba([X[i] for i in held_out])
    expected = np.mean([log_loss(Y[held_out, k], proba[:, k], labels=[0, 1]) for k in (0, 1)])
    # float32 sums in another order: batch norms are fused for prediction.
    assert_allclose(expected, min(losses), rtol=1e-4)


@pytest.mark.parametrize("groups", [None, GROUPS])
@pytest.mark.parametrize("seed", range(5))
def test_split_keeps_both_values_of_labels(groups, seed):
    rare = np.column_stack([Y, np.arange(32) < 8])
    train, held_out = split_validation(rare, groups, seed)
    assert sorted([*train, *held_out]) == list(range(32))
    assert 3 <= len(held_out) <= 8
    assert (rare[train].min(axis=0) < rare[train].max(axis=0)).all()


def test_split_refuses_a_label_of_one_group():
    with pytest.raises(DataError, match="a class would be missing"):
        split_validation(np.repeat([[0, 1], [1, 0]], 4, axis=0), np.repeat([0, 1], 4), 0)


def test_all_options_train_repeatably_and_survive_saving(tmp_path):
    options = {"mixup": 0.3, "ema": 0.9, "class_weight": "balanced", "patience": 3}
    model = EffNetClassifier(**SMALL_NET, **options, spec_augment=0.2).fit(X, Y)
    assert clone(model).fit(X, Y).state_ == model.state_
    save_model(model, tmp_path)
    loaded = load_model(tmp_path)
    for copy in (loaded, pickle.loads(pickle.dumps(model))):
        assert_array_equal(copy.predict_proba(X), model.predict_proba(X))
        assert_array_equal(copy.predict(X), model.predict(X))
        assert copy.history_ == model.history_
    assert [(pair.tolist(), pair.dtype) for pair in loaded.classes_] == [([0, 1], int)] * 2


def test_interrupted_training_of_labels_is_resumed(tmp_path, monkeypatch):
    model = EffNetClassifier(**{**SMALL_NET, "epochs": 3, "mixup": 0.3, "patience": 3})
    whole = clone(model).fit(X, Y, groups=GROUPS)
    model.set_params(checkpoint=tmp_path)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Interruption.PLACE, Interruption(epochs=2))
        model.fit(X, Y, groups=GROUPS)
    assert len(list(tmp_path.iterdir())) == 1
    resumed = clone(model).fit(X, Y, groups=GROUPS)
    assert (resumed.state_, resumed.history_) == (whole.state_, whole.history_)
    assert list(tmp_path.iterdir()) == []


class Interruption:
    """A validation that ends the training after some epochs."""

    PLACE = "stemstack.models.deep.targets.LabelTargets.validation_loss"

    def __init__(self, epochs):
        self.epochs = epochs

    def __call__(self, labels, logits):
        self.epochs -= 1
        if self.epochs < 0:
            raise KeyboardInterrupt
        return float(np.mean(np.logaddexp(0, logits) - labels * logits))


def test_seeds_average_the_labels(ensemble, tmp_path):
    members = [member.predict_proba(X) for member in ensemble.estimators_]
    assert not np.array_equal(*members)
    proba = ensemble.predict_proba(X)
    # The mean of two float64.
    assert_allclose(proba, np.mean(members, axis=0), rtol=1e-12)
    assert_array_equal(ensemble.predict(X), (proba > 0.5).astype(int))
    save_model(ensemble, tmp_path)
    loaded = load_model(tmp_path)
    assert_array_equal(loaded.predict_proba(X), proba)
    assert_array_equal(loaded.predict(X), ensemble.predict(X))
    assert [pair.tolist() for pair in loaded.classes_] == [[0, 1], [0, 1]]
    assert joblib.hash(loaded.classes_) == joblib.hash(ensemble.classes_)


PAIR = {"array": [0, 1], "dtype": "<i8"}
WRONG_CLASSES = [
    [PAIR], [PAIR] * 3, [PAIR, {"array": [0, 2], "dtype": "<i8"}], [[0, 1], [0, 1]], [PAIR, None],
    {"array": [[0, 1], [0, 1]], "dtype": "<i8"}, {"array": ["a"], "dtype": "object"}, 2, None, "ab",
    [PAIR, {"array": [0, 1], "dtype": "<U999999999"}],
]  # fmt: skip


@pytest.mark.parametrize("classes", WRONG_CLASSES)
def test_network_of_wrong_classes_is_refused(fitted, classes, tmp_path):
    save_model(fitted, tmp_path)
    edit_json(tmp_path / "params.json", lambda d: d["fitted"].update(classes_=classes))
    with pytest.raises(DataError, match=r"params\.json: is damaged"):
        load_model(tmp_path)


@pytest.mark.parametrize(
    "classes", [*WRONG_CLASSES, {"array": ["a", "b"], "dtype": "object"}, [[]] * 2]
)
def test_ensemble_of_wrong_classes_is_refused(ensemble, classes, tmp_path):
    save_model(ensemble, tmp_path)
    edit_json(tmp_path / "bag.json", lambda d: d.update(classes=classes))
    with pytest.raises(DataError, match=r"bag\.json: is damaged"):
        load_model(tmp_path)


def edit_json(path, change):
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"remix": True}, "remix resamples mashups of one class each"),
        ({"class_weight": {0: 1, 1: 2}}, "class_weight by class needs one class for each clip"),
    ],
)
def test_options_of_one_class_are_refused(options, message):
    with pytest.raises(UsageError, match=message):
        EffNetClassifier(**SMALL_NET, **options).fit(X, Y)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.ones((32, 2), dtype=int), "Every row has label 0"),
        (Y[:-1], r"one label per row, 32 in all\. Got 31"),
        (Y + 1, "should be a 1d array"),
    ],
)
def test_other_matrices_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        EffNetClassifier(**SMALL_NET).fit(X, labels)


def test_labels_of_networks_are_stacked():
    models = [("net", EffNetClassifier(**SMALL_NET, patience=2))]
    stack = OutOfFoldStacker(models, cv=2, random_state=0).fit(X, Y, groups=GROUPS)
    assert stack.oof_.shape == (32, 2)
    seen, held_out = (np.flatnonzero(stack.folds_ == fold) for fold in (0, 1))
    alone = clone(models[0][1]).fit([X[i] for i in seen], Y[seen], groups=GROUPS[seen])
    expected = alone.predict_proba([X[i] for i in held_out])
    assert_array_equal(stack.oof_.to_numpy()[held_out], expected)
    assert stack.predict(X[:3]).shape == (3, 2)


def test_refit_without_labels_forgets_the_classes(tmp_path):
    model = EffNetEmbedding(**SMALL_NET, fine_tune=True).fit(X, Y)
    model.set_params(fine_tune=False).fit(X)
    save_model(model, tmp_path)
    assert_array_equal(load_model(tmp_path).transform(X), model.transform(X))


def test_metadata_of_exports_hold_the_labels(fitted):
    assert describe(fitted)["classes"] == [[0, 1], [0, 1]]


@pytest.mark.slow
def test_exported_logits_give_the_probabilities(fitted, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    export_onnx(fitted, tmp_path / "net.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    log_mels, config = [fitted.mel_settings().compute(X[0])], fitted.inference_config()
    crops = even_crops(log_mels, config.width, config.n_crops).astype(np.float32)
    (logits,) = session.run(["logits"], {"pictures": crops})
    # float32 convolutions of another library.
    assert_allclose(expit(logits.mean(axis=0)), fitted.predict_proba(X[:1])[0], rtol=0, atol=1e-4)
