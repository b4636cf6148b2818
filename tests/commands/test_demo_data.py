"""A demo set whose test is unlike its training songs, in the way that was asked for."""

import shutil

import numpy as np
import soundfile

from stemstack.commands._shared import demo_files


def test_the_test_mashups_follow_their_own_side_and_settings(
    tmp_path, run_program, own_stem_data, monkeypatch
):
    sides = {}

    def lay_songs(folder, *, pool, side, **_):
        sides[pool] = side
        shutil.copytree(own_stem_data / "genres_stems", folder)

    def lay_noise(folder, **_):
        shutil.copytree(own_stem_data / "ESC-50-master", folder)

    # Composing the songs is tested where they are composed; it would take long here.
    monkeypatch.setattr(demo_files, "write_songs", lay_songs)
    monkeypatch.setattr(demo_files, "write_noise", lay_noise)
    settings = tmp_path / "test.yaml"
    settings.write_text("noise_probability: 0\nnormalize: rms\nlevel: [-30, -30]\n")
    made = tmp_path / "demo" / "data"
    code, _, error = run_program(
        *("demo-data", made, "--test-per-genre", 2, "--jobs", 1),
        *("--shifted", "--test-settings", settings),
    )
    assert code == 0, error
    assert sides == {"train": "seen", "test": "unseen"}
    clips = sorted((made / "mashups").glob("*.wav"))
    assert len(clips) == 6
    for path in clips:
        clip, _ = soundfile.read(path)
        # The level is that of the whole mix; 16 bits round it by far less than 0.1 dB.
        np.testing.assert_allclose(10 * np.log10(np.mean(clip**2)), -30, atol=0.1)
