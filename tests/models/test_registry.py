"""Models by name, and on disk in forms that cannot run code."""

import json
import pickle
import zipfile

import numpy as np
import pytest
import skops.io
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from stemstack.exceptions import DataError, UsageError
from stemstack.models import (
    MODELS,
    check_model_names,
    load_model,
    make_lgbm,
    make_lr,
    make_model,
    model_columns,
    save_model,
    set_resources,
)

SR = 8000


@pytest.fixture(scope="module")
def toy():
    """Low and high tones of half a second in noise, and which is which."""
    rng = np.random.default_rng(0)
    time = np.arange(SR // 2) / SR
    y = np.array(["low", "high"] * 10)
    pitches = np.where(y == "low", 300, 1200) * rng.uniform(0.9, 1.1, len(y))
    clips = [np.sin(2 * np.pi * p * time) + 0.1 * rng.standard_normal(len(time)) for p in pitches]
    return clips, y


@pytest.mark.parametrize("name", ["heuristic", "lr", "lgbm"])
def test_classical_models_learn_and_survive_the_disk(name, toy, tmp_path):
    clips, y = toy
    model = make_model(name, sr=SR, random_state=0).fit(clips[:12], y[:12])
    # The heuristic knows tempo and brightness only, but that is what differs here.
    assert (model.predict(clips[12:]) == y[12:]).mean() >= 0.75
    save_model(model, tmp_path)
    again = load_model(tmp_path)
    np.testing.assert_array_equal(again.predict_proba(clips), model.predict_proba(clips))


def test_trees_know_their_features_by_name(toy, tmp_path):
    model = make_lgbm(sr=SR, families=["mfcc", "tempo"]).fit(*toy)
    names = model.named_steps["spectral"].get_feature_names_out().tolist()
    assert model.named_steps["classifier"].feature_name_ == names
    save_model(model, tmp_path)
    assert load_model(tmp_path).named_steps["classifier"].feature_name_ == names


def test_the_same_model_has_the_same_bytes_on_disk(toy, tmp_path):
    clips, y = toy
    for name in ("a", "b"):
        save_model(make_lr(sr=SR).fit(clips, y), tmp_path / name)
    assert (tmp_path / "a/model.skops").read_bytes() == (tmp_path / "b/model.skops").read_bytes()


def test_a_strangers_model_cannot_bring_its_own_types(tmp_path):
    model = make_pipeline(FunctionTransformer(pickle.loads), LogisticRegression())
    skops.io.dump(model, tmp_path / "model.skops")
    with pytest.raises(DataError, match=r"holds .*loads, which stemstack does not save"):
        load_model(tmp_path)


def test_a_renamed_type_inside_an_archive_is_refused(toy, tmp_path):
    clips, y = toy
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


def test_an_empty_folder_holds_no_model(tmp_path):
    with pytest.raises(DataError, match="is not a saved network"):
        load_model(tmp_path)


def test_names_are_checked_with_a_hint():
    check_model_names(list(MODELS))
    with pytest.raises(UsageError, match=r"Unknown model 'lgb'; did you mean 'lgbm'\?"):
        make_model("lgb")
    with pytest.raises(UsageError, match=r"named twice"):
        check_model_names(["lr", "lr"])
    with pytest.raises(UsageError, match="No model was named"):
        check_model_names([])


def test_the_same_model_twice_with_other_parameters():
    names = ["effnet:cnn_tiny", "effnet:cnn_tiny(epochs=3)", "lr", "lr(C=0.1)"]
    check_model_names(names)
    assert model_columns(names) == [
        "effnet-cnn_tiny", "effnet-cnn_tiny-epochs-3", "lr", "lr-C-0.1",
    ]  # fmt: skip
    with pytest.raises(UsageError, match=r"named twice .* lr-C-0.1"):
        check_model_names(["lr(C=0.1)", "lr( C = 0.1 )"])


def test_parameters_in_the_name_come_before_general_options():
    net = make_model("effnet:b0(epochs=3)", backbone="resnet18", epochs=9, random_state=1)
    assert (net.backbone, net.epochs, net.random_state) == ("efficientnet_b0", 3, 1)
    assert make_model("cnn", backbone="resnet18", epochs=9).get_params()["backbone"] == "cnn"


def test_parameters_of_the_last_step_are_taken_too():
    model = make_model("lgbm(num_leaves=15,n_estimators=50)")
    params = model.get_params()
    assert (params["classifier__num_leaves"], params["classifier__n_estimators"]) == (15, 50)
    assert make_model("lr(fit_intercept=false)").get_params()["classifier__fit_intercept"] is False


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("effnet(epoch=3)", r"effnet has no parameter 'epoch'; near it are epochs"),
        ("lgbm(num_leafs=3)", r"lgbm has no parameter 'num_leafs'; near it are num_leaves"),
        ("cnn:b0", r"cnn has no parameter 'backbone'"),
        ("lr:b0", r"lr has no parameter 'backbone'"),
        ("efnet(epochs=3)", r"Unknown model 'efnet'; did you mean 'effnet'\?"),
        ("effnet(epochs=many)", r"The 'epochs' parameter of EffNetClassifier must be an int"),
        ("cnn(random_state=abc)", r"The 'random_state' parameter of .* must be an int"),
        ("effnet(class_weight={rock: -1})", r"The 'class_weight' parameter .* of at least 0"),
        ("lr(C=-1)", r"lr\(C=-1\): The 'C' parameter"),
        ("lr(C=high)", r"lr\(C=high\): The 'C' parameter"),
        ("lgbm(num_leaves=1)", r"lgbm\(num_leaves=1\): .*num_leaves"),
    ],
)
def test_what_a_model_does_not_take_is_told_at_once(name, message):
    with pytest.raises(UsageError, match=message):
        check_model_names([name])


def test_each_model_takes_the_options_it_knows():
    model = make_model("lgbm", random_state=7, epochs=3)
    assert model.get_params()["classifier__random_state"] == 7


def test_means_do_not_belong_to_the_model(tmp_path):
    model = set_resources(make_lgbm(), cache=tmp_path, n_jobs=2)
    assert model.get_params()["spectral__cache"] == tmp_path / "features"
    plain = set_resources(clone(model)).get_params()
    assert (plain["spectral__cache"], plain["spectral__n_jobs"]) == (None, None)


def test_old_parameter_names_are_accepted():
    old = make_model("effnet(tta=5, accumulate=2)").get_params()
    assert (old["tta_crops"], old["accumulate_grad_batches"]) == (5, 2)
    with pytest.raises(UsageError, match="the parameter 'tta_crops' is given twice"):
        make_model("effnet(tta=5, tta_crops=2)")
