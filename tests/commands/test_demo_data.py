"""Demo data with test mashups from other songs and settings than the training songs."""

import shutil

import numpy as np
import soundfile

from stemstack.commands._shared import demo_files


def test_test_mashups_use_their_own_settings(tmp_path, run_program, own_stem_data, monkeypatch):
    domains = {}

    def write_songs(folder, *, pool, domain, **_):
        domains[pool] = domain
        shutil.copytree(own_stem_data / "genres_stems", folder)

    def write_noise(folder, **_):
        shutil.copytree(own_stem_data / "ESC-50-master", folder)

    # Synthesis of the songs has its own tests, and would be slow here.
    monkeypatch.setattr(demo_files, "write_songs", write_songs)
    monkeypatch.setattr(demo_files, "write_noise", write_noise)
    settings = tmp_path / "test.yaml"
    settings.write_text("noise_probability: 0\nnormalize: rms\nlevel: [-30, -30]\n")
    directory = tmp_path / "demo" / "data"
    code, _, error = run_program(
        *("demo-data", directory, "--test-per-genre", 2, "--jobs", 1),
        *("--shifted", "--test-settings", settings),
    )
    assert code == 0, error
    assert domains == {"train": "seen", "test": "unseen"}
    clips = sorted((directory / "mashups").glob("*.wav"))
    assert len(clips) == 6
    for path in clips:
        clip, _ = soundfile.read(path)
        # The level is that of the whole mix; 16 bits round it by far less than 0.1 dB.
        np.testing.assert_allclose(10 * np.log10(np.mean(clip**2)), -30, atol=0.1)
