"""Rendering: a recipe and its sources give a waveform, and nothing else does.

Pure: the same bytes on any machine and any number of workers. The result lies on the 16-bit grid,
so a mashup in memory equals the same mashup written to a WAV file and read back.
"""

import json
from dataclasses import asdict, dataclass

import joblib
import numpy as np
import soundfile

from ..atomic import atomic_path
from ..audio import hash_bytes, resample


@dataclass(frozen=True)
class Mashup:
    """A recipe together with its sources: a clip that any estimator of stemstack takes.

    Attributes
    ----------
    recipe : Recipe
    sources : tuple of Source
        For the stems and then the noises of the recipe, in order.
    """

    recipe: object
    sources: tuple

    @classmethod
    def of(cls, recipe, bank):
        """Bind a recipe to the sources it names in a bank (a dict of path to Source)."""
        parts = (*recipe.stems, *recipe.noises)
        return cls(recipe, tuple(bank[part.path] for part in parts))

    def load(self, sr):
        """Render as float32 of shape (n_samples,) at ``sr`` Hz."""
        clip = self.to_int16().astype(np.float32) * np.float32(1 / 32768)
        return clip if sr == self.recipe.sr else resample(clip, self.recipe.sr, sr)

    def to_int16(self):
        """Render as int16 of shape (recipe.length,), at the recipe's own rate."""
        mix = mix_sources(self.recipe, self.sources)
        loudest = np.abs(mix).max()
        if self.recipe.peak and loudest > 0:
            mix *= np.float32(self.recipe.peak) / loudest
        return np.round(np.clip(mix, -1, 1) * np.float32(32767)).astype(np.int16)

    def key(self):
        """Name the mashup by what it sounds like: recipe and contents, not ids or paths."""
        sound = asdict(self.recipe)
        for name in ("id", "label", "fold"):
            del sound[name]
        for part, source in zip((*sound["stems"], *sound["noises"]), self.sources, strict=True):
            part["path"] = source.content
            part.pop("song", None)
        return hash_bytes(json.dumps(sound, sort_keys=True).encode())

    def write(self, path):
        """Write as a 16-bit mono WAV file, whole or not at all."""
        with atomic_path(path) as temporary:
            samples, sr = self.to_int16(), self.recipe.sr
            soundfile.write(temporary, samples, sr, subtype="PCM_16", format="WAV")


def write_mashups(mashups, paths, *, n_jobs=None, progress=None):
    """Render mashups to WAV files.

    Parameters
    ----------
    mashups : sequence of Mashup
    paths : sequence of Path
    n_jobs : int, optional
        Processes; the files are the same for any number.
    progress : callable, optional
        Called with the number of files done since its last call.
    """
    jobs = joblib.Parallel(n_jobs=n_jobs, return_as="generator")(
        joblib.delayed(mashup.write)(path) for mashup, path in zip(mashups, paths, strict=True)
    )
    for _ in jobs:
        if progress is not None:
            progress(1)


def mix_sources(recipe, sources):
    """Sum the tempo-synced stems and the noises of a recipe.

    Parameters
    ----------
    recipe : Recipe
    sources : sequence of Source
        For the stems and then the noises, in order.

    Returns
    -------
    ndarray of shape (recipe.length,), float32
        Not yet normalised.
    """
    mix = np.zeros(recipe.length, dtype=np.float32)
    n_stems = len(recipe.stems)
    for part, source in zip(recipe.stems, sources[:n_stems], strict=True):
        mix += np.float32(part.gain) * _varispeed(source, recipe.start, recipe.length, part.rate)
    for part, source in zip(recipe.noises, sources[n_stems:], strict=True):
        noise = source.read(0, recipe.length - part.start)
        mix[part.start : part.start + len(noise)] += np.float32(part.gain) * noise
    return mix


def _varispeed(source, start, length, rate):
    """Read a source at ``rate`` times its speed by linear interpolation: pitch moves with it."""
    if rate == 1.0:
        return source.read(start, start + length)
    position = (start + np.arange(length)) * rate
    left = position.astype(np.int64)
    first = int(left[0])
    samples = source.read(first, int(left[-1]) + 2)
    fraction = (position - left).astype(np.float32)
    left -= first
    here = samples[left]
    return here + fraction * (samples[left + 1] - here)
