"""A healthy data set to damage, and functions that damage and check it."""

import numpy as np
import pytest
import soundfile

from stemstack.datasets.doctor import check_dataset

SR = 22050


def write_samples(path, samples, sr=SR, subtype="PCM_16"):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, sr, subtype=subtype)


def make_hiss(seed, seconds=1.0, level=0.1):
    return level * np.random.default_rng(seed).standard_normal(int(seconds * SR)).clip(-3, 3)


@pytest.fixture(scope="session")
def write():
    """``write(path, samples, sr=22050, subtype="PCM_16")``."""
    return write_samples


@pytest.fixture(scope="session")
def read():
    """``read(path)`` returns the samples."""
    return lambda path: soundfile.read(path)[0]


@pytest.fixture(scope="session")
def hiss():
    """``hiss(seed, seconds=1.0, level=0.1)`` returns noise, cut at three sigma."""
    return make_hiss


@pytest.fixture(scope="session")
def find_problems():
    """``find_problems(data, check=None)`` returns the errors and warnings."""

    def find_problems(data, check=None, **options):
        findings = check_dataset(data, **{"n_folds": 2, **options}).findings
        return [f for f in findings if f.severity != "info" and check in (None, f.check)]

    return find_problems


@pytest.fixture
def data(tmp_path):
    """Two genres of two songs, two test clips, two noises with their meta."""
    root, seed = tmp_path / "DATA", 0
    for genre in ("blues", "jazz"):
        for song in range(2):
            for stem in ("drums", "vocals", "bass", "other"):
                seed += 1
                path = root / f"genres_stems/{genre}/{genre}.{song:05d}/{stem}.wav"
                write_samples(path, make_hiss(seed))
    for k in range(2):
        write_samples(root / f"mashups/song{k}.wav", make_hiss(100 + k))
        write_samples(root / f"ESC-50-master/audio/{k}.wav", make_hiss(200 + k))
    (root / "test.csv").write_text("id,filename\n01,mashups/song0.wav\n02,mashups/song1.wav\n")
    (root / "sample_submission.csv").write_text("id,genre\n01,blues\n02,blues\n")
    meta = root / "ESC-50-master/meta/esc50.csv"
    meta.parent.mkdir()
    meta.write_text("filename,category,src_file\n0.wav,dog,10\n1.wav,rain,11\n")
    return root
