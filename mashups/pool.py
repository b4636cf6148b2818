"""Pool: the songs and noise clips that mashups are sampled from, by class and fold.

Songs *and* noise clips are split into folds first, and recipes are sampled within a fold, so no
song and no noise clip is on both sides of a split; nor is an impulse response.
"""

import json
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath

import numpy as np

from ..exceptions import DataError
from ..utils.atomic_write import write_text
from ..utils.cache import read_entry
from ..utils.hashing import hash_bytes
from .sampling import sample_recipe
from .settings import Settings
from .sources import AudioSource, reverb_folders

_STAGE = 1


@dataclass(frozen=True)
class Pool:
    """Settings, and the songs and noise clips that they are applied to.

    Attributes
    ----------
    settings : Settings
    songs : dict of (str, int) to list of (str, dict)
        By class and fold: the name of each song, and its paths by stem.
    noises : dict of int to list of str
        By fold: paths of noise clips.
    source_store : dict of str to AudioSource
        The converted files by path.
    impulses : dict of int to dict, default={}
        By fold: paths of impulse responses, by the ``reverb_folder`` of the settings.

    See Also
    --------
    sample_recipes : Sample recipes from tables in one call.
    Mashup.redraw : Sample a replacement of a mashup from its pool.

    Examples
    --------
    >>> import pandas as pd
    >>> from stemstack.mashups import AudioSource, Pool, Settings
    >>> songs = pd.DataFrame(
    ...     {"song": ["a", "b"], "label": "rock", "fold": 0, "drums": ["a.wav", "b.wav"]}
    ... )
    >>> noise = pd.DataFrame({"path": [], "fold": []})
    >>> source = AudioSource("", n_samples=10**6, tempo=120.0, confidence=1.0, content="x")
    >>> settings = Settings(stems=("drums",), noise_probability=0.0)
    >>> pool = Pool.from_tables(songs, noise, {"a.wav": source, "b.wav": source}, settings)
    >>> [recipe.id for recipe in pool.sample_all(per_class=2, seed=0)]
    ['rock-0-00000', 'rock-0-00001']
    """

    settings: Settings
    songs: dict
    noises: dict
    source_store: dict
    impulses: dict = field(default_factory=dict)

    @classmethod
    def from_tables(cls, songs, noise, source_store, settings):
        """Build a pool from tables of songs and noise clips.

        Parameters
        ----------
        songs : DataFrame
            Columns ``song``, ``label`` and ``fold``, and a column of paths for each stem of
            ``settings``; missing stems are NaN or None. Optionally ``group``, which recipes name
            as the song: recordings of one group are not independent.
        noise : DataFrame
            Columns ``path`` and ``fold``; may be empty when ``settings.noise_probability`` is 0.
        source_store : dict of str to AudioSource
            The converted files of both tables by path, and those of the ``reverb_folder`` of the
            settings.
        settings : Settings

        Returns
        -------
        Pool

        Raises
        ------
        DataError
            If the settings have noise and a fold has no noise clip, or a ``reverb_folder`` and a
            fold has no impulse response.
        """
        by_class, by_fold = defaultdict(list), defaultdict(list)
        for row in songs.to_dict("records"):
            paths = {stem: row[stem] for stem in settings.stems if isinstance(row[stem], str)}
            name = row.get("group", row["song"])
            by_class[row["label"], int(row["fold"])].append((name, paths))
        for row in noise.to_dict("records"):
            by_fold[int(row["fold"])].append(row["path"])
        if settings.has_noise:
            _check_noise(by_fold, {fold for _, fold in by_class})
        folds = sorted({fold for _, fold in by_class})
        impulses = _split_impulses(source_store, settings, folds)
        return cls(settings, dict(by_class), dict(by_fold), source_store, impulses)

    def sample_recipe(self, name, label, fold, rng):
        """Sample one recipe of a class within a fold.

        Parameters
        ----------
        name : str
            The id of the recipe.
        label : str
        fold : int
        rng : numpy.random.Generator

        Returns
        -------
        Recipe
        """
        songs, noises = self.songs[label, fold], self.noises.get(fold, [])
        impulses = self.impulses.get(fold)
        return sample_recipe(
            name, label, fold, songs, noises, self.source_store, self.settings, rng, impulses
        )

    def sample_all(self, per_class, seed):
        """Sample recipes of every class, within folds.

        Parameters
        ----------
        per_class : int
            Mashups per class, spread evenly over the folds that have songs of it.
        seed : int
            The root seed; see :func:`sample_recipes`.

        Returns
        -------
        list of Recipe
        """
        recipes = []
        for c, label in enumerate(sorted({label for label, _ in self.songs})):
            folds = sorted(fold for other, fold in self.songs if other == label)
            for f, fold in enumerate(folds):
                for index in range(per_class // len(folds) + (f < per_class % len(folds))):
                    stream = np.random.SeedSequence(seed, spawn_key=(_STAGE, fold, c, index))
                    rng = np.random.default_rng(stream)
                    recipes.append(
                        self.sample_recipe(f"{label}-{fold}-{index:05d}", label, fold, rng)
                    )
        return recipes

    def save(self, folder):
        """Write the pool as JSON to a file named by its content, unless it exists.

        Parameters
        ----------
        folder : str or os.PathLike

        Returns
        -------
        str
            The path of the file, for :func:`load_pool`.
        """
        stems = [
            path for songs in self.songs.values() for _, paths in songs for path in paths.values()
        ]
        noises = [path for paths in self.noises.values() for path in paths]
        folders = [folder for by_folder in self.impulses.values() for folder in by_folder.values()]
        impulses = [path for paths in folders for path in paths]
        document = {
            "settings": self.settings.to_dict(),
            "songs": [(label, fold, songs) for (label, fold), songs in self.songs.items()],
            "noises": list(self.noises.items()),
            "source_store": {
                path: asdict(self.source_store[path]) for path in (*stems, *noises, *impulses)
            },
        }
        if impulses:
            document["impulses"] = list(self.impulses.items())
        text = json.dumps(document)
        path = Path(folder, f"{hash_bytes(text.encode())}.json")
        if read_entry(path, _read_pool) is None:
            write_text(path, text)
        return str(path)


@lru_cache(maxsize=4)
def load_pool(path):
    """Read a saved pool; the last few are kept in memory.

    Parameters
    ----------
    path : str
        As returned by :meth:`Pool.save`.

    Returns
    -------
    Pool

    Raises
    ------
    DataError
        If the file does not exist.
    """
    try:
        document = _read_pool(Path(path))
    except (FileNotFoundError, ValueError) as error:
        raise DataError(
            f"{path}: no longer in the cache, or damaged; run the command again to write it"
        ) from error
    return Pool(
        Settings.from_dict(document["settings"]),
        {
            (label, fold): [tuple(song) for song in songs]
            for label, fold, songs in document["songs"]
        },
        dict(document["noises"]),
        {path: AudioSource(**source) for path, source in document["source_store"].items()},
        dict(document.get("impulses", ())),
    )


def _check_noise(by_fold, folds):
    """Raise an error if a fold has no noise clip."""
    missing = sorted(folds - by_fold.keys())
    if missing and by_fold:
        raise DataError(
            f"Fold {missing[0]} has no noise clip to sample from: {_count_clips(by_fold)}; add "
            "noise clips, or use fewer folds"
        )
    if missing:
        raise DataError(
            f"Fold {missing[0]} has no noise clip to sample from: put an ESC-50-master "
            "folder with audio/*.wav next to genres_stems, or set noise_probability: 0 in "
            "the settings"
        )


def _count_clips(by_fold):
    counts = [f"{len(clips)} in fold {fold}" for fold, clips in sorted(by_fold.items())]
    return f"there are {', '.join(counts)}"


def _split_impulses(source_store, settings, folds):
    """Return the impulse responses of each fold by folder, neighbours by name in one fold."""
    folders = sorted(reverb_folders(settings))
    by_fold = {fold: {} for fold in folds} if folders else {}
    for folder in folders:
        top = PurePosixPath(folder)
        paths = sorted(path for path in source_store if top in PurePosixPath(path).parents)
        if len(paths) < len(folds):
            raise DataError(
                f"The reverb_folder {folder!r} has {len(paths)} impulse responses for {len(folds)} "
                "folds, and each needs one of its own: add files, or use fewer folds"
            )
        for fold, part in zip(folds, np.array_split(np.array(paths), len(folds)), strict=True):
            by_fold[fold][folder] = part.tolist()
    return by_fold


def _read_pool(path):
    data = path.read_bytes()
    if hash_bytes(data) != path.stem:
        raise ValueError("its name is not the hash of its content")
    return json.loads(data)


def sample_recipes(songs, noise, source_store, settings, *, per_class, seed):
    """Sample recipes of every class, within folds.

    Parameters
    ----------
    songs : DataFrame
        Columns ``song``, ``label`` and ``fold``, and a column of paths for each stem of
        ``settings``; missing stems are NaN or None.
    noise : DataFrame
        Columns ``path`` and ``fold``; may be empty when ``settings.noise_probability`` is 0.
    source_store : dict of str to AudioSource
        The converted files of both tables by path.
    settings : Settings
    per_class : int
        Mashups per class, spread evenly over the folds that have songs of it.
    seed : int
        The root seed. Each recipe has its own random stream, spawned by (fold, class, index), so
        a larger ``per_class`` adds recipes and does not change the others.

    Returns
    -------
    list of Recipe

    Raises
    ------
    DataError
        If the settings have noise and a fold has no noise clip, a ``reverb_folder`` and a fold has
        no impulse response, or if no song of a class has any of the stems.

    See Also
    --------
    song_recipes : Recipes of whole songs, without mixing.
    Mashup.from_recipe : Bind a recipe to its audio, ready to render.

    Examples
    --------
    >>> import pandas as pd
    >>> from stemstack.mashups import AudioSource, Settings, sample_recipes
    >>> songs = pd.DataFrame(
    ...     {"song": ["a", "b"], "label": "rock", "fold": 0, "drums": ["a.wav", "b.wav"]}
    ... )
    >>> noise = pd.DataFrame({"path": [], "fold": []})
    >>> source = AudioSource("", n_samples=10**6, tempo=120.0, confidence=1.0, content="x")
    >>> store = {"a.wav": source, "b.wav": source}
    >>> settings = Settings(stems=("drums",), noise_probability=0.0)
    >>> recipes = sample_recipes(songs, noise, store, settings, per_class=3, seed=0)
    >>> [recipe.stems[0].song for recipe in recipes]
    ['b', 'a', 'b']
    """
    return Pool.from_tables(songs, noise, source_store, settings).sample_all(per_class, seed)
