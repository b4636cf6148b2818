"""No song is on both sides of a split, also if its name is not passed on."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from stemstack.audio import Window
from stemstack.exceptions import DataError, DataWarning
from stemstack.mashups import AudioSource, Mashup, NoisePart, Recipe, StemPart
from stemstack.stacking import OutOfFoldStacker, oof_predictions
from stemstack.stacking.groups import (
    clip_groups,
    connected_groups,
    resolve_groups,
    warn_of_shared_recordings,
)

N_FOLDS, SONGS_PER_FOLD = 4, 3


def mashup(label, songs, noise, *, fold=0, pool=None):
    stems = tuple(StemPart(name, song, f"{song}/{name}.wav", 1.0, 1.0) for name, song in songs)
    recipe = Recipe(f"{label}-{fold}", label, fold, 8000, 0, 80, stems, (NoisePart(noise, 0, 1.0),))
    source = AudioSource("x.i16", n_samples=80, tempo=120.0, confidence=1.0, content="x")
    return Mashup(recipe, (source,) * 3, pool)


@pytest.fixture(scope="module")
def mashups():
    """Mashups drawn within folds of songs and noise, in random order."""
    rng, clips = np.random.default_rng(0), []
    for i in range(160):
        fold, label = i % N_FOLDS, "ab"[i // N_FOLDS % 2]
        songs = [f"{label}{fold}{k}" for k in rng.choice(SONGS_PER_FOLD, 2, replace=False)]
        noise = f"noise{fold}{rng.integers(2)}.wav"
        clips.append(mashup(label, zip(("drums", "bass"), songs, strict=True), noise, fold=fold))
    clips = [clips[i] for i in rng.permutation(len(clips))]
    return clips, np.array([clip.recipe.label for clip in clips])


def song_codes(clips):
    """Features that identify songs, and hold nothing else of the class."""
    codes = {f"{label}{f}{k}": hash_value(label, f, k) for label, f, k in all_songs()}
    return np.array([[codes[part.song] for part in clip.recipe.stems] for clip in clips])


def all_songs():
    return [(label, f, k) for label in "ab" for f in range(N_FOLDS) for k in range(SONGS_PER_FOLD)]


def hash_value(label, fold, song):
    return np.random.default_rng([ord(label), fold, song]).random()


def test_rows_that_share_origins_are_connected():
    origins = [{"a"}, {"b"}, {"a", "c"}, (), {"c", "d"}, {"d"}, ()]
    assert connected_groups(origins).tolist() == [0, 1, 0, 2, 0, 0, 3]


def test_mashups_are_split_by_what_they_share(mashups):
    clips, y = mashups
    groups, folds = clip_groups(clips), [clip.recipe.fold for clip in clips]
    # Songs and noise of a fold connect all of its mashups, and none of two folds.
    assert len(set(groups)) == len(set(zip(groups, folds, strict=True))) == N_FOLDS
    models = [("tree", make_pipeline(FunctionTransformer(song_codes), GaussianNB()))]
    stack = OutOfFoldStacker(models, cv=N_FOLDS, random_state=0).fit(clips, y)
    assert len(set(zip(stack.folds_, folds, strict=True))) == N_FOLDS
    with pytest.warns(DataWarning, match=r"clips seem to share recordings .*row 0 and row"):
        oof_predictions(models, clips, y, np.arange(len(y)) % 2)


def test_groups_given_come_first(mashups):
    clips, y = mashups
    given = np.arange(len(y))
    assert resolve_groups(clips, y, given) is given
    assert resolve_groups(np.eye(3), y[:3], None) is None


def test_mashups_drawn_without_folds_are_refused(mashups):
    clips, y = mashups
    pairs = [[("drums", f"a{f}0"), ("bass", f"a{f + 1}0")] for f in range(N_FOLDS - 1)]
    bridge = [mashup("a", pair, "n.wav") for pair in pairs]
    models = [("nb", GaussianNB())]
    with pytest.raises(DataError, match=r"All clips of class a are connected .* within folds"):
        OutOfFoldStacker(models).fit([*clips, *bridge], [*y, "a", "a", "a"])


def test_redrawn_mashups_are_grouped_by_pool_and_fold():
    clips = [mashup("a", [("drums", f"a{i}")], f"{i}.wav", fold=i % 2, pool="p") for i in range(4)]
    assert clip_groups(clips).tolist() == [0, 1, 0, 1]
    clips.append(mashup("a", [("drums", "a9")], "9.wav", pool="q"))
    assert clip_groups([*clips, "song.wav"]).tolist() == [0, 1, 0, 1, 2, 3]


def test_windows_of_a_recording_are_a_group():
    windows = [Window(path, start, 1.0) for start in (0.0, 1.0) for path in ("a.wav", "b.wav")]
    assert clip_groups(windows).tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("names", "n_alike"),
    [
        (["x1", "x2", "x3", "y1", "y2", "y3"], 6),
        (["x_01", "x_02", "other", "5", "6", "7"], 2),
        # Numbers of a whole class are those of songs.
        ([f"rock.0000{i}" for i in range(6)], 0),
        (["a", "b", "c", "d", "e", "f"], 0),
    ],
)
def test_files_numbered_alike_warn(recwarn, names, n_alike):
    paths = [f"rock/{name}.wav" for name in names]
    warn_of_shared_recordings(paths, ["rock"] * 6, np.arange(6) % 2)
    found = [str(warning.message) for warning in recwarn.list]
    assert len(found) == bool(n_alike)
    if n_alike:
        start = f"{n_alike} clips seem to share recordings with clips in other folds, such as "
        assert found[0].startswith(f"{start}{paths[0]} and {paths[1]};")


def test_files_of_the_same_content_warn(tmp_path):
    contents = {"a": b"one", "b": b"two", "c": b"other", "d": b"one"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    paths, y = [str(tmp_path / name) for name in contents], np.array(list("rjrj"))
    models = [("lr", make_pipeline(FunctionTransformer(name_lengths), LogisticRegression()))]
    stack = OutOfFoldStacker(models, cv=[([0, 1], [2, 3]), ([2, 3], [0, 1])])
    with pytest.warns(DataWarning, match=r"2 clips seem .*/a and .*/d; .* as groups"):
        stack.fit(paths, y)


def name_lengths(paths):
    return np.array([[len(path)] for path in paths])
