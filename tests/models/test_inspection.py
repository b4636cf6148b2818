"""Parts of models, found wherever they are, and fingerprints."""

import json

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from stemstack.features import SpectralFeatures
from stemstack.models import EffNetClassifier, EffNetEmbedding, make_lgbm, make_lr, make_model
from stemstack.models.inspection import (
    ensemble_networks,
    find_extractors,
    find_networks,
    leading_extractor,
    model_fingerprint,
)


def feature_pipeline(*steps):
    return make_pipeline(SpectralFeatures(families="mfcc"), *steps)


NESTED = {
    "pipeline": feature_pipeline(LogisticRegression()),
    "other names": make_pipeline(make_lr(families="mfcc")),
    "search": GridSearchCV(feature_pipeline(LogisticRegression()), {}),
    "calibrated": CalibratedClassifierCV(feature_pipeline(LinearSVC())),
    "voting": VotingClassifier([("a", DummyClassifier()), ("b", make_lr(families="mfcc"))]),
    "stacking": StackingClassifier([("a", make_lr(families="mfcc"))]),
    "columns": make_pipeline(
        ColumnTransformer([("a", SpectralFeatures(families="mfcc"), "clip")]), DummyClassifier()
    ),
}


@pytest.mark.parametrize("model", NESTED.values(), ids=NESTED)
def test_features_are_found_wherever_they_are(model):
    (extractor,) = find_extractors(model)
    assert extractor.families == SpectralFeatures(families="mfcc").extractor_.families


def test_features_are_found_in_fitted_models():
    clips = np.sin(2 * np.pi * np.outer([220, 230, 880, 890], np.arange(4000) / 8000))
    spectral = SpectralFeatures(8000, families="centroid")
    pipeline = make_pipeline(spectral, LogisticRegression())
    search = GridSearchCV(pipeline, {"spectralfeatures__families": ["zcr"]}, cv=2)
    search.fit(clips, [0, 0, 1, 1])
    assert [len(extractor.families) for extractor in find_extractors(search)] == [1, 1]
    assert find_extractors(search.best_estimator_) == [
        SpectralFeatures(8000, families="zcr").extractor_
    ]


def test_models_without_features_have_no_extractor():
    assert find_extractors(DummyClassifier()) == []
    assert find_extractors(EffNetClassifier()) == []
    assert leading_extractor(make_pipeline(StandardScaler(), DummyClassifier())) is None


def test_networks_are_found_inside_pipelines():
    pipeline = make_pipeline(EffNetEmbedding(epochs=3), LogisticRegression())
    assert [net.epochs for net in find_networks(pipeline)] == [3]
    assert find_networks(pipeline, fitted=True) == []
    assert ensemble_networks(pipeline) == []
    assert len(ensemble_networks(make_model("cnn(seeds=2)"))) == 2
    assert find_networks(make_lr()) == []


def test_fingerprint_changes_with_nested_parameters():
    def describe(model):
        return json.dumps(model_fingerprint(clone(model)))

    assert describe(make_lr()) == describe(make_lr())
    different = [make_lr(), make_lr(C=1), make_lr(families="mfcc"), make_lgbm(), make_lgbm(sr=8000)]
    assert len({describe(model) for model in different}) == 5
    default = make_pipeline(StandardScaler(), LogisticRegression())
    as_frame = make_pipeline(StandardScaler().set_output(transform="pandas"), LogisticRegression())
    assert describe(default) != describe(as_frame)


def test_fingerprint_does_not_name_modules():
    assert "sklearn." not in json.dumps(model_fingerprint(make_lgbm()))
    assert "stemstack." not in json.dumps(model_fingerprint(make_lr()))
