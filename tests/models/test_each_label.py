"""Models of one label are fitted to each of several, and saved like others."""

import numpy as np
import pytest
from helpers.signals import sine
from sklearn.multioutput import MultiOutputClassifier

from stemstack.models import load_model, make_model, save_model
from stemstack.models.each_label import fit_each_label
from stemstack.stacking.out_of_fold import predict_with

RNG = np.random.default_rng(0)
Y = np.tile([[0, 0], [0, 1], [1, 0], [1, 1]], (5, 1))
CLIPS = [
    low * sine(300, seconds=0.5, sr=8000)
    + high * sine(2000, seconds=0.5, sr=8000)
    + 0.1 * RNG.standard_normal(4000).astype(np.float32)
    for low, high in Y
]
FAMILIES = "(families=mfcc)"


@pytest.mark.parametrize("name", ["lr", "lda", "lgbm", "lgbm(seeds=2,families=mfcc)"])
def test_model_predicts_each_label(name, tmp_path):
    name = name if "(" in name else name + FAMILIES
    model = fit_each_label(make_model(name, sr=8000)).fit(CLIPS, Y)
    proba = predict_with(model, CLIPS, "predict_proba", multilabel=True)
    assert proba.shape == Y.shape and ((proba > 0.5) == Y).mean() > 0.9
    save_model(model, tmp_path)
    again = predict_with(load_model(tmp_path), CLIPS, "predict_proba", multilabel=True)
    np.testing.assert_array_equal(again, proba)


def test_features_are_computed_once():
    model = fit_each_label(make_model("lr"))
    assert [name for name, _ in model.steps] == [name for name, _ in make_model("lr").steps]
    assert isinstance(model.steps[-1][1], MultiOutputClassifier)


def test_model_of_several_labels_stays():
    net = make_model("cnn")
    assert fit_each_label(net) is net
