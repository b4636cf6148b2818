"""The pool: what mashups are drawn from, divided so that no draw leaves its class and fold.

Songs *and* noise clips are split into folds first and recipes are drawn within a fold, so no song
or noise clip ever stands on both sides of a split.
"""

import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..exceptions import DataError
from ..utils.atomic_write import write_text
from ..utils.hashing import hash_bytes
from .sampling import sample_recipe
from .settings import Settings
from .sources import AudioSource

_STAGE = 1


@dataclass(frozen=True)
class Pool:
    """Settings, and the songs and noise clips they are drawn over.

    Attributes
    ----------
    settings : Settings
    songs : dict of (str, int) to list of (str, dict)
        By class and fold: each song's name, and its paths by stem.
    noises : dict of int to list of str
        Paths by fold.
    source_store : dict of str to AudioSource
        Every path of the two.
    """

    settings: Settings
    songs: dict
    noises: dict
    source_store: dict

    @classmethod
    def from_tables(cls, songs, noise, source_store, settings):
        """Divide songs and noise clips by class and fold.

        Parameters
        ----------
        songs : DataFrame
            Columns ``song, label, fold`` and a path column for each stem of ``settings``.
        noise : DataFrame
            Columns ``path, fold``; may be empty when ``settings.noise_probability`` is 0.
        source_store : dict of str to AudioSource
            Every path of the two tables.
        settings : Settings

        Returns
        -------
        Pool

        Raises
        ------
        DataError
            Noise is wanted and a fold has none.
        """
        by_class, by_fold = defaultdict(list), defaultdict(list)
        for row in songs.to_dict("records"):
            paths = {stem: row[stem] for stem in settings.stems if isinstance(row[stem], str)}
            by_class[row["label"], int(row["fold"])].append((row["song"], paths))
        for row in noise.to_dict("records"):
            by_fold[int(row["fold"])].append(row["path"])
        if settings.noise_probability > 0 and settings.noise_count[1] > 0:
            _check_noise(sorted({fold for _, fold in by_class} - by_fold.keys()))
        return cls(settings, dict(by_class), dict(by_fold), source_store)

    def sample_recipe(self, name, label, fold, rng):
        """Draw one recipe of a class within a fold."""
        songs, noises = self.songs[label, fold], self.noises.get(fold, [])
        return sample_recipe(
            name, label, fold, songs, noises, self.source_store, self.settings, rng
        )

    def sample_all(self, per_class, seed):
        """Draw recipes of every class, as :func:`sample_recipes` does.

        Returns
        -------
        list of Recipe
        """
        drawn = []
        for c, label in enumerate(sorted({label for label, _ in self.songs})):
            folds = sorted(fold for of, fold in self.songs if of == label)
            for f, fold in enumerate(folds):
                for index in range(per_class // len(folds) + (f < per_class % len(folds))):
                    stream = np.random.SeedSequence(seed, spawn_key=(_STAGE, fold, c, index))
                    name = f"{label}-{fold}-{index:05d}"
                    drawn.append(
                        self.sample_recipe(name, label, fold, np.random.default_rng(stream))
                    )
        return drawn

    def save(self, folder):
        """Write the pool as JSON, named by its content, unless it is there already.

        Parameters
        ----------
        folder : str or os.PathLike

        Returns
        -------
        str
            The file, for :func:`load_pool`.
        """
        songs = [(label, fold, of_class) for (label, fold), of_class in self.songs.items()]
        stems = (
            path
            for of_class in self.songs.values()
            for _, paths in of_class
            for path in paths.values()
        )
        noises = (path for paths in self.noises.values() for path in paths)
        document = {
            "settings": self.settings.to_dict(),
            "songs": songs,
            "noises": list(self.noises.items()),
            "source_store": {path: asdict(self.source_store[path]) for path in (*stems, *noises)},
        }
        text = json.dumps(document)
        path = Path(folder, f"{hash_bytes(text.encode())}.json")
        if not path.exists():
            write_text(path, text)
        return str(path)


@lru_cache(maxsize=4)
def load_pool(path):
    """Read a pool that was saved; a process reads each once.

    Parameters
    ----------
    path : str

    Returns
    -------
    Pool

    Raises
    ------
    DataError
        The file is gone.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(
            f"{path}: no longer in the cache; run the command again to make it anew"
        ) from error
    return Pool(
        Settings.from_dict(document["settings"]),
        {
            (label, fold): [tuple(song) for song in songs]
            for label, fold, songs in document["songs"]
        },
        dict(document["noises"]),
        {path: AudioSource(**source) for path, source in document["source_store"].items()},
    )


def sample_recipes(songs, noise, source_store, settings, *, per_class, seed):
    """Draw mashups for every class, within folds.

    Parameters
    ----------
    songs, noise : DataFrame
    source_store : dict of str to AudioSource
    settings : Settings
        As for :meth:`Pool.of`.
    per_class : int
        Mashups a class, shared evenly by the folds that have songs of it.
    seed : int
        The root seed. Each recipe has its own stream, spawned by (fold, class, index): drawing
        more of them never changes those drawn before.

    Returns
    -------
    list of Recipe

    Raises
    ------
    DataError
        Noise is wanted and a fold has none, or no song of a class has one of the stems.
    """
    return Pool.from_tables(songs, noise, source_store, settings).sample_all(per_class, seed)


def _check_noise(folds):
    if folds:
        raise DataError(
            f"Fold {folds[0]} has no noise clip to draw from: put an ESC-50-master folder with "
            "audio/*.wav beside genres_stems, or set noise_probability: 0 in the settings"
        )
