"""Networks of transformers and torchaudio, with small random weights."""

import numpy as np
import pytest

from stemstack.exceptions import UsageError
from stemstack.models.deep.embeddings.networks import is_local, load_network

torch = pytest.importorskip("torch", reason="needs the deep extra")
transformers = pytest.importorskip("transformers", reason="needs the hf extra")

SMALL = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16,
}  # fmt: skip
CONV = {"conv_dim": (16,) * 7, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4}


def save(folder, config, extractor, kind="AutoModel"):
    """Save a network with random weights."""
    torch.manual_seed(0)
    model = getattr(transformers, kind)
    (model.from_config(config) if kind == "AutoModel" else model(config)).save_pretrained(folder)
    extractor.save_pretrained(folder)
    return str(folder)


def save_wav2vec2(folder):
    config = transformers.Wav2Vec2Config(**SMALL, **CONV)
    return save(folder, config, transformers.Wav2Vec2FeatureExtractor())


def save_hubert(folder):
    config = transformers.HubertConfig(**SMALL, **CONV)
    return save(folder, config, transformers.Wav2Vec2FeatureExtractor())


def save_wavlm(folder):
    config = transformers.WavLMConfig(**SMALL, **CONV)
    return save(folder, config, transformers.Wav2Vec2FeatureExtractor())


def save_ast(folder):
    return save(folder, transformers.ASTConfig(**SMALL), transformers.ASTFeatureExtractor())


def save_whisper(folder):
    config = transformers.WhisperConfig(
        d_model=16, encoder_layers=2, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16,
    )  # fmt: skip
    return save(folder, config, transformers.WhisperFeatureExtractor())


def save_clap(folder):
    config = transformers.ClapAudioConfig(
        hidden_size=64, patch_embeds_hidden_size=16, depths=[1, 1], num_attention_heads=[2, 2],
        enable_fusion=False,
    )  # fmt: skip
    extractor = transformers.ClapFeatureExtractor(truncation="rand_trunc")
    return save(folder, config, extractor, "ClapAudioModel")


SAVERS = [save_wav2vec2, save_hubert, save_wavlm, save_ast, save_whisper, save_clap]


@pytest.mark.parametrize("save_model", SAVERS, ids=lambda f: f.__name__.removeprefix("save_"))
def test_audio_models_give_finite_rows(save_model, tmp_path):
    network = load_network(save_model(tmp_path / "model"))
    clip = np.random.default_rng(0).standard_normal(network.sr * 12).astype(np.float32) / 10
    rows = network.activations(clip, network.layers[0], None, "cpu")
    assert rows.ndim == 2 and torch.isfinite(rows).all()
    others = [network.activations(clip[:100], layer, None, "cpu") for layer in network.layers[1:]]
    assert all(torch.isfinite(other).all() for other in others)
    # Other sounds, other activations.
    silent = network.activations(0 * clip, network.layers[0], None, "cpu")
    assert not torch.allclose(rows, silent)


def test_layers_are_the_hidden_states(tmp_path):
    folder = save_wav2vec2(tmp_path / "model")
    network, clip = load_network(folder), np.sin(np.arange(160_000, dtype=np.float32))
    assert network.layers == ("last", "mean", 0, 1, 2)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    inputs = transformers.AutoFeatureExtractor.from_pretrained(folder)(
        clip, sampling_rate=16000, return_tensors="pt"
    )
    with torch.no_grad():
        hidden = model(**inputs, output_hidden_states=True).hidden_states
    for layer, expected in (("last", hidden[-1]), (1, hidden[1]), ("mean", sum(hidden) / 3)):
        rows = network.activations(clip, layer, None, "cpu")
        torch.testing.assert_close(rows, expected[0])


def test_other_weights_have_another_key(tmp_path):
    folder = save_wav2vec2(tmp_path / "model")
    key = load_network(folder).key
    assert key == load_network.__wrapped__(folder).key
    model = transformers.AutoModel.from_pretrained(folder)
    next(model.parameters()).data += 1
    model.save_pretrained(folder)
    assert load_network.__wrapped__(folder).key != key


def test_text_models_and_pickles_are_refused(tmp_path):
    config = transformers.BertConfig(**SMALL, vocab_size=10)
    transformers.BertModel(config).save_pretrained(tmp_path / "bert")
    with pytest.raises(UsageError, match="is a model of type 'bert'"):
        load_network(str(tmp_path / "bert"))
    folder = tmp_path / "pickle"
    save_wav2vec2(folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(UsageError, match="cannot be loaded"):
        load_network(str(folder))


def test_bundle_of_torchaudio_reads_its_file(tmp_path, monkeypatch):
    from torchaudio import models, pipelines

    small = dict(
        pipelines.WAV2VEC2_BASE._params,
        extractor_conv_layer_config=[(16, 10, 5), (16, 3, 2), (16, 2, 2), (16, 2, 2), (16, 2, 2)],
        encoder_embed_dim=16, encoder_num_layers=2, encoder_num_heads=2,
        encoder_ff_interm_features=16, encoder_pos_conv_kernel=16, encoder_pos_conv_groups=4,
    )  # fmt: skip
    bundle = pipelines.Wav2Vec2Bundle("tiny.pth", small, 16000, False, "Wav2Vec2")
    monkeypatch.setattr(pipelines, "TINY", bundle, raising=False)
    torch.manual_seed(0)
    net = models.wav2vec2_model(**small)
    torch.save(net.state_dict(), tmp_path / "tiny.pth")
    network = load_network("torchaudio:TINY", weights=str(tmp_path / "tiny.pth"))
    clip = np.sin(np.arange(160_000, dtype=np.float32))
    with torch.no_grad():
        expected = net.eval().extract_features(torch.from_numpy(clip)[None])[0]
    rows = network.activations(clip, 0, None, "cpu")
    torch.testing.assert_close(rows, expected[0][0])
    assert network.layers == ("last", "mean", 0, 1)
    torch.save({}, tmp_path / "empty.pth")
    with pytest.raises(UsageError, match="does not have the weights of TINY"):
        load_network("torchaudio:TINY", weights=str(tmp_path / "empty.pth"))


@pytest.mark.parametrize(
    ("model", "weights", "message"),
    [
        ("nothing", None, "Unknown embedding 'nothing': expected musicnn, musicnn_mtt"),
        ("/no/folder/here", None, "Unknown embedding"),
        ("torchaudio:WAV2VEC2_BASE", None, "'weights' is a file, needed for a bundle"),
        ("torchaudio:NOTHING", "x.pth", "torchaudio has no bundle 'NOTHING'"),
        ("torchaudio:WAV2VEC2_BASE", "missing.pth", "no such file"),
        ("musicnn", "x.pth", "and for no other network"),
    ],
)
def test_unknown_networks_are_one_message(model, weights, message):
    with pytest.raises(UsageError, match=message):
        load_network(model, weights=weights)


def test_names_that_open_local_files():
    assert is_local("/models/ast") and is_local("./ast") and is_local("C:\\ast")
    assert not any(
        map(is_local, ("musicnn", "timm:resnet18", "torchaudio:HUBERT_BASE", "MIT/ast-finetuned"))
    )
