import json

import numpy as np
import onnxruntime
import pytest
import transformers
from scipy.special import softmax

from stemstack.audio import load_clip
from stemstack.exceptions import MissingExtraError, UsageError
from stemstack.models import EffNetClassifier, EffNetEmbedding, export_onnx, make_lr
from stemstack.models.deep.data.batches import even_crops

SMALL = {
    "sr": 16000,
    "n_fft": 400,
    "hop_length": 160,
    "n_mels": 32,
    "crop_seconds": 0.32,
    "epochs": 1,
    "batch_size": 4,
    "device": "cpu",
    "n_threads": 1,
    "random_state": 0,
}
RNG = np.random.default_rng(0)
CLIPS = [RNG.standard_normal(8000).astype(np.float32) for _ in range(8)]
LABELS = np.array(["a", "b"] * 4)


def save_tiny_ast(folder):
    config = transformers.ASTConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        num_mel_bins=32,
        max_length=32,
        frequency_stride=16,
        time_stride=16,
    )
    transformers.ASTForAudioClassification(config).save_pretrained(folder)


def run_file(path, model, clips):
    """Predict with the network and the metadata of a file."""
    session = onnxruntime.InferenceSession(path)
    metadata = json.loads(session.get_modelmeta().custom_metadata_map["stemstack"])
    assert metadata["picture"]["n_mels"] == 32
    settings, looks = model.mel_settings(), metadata["looks"]
    assert metadata["picture"]["kind"] == settings.kind
    log_mels = [settings.compute(load_clip(clip, settings.sr)) for clip in clips]
    crops = even_crops(log_mels, looks["width"], looks["n_crops"]).astype(np.float32)
    outputs = [session.run(None, {"pictures": view})[0] for view in views_of(crops, looks)]
    return metadata, np.mean(outputs, axis=0).reshape(len(clips), looks["n_crops"], -1).mean(axis=1)


def views_of(crops, looks):
    """The views that docs/how-to/export.md describes."""
    bands, shift, contrast = np.arange(crops.shape[2]), looks["shift"], looks["contrast"]
    shifted = [crops[:, :, np.clip(bands + by, 0, bands[-1])] for by in (-shift, shift) if by]
    return [crops, *shifted, *(crops * (1 + by) for by in (-contrast, contrast) if by)]


@pytest.mark.slow
@pytest.mark.parametrize("backbone", ["cnn_tiny", "test_efficientnet", "ast"])
def test_onnxruntime_predicts_the_same(backbone, tmp_path):
    options = {"weights": "none"}
    if backbone == "ast":
        save_tiny_ast(tmp_path / "ast")
        options = {"weights": tmp_path / "ast"}
    elif backbone == "cnn_tiny":
        options = {"pool": "gem", "band_norm": True, "tta_shift": 2, "tta_contrast": 0.2}
    model = EffNetClassifier(backbone, **SMALL, **options).fit(CLIPS, LABELS)
    export_onnx(model, tmp_path / "net.onnx")
    metadata, logits = run_file(tmp_path / "net.onnx", model, CLIPS[:3])
    assert metadata["classes"] == ["a", "b"]
    # float32 convolutions of another library.
    np.testing.assert_allclose(
        softmax(logits, axis=1), model.predict_proba(CLIPS[:3]), rtol=0, atol=1e-4
    )


@pytest.mark.slow
def test_embedding_exports_its_features(tmp_path):
    model = EffNetEmbedding("cnn_tiny", **SMALL).fit(CLIPS)
    export_onnx(model, tmp_path / "net.onnx")
    metadata, features = run_file(tmp_path / "net.onnx", model, CLIPS[:2])
    assert metadata["classes"] is None
    # float32 convolutions of another library.
    np.testing.assert_allclose(features, model.transform(CLIPS[:2]), rtol=1e-4, atol=1e-4)


def test_export_rejects_other_models(tmp_path):
    with pytest.raises(UsageError, match=r"A network was expected\. Got Pipeline"):
        export_onnx(make_lr(), tmp_path / "lr.onnx")


def test_missing_onnx_names_the_extra(monkeypatch, tmp_path):
    model = EffNetEmbedding("cnn_tiny", **SMALL).fit(CLIPS)
    monkeypatch.setitem(__import__("sys").modules, "onnxscript", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'stemstack\[onnx\]'"):
        export_onnx(model, tmp_path / "net.onnx")
