"""Networks that train in seconds or not at all, and clips to train them on."""

import numpy as np

SMALL_NET = {
    "backbone": "cnn_tiny",
    "sr": 8000,
    "n_fft": 256,
    "hop_length": 128,
    "n_mels": 16,
    "crop_seconds": 0.25,
    "batch_size": 8,
    "epochs": 2,
    "device": "cpu",
    "n_threads": 1,
    "random_state": 0,
}


def tones_and_noise(n, seed=0):
    """Return clips of half a second at 8 kHz, tones and noise in turn, and their labels."""
    rng = np.random.default_rng(seed)
    time = np.arange(4000) / 8000
    tones = [np.sin(2 * np.pi * rng.uniform(200, 3000) * time) for _ in range(n)]
    clips = [tone if i % 2 else rng.standard_normal(4000) for i, tone in enumerate(tones)]
    labels = np.array(["tone" if i % 2 else "noise" for i in range(n)])
    return [clip.astype(np.float32) for clip in clips], labels


class Tone:
    """Clip of half a second that counts how often it is loaded."""

    def __init__(self, frequency):
        self.frequency = frequency
        self.n_loads = 0

    def load(self, sr):
        self.n_loads += 1
        return np.sin(2 * np.pi * self.frequency * np.arange(4000) / sr).astype(np.float32)

    def key(self):
        return f"{self.frequency:032.6f}"


class LevelNetwork:
    """Mean level, and deviation, of each of some patches of 100 samples: a pretrained network."""

    name, key, sr, layers, tags = "level", "1", 8000, ("last", "tags"), ("High Up", "low")
    n_calls = 0

    def activations(self, samples, layer, hop_seconds, device):
        import torch

        type(self).n_calls += 1
        patches = torch.from_numpy(np.resize(samples, (-(-len(samples) // 100), 100)).copy())
        return torch.stack([patches.mean(dim=1), patches.std(dim=1)], dim=1)


def low_and_high(n, seed=0):
    """Return clips of half a second at 8 kHz, and indicator rows: a low tone, a high tone in each.

    Every second pair of clips has the second label, every second clip the first; all are noisy.
    """
    rng = np.random.default_rng(seed)
    time = np.arange(4000) / 8000
    labels = np.column_stack([np.arange(n) % 2, np.arange(n) // 2 % 2])
    frequencies = np.column_stack([rng.uniform(300, 500, n), rng.uniform(2500, 3000, n)])
    tones = np.sin(2 * np.pi * frequencies[..., None] * time)
    clips = (labels[..., None] * tones).sum(axis=1) + 0.1 * rng.standard_normal((n, 4000))
    return list(clips.astype(np.float32)), labels
