"""Sampling of one recipe from songs and noise clips.

A step that the settings switch off consumes no random number, so recipes do not change when a new
step is added that is off by default.
"""

import math

import numpy as np

from ..audio.levels import db_to_amplitude
from ..exceptions import DataError
from .recipes import Effect, NoisePart, Recipe, StemPart
from .tempo_sync import sample_playback_rates


def sample_recipe(name, label, fold, songs, noises, source_store, settings, rng, impulses=None):
    """Sample one recipe.

    Parameters
    ----------
    name, label : str
        Id and class of the recipe.
    fold : int
    songs : sequence of (str, dict)
        Songs to sample from: name, and paths by stem.
    noises : sequence of str
        Paths of noise clips to sample from.
    source_store : dict of str to AudioSource
        The converted files by path.
    settings : Settings
    rng : numpy.random.Generator
    impulses : dict of str to list of str, optional
        Paths of impulse responses to sample from, by the ``reverb_folder`` of settings.

    Returns
    -------
    Recipe

    Raises
    ------
    DataError
        If no song has any of the stems, or a stem is too short to mix.
    """
    settings = settings.sample_component(rng)
    stems = _sample_stems(label, songs, source_store, settings, rng)
    # The shortest synced stem limits the mashup; interpolation needs one more sample.
    available = min(int((source_store[part.path].n_samples - 1) / part.rate) for part in stems)
    if available < 1:
        shortest = min(stems, key=lambda part: source_store[part.path].n_samples / part.rate)
        raise DataError(f"{shortest.path}: too short to mix; remove the song {shortest.song}")
    length = max(1, min(available, round(_sample_duration(settings, rng) * settings.sr)))
    return Recipe(
        id=name,
        label=label,
        fold=fold,
        sr=settings.sr,
        start=int(rng.integers(0, available - length + 1)),
        length=length,
        stems=stems,
        noises=_sample_noises(noises, length, source_store, settings, rng),
        tempo=settings.tempo,
        **_sample_finish(settings, impulses, rng),
    )


def _sample_stems(label, songs, source_store, settings, rng):
    if _happens(settings.one_song_probability, rng):
        songs = [songs[rng.integers(len(songs))]]
    chosen = _sample_songs(label, songs, settings.stems, rng)
    chosen = _drop_stems(chosen, settings.stem_dropout, rng)
    sources = [source_store[path] for _, path in chosen.values()]
    rates = sample_playback_rates(list(chosen), sources, settings, rng)
    gains = _sample_gains(len(chosen), settings, rng)
    return tuple(
        StemPart(stem, song, path, float(rate), float(gain), _sample_part_tilt(settings, rng))
        for (stem, (song, path)), rate, gain in zip(chosen.items(), rates, gains, strict=True)
    )


def _sample_songs(label, songs, stems, rng):
    """Sample a song for each stem, without replacement while there are enough songs."""
    chosen, used = {}, set()
    for stem in stems:
        candidates = [song for song in songs if stem in song[1]]
        if not candidates:
            continue
        unused = [song for song in candidates if song[0] not in used] or candidates
        name, paths = unused[rng.integers(len(unused))]
        chosen[stem] = (name, paths[stem])
        used.add(name)
    if not chosen:
        raise DataError(f"No song of class {label!r} has any of the stems {', '.join(stems)}")
    return chosen


def _drop_stems(chosen, dropout, rng):
    if not dropout:
        return chosen
    is_used = rng.random(len(chosen)) >= dropout
    if not is_used.any():
        is_used[rng.integers(len(chosen))] = True
    return {stem: song for (stem, song), used in zip(chosen.items(), is_used, strict=True) if used}


def _sample_gains(count, settings, rng):
    is_random = rng.random(count) < settings.gain_probability
    if settings.gain_law == "uniform":
        gains = rng.uniform(*settings.gain, size=count)
    elif settings.gain_law == "db_uniform":
        gains = np.exp(rng.uniform(*np.log(settings.gain), size=count))
    else:
        gains = db_to_amplitude(rng.normal(*settings.gain_db, size=count))
    return np.where(is_random, gains, 1.0)


