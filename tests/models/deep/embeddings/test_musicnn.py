"""musicnn in torch, against the activations that its authors' code computes by TensorFlow."""

from pathlib import Path

import numpy as np
import pytest

from stemstack.exceptions import DataError, UsageError
from stemstack.models.deep.embeddings import musicnn
from stemstack.models.deep.embeddings.musicnn import MusicnnNetwork

torch = pytest.importorskip("torch", reason="needs the deep extra")
try:
    musicnn.find_package()
except UsageError as error:
    pytest.skip(str(error), allow_module_level=True)

# Written by musicnn 0.1.0 with TensorFlow 2.15, librosa 0.11 and numpy 1.26 for the clip below.
REFERENCE = Path(__file__).parents[3] / "data" / "musicnn_reference.npz"


def broken_chords(sr=16000, seconds=10.0):
    """Broken chords of decaying harmonics over a bass, with a tick on each second note."""
    time = np.arange(int(sr * seconds)) / sr
    clip = np.zeros_like(time)
    notes = [60, 64, 67, 70, 72, 70, 67, 64]
    for number in range(int(seconds * 4)):
        since = time - number / 4
        started, since = since >= 0, np.clip(since, 0, None)
        frequency = 440 * 2 ** ((notes[number % 8] - 69) / 12)
        for harmonic in (1, 2, 3, 4):
            sine = np.sin(2 * np.pi * frequency * harmonic * since)
            clip += started * 0.2 / harmonic * np.exp(-6 * since) * sine
        if number % 2 == 0:
            bass = np.exp(-4 * since) * np.sin(2 * np.pi * frequency / 4 * since)
            tick = np.exp(-80 * since) * np.sin(2 * np.pi * 5000 * since)
            clip += started * (0.3 * bass + 0.1 * tick)
    return (clip / np.abs(clip).max() * 0.9).astype(np.float32)


@pytest.mark.parametrize("dataset", ["msd", "mtt"])
def test_activations_are_those_of_the_original(dataset):
    network, reference = MusicnnNetwork(dataset), np.load(REFERENCE)
    clip = broken_chords()
    tags = network.activations(clip, "tags", None, "cpu").numpy()
    np.testing.assert_allclose(tags, reference[f"{dataset}_tags"], atol=1e-4)
    pooled = network.activations(clip, "pooled", None, "cpu").numpy()
    for start, name in enumerate(("max", "mean")):
        expected = reference[f"{dataset}_{name}"]
        tolerance = 1e-4 * np.abs(expected).max()
        np.testing.assert_allclose(pooled[:, start::2], expected, atol=tolerance)


def test_tags_have_names():
    network, reference = MusicnnNetwork("mtt"), np.load(REFERENCE)
    assert len(network.tags) == 50
    assert network.tags[reference["mtt_tags"].mean(axis=0).argmax()] == "slow"


def test_training_mode_computes_the_same():
    from stemstack.models.deep.embeddings.musicnn_layers import BandMaximum

    torch.manual_seed(0)
    block, patches = BandMaximum(6, 4, 5), torch.randn(3, 1, 20, 12)
    # Half of the factors of the norm are negative.
    block.norm.weight.data.uniform_(-1, 1)
    block.norm.momentum = None
    with torch.no_grad():
        trained = block.train()(patches)
        # A batch is normalised by its biased variance; the stored one is unbiased.
        n_values = 3 * 20 * 8
        block.norm.running_var *= (n_values - 1) / n_values
        torch.testing.assert_close(block.eval()(patches), trained)


@pytest.mark.parametrize("n_samples", [1, 100, 47_999])
def test_short_clips_are_repeated(n_samples):
    rng = np.random.default_rng(0)
    clip = rng.standard_normal(n_samples).astype(np.float32)
    rows = MusicnnNetwork().activations(clip, "penultimate", None, "cpu")
    assert rows.shape == (1, 200) and torch.isfinite(rows).all()


def test_silent_and_loud_clips_are_finite():
    for level in (0.0, 1.0, 1e4):
        clip = np.full(48_000, level, dtype=np.float32)
        clip[::2] *= -1
        assert torch.isfinite(MusicnnNetwork().activations(clip, "tags", None, "cpu")).all()


def test_hop_sets_the_number_of_patches():
    clip = np.zeros(10 * 16000, dtype=np.float32)
    network = MusicnnNetwork()
    assert len(network.activations(clip, "tags", None, "cpu")) == 3
    assert len(network.activations(clip, "tags", 1.0, "cpu")) == 8


def test_missing_package_names_the_command(monkeypatch):
    def missing(name):
        raise musicnn.PackageNotFoundError(name)

    monkeypatch.setattr(musicnn, "distribution", missing)
    with pytest.raises(UsageError, match=r"pip install --no-deps musicnn==0\.1\.0"):
        MusicnnNetwork()


def test_damaged_weights_are_one_message(tmp_path, monkeypatch):
    source = musicnn.find_package()
    folder = tmp_path / "MSD_musicnn"
    folder.mkdir()
    (tmp_path / "configuration.py").write_bytes((source / "configuration.py").read_bytes())
    for name in (".index", ".data-00000-of-00001"):
        content = (source / "MSD_musicnn" / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])
    monkeypatch.setattr(musicnn, "find_package", lambda: tmp_path)
    with pytest.raises(DataError, match=r"cannot be read.*install it again"):
        MusicnnNetwork().activations(np.zeros(100, np.float32), "tags", None, "cpu")
