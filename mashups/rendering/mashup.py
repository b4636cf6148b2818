"""Mashups: recipes bound to their audio, which render to waveforms.

Rendering depends on the recipe and the sources only: the bytes are the same for any number of
workers, and on any machine unless the recipe has a time stretch, a resampler, a filter or a codec,
whose libraries may differ. Waveforms are on the 16-bit grid, so a mashup in memory equals the same
mashup written to a WAV file and read back.
"""

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile

from ...audio import resample
from ...audio.levels import INT16_SCALE
from ...exceptions import DataError, UsageError
from ...utils.atomic_write import atomic_path
from ...utils.hashing import hash_bytes
from ...utils.parallel import parallel_map
from ..recipes import recipe_to_dict
from ..sources import build_source_store
from .mastering import master
from .mixing import mix_sources

# To be changed whenever a recipe renders to other bytes than before.
_FORMAT = "mashup-4"


@dataclass(frozen=True)
class Mashup:
    """Recipe with its audio sources: a clip that all estimators of stemstack accept.

    Attributes
    ----------
    recipe : Recipe
    sources : tuple of AudioSource
        Of ``recipe.parts``: of the stems, the noise clips and the impulse responses.
    pool : str or None, default=None
        Path of the saved pool that :meth:`redraw` samples from. A path rather than the pool, so
        that mashups are small to send to worker processes.

    See Also
    --------
    load_mashups : Bind many recipes to the files they name.
    write_mashups : Render mashups to WAV files.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from stemstack.mashups import AudioSource, Mashup, Recipe, StemPart
    >>> drums = StemPart("drums", "a", "a/drums.wav", rate=2.0, gain=0.5)
    >>> recipe = Recipe("rock-0", "rock", 0, 22050, start=0, length=3, stems=(drums,))
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     np.arange(0, 8000, 1000, dtype="<i2").tofile(file.name)
    ...     source = AudioSource(file.name, 8, tempo=120.0, confidence=1.0, content="x")
    ...     Mashup.from_recipe(recipe, {"a/drums.wav": source}).to_int16()
    array([   0, 1000, 2000], dtype=int16)
    """

    recipe: object
    sources: tuple
    pool: str | None = None

    @classmethod
    def from_recipe(cls, recipe, source_store, pool=None):
        """Bind a recipe to its sources.

        Parameters
        ----------
        recipe : Recipe
        source_store : dict of str to AudioSource
            The converted files of the recipe by path; see :func:`build_source_store`.
        pool : str, optional
            As returned by :meth:`Pool.save`.

        Returns
        -------
        Mashup
        """
        return cls(recipe, tuple(source_store[part.path] for part in recipe.parts), pool)

    @property
    def origins(self):
        """What other mashups must not share across a split: songs, other files, and their pool.

        Redrawn, the mashup may have any song of its fold in the pool.
        """
        recipe = self.recipe
        pool = () if self.pool is None else (("pool", self.pool, recipe.fold),)
        return frozenset(
            {
                *(("song", part.song) for part in recipe.stems),
                *(("noise", part.path) for part in recipe.parts[len(recipe.stems) :]),
                *pool,
            }
        )

    def load(self, sr):
        """Render as float32.

        Parameters
        ----------
        sr : int
            Sample rate in Hz; the mashup is resampled if its recipe has another one.

        Returns
        -------
        ndarray of shape (n_samples,), float32
            In [-1, 1].
        """
        clip = self.to_int16().astype(np.float32) * np.float32(1 / INT16_SCALE)
        return clip if sr == self.recipe.sr else resample(clip, self.recipe.sr, sr)

    def to_int16(self):
        """Render as int16 of shape (recipe.length,), at the sample rate of the recipe."""
        n_mixed = len(self.recipe.stems) + len(self.recipe.noises)
        mix = mix_sources(self.recipe, self.sources[:n_mixed])
        return master(mix, self.recipe, self.sources[n_mixed:])

    def redraw(self, rng):
        """Sample another mashup of the same class from the songs and noise of the same fold.

        Parameters
        ----------
        rng : numpy.random.Generator

        Returns
        -------
        Mashup
            Sampled from the settings of the pool; its recipe has the same id.

        Raises
        ------
        UsageError
            If the mashup has no pool.
        """
        if self.pool is None:
            raise UsageError(
                f"The mashup {self.recipe.id!r} has no pool to sample from; make it with "
                "Mashup.from_recipe(recipe, source_store, pool.save(folder)), or leave remix off"
            )
        # Settings and tables, which a process that only renders need not load.
        from ..pool import load_pool

        pool = load_pool(self.pool)
        recipe = pool.sample_recipe(self.recipe.id, self.recipe.label, self.recipe.fold, rng)
        return Mashup.from_recipe(recipe, pool.source_store, self.pool)

    def excerpt(self, begin, length):
        """Return an excerpt, of which only the samples needed are mixed.

        Parameters
        ----------
        begin, length : int
            The samples of this mashup that the excerpt has.

        Returns
        -------
        Mashup
            Stems and noise clips sum to the same samples as in this mashup. Levels are measured
            over the excerpt: that of the normalisation, and those of noise with an SNR.
        """
        recipe, n_stems = self.recipe, len(self.recipe.stems)
        noises = [
            (part.shifted(begin, source.n_samples), source)
            for part, source in zip(recipe.noises, self.sources[n_stems:], strict=False)
        ]
        impulses = self.sources[n_stems + len(noises) :]
        inside = [(p, s) for p, s in noises if p.tile or -s.n_samples < p.start < length]
        parts, sources = zip(*inside, strict=True) if inside else ((), ())
        cut = replace(recipe, start=recipe.start + begin, length=length, noises=parts)
        return replace(self, recipe=cut, sources=(*self.sources[:n_stems], *sources, *impulses))

    def key(self):
        """Return a hash of all that determines the waveform, without ids, labels and paths."""
        content = recipe_to_dict(self.recipe)
        for name in ("id", "label", "fold"):
            del content[name]
        impulses = [effect for effect in content.get("effects", ()) if "path" in effect]
        parts = (*content["stems"], *content["noises"], *impulses)
        for part, source in zip(parts, self.sources, strict=True):
            part["path"] = source.content
            part.pop("song", None)
        return hash_bytes(json.dumps([_FORMAT, content], sort_keys=True).encode())

    def write(self, path):
        """Write a 16-bit mono WAV file atomically, with :meth:`key` as its comment."""
        with (
            atomic_path(path) as temporary,
            soundfile.SoundFile(temporary, "w", self.recipe.sr, 1, "PCM_16", format="WAV") as file,
        ):
            file.comment = self.key()
            file.write(self.to_int16())

    def is_written(self, path):
        """Return whether a file is this mashup as :meth:`write` writes it."""
        try:
            with soundfile.SoundFile(path) as file:
                return file.comment == self.key() and file.frames == self.recipe.length
        except soundfile.LibsndfileError:
            return False


