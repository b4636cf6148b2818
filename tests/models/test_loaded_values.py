"""Values of loaded models: reset, bounded, or refused before compiled code reads them."""

import re
from importlib import import_module

import lightgbm
import numpy as np
import pytest
import sklearn
from helpers.model_attacks import edit_schema, set_attribute
from helpers.nets import SMALL_NET, tones_and_noise
from helpers.signals import low_and_high_tones
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from sklearn.utils.fixes import parse_version

from stemstack.exceptions import DataError
from stemstack.features import SpectralFeatures
from stemstack.models import EffNetClassifier, load_model, save_model
from stemstack.models.deep.persistence import unpack_net
from stemstack.models.lightgbm_text import check_lightgbm_text

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(90, 4)), np.arange(90) % 3


def booster_text(**options):
    """Return the text that skops stores of a model on four features, one with categories."""
    features = np.column_stack([X[:, :3], Y + RNG.integers(0, 2, 90)])
    categories = {"min_data_per_group": 1, "cat_smooth": 0, "cat_l2": 0}
    options = {"n_estimators": 4, "min_child_samples": 3, "verbose": -1} | categories | options
    model = lightgbm.LGBMClassifier(n_jobs=1, **options).fit(features, Y, categorical_feature=[3])
    return model.booster_.__getstate__()["_handle"]


@pytest.mark.parametrize(
    "options",
    [{}, {"num_leaves": 2}, {"linear_tree": True}, {"boosting_type": "dart"}, {"n_estimators": 1},
     {"objective": "multiclassova"}, {"min_child_samples": 90}],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore")
def test_text_of_lightgbm_is_accepted(options):
    check_lightgbm_text(booster_text(**options))


@pytest.mark.parametrize(
    ("pattern", "replacement", "message"),
    [
        (r"left_child=\S+", "left_child=9", "left_child has|not those of a tree"),
        (r"right_child=\S+", "right_child=0", "not those of a tree"),
        (r"num_leaves=\d+", "num_leaves=0", "num_leaves must be from 1 to 131072"),
        (r"split_feature=\d", "split_feature=4", "split_feature must be from 0 to 3"),
        (r"threshold=\S+", "threshold=x", "threshold holds something other than numbers"),
        (r"leaf_value=\S+", "leaf_value=1_0", "leaf_value holds something other than numbers"),
        (r"cat_boundaries=0 \d", "cat_boundaries=0 9", "cat_boundaries do not fit"),
        (r"num_cat=[1-9]", "num_cat=0", "categorical split is out of range"),
        (r"tree_sizes=\d+", "tree_sizes=9", "tree_sizes of the LightGBM text differ"),
        (r"objective=multiclass num_class:3", "objective=multiclass num_class:9", "another number"),
        (r"end of trees", "", "no beginning or no end"),
        (r"num_cat", "num_dog", "unexpected entry 'num_dog'"),
    ],
)
def test_edited_text_of_lightgbm_is_refused(pattern, replacement, message):
    text = booster_text()
    edited = re.sub(pattern, lambda match: replacement.ljust(len(match[0]), " "), text)
    assert edited != text
    with pytest.raises(ValueError, match=message):
        check_lightgbm_text(edited)


@pytest.mark.parametrize("classifier", [SVC(), RandomForestClassifier(3, random_state=0)])
def test_trees_and_svms_load_checked(classifier, tmp_path):
    save_model(classifier.fit(X, Y), tmp_path)
    loaded = load_model(tmp_path)
    np.testing.assert_array_equal(loaded.predict(X), classifier.predict(X))


def test_svm_of_other_shapes_is_refused(tmp_path):
    svm = SVC().fit(X, Y)
    svm._n_support = svm._n_support + 1000
    save_model(svm, tmp_path)
    with pytest.raises(DataError, match="support vector machine do not fit together"):
        load_model(tmp_path)


@pytest.mark.parametrize(("field", "value"), [("left_child", 99), ("feature", 4), ("feature", -5)])
def test_tree_out_of_range_is_refused(field, value, tmp_path):
    forest = RandomForestClassifier(1, random_state=0).fit(X, Y)
    tree = forest.estimators_[0].tree_
    state = tree.__getstate__()
    state["nodes"] = state["nodes"].copy()
    state["nodes"][field][0] = value
    tree.__setstate__(state)
    save_model(forest, tmp_path)
    with pytest.raises(DataError, match=r"model\.skops: is damaged .*(nodes|features)"):
        load_model(tmp_path)


@pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.7"),
    reason="before 1.7 a loss of scikit-learn names a module that does not exist",
)
def test_other_compiled_parts_need_trust(tmp_path):
    model = HistGradientBoostingClassifier(max_iter=2).fit(X, Y)
    save_model(model, tmp_path)
    with pytest.raises(DataError, match=r"TreePredictor.* pass --trust sklearn, unchanged"):
        load_model(tmp_path)
    loaded = load_model(tmp_path, trust=["sklearn"])
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


