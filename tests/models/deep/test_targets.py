import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import f1_score, log_loss
from sklearn.utils.class_weight import compute_sample_weight

from stemstack.exceptions import UsageError
from stemstack.models.deep.targets import (
    ClassTargets,
    LabelTargets,
    encode_labels,
    targets_of,
)

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(40, 3))
LABELS = (RNG.uniform(size=(40, 3)) < [0.2, 0.5, 0.7]).astype(np.int64)


def loss_of(labels, weights=None, smoothing=0.0):
    targets = LabelTargets(3).smooth(torch.from_numpy(labels), smoothing)
    weights = None if weights is None else torch.from_numpy(weights)
    return LabelTargets(3).loss(torch.from_numpy(LOGITS), targets.double(), weights).item()


def test_loss_is_the_binary_cross_entropy():
    proba = 1 / (1 + np.exp(-LOGITS))
    expected = np.mean([log_loss(LABELS[:, k], proba[:, k]) for k in range(3)])
    # float64 sums in another order.
    assert_allclose(loss_of(LABELS), expected, rtol=1e-9)
    assert_allclose(LabelTargets(3).validation_loss(LABELS, LOGITS), expected, rtol=1e-9)


def test_balanced_loss_weighs_rows_as_scikit_learn():
    weights = LabelTargets(3).class_weights("balanced", LABELS)
    by_row = np.array([compute_sample_weight("balanced", column) for column in LABELS.T]).T
    losses = np.logaddexp(0, LOGITS) - LABELS * LOGITS
    # float64 sums in another order.
    assert_allclose(loss_of(LABELS, weights), np.mean(by_row * losses), rtol=1e-9)


def test_smoothed_loss_mixes_both_targets():
    mixed = 0.9 * loss_of(LABELS) + 0.1 * loss_of(1 - LABELS)
    # A fifth spread over 0 and 1 is a tenth of the other target; targets are float32.
    assert_allclose(loss_of(LABELS, smoothing=0.2), mixed, rtol=1e-6)


def test_loss_of_extreme_logits_is_finite():
    labels, logits = np.array([[0, 1, 0]]), np.array([[1e4, -1e4, -1e4]])
    assert LabelTargets(3).validation_loss(labels, logits) == pytest.approx(2e4 / 3, rel=1e-12)
    assert_array_equal(LabelTargets(3).probabilities(logits), [[1, 0, 0]])


def test_labels_are_predicted_above_one_half():
    logits = np.array([[0.0, 0.1, -0.1]])
    assert LabelTargets(3).predict(logits).tolist() == [[0, 1, 0]]
    assert LabelTargets(3).decide(logits).tolist() == [[False, True, False]]
    mixed = torch.tensor([[0.4, 0.6, 1.0]])
    assert LabelTargets(3).decide_targets(mixed).tolist() == [[False, True, True]]


def test_macro_f1_agrees_with_scikit_learn():
    decided = LabelTargets(3).decide(LOGITS)
    expected = f1_score(LABELS, decided, average="macro")
    assert LabelTargets(3).macro_f1(LABELS, decided) == pytest.approx(expected, rel=1e-12)


def test_classes_decide_the_kind_of_target():
    classes, labels = encode_labels(np.array(["b", "a", "b"]))
    assert labels.tolist() == [1, 0, 1]
    assert isinstance(targets_of(classes), ClassTargets)
    classes, labels = encode_labels(LABELS.astype(int))
    assert [pair.tolist() for pair in classes] == [[0, 1]] * 3
    assert_array_equal(labels, LABELS)
    assert isinstance(targets_of(classes), LabelTargets)


def test_weights_by_class_are_refused_for_labels():
    with pytest.raises(UsageError, match=r"needs one class for each clip.*use 'balanced'"):
        LabelTargets(3).class_weights({0: 1.0, 1: 2.0}, LABELS)
