"""scikit-learn's checks of the estimators' interface, on the smallest possible network."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from stemstack.models.deep.effnet import EffNetClassifier, EffNetEmbedding, EffNetLogits

TINY = {
    "backbone": "cnn_tiny",
    "sr": 1000,
    "n_fft": 32,
    "hop_length": 16,
    "n_mels": 4,
    "crop_seconds": 0.02,
    "epochs": 1,
    "tta_crops": 1,
    "device": "cpu",
    "n_threads": 1,
    "random_state": 0,
}


NOT_LEARNABLE = "rows of a table of blobs are not audio, and one epoch is too short"
EXPECTED_FAILURES = {
    "check_classifiers_train": NOT_LEARNABLE,
    "check_class_weight_classifiers": NOT_LEARNABLE,
}


@pytest.mark.slow
@parametrize_with_checks(
    [
        EffNetClassifier(**TINY),
        EffNetLogits(**TINY),
        EffNetEmbedding(**TINY),
        EffNetEmbedding(fine_tune=True, **TINY),
    ],
    expected_failed_checks=lambda estimator: (
        EXPECTED_FAILURES if isinstance(estimator, EffNetClassifier) else {}
    ),
)
def test_sklearn_checks(estimator, check):
    check(estimator)
