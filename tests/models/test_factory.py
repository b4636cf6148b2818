"""Models made by name, their parameters and resources."""

import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from stemstack.exceptions import UsageError
from stemstack.features import SpectralFeatures
from stemstack.models import (
    MODELS,
    EffNetClassifier,
    check_model_names,
    make_lgbm,
    make_model,
    model_columns,
    set_resources,
)


def test_wrong_lists_of_names_are_refused():
    check_model_names(list(MODELS))
    with pytest.raises(UsageError, match=r"Unknown model 'lgb'; did you mean 'lgbm'\?"):
        make_model("lgb")
    with pytest.raises(UsageError, match=r"named twice"):
        check_model_names(["lr", "lr"])
    with pytest.raises(UsageError, match="No model was named"):
        check_model_names([])


def test_parameters_distinguish_two_models_of_a_name():
    names = ["effnet:cnn_tiny", "effnet:cnn_tiny(epochs=3)", "lr", "lr(C=0.1)"]
    check_model_names(names)
    assert model_columns(names) == [
        "effnet-cnn_tiny", "effnet-cnn_tiny-epochs-3", "lr", "lr-C-0.1",
    ]  # fmt: skip
    with pytest.raises(UsageError, match=r"named twice .* lr-C-0.1"):
        check_model_names(["lr(C=0.1)", "lr( C = 0.1 )"])


def test_parameters_in_the_name_override_options():
    net = make_model("effnet:b0(epochs=3)", backbone="resnet18", epochs=9, random_state=1)
    assert (net.backbone, net.epochs, net.random_state) == ("efficientnet_b0", 3, 1)
    assert make_model("cnn", backbone="resnet18", epochs=9).get_params()["backbone"] == "cnn"


def test_parameters_of_the_last_step_are_set():
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
def test_wrong_parameters_are_refused_with_a_hint(name, message):
    with pytest.raises(UsageError, match=message):
        check_model_names([name])


def test_options_reach_models_that_have_them():
    model = make_model("lgbm", random_state=7, epochs=3)
    assert model.get_params()["classifier__random_state"] == 7


def test_old_parameter_names_are_accepted():
    old = make_model("effnet(tta=5, accumulate=2)").get_params()
    assert (old["tta_crops"], old["accumulate_grad_batches"]) == (5, 2)
    with pytest.raises(UsageError, match="the parameter 'tta_crops' is given twice"):
        make_model("effnet(tta=5, tta_crops=2)")


def test_stack_is_no_name_for_a_model(tmp_path):
    path = tmp_path / "my_models.py"
    path.write_text("from sklearn.dummy import DummyClassifier as stack\n")
    with pytest.raises(UsageError, match="cannot be called 'stack'"):
        check_model_names([f"{path}:stack"])


def test_parameters_of_own_functions_are_set(tmp_path):
    path = tmp_path / "my_models.py"
    path.write_text(
        "from sklearn.tree import DecisionTreeClassifier\n"
        "def tree(depth=2, random_state=None):\n"
        "    return DecisionTreeClassifier(max_depth=depth, random_state=random_state)\n"
    )
    tree = make_model(f"{path}:tree(depth=3, min_samples_leaf=5)", random_state=7, sr=8000)
    assert (tree.max_depth, tree.min_samples_leaf, tree.random_state) == (3, 5, 7)
    assert len(make_model(f"{path}:tree(seeds=3)", random_state=0).estimators) == 3


def test_resources_are_set_and_removed(tmp_path):
    model = set_resources(make_lgbm(), cache=tmp_path, n_jobs=2)
    spectral = model.steps[0][1]
    assert (spectral.cache, spectral.n_jobs) == (tmp_path / "features", 2)
    plain = set_resources(clone(model)).steps[0][1]
    assert (plain.cache, plain.n_jobs) == (None, None)


def test_resources_reach_features_inside_a_search(tmp_path):
    pipeline = make_pipeline(SpectralFeatures(), DecisionTreeClassifier())
    search = set_resources(GridSearchCV(pipeline, {}, n_jobs=3), cache=tmp_path, n_jobs=2)
    spectral = search.estimator.steps[0][1]
    assert (spectral.cache, spectral.n_jobs) == (tmp_path / "features", 2)
    assert search.n_jobs == 3


def test_given_number_of_threads_stays():
    assert set_resources(EffNetClassifier()).n_threads == 1
    assert set_resources(EffNetClassifier(n_threads=2)).n_threads == 2


def test_checkpoints_need_a_fixed_seed(tmp_path):
    model = set_resources(EffNetClassifier(random_state=0), cache=tmp_path)
    assert model.checkpoint == tmp_path / "checkpoints"
    assert set_resources(EffNetClassifier(), cache=tmp_path).checkpoint is None
