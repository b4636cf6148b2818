"""Data made for the tests: a data set in the competition's layout, small and quick to classify."""

import numpy as np
import pandas as pd
import pytest
import soundfile

SR = 22050
CLASSES = ("blues", "jazz & soul", "métal")


def write_wav(path, samples, sr=SR, subtype="PCM_16"):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, sr, subtype=subtype)


def click_track(bpm, seconds, pitch, rng, sr=SR):
    """A decaying tone on every beat: a stem whose tempo and class are known."""
    time = np.arange(int(seconds * sr)) / sr
    beat = 60 / bpm
    envelope = np.exp(-(time % beat) / 0.05)
    tone = np.sin(2 * np.pi * pitch * time) + 0.05 * rng.standard_normal(len(time))
    return 0.3 * envelope * tone


def write_stem_data(root, *, songs=4, seconds=4.0, test=6, noise=8, seed=0):
    """Three classes that differ in pitch, in the competition's layout."""
    rng = np.random.default_rng(seed)
    for c, label in enumerate(CLASSES):
        for s in range(songs):
            for k, stem in enumerate(("drums", "vocals", "bass", "other")):
                pitch = 110 * (k + 1) * 1.6**c
                track = click_track(90 + 10 * s, seconds, pitch, rng)
                write_wav(root / f"genres_stems/{label}/{label}.{s:05d}/{stem}.wav", track)
    for n in range(noise):
        hiss = 0.05 * rng.standard_normal(SR)
        write_wav(root / f"ESC-50-master/audio/1-{n:05d}-A-{n % 4}.wav", hiss)
    names = [f"mashups/song{i + 1:04d}.wav" for i in range(test)]
    answers = [CLASSES[i % 3] for i in range(test)]
    for i, name in enumerate(names):
        pitch = 110 * 1.6 ** (i % 3)
        mix = sum(click_track(100, seconds, pitch * (k + 1), rng) for k in range(4))
        write_wav(root / name, mix / np.abs(mix).max())
    ids = [f"{7 * i:03d}" for i in range(test)]
    pd.DataFrame({"id": ids, "filename": names}).to_csv(root / "test.csv", index=False)
    pd.DataFrame({"id": ids, "genre": CLASSES[0]}).to_csv(
        root / "sample_submission.csv", index=False
    )
    pd.DataFrame({"id": ids, "genre": answers}).to_csv(root.parent / "answers.csv", index=False)
    return root


@pytest.fixture(scope="session")
def make_stem_data():
    """Return the function that writes a data set of stems into a folder."""
    return write_stem_data


@pytest.fixture(scope="session")
def stem_data(tmp_path_factory):
    """A small data set of stems; not to be changed by a test."""
    return write_stem_data(tmp_path_factory.mktemp("data") / "DATA")


@pytest.fixture
def own_stem_data(tmp_path):
    """A smaller one that a test may change."""
    return write_stem_data(tmp_path / "DATA", songs=2, seconds=0.5, test=2, noise=2)


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory):
    """One cache for all tests of a process, so that stems are converted once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def random_notes():
    """Plucked notes at random times and pitches: no two seeds alike, no beat, no loop."""

    def make(seed, seconds, sr=SR):
        rng = np.random.default_rng(seed)
        clip = np.zeros(int(seconds * sr) + sr)
        time = np.arange(sr) / sr
        for start in np.cumsum(rng.uniform(0.08, 0.3, int(seconds / 0.19))):
            if start < seconds:
                tone = np.sin(2 * np.pi * np.exp(rng.uniform(5.3, 8)) * time)
                begin = int(start * sr)
                clip[begin : begin + sr] += rng.uniform(0.3, 1) * np.exp(-time / 0.15) * tone
        return (0.3 * clip[: int(seconds * sr)]).astype(np.float32)

    return make


@pytest.fixture(scope="session")
def musicnn():
    """Return the name of the network musicnn; skip the test where it is not installed."""
    pytest.importorskip("torch", reason="needs the deep extra")
    from stemstack.exceptions import UsageError
    from stemstack.models.deep.embeddings.musicnn import find_package

    try:
        find_package()
    except UsageError as error:
        pytest.skip(str(error))
    return "musicnn"
