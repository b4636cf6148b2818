"""Rendering whole batches of recipes on a GPU (or, with the same code, on the CPU).

All stems and noise clips are packed once into one int16 tensor on the device; a batch of recipes
becomes a few tables of numbers, and nothing leaves the device. Positions
are float64 and the mix is float32, summed in the order of the CPU renderer, so the waveforms equal
:meth:`~stemstack.mashups.Mashup.load` within one step of 16 bits.

Rendered are linear interpolation, gains, noise by gain (once or tiled), peak normalisation,
overdrive, clipping and quantisation; other recipes are refused.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...audio.levels import INT16_MAX, INT16_SCALE, db_to_amplitude
from ...exceptions import UsageError, import_optional
from .gain import SILENCE
from .mixing import check_reach

# Samples worked on at a time, over the whole batch: bounds the memory, some 60 bytes each.
_BLOCK = 1 << 22


@dataclass(frozen=True)
class PackedSources:
    """Converted files end to end on a device.

    Attributes
    ----------
    samples : torch.Tensor of shape (n_samples,), int16
    begins : dict of str to int
        Where each source begins, by its file.
    """

    samples: Any
    begins: dict

    @classmethod
    def from_sources(cls, sources, device="cpu"):
        """Pack sources, each once.

        Parameters
        ----------
        sources : iterable of AudioSource
            Such as the values of a source_store.
        device : torch.device or str, default="cpu"

        Returns
        -------
        PackedSources

        Raises
        ------
        MissingExtraError
            torch is not installed.
        """
        torch = import_optional("torch", "deep")
        files = {source.file: source for source in sources}
        # A sample of silence after each: interpolation looks one ahead, even past the last.
        ends = np.cumsum([source.n_samples + 1 for source in files.values()])
        samples = torch.zeros(int(ends[-1]) if files else 0, dtype=torch.int16, device=device)
        begins = {}
        for source, end in zip(files.values(), ends.tolist(), strict=True):
            begins[source.file] = begin = end - source.n_samples - 1
            samples[begin : end - 1] = torch.from_numpy(np.array(source.open()))
        return cls(samples, begins)


def render_batch(mashups, packed):
    """Render mashups at their own rate.

    Parameters
    ----------
    mashups : sequence of Mashup
    packed : PackedSources
        With every source of the mashups; the device it is on computes.

    Returns
    -------
    torch.Tensor of shape (n_mashups, n_samples), float32
        In [-1, 1] and on the 16-bit grid; as long as the longest, zeros behind the others.

    Raises
    ------
    UsageError
        A recipe asks for what is not rendered here, or for a source that is not packed.
    DataError
        A stem is shorter than its recipe needs.
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
    retimed = any(part.rate != 1.0 for part in recipe.stems)
    refused = {
        f"tempo: {recipe.tempo}": retimed and recipe.tempo != "interpolate",
        f"normalize: {recipe.normalize}": recipe.normalize not in ("peak", "none"),
        "lowpass": recipe.lowpass is not None,
        "codec": recipe.codec is not None,
        "noise_law: snr": any(part.snr is not None for part in recipe.noises),
        "noise_band": any(part.band is not None for part in recipe.noises),
    }
    for setting, asked in refused.items():
        if asked:
            raise UsageError(
                f"The mashup {recipe.id!r} needs the setting {setting!r}, which torch does not "
                "render; change the setting, or render with Mashup.load"
            )
    for source in mashup.sources:
        if source.file not in packed.begins:
            raise UsageError(
                f"The mashup {recipe.id!r} needs {source.file}, which is not packed; pack the "
                "sources of all mashups by PackedSources.of"
            )
    for part, source in zip(recipe.stems, mashup.sources, strict=False):
        check_reach(part, source, recipe.start, recipe.start + recipe.length)


def _stem_tables(mashups, packed):
    """The numbers of the first stem of every mashup, those of the second, and so on."""
    rows = [
        [
            (packed.begins[source.file], source.n_samples, recipe.start, part.rate, part.gain)
            for part, source in zip(recipe.stems, mashup.sources, strict=False)
        ]
        for mashup in mashups
        for recipe in [mashup.recipe]
    ]
    return _columns(rows, ("begin", "n_samples", "start", "rate", "gain"), packed.samples.device)


def _noise_tables(mashups, packed):
    """As :func:`_stem_tables`, for the noises."""
    rows = [
        [
            (packed.begins[source.file], source.n_samples, part.start, part.tile, part.gain)
            for part, source in zip(
                mashup.recipe.noises, mashup.sources[len(mashup.recipe.stems) :], strict=True
            )
        ]
        for mashup in mashups
    ]
    return _columns(rows, ("begin", "n_samples", "start", "tile", "gain"), packed.samples.device)


def _columns(rows, names, device):
    """Turn a list of parts a mashup into a table a part, one row a mashup; gain 0 for none."""
    import torch

    dtypes = {"rate": torch.float64, "gain": torch.float32, "tile": torch.bool}
    nothing = (0, 1, 0, 0, 0.0)
    tables = []
    for k in range(max(map(len, rows), default=0)):
        columns = zip(*(row[k] if k < len(row) else nothing for row in rows), strict=True)
        tables.append(
            {
                name: torch.tensor(column, dtype=dtypes.get(name, torch.int64))[:, None].to(device)
                for name, column in zip(names, columns, strict=True)
            }
        )
    return tables


def _stem(samples, time, *, begin, n_samples, start, rate, gain):
    """One stem of each mashup at some times: a tensor of shape (n_mashups, n_times)."""
    position = (start + time) * rate
    left = position.long()
    fraction = (position - left).float()
    # What lies behind the end of a shorter mashup is read anywhere, and silenced later.
    left = begin + left.minimum(n_samples - 1)
    here = samples[left].float()
    return gain / INT16_SCALE * (here + fraction * (samples[left + 1].float() - here))


def _noise(samples, time, *, begin, n_samples, start, tile, gain):
    """One noise of each mashup at some times: a tensor of shape (n_mashups, n_times)."""
    place = (time - start).where(~tile, (time + start) % n_samples)
    heard = (place >= 0) & (place < n_samples)
    return gain / INT16_SCALE * samples[begin + place.where(heard, 0)].float() * heard


def _master(mix, recipes):
    """Normalise, overdrive, clip and quantise, in place."""
    import torch

    def column(values):
        return torch.tensor(values, dtype=torch.float32, device=mix.device)[:, None]

    loudest = mix.abs().amax(1, keepdim=True)
    by_peak = column([recipe.normalize == "peak" for recipe in recipes]).bool()
    gain = column([recipe.level for recipe in recipes]) / loudest
    mix *= gain.where(by_peak & (loudest >= SILENCE), 1.0)
    mix *= column([db_to_amplitude(recipe.overdrive) for recipe in recipes])
    return mix.clamp_(-1, 1).mul_(INT16_MAX).round_().div_(INT16_SCALE)
