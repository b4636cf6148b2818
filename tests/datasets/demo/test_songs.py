"""Songs folder: layout, determinism, levels and errors."""

import filecmp

import numpy as np
import pytest
import soundfile

from stemstack.datasets.demo import GENRES, write_songs
from stemstack.datasets.demo.songs import make_song
from stemstack.exceptions import StorageError, UsageError

pytest.importorskip("midirenderer")

STEMS = ("drums", "vocals", "bass", "other")
SHORT = {"songs_per_genre": 1, "seconds": 2.0, "sr": 22050, "mono": True}


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    root = tmp_path_factory.mktemp("songs")
    done = []
    write_songs(root, **SHORT, advance=done.append)
    assert done == [1] * len(GENRES)
    return root


def files(root):
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())


def test_files_have_the_competition_layout(songs):
    assert files(songs) == sorted(f"{g}/{g}.00000/{s}.wav" for g in GENRES for s in STEMS)


def test_stems_are_16_bit_of_equal_length(songs):
    for genre in GENRES:
        infos = [soundfile.info(songs / genre / f"{genre}.00000" / f"{s}.wav") for s in STEMS]
        assert {(i.subtype, i.samplerate, i.channels) for i in infos} == {("PCM_16", 22050, 1)}
        (frames,) = {info.frames for info in infos}
        assert 0.995 * 2 * 22050 - 1 <= frames <= 1.02 * 2 * 22050 + 1


@pytest.mark.slow
def test_bytes_do_not_depend_on_jobs(songs, tmp_path):
    for _ in range(2):
        write_songs(tmp_path, **SHORT, n_jobs=2)
        _, mismatch, errors = filecmp.cmpfiles(songs, tmp_path, files(songs), shallow=False)
        assert (mismatch, errors) == ([], [])
    assert files(tmp_path) == files(songs)


def test_song_depends_on_seed_pool_and_number():
    def first(number=0, seed=0, pool="train"):
        return make_song("disco", number, (seed, pool), 1.0, 22050, 1)["drums"]

    reference = first()
    np.testing.assert_array_equal(first(), reference)
    for other in (first(number=1), first(seed=1), first(pool="test")):
        assert not np.array_equal(other[:1000], reference[:1000])


def test_first_number_offsets_song_numbers(tmp_path):
    write_songs(tmp_path, songs_per_genre=1, seconds=1.0, sr=8000, mono=True, first_number=41)
    assert (tmp_path / "rock" / "rock.00041" / "bass.wav").is_file()


def test_songs_are_stereo_with_genre_loudness():
    def loudness(genre):
        mixes = [sum(make_song(genre, n, (3, "train"), 4.0, 22050, 2).values()) for n in range(4)]
        assert mixes[0].shape[1] == 2
        return np.median([np.sqrt(np.mean(mix**2)) for mix in mixes])

    loud = loudness("hiphop")
    assert loud > 2 * loudness("jazz")
    assert loud > 2 * loudness("classical")


@pytest.mark.parametrize(
    ("parameter", "value", "message"),
    [
        ("songs_per_genre", 0, "songs_per_genre must be a whole number, at least 1. Got 0"),
        ("songs_per_genre", 1.5, "songs_per_genre must be a whole number"),
        ("seconds", float("nan"), "seconds must be a number, at least 1. Got nan"),
        ("seconds", "30", "seconds must be a number"),
        ("seed", -1, "seed must be a whole number, at least 0"),
        ("first_number", True, "first_number must be a whole number"),
        ("sr", 44100.5, "sr must be a whole number of Hz"),
        ("n_jobs", 0, "n_jobs must be None, a number of processes"),
        ("pool", None, "pool must be text. Got None"),
        ("sr", 400, "sr must be a whole number of Hz from 8000"),
    ],
)
def test_bad_parameters_are_named(tmp_path, parameter, value, message):
    with pytest.raises(UsageError, match=message):
        write_songs(tmp_path, **{**SHORT, parameter: value})
    assert not list(tmp_path.iterdir())


def test_unwritable_folder_is_named(tmp_path):
    blocked = tmp_path / "songs"
    blocked.write_text("a file, not a folder")
    with pytest.raises(StorageError, match=r"drums\.wav: cannot .*songs is not a folder"):
        write_songs(blocked, **SHORT)
