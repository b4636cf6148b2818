"""AST as a backbone of the estimators: a tiny model with random weights in a local folder."""

import json
import pickle
import shutil

import numpy as np
import pytest
import torch
import transformers

from stemstack.exceptions import UsageError
from stemstack.models import (
    EffNetClassifier,
    EffNetEmbedding,
    load_model,
    make_model,
    resolve_auto,
    save_model,
)
from stemstack.models.deep.backbones.ast import AST_PARAMETERS, KaldiFbankConfig
from stemstack.models.deep.backbones.pretrained import resolve_pretrained

SMALL = {
    "backbone": "ast",
    "sr": 16000,
    "n_fft": 400,
    "hop_length": 160,
    "n_mels": 16,
    "crop_seconds": 0.32,
    "epochs": 2,
    "batch_size": 4,
    "device": "cpu",
    "n_threads": 1,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny AST as transformers saves it: 16 bands, 32 frames."""
    path = tmp_path_factory.mktemp("ast")
    config = transformers.ASTConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        num_mel_bins=16,
        max_length=32,
        patch_size=8,
        frequency_stride=8,
        time_stride=8,
    )
    torch.manual_seed(0)
    transformers.ASTForAudioClassification(config).save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def clips():
    rng = np.random.default_rng(0)
    labels = np.arange(12) % 2
    time = np.arange(8000) / 16000
    tones = [np.sin(2 * np.pi * (300 + 2000 * k) * time) for k in labels]
    noise = rng.standard_normal((12, 8000))
    return [
        (tone + 0.1 * hiss).astype(np.float32) for tone, hiss in zip(tones, noise, strict=True)
    ], labels


def test_input_equals_the_published_extractor():
    clip = 0.1 * np.random.default_rng(0).standard_normal(16000 * 11).astype(np.float32)
    log_mel = KaldiFbankConfig(16000, 400, 160, 128).compute(clip)[:, :1024]
    expected = transformers.ASTFeatureExtractor()(clip, sampling_rate=16000, return_tensors="np")
    # Stored as float16: three digits of numbers near 1.
    np.testing.assert_allclose(log_mel.T, expected["input_values"][0], rtol=0, atol=2e-3)


def test_published_crop_has_1024_frames():
    sizes = {k: AST_PARAMETERS[k] for k in ("sr", "n_fft", "hop_length", "n_mels")}
    settings = KaldiFbankConfig(**sizes)
    assert settings.n_frames(AST_PARAMETERS["crop_seconds"]) == 1024
    assert settings.compute(np.zeros(10, dtype=np.float32)).shape == (128, 1)


def test_folder_weights_are_loaded(folder, clips):
    embedding = EffNetEmbedding(**SMALL, weights=folder).fit(clips[0]).transform(clips[0])
    model = transformers.ASTModel.from_pretrained(folder).eval()
    # Half a second is 48 frames: the middle crop of one begins at frame 8.
    one_crop = (
        EffNetEmbedding(**SMALL, weights=folder, tta_crops=1).fit(clips[0]).transform(clips[0])
    )
    bank = KaldiFbankConfig(16000, 400, 160, 16).compute(clips[0][0])[:, 8:40]
    with torch.no_grad():
        expected = model(torch.from_numpy(bank.T[None].astype(np.float32))).pooler_output[0]
    assert embedding.shape == one_crop.shape == (12, 16)
    # The same float32 operations on the same numbers.
    np.testing.assert_allclose(one_crop[0], expected, rtol=1e-4, atol=1e-5)


def test_trained_ast_survives_pickle_and_saving(folder, clips, tmp_path):
    model = EffNetClassifier(**SMALL, weights=folder, layer_decay=0.8, patience=2).fit(*clips)
    expected = model.predict_proba(clips[0])
    assert (model.backbone_, model.weights_) == ("ast", str(folder))
    save_model(model, tmp_path)
    np.testing.assert_array_equal(load_model(tmp_path).predict_proba(clips[0]), expected)
    copied = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copied.predict_proba(clips[0]), expected)
    repeated = EffNetClassifier(**model.get_params()).fit(*clips)
    assert repeated.state_ == model.state_


def test_ast_by_name_has_its_own_input(folder):
    model = make_model(f"ast(weights={folder},epochs=3)", random_state=0, backbone="resnet18")
    params = model.get_params()
    assert (params["backbone"], params["sr"], params["n_mels"]) == ("ast", 16000, 128)
    assert params["epochs"] == 3


def test_wrong_crop_size_is_rejected(folder, clips):
    wrong = {**SMALL, "crop_seconds": 0.2}
    with pytest.raises(UsageError, match="expects crops of 16 bands and 32 frames"):
        EffNetClassifier(**wrong, weights=folder).fit(*clips)


@pytest.mark.parametrize("own", ["n_mels=16", "crop_seconds=0.32"])
def test_resolve_auto_rejects_a_wrong_crop_size(folder, own):
    with pytest.raises(UsageError, match="expects crops of 16 bands and 32 frames"):
        resolve_auto(make_model(f"ast(weights={folder},{own})"))
    resolve_auto(make_model(f"ast(weights={folder},n_mels=16,crop_seconds=0.32)"))


def test_resolve_auto_rejects_a_folder_without_weights(folder, tmp_path):
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    with pytest.raises(UsageError, match="cannot be loaded as an AST"):
        resolve_auto(make_model(f"ast(weights={tmp_path},n_mels=16,crop_seconds=0.32)"))


def test_other_pooling_is_rejected(folder, clips):
    with pytest.raises(UsageError, match="leave pool='avg'"):
        EffNetClassifier(**SMALL, weights=folder, pool="gem").fit(*clips)


def test_folder_of_another_model_is_rejected(folder, tmp_path):
    with pytest.raises(UsageError, match=r"expected a folder with the config\.json"):
        resolve_pretrained("ast", str(tmp_path))
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(UsageError, match=r"expected a folder with the config\.json"):
        resolve_pretrained("ast", str(tmp_path))


def test_folder_without_weights_is_rejected(folder, tmp_path, clips):
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    with pytest.raises(UsageError, match="cannot be loaded as an AST"):
        EffNetClassifier(**SMALL, weights=tmp_path).fit(*clips)


def test_missing_hub_is_reported(monkeypatch):
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    resolve_pretrained.cache_clear()
    with pytest.raises(UsageError, match="the hub does not answer; give weights=FOLDER"):
        resolve_pretrained("ast")


@pytest.fixture
def own_folder(folder, tmp_path):
    """The tiny AST with a feature extractor of its own, which a test may change."""
    path = shutil.copytree(folder, tmp_path / "ast")

    def save_extractor(**changed):
        values = {"num_mel_bins": 16, "max_length": 32, "mean": -9.0, "std": 2.0, **changed}
        transformers.ASTFeatureExtractor(**values).save_pretrained(path)
        return path

    return save_extractor


@pytest.mark.parametrize(
    "extractor", [{}, {"do_normalize": False}, {"mean": 1.5}], ids=["own", "not normalised", "mean"]
)
def test_extractor_of_the_folder_standardises(own_folder, clips, extractor):
    path = own_folder(**extractor)
    model = EffNetEmbedding(**SMALL, weights=path).fit(clips[0])
    log_mel = model.mel_settings().compute(clips[0][0])[:, :32]
    published = transformers.ASTFeatureExtractor.from_pretrained(path)
    expected = published(clips[0][0], sampling_rate=16000, return_tensors="np")["input_values"][0]
    # Stored as float16: three digits of numbers up to 16.
    np.testing.assert_allclose(log_mel.T, expected, rtol=2e-3, atol=2e-3)


def test_standardisation_is_saved_with_the_model(own_folder, clips, tmp_path):
    model = EffNetClassifier(**SMALL, weights=own_folder()).fit(*clips)
    plain = EffNetClassifier(**SMALL, weights=tmp_path / "ast")
    expected = model.predict_proba(clips[0])
    save_model(model, tmp_path / "saved")
    shutil.rmtree(tmp_path / "ast")
    loaded = load_model(tmp_path / "saved")
    np.testing.assert_array_equal(loaded.predict_proba(clips[0]), expected)
    assert loaded.mel_settings() == model.mel_settings() != plain.mel_settings()


@pytest.mark.parametrize(
    ("extractor", "problem"),
    [
        ({"num_mel_bins": 24}, r"Got n_mels=16; set n_mels=24$"),
        ({"max_length": 64}, r"Got crop_seconds=0\.32; set crop_seconds=0\.64$"),
        (
            {"sampling_rate": 8000},
            r"Got sr=16000, .*; set sr=8000, n_fft=200, hop_length=80, crop_seconds=0\.32$",
        ),
        ({"std": 0.0}, r"preprocessor_config\.json: std must be above 0"),
        ({"mean": "high"}, r"preprocessor_config\.json: cannot be read"),
    ],
)
def test_extractor_of_other_inputs_is_rejected(own_folder, extractor, problem):
    path = own_folder(**extractor)
    with pytest.raises(UsageError, match=problem):
        resolve_auto(EffNetClassifier(**SMALL, weights=path))
    with pytest.raises(UsageError, match=problem):
        EffNetEmbedding(**SMALL, weights=path).fit([np.zeros(8000, dtype=np.float32)])
