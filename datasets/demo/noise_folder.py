"""Write a noise folder structured like ESC-50: ``audio/*.wav`` and ``meta/esc50.csv``.

Reference: K. J. Piczak, "ESC: Dataset for Environmental Sound Classification", 2015. Categories
have the target numbers of ESC-50.
"""

import csv
import io
from functools import partial
from pathlib import Path
from zlib import crc32

import numpy as np

from ...audio.levels import db_to_amplitude
from ...utils.atomic_write import write_text
from ...utils.parallel import parallel_map
from . import noise_sounds
from .files import check_parameters, write_wav
from .rendering import limit

TARGETS = {
    "dog": 0,
    "rooster": 1,
    "insects": 7,
    "crow": 9,
    "rain": 10,
    "sea_waves": 11,
    "crackling_fire": 12,
    "crickets": 13,
    "chirping_birds": 14,
    "water_drops": 15,
    "wind": 16,
    "pouring_water": 17,
    "thunderstorm": 19,
    "clapping": 22,
    "footsteps": 25,
    "door_wood_knock": 30,
    "mouse_click": 31,
    "keyboard_typing": 32,
    "washing_machine": 35,
    "vacuum_cleaner": 36,
    "clock_tick": 38,
    "glass_breaking": 39,
    "helicopter": 40,
    "chainsaw": 41,
    "siren": 42,
    "car_horn": 43,
    "engine": 44,
    "train": 45,
    "church_bells": 46,
    "airplane": 47,
    "fireworks": 48,
    "hand_saw": 49,
}
_ESC10 = {0, 1, 10, 11, 12, 38, 40, 41}
_HEADER = ("filename", "fold", "target", "category", "esc10", "src_file", "take")
_N_FOLDS = 5
_FIRST_SOURCE = 100000
# Levels of ESC-50's 2000 clips, in dBFS.
_LEVEL_MEAN, _LEVEL_SD = -24.5, 9.4
_LEVEL_RANGE = (-55, -6)
# ESC-50 pads shorter recordings to 5 s with digital silence: probability, and share of sound.
_PADDING_PROBABILITY = 0.3
_SOUND_SHARE = (0.2, 0.8)


def write_noise(
    directory, *, clips_per_category, seconds=5.0, seed=0, sr=44100, n_jobs=None, advance=None
):
    """Generate noise clips and write them in the structure of ESC-50.

    A clip depends on ``seed``, its category and its number only. A repeated call writes the same
    bytes.

    Parameters
    ----------
    directory : str or os.PathLike
        Receives ``audio/{fold}-{id}-{take}-{target}.wav``, mono and 16-bit, and ``meta/esc50.csv``.
    clips_per_category : int
        Clips per category of :data:`TARGETS`; they are distributed over five folds.
    seconds : float, default=5
        Length of the clips in s.
    seed : int, default=0
    sr : int, default=44100
        Sample rate in Hz.
    n_jobs : int, optional
        Number of processes. None means 1, -1 all processors.
    advance : callable, optional
        Called with 1 after each clip.

    Raises
    ------
    UsageError
        A parameter is not allowed.
    StorageError
        A file cannot be written.

    See Also
    --------
    write_songs : Writes songs in stems.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from stemstack.datasets.demo import write_noise
    >>> with TemporaryDirectory() as folder:
    ...     write_noise(folder, clips_per_category=1, seconds=1, sr=8000)
    ...     len(list(Path(folder, "audio").iterdir()))
    32
    """
    check_parameters(clips_per_category=clips_per_category, seconds=seconds, seed=seed, sr=sr)
    rows = _rows(clips_per_category)
    folder = Path(directory, "audio")
    files = [folder / row["filename"] for row in rows]
    write = partial(_write_clip, seed=seed, n_samples=round(seconds * sr), sr=sr)
    for _ in parallel_map(write, files, rows, n_jobs=n_jobs, advance=advance):
        pass
    write_text(Path(directory, "meta", "esc50.csv"), _csv_text(rows))


def make_noise(category, n_samples, sr, rng):
    """Generate one clip, at a level sampled from those of ESC-50.

    Parameters
    ----------
    category : str
        Key of :data:`TARGETS`.
    n_samples : int
    sr : int
        Sample rate in Hz.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (n_samples,), float32
        Some clips end in digital silence.
    """
    n_sound = n_samples
    if rng.random() < _PADDING_PROBABILITY:
        n_sound = round(rng.uniform(*_SOUND_SHARE) * n_samples)
    level = np.clip(rng.normal(_LEVEL_MEAN, _LEVEL_SD), *_LEVEL_RANGE)
    clip = np.zeros(n_samples)
    clip[:n_sound] = getattr(noise_sounds, category)(n_sound, sr, rng)
    # The level is that of the whole clip, including silence, as measured on ESC-50.
    return limit(clip * db_to_amplitude(level) / np.sqrt(np.mean(clip**2)))


def _rows(clips_per_category):
    """Return the table of clips, each with its own source."""
    rows = []
    for category, target in TARGETS.items():
        for number in range(clips_per_category):
            fold, source = number % _N_FOLDS + 1, _FIRST_SOURCE + 1000 * target + number
            name = f"{fold}-{source}-A-{target}.wav"
            esc10 = target in _ESC10
            rows.append(
                dict(zip(_HEADER, (name, fold, target, category, esc10, source, "A"), strict=True))
            )
    return rows


def _csv_text(rows):
    text = io.StringIO()
    table = csv.DictWriter(text, _HEADER, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()


def _write_clip(path, row, seed, n_samples, sr):
    rng = np.random.default_rng([seed, crc32(row["category"].encode()), row["src_file"]])
    write_wav(path, make_noise(row["category"], n_samples, sr, rng), sr)