def load_mashups(recipes, root, *, allowed=None, resources):
    """Bind recipes to the files they name, converting these where needed.

    Parameters
    ----------
    recipes : sequence of Recipe
        Of one sample rate, such as those of a run's ``recipes.parquet``.
    root : str or os.PathLike
        The folder that the paths in the recipes are relative to.
    allowed : collection of str, optional
        The paths of stems and noise clips that recipes, which may be from anybody, may name; by
        default, and for impulse responses, all inside ``root``.
    resources : Resources
        With a cache folder.

    Returns
    -------
    list of Mashup
        In the order of the recipes.

    Raises
    ------
    DataError
        If the sample rates differ, there are no recipes, a path is not allowed, or a file cannot
        be read.

    See Also
    --------
    read_recipes : Read recipes from a file.
    build_source_store : Convert stems and noise clips.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> import soundfile
    >>> from stemstack.mashups import Recipe, StemPart, load_mashups
    >>> from stemstack.utils.resources import Resources
    >>> drums = StemPart("drums", "a", "drums.wav", rate=1.0, gain=1.0)
    >>> recipe = Recipe("rock-0", "rock", 0, 22050, start=0, length=1000, stems=(drums,))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     soundfile.write(f"{folder}/drums.wav", np.full(2000, 0.5), 22050)
    ...     mashups = load_mashups([recipe], folder, resources=Resources(Path(folder)))
    ...     clip = mashups[0].load(sr=22050)
    >>> clip.shape, round(float(clip.max()), 3)
    ((1000,), 0.5)
    """
    rates = sorted({recipe.sr for recipe in recipes})
    if len(rates) != 1:
        raise DataError(f"Recipes must have one sample rate. Got {rates or 'no recipes'}.")
    mixed = {part.path for r in recipes for part in (*r.stems, *r.noises)}
    paths = sorted({part.path for r in recipes for part in r.parts})
    _check_allowed(root, sorted(mixed), allowed)
    _check_allowed(root, sorted({*paths} - mixed), None)
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


def _check_allowed(root, paths, allowed):
    """Raise an error for paths that are not of the data set."""
    top = Path(os.path.abspath(root))
    for path in paths:
        if allowed is not None and path not in allowed:
            raise DataError(f"Recipes name {path!r}, which the data set {root} does not have")
        if allowed is None and top not in Path(os.path.normpath(top / path)).parents:
            raise DataError(f"Recipes name {path!r}, which leads out of the data set {root}")


def write_mashups(mashups, paths, *, n_jobs=None, advance=None):
    """Render mashups to WAV files, except those that exist already.

    Parameters
    ----------
    mashups : sequence of Mashup
    paths : sequence of Path
        One per mashup. A file that is incomplete or another mashup is replaced.
    n_jobs : int or None, default=None
        Number of worker processes; None means 1. The files are the same for any number.
    advance : callable, optional
        Called with the number of files done since its last call.

    See Also
    --------
    Mashup.load : Render to memory.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> import soundfile
    >>> from stemstack.mashups import AudioSource, Mashup, Recipe, StemPart, write_mashups
    >>> drums = StemPart("drums", "a", "drums.wav", rate=1.0, gain=1.0)
    >>> recipe = Recipe("rock-0", "rock", 0, 22050, start=0, length=8, stems=(drums,))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.arange(8, dtype="<i2").tofile(f"{folder}/drums.i16")
    ...     source = AudioSource(f"{folder}/drums.i16", 8, 120.0, 1.0, content="x")
    ...     write_mashups([Mashup(recipe, (source,))], [Path(folder, "rock-0.wav")])
    ...     soundfile.read(f"{folder}/rock-0.wav", dtype="int16")[0]
    array([0, 1, 2, 3, 4, 5, 6, 7], dtype=int16)
    """
    for _ in parallel_map(_write, mashups, paths, n_jobs=n_jobs, advance=advance):
        pass


def _write(mashup, path):
    if not mashup.is_written(path):
        mashup.write(path)
