"""From songs in stems to mashups with folds."""

import shutil

import numpy as np
import pytest
import soundfile

from stemstack.datasets import read_data
from stemstack.exceptions import DataError, DataWarning
from stemstack.runs import Config, fit_run
from stemstack.runs.training_clips import check_sound
from stemstack.utils.resources import Resources


def silence(song):
    for path in song.glob("*.wav"):
        soundfile.write(path, np.zeros(22050), 22050)


def test_silent_songs_are_named(own_stem_data, shared_cache):
    config = Config(str(own_stem_data), folds=2, mashups_per_genre=2)
    resources, songs = Resources(shared_cache), own_stem_data / "genres_stems/blues"
    # One silent stem is no silent song.
    soundfile.write(songs / "blues.00001/bass.wav", np.zeros(22050), 22050)
    silence(songs / "blues.00000")
    with pytest.warns(DataWarning, match=r"silent songs: blues/blues\.00000 of \d+; replace"):
        check_sound(read_data(own_stem_data), config, resources=resources)
    for song in songs.iterdir():
        silence(song)
    with pytest.raises(DataError, match="all songs of blues are silent; replace their files"):
        check_sound(read_data(own_stem_data), config, resources=resources)


def test_stems_without_noise_make_a_whole_run(own_stem_data, tmp_path, shared_cache):
    shutil.rmtree(own_stem_data / "ESC-50-master")
    settings = {"noise_probability": 0.0}
    options = {"models": ["heuristic"], "folds": 2, "mashups_per_genre": 2, "settings": settings}
    config = Config(str(own_stem_data), **options)
    run, _ = fit_run(config, tmp_path / "RUN", resources=Resources(shared_cache))
    assert run.read_table("folds")["kind"].unique().tolist() == ["song"]
    assert run.metrics["out_of_fold"]["stack"]["macro_f1"] >= 0