def test_parameters_of_machine_are_reset(tmp_path):
    clips, y = low_and_high_tones(4)
    spectral = SpectralFeatures(8000, families="centroid")
    model = make_pipeline(spectral, LogisticRegression()).fit(clips, y)
    spectral.set_params(cache=str(tmp_path / "C"), n_jobs=64)
    model.set_params(verbose=True)
    save_model(model, tmp_path)
    loaded = load_model(tmp_path)
    assert (loaded[0].cache, loaded[0].n_jobs, loaded.verbose) == (None, None, False)


@pytest.mark.parametrize(("name", "value"), [("sr", 10**9), ("families", "x.y:z"), ("C", "high")])
def test_values_out_of_bounds_are_refused(name, value, tmp_path):
    clips, y = low_and_high_tones(4)
    model = make_pipeline(SpectralFeatures(8000, families="centroid"), LogisticRegression())
    save_model(model.fit(clips, y), tmp_path)
    set_attribute(tmp_path / "model.skops", name, value)
    with pytest.raises(DataError, match=r"is damaged|holds feature families"):
        load_model(tmp_path)


def test_extraction_without_parameters_is_damaged(tmp_path):
    clips, y = low_and_high_tones(4)
    model = make_pipeline(SpectralFeatures(8000, families="centroid"), LogisticRegression())
    save_model(model.fit(clips, y), tmp_path)

    def edit(node):
        if node.get("__loader__") == "DictNode":
            node["content"].pop("families", None)

    edit_schema(tmp_path / "model.skops", edit)
    with pytest.raises(DataError, match=r"model\.skops: is damaged .*families"):
        load_model(tmp_path)


def test_constructors_are_never_called(tmp_path, monkeypatch):
    save_model(LogisticRegression().fit(X, Y), tmp_path)

    def edit(node):
        if node.get("__class__") == "LogisticRegression":
            content = {"__class__": "tuple", "__module__": "builtins", "__loader__": "TupleNode"}
            node.update(__loader__="ConstructorFromReduceNode", content=content | {"content": []})

    edit_schema(tmp_path / "model.skops", edit)
    with pytest.raises(DataError, match="would be built by ConstructorFromReduceNode"):
        load_model(tmp_path)


@pytest.fixture(scope="module")
def net():
    return EffNetClassifier(**SMALL_NET | {"epochs": 1}).fit(*tones_and_noise(8))


@pytest.mark.parametrize("backbone", ["hf-hub:a/b", "local-dir:/etc", "/etc", "no_such_net"])
def test_saved_backbone_is_an_installed_one(backbone, net, monkeypatch):
    timm = import_module("timm")
    monkeypatch.setattr(timm, "create_model", None)
    with pytest.raises(DataError, match=f"Unknown backbone '{backbone}'"):
        unpack_net(backbone, net.state_)


@pytest.mark.parametrize(
    ("name", "value"), [("n_mels", 10**6), ("crop_seconds", 1e9), ("tta_crops", 10**6)]
)
def test_sizes_of_networks_are_bounded(name, value, net, tmp_path):
    edited = EffNetClassifier(**net.get_params() | {name: value})
    vars(edited).update({k: v for k, v in vars(net).items() if k.endswith("_")})
    save_model(edited, tmp_path)
    with pytest.raises(DataError, match=rf"params\.json: is damaged .*{name} must be at most"):
        load_model(tmp_path)