def _sample_duration(settings, rng):
    weights = np.array([row[0] for row in settings.durations])
    _, shortest, longest = settings.durations[rng.choice(len(weights), p=weights / weights.sum())]
    return rng.uniform(shortest, longest)


def _sample_noises(paths, length, source_store, settings, rng):
    if not _happens(settings.noise_probability, rng):
        return ()
    fewest, most = settings.noise_count
    count = fewest if fewest == most else rng.integers(fewest, most + 1)
    return tuple(_sample_noise(paths, length, source_store, settings, rng) for _ in range(count))


def _sample_noise(paths, length, source_store, settings, rng):
    path = paths[rng.integers(len(paths))]
    n_samples, tile = source_store[path].n_samples, settings.noise_placement == "tile"
    start = int(rng.integers(0, n_samples if tile else max(0, length - n_samples) + 1))
    level = {"gain": None}
    if settings.noise_law == "gain":
        level["gain"] = float(rng.uniform(*settings.noise_gain))
    else:
        level["snr"] = float(rng.uniform(*settings.noise_snr))
        level["active"] = settings.noise_snr_level == "active"
    band = None
    if _happens(settings.noise_band_probability, rng):
        band = _sample_band(settings.noise_band, settings.noise_band_octaves, rng)
    slope = _sample_part_tilt(settings, rng)
    return NoisePart(path, start, tile=tile, band=band, tilt=slope, **level)


def _sample_part_tilt(settings, rng):
    if not _happens(settings.part_tilt_probability, rng):
        return None
    return _sample_between(settings.part_tilt, rng)


def _sample_band(edges, octaves, rng):
    """Sample a band in Hz between two edges: its width in octaves first, then its place."""
    lowest, highest = math.log2(edges[0]), math.log2(edges[1])
    width = min(rng.uniform(*octaves), highest - lowest)
    low = rng.uniform(lowest, highest - width)
    return (float(2**low), float(2 ** (low + width)))


def _sample_finish(settings, impulses, rng):
    """Sample the processing of the sum, as fields of a recipe."""
    finish = {"normalize": settings.normalize, "level": 0.0}
    if settings.normalize == "peak":
        headroom = _sample_between(settings.headroom, rng)
        finish["level"] = settings.peak * float(db_to_amplitude(-headroom))
    elif settings.normalize != "none":
        finish["level"] = _sample_between(settings.level, rng)
    finish["overdrive"] = _sample_between(settings.overdrive, rng)
    finish["effects"] = _sample_effects(settings, impulses, rng)
    if _happens(settings.lowpass_probability, rng):
        # In whole Hz: soxr is fastest at ratios of whole numbers.
        finish["lowpass"] = float(max(1, round(rng.uniform(*settings.lowpass))))
    if _happens(settings.codec_probability, rng):
        finish["codec"] = settings.codecs[rng.integers(len(settings.codecs))]
        finish["codec_quality"] = float(rng.uniform(*settings.codec_quality))
    return finish


def _sample_effects(settings, impulses, rng):
    effects = []
    if _happens(settings.tilt_probability, rng):
        effects.append(Effect("tilt", (_sample_between(settings.tilt, rng),)))
    if _happens(settings.compression_probability, rng):
        ratio = _sample_between(settings.compression, rng)
        threshold = _sample_between(settings.compression_threshold, rng)
        effects.append(Effect("compression", (ratio, threshold)))
    if _happens(settings.reverb_probability, rng):
        effects.append(_sample_reverb(settings, impulses, rng))
    return tuple(effects)


def _sample_reverb(settings, impulses, rng):
    if settings.reverb_folder is None:
        seconds = _sample_between(settings.reverb, rng)
        return Effect("reverb", (seconds, _sample_between(settings.reverb_level, rng)))
    paths = impulses[settings.reverb_folder]
    path = paths[rng.integers(len(paths))]
    return Effect("convolution", (_sample_between(settings.reverb_level, rng),), path)


def _sample_between(pair, rng):
    low, high = pair
    return float(low if low == high else rng.uniform(low, high))


def _happens(probability, rng):
    return probability > 0 and rng.random() < probability
