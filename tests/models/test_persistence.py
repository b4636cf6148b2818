"""Models on disk, in forms that cannot run code."""

import json
import pickle
import zipfile

import numpy as np
import pytest
import skops.io
from helpers.signals import low_and_high_tones
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import fetch_openml
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from stemstack.exceptions import DataError, UsageError
from stemstack.features import SpectralFeatures
from stemstack.models import MODELS, load_model, make_lgbm, make_lr, make_model, save_model
from stemstack.stacking import OutOfFoldStacker

SR = 8000
CLASSICAL = [name for name, spec in MODELS.items() if spec.kind == "features"]


@pytest.fixture(scope="module")
def tones():
    return low_and_high_tones(20)


@pytest.mark.parametrize("name", CLASSICAL)
def test_loaded_model_predicts_the_same(name, tones, tmp_path):
    clips, y = tones
    model = make_model(name, sr=SR, random_state=0).fit(clips, y)
    save_model(model, tmp_path)
    loaded = load_model(tmp_path)
    np.testing.assert_array_equal(loaded.predict_proba(clips), model.predict_proba(clips))


def test_memory_of_pipelines_is_reset(tones, tmp_path):
    clips, y = tones
    inner = make_pipeline(FunctionTransformer(), LogisticRegression(), memory=str(tmp_path / "b"))
    spectral = SpectralFeatures(sr=SR, families="centroid")
    model = make_pipeline(spectral, inner, memory=str(tmp_path / "a")).fit(clips, y)
    save_model(model, tmp_path / "model")
    loaded = load_model(tmp_path / "model")
    assert loaded.memory is None and loaded[-1].memory is None


def test_private_classes_of_sklearn_are_loaded(tones, tmp_path):
    clips, y = tones
    model = CalibratedClassifierCV(make_lr(sr=SR, families="centroid"), cv=2).fit(clips, y)
    save_model(model, tmp_path)
    loaded = load_model(tmp_path)
    np.testing.assert_array_equal(loaded.predict_proba(clips), model.predict_proba(clips))


@pytest.mark.parametrize("function", [pickle.loads, fetch_openml])
def test_functions_are_refused(function, tmp_path):
    model = make_pipeline(FunctionTransformer(function), LogisticRegression())
    skops.io.dump(model, tmp_path / "model.skops")
    match = rf"holds .*{function.__name__}, which stemstack does not save .* pass --trust"
    with pytest.raises(DataError, match=match):
        load_model(tmp_path)


def test_trees_keep_the_names_of_features(tones, tmp_path):
    model = make_lgbm(sr=SR, families=["mfcc", "tempo"]).fit(*tones)
    names = model.steps[0][1].get_feature_names_out().tolist()
    assert model.steps[-1][1].feature_name_ == names
    save_model(model, tmp_path)
    assert load_model(tmp_path).steps[-1][1].feature_name_ == names


def test_saved_bytes_are_reproducible(tones, tmp_path):
    clips, y = tones
    for name in ("a", "b"):
        save_model(make_lr(sr=SR).fit(clips, y), tmp_path / name)
    assert (tmp_path / "a/model.skops").read_bytes() == (tmp_path / "b/model.skops").read_bytes()


def test_renamed_type_inside_an_archive_is_refused(tones, tmp_path):
    clips, y = tones
    save_model(make_lr(sr=SR).fit(clips, y), tmp_path)
    path = tmp_path / "model.skops"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schema = json.dumps(json.loads(parts["schema.json"])).replace("signed_log", "feature_columns")
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (parts | {"schema.json": schema.encode()}).items():
            archive.writestr(name, content)
    with pytest.raises(DataError, match="feature_columns, which stemstack does not save"):
        load_model(tmp_path)


def test_empty_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"model\.skops: is missing; copy it again, or repeat"):
        load_model(tmp_path)


def test_what_cannot_be_saved_is_refused(tmp_path):
    X, y = np.eye(20)[:, :3], np.arange(20) % 2
    stack = OutOfFoldStacker([("lr", LogisticRegression())], cv=2).fit(X, y)
    with pytest.raises(UsageError, match=r"OutOfFoldStacker: cannot be saved .*joblib\.dump"):
        save_model(stack, tmp_path / "MODEL")
    assert not list((tmp_path / "MODEL").iterdir())
