"""Names of models, split into their parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemstack.exceptions import UsageError
from stemstack.models.model_name import ModelName, split_names


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("lr,lgbm", ["lr", "lgbm"]),
        (" effnet , effnet(a=1, b=2),cnn,", ["effnet", "effnet(a=1, b=2)", "cnn"]),
        ("lr(families=[mfcc,tempo]),lgbm", ["lr(families=[mfcc,tempo])", "lgbm"]),
        ("", []),
    ],
)
def test_commas_inside_brackets_do_not_split(text, parts):
    assert split_names(text) == parts


@given(st.lists(st.sampled_from(["lr", "effnet:b0", "a(b=1,c=[2,3])"]), max_size=5))
def test_split_undoes_join(names):
    assert split_names(",".join(names)) == names


@pytest.mark.parametrize(
    ("text", "base", "params"),
    [
        ("effnet", "effnet", {}),
        ("effnet:b0", "effnet", {"backbone": "efficientnet_b0"}),
        ("effnet:lite2", "effnet", {"backbone": "tf_efficientnet_lite2"}),
        ("effnet(backbone=b0)", "effnet", {"backbone": "efficientnet_b0"}),
        ("effnet:resnet50(epochs=8)", "effnet", {"backbone": "resnet50", "epochs": 8}),
        ("lr(C=1e-3)", "lr", {"C": 0.001}),
        (
            "effnet(remix=true, mixup=.5, patience=null, weights=a b.pth)",
            "effnet",
            {"remix": True, "mixup": 0.5, "patience": None, "weights": "a b.pth"},
        ),
        ("lr(families=[mfcc, tempo])", "lr", {"families": ["mfcc", "tempo"]}),
        ("lr()", "lr", {}),
        ("my_models.py:make_svm(C=2)", "make_svm", {"C": 2}),
    ],
)
def test_values_are_read_as_yaml(text, base, params):
    named = ModelName.parse(text)
    assert (named.base, named.params) == (base, params)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("effnet", "effnet"),
        ("effnet:b0", "effnet-b0"),
        ("effnet(epochs=8)", "effnet-epochs-8"),
        ("effnet( backbone = resnet50 , epochs = 8 )", "effnet-backbone-resnet50-epochs-8"),
        ("lr(C=0.1)", "lr-C-0.1"),
        ("my_models.py:make_svm", "make_svm"),
        ("../some folder/my_models.py:make_svm( C = 2 )", "make_svm-C-2"),
        ("package.module:make_svm", "make_svm"),
    ],
)
def test_column_is_safe_in_file_names(text, column):
    assert ModelName.parse(text).column == column


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("lr", ""),
        ("effnet:tf_efficientnet_b0.ns_jft_in1k", ""),
        ("effnet(weights=a.py:b)", ""),
        ("my_models.py:make", "my_models.py"),
        ("/home/me/my models.py:make(a=[1,2])", "/home/me/my models.py"),
        ("package.module:make", "package.module"),
    ],
)
def test_source_is_the_file_or_module(text, source):
    assert ModelName.parse(text).source == source


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("effnet(epochs=8", "Cannot read the model"),
        ("effnet:", "Cannot read the model"),
        ("my_models.py", "FILE.py:FUNCTION"),
        ("my_models.py:2", "FILE.py:FUNCTION"),
        ("lr(0.1)", r"expected PARAMETER=VALUE in the brackets. Got '0.1'"),
        ("lr(C=[1)", "Cannot read|is not YAML"),
        ("lr(C=1,C=2)", "the parameter 'C' is given twice"),
        ("effnet:b0(backbone=b1)", "the parameter 'backbone' is given twice"),
    ],
)
def test_unreadable_names_are_refused(text, message):
    with pytest.raises(UsageError, match=message):
        ModelName.parse(text)


def test_network_of_an_embedding_is_its_model():
    for text in ("embed:musicnn(head=svm)", "embed(musicnn, head=svm)"):
        assert ModelName.parse(text).params == {"model": "musicnn", "head": "svm"}
    name = "embed:MIT/ast-finetuned-audioset-10-10-0.4593"
    assert ModelName.parse(name).params == {"model": name.removeprefix("embed:")}
    assert ModelName.parse(name).column == "embed-MIT-ast-finetuned-audioset-10-10-0.4593"
