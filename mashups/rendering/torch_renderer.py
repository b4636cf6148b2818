"""Rendering of batches of mashups by torch, on a GPU or the CPU.

All stems and noise clips are packed into one int16 tensor on the device once; a batch of recipes is
a few tables of numbers, and all computation is on the device. Positions are float64 and the mix is
float32, summed in the order of the CPU renderer, so the waveforms equal
:meth:`~stemstack.mashups.Mashup.load` within one 16-bit step.

Supported are linear interpolation, gains, noise with a gain (once or tiled), peak normalisation,
overdrive, clipping and quantisation.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...audio.levels import INT16_MAX, INT16_SCALE, db_to_amplitude
from ...exceptions import UsageError, import_optional
from ..tempo_sync import SILENCE_RMS
from .mixing import check_reach

# Samples of the whole batch that are computed at a time; limits the memory (60 bytes each).
_BLOCK = 1 << 22


@dataclass(frozen=True)
class PackedSources:
    """Converted files, concatenated on a device.

    Attributes
    ----------
    samples : torch.Tensor of shape (n_samples,), int16
    offsets : dict of str to int
        Index of the first sample of each source, by its file.
    """

    samples: Any
    offsets: dict

    @classmethod
    def from_sources(cls, sources, device="cpu"):
        """Pack sources, duplicates once.

        Parameters
        ----------
        sources : iterable of AudioSource
            Such as the values of a source store.
        device : torch.device or str, default="cpu"

        Returns
        -------
        PackedSources

        Raises
        ------
        MissingExtraError
            If torch is not installed.
        """
        torch = import_optional("torch", "deep")
        files = {source.file: source for source in sources}
        # One zero after each source, which interpolation reads at the last sample.
        ends = np.cumsum([source.n_samples + 1 for source in files.values()])
        samples = torch.zeros(int(ends[-1]) if files else 0, dtype=torch.int16, device=device)
        offsets = {}
        for source, end in zip(files.values(), ends.tolist(), strict=True):
            offsets[source.file] = offset = end - source.n_samples - 1
            samples[offset : end - 1] = torch.from_numpy(np.array(source.open()))
        return cls(samples, offsets)


def render_batch(mashups, packed):
    """Render mashups at the sample rate of their recipes.

    Parameters
    ----------
    mashups : sequence of Mashup
    packed : PackedSources
        Has all sources of the mashups. Rendering is on its device.

    Returns
    -------
    torch.Tensor of shape (n_mashups, n_samples), float32
        In [-1, 1] and on the 16-bit grid; shorter mashups are padded with zeros.

    Raises
    ------
    UsageError
        If a recipe is not supported, or a source is not packed.
    DataError
        If a stem is shorter than its recipe needs.
    """
    import torch

    for mashup in mashups:
        _check_renderable(mashup, packed)
    lengths = [mashup.recipe.length for mashup in mashups]
    mix = torch.zeros(len(mashups), max(lengths), device=packed.samples.device)
    stems, noises = _stem_tables(mashups, packed), _noise_tables(mashups, packed)
    width = max(1, _BLOCK // len(mashups))
    for first in range(0, mix.shape[1], width):
        block = mix[:, first : first + width]
        time = torch.arange(first, first + block.shape[1], device=mix.device)
        for table in stems:
            block += _stem(packed.samples, time, **table)
        for table in noises:
            block += _noise(packed.samples, time, **table)
        block *= time < torch.tensor(lengths, device=mix.device)[:, None]
    return _master(mix, [mashup.recipe for mashup in mashups])


def _check_renderable(mashup, packed):
    recipe = mashup.recipe
    changes_speed = any(part.rate != 1.0 for part in recipe.stems)
    unsupported = {
        f"tempo: {recipe.tempo}": changes_speed and recipe.tempo != "interpolate",
        f"normalize: {recipe.normalize}": recipe.normalize not in ("peak", "none"),
        "effects": bool(recipe.effects),
        "tilt": any(part.tilt is not None for part in (*recipe.stems, *recipe.noises)),
        "lowpass": recipe.lowpass is not None,
        "codec": recipe.codec is not None,
        "noise_law: snr": any(part.snr is not None for part in recipe.noises),
        "noise_band": any(part.band is not None for part in recipe.noises),
    }
    for setting, is_used in unsupported.items():
        if is_used:
            raise UsageError(
                f"The mashup {recipe.id!r} has the setting {setting!r}, which the torch renderer "
                "does not support; change the setting, or render with Mashup.load"
            )
    for source in mashup.sources:
        if source.file not in packed.offsets:
            raise UsageError(
                f"The mashup {recipe.id!r} needs {source.file}, which is not packed; pack the "
                "sources of all mashups by PackedSources.from_sources"
            )
    for part, source in zip(recipe.stems, mashup.sources, strict=False):
        check_reach(part, source, recipe.start, recipe.start + recipe.length)


def _stem_tables(mashups, packed):
    """Return one table for the first stems of all mashups, one for the second stems, and so on."""
    rows = [
        [
            (packed.offsets[source.file], source.n_samples, recipe.start, part.rate, part.gain)
            for part, source in zip(recipe.stems, mashup.sources, strict=False)
        ]
        for mashup in mashups
        for recipe in [mashup.recipe]
    ]
    return _columns(rows, ("offset", "n_samples", "start", "rate", "gain"), packed.samples.device)


def _noise_tables(mashups, packed):
    """Return one table for the first noise clips of all mashups, and so on."""
    rows = [
        [
            (packed.offsets[source.file], source.n_samples, part.start, part.tile, part.gain)
            for part, source in zip(
                mashup.recipe.noises, mashup.sources[len(mashup.recipe.stems) :], strict=True
            )
        ]
        for mashup in mashups
    ]
    return _columns(rows, ("offset", "n_samples", "start", "tile", "gain"), packed.samples.device)


def _columns(rows, names, device):
    """Transpose rows of parts, one row per mashup, to tables; missing parts have gain 0."""
    import torch

    dtypes = {"rate": torch.float64, "gain": torch.float32, "tile": torch.bool}
    silent = (0, 1, 0, 0, 0.0)
    tables = []
    for k in range(max(map(len, rows), default=0)):
        columns = zip(*(row[k] if k < len(row) else silent for row in rows), strict=True)
        tables.append(
            {
                name: torch.tensor(column, dtype=dtypes.get(name, torch.int64))[:, None].to(device)
                for name, column in zip(names, columns, strict=True)
            }
        )
    return tables


def _stem(samples, time, *, offset, n_samples, start, rate, gain):
    """Return one stem of each mashup at some times: a tensor of shape (n_mashups, n_times)."""
    position = (start + time) * rate
    left = position.long()
    fraction = (position - left).float()
    # Positions after the end of a shorter mashup are arbitrary; these samples are zeroed later.
    left = offset + left.minimum(n_samples - 1)
    before = samples[left].float()
    return gain / INT16_SCALE * (before + fraction * (samples[left + 1].float() - before))


def _noise(samples, time, *, offset, n_samples, start, tile, gain):
    """Return one noise clip of each mashup at some times, shaped as in :func:`_stem`."""
    position = (time - start).where(~tile, (time + start) % n_samples)
    inside = (position >= 0) & (position < n_samples)
    return gain / INT16_SCALE * samples[offset + position.where(inside, 0)].float() * inside


def _master(mix, recipes):
    """Apply normalisation, overdrive, clipping and quantisation in place."""
    import torch

    def column(values):
        return torch.tensor(values, dtype=torch.float32, device=mix.device)[:, None]

    loudest = mix.abs().amax(1, keepdim=True)
    by_peak = column([recipe.normalize == "peak" for recipe in recipes]).bool()
    gain = column([recipe.level for recipe in recipes]) / loudest
    mix *= gain.where(by_peak & (loudest >= SILENCE_RMS), 1.0)
    mix *= column([db_to_amplitude(recipe.overdrive) for recipe in recipes])
    return mix.clamp_(-1, 1).mul_(INT16_MAX).round_().div_(INT16_SCALE)
