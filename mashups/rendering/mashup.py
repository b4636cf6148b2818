"""Rendering: a recipe and its sources give a waveform, and nothing else does.

Pure: the same bytes for any number of workers, and on any machine unless the recipe asks for a
stretch, a resampler, a filter or a codec, which are libraries'. The result lies on the 16-bit grid,
so a mashup in memory equals the same mashup written to a WAV file and read back.
"""

import json
from dataclasses import asdict, dataclass, replace

import numpy as np
import soundfile

from ...audio import resample
from ...audio.levels import INT16_SCALE
from ...exceptions import DataError, UsageError
from ...utils.atomic_write import atomic_path
from ...utils.hashing import hash_bytes
from ...utils.parallel import parallel_map
from ..pool import load_pool
from ..sources import build_source_store
from .mastering import master
from .mixing import mix_sources

# Raised when a recipe renders to other bytes than before.
_FORMAT = "mashup-2"


@dataclass(frozen=True)
class Mashup:
    """A recipe together with its sources: a clip that any estimator of stemstack takes.

    Attributes
    ----------
    recipe : Recipe
    sources : tuple of AudioSource
        For the stems and then the noises of the recipe, in order.
    pool : str or None
        The saved pool that :meth:`redraw` draws from: a path, so that mashups stay small on their
        way to worker processes.
    """

    recipe: object
    sources: tuple
    pool: str | None = None

    @classmethod
    def from_recipe(cls, recipe, source_store, pool=None):
        """Bind a recipe to the sources it names in a source store (dict of str to AudioSource)."""
        parts = (*recipe.stems, *recipe.noises)
        return cls(recipe, tuple(source_store[part.path] for part in parts), pool)

    def load(self, sr):
        """Render as float32 of shape (n_samples,) at ``sr`` Hz."""
        clip = self.to_int16().astype(np.float32) * np.float32(1 / INT16_SCALE)
        return clip if sr == self.recipe.sr else resample(clip, self.recipe.sr, sr)

    def to_int16(self):
        """Render as int16 of shape (recipe.length,), at the recipe's own rate."""
        return master(mix_sources(self.recipe, self.sources), self.recipe)

    def redraw(self, rng):
        """Draw another mashup of the same class from the songs and noise of the same fold.

        Parameters
        ----------
        rng : numpy.random.Generator

        Returns
        -------
        Mashup
            By the same settings; its recipe keeps the id, as it stands in for this one.

        Raises
        ------
        UsageError
            The mashup was bound without a pool.
        """
        if self.pool is None:
            raise UsageError(
                f"The mashup {self.recipe.id!r} knows no pool to be drawn anew from; bind it by "
                "Mashup.from_recipe(recipe, source_store, pool.save(folder)), or leave remix off"
            )
        pool = load_pool(self.pool)
        recipe = pool.sample_recipe(self.recipe.id, self.recipe.label, self.recipe.fold, rng)
        return Mashup.from_recipe(recipe, pool.source_store, self.pool)

    def excerpt(self, begin, length):
        """Cut a part out before anything is mixed, so that the rest costs nothing.

        Parameters
        ----------
        begin, length : int
            Which samples of this mashup to keep.

        Returns
        -------
        Mashup
            Stems and noises sum to the same samples. What is measured over a mashup is measured
            over the excerpt: the level it is brought to, and that of noise by its ratio.
        """
        recipe, n_stems = self.recipe, len(self.recipe.stems)
        noises = [
            (part.seen_from(begin, source.n_samples), source)
            for part, source in zip(recipe.noises, self.sources[n_stems:], strict=True)
        ]
        heard = [(p, s) for p, s in noises if p.tile or -s.n_samples < p.start < length]
        parts, sources = zip(*heard, strict=True) if heard else ((), ())
        cut = replace(recipe, start=recipe.start + begin, length=length, noises=parts)
        return replace(self, recipe=cut, sources=(*self.sources[:n_stems], *sources))

    def key(self):
        """Name the mashup by what it sounds like: recipe and contents, not ids or paths."""
        sound = asdict(self.recipe)
        for name in ("id", "label", "fold"):
            del sound[name]
        for part, source in zip((*sound["stems"], *sound["noises"]), self.sources, strict=True):
            part["path"] = source.content
            part.pop("song", None)
        return hash_bytes(json.dumps([_FORMAT, sound], sort_keys=True).encode())

    def write(self, path):
        """Write as a 16-bit mono WAV file, whole or not at all; its comment is :meth:`key`."""
        with (
            atomic_path(path) as temporary,
            soundfile.SoundFile(temporary, "w", self.recipe.sr, 1, "PCM_16", format="WAV") as file,
        ):
            file.comment = self.key()
            file.write(self.to_int16())

    def is_written(self, path):
        """Tell whether a WAV file is this very mashup, as :meth:`write` wrote it."""
        try:
            with soundfile.SoundFile(path) as file:
                return file.comment == self.key() and file.frames == self.recipe.length
        except soundfile.LibsndfileError:
            return False


def load_mashups(recipes, root, resources):
    """Bind recipes to the stems and noise clips they name.

    Files that the cache lacks are converted first.

    Parameters
    ----------
    recipes : sequence of Recipe
        Of one sample rate, such as those of a run's ``recipes.parquet``.
    root : str or os.PathLike
        The folder that the paths in the recipes are relative to.
    resources : Resources
        With a cache folder.

    Returns
    -------
    list of Mashup
        In the order of the recipes.

    Raises
    ------
    DataError
        If the sample rates differ, there are no recipes, or a file cannot be read.

    See Also
    --------
    read_recipes : Read recipes from a file.
    build_source_store : Convert stems and noise clips into the cache.
    """
    rates = sorted({recipe.sr for recipe in recipes})
    if len(rates) != 1:
        raise DataError(f"Recipes must have one sample rate. Got {rates or 'no recipes'}.")
    paths = sorted({part.path for r in recipes for part in (*r.stems, *r.noises)})
    with resources.progress.stage("converting stems", len(paths)) as advance:
        source_store = build_source_store(
            root,
            paths,
            cache=resources.cache,
            sr=rates[0],
            n_jobs=resources.n_jobs,
            advance=advance,
        )
    return [Mashup.from_recipe(recipe, source_store) for recipe in recipes]


def write_mashups(mashups, paths, *, n_jobs=None, advance=None):
    """Render mashups to WAV files, those already written excepted.

    Parameters
    ----------
    mashups : sequence of Mashup
    paths : sequence of Path
    n_jobs : int, optional
        Processes; the files are the same for any number.
    advance : callable, optional
        Called with the number of files done since its last call.
    """
    for _ in parallel_map(_write, mashups, paths, n_jobs=n_jobs, advance=advance):
        pass


def _write(mashup, path):
    if not mashup.is_written(path):
        mashup.write(path)
