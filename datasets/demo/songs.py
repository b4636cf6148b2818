"""Write the demo songs in the competition's layout, ``<genre>/<genre>.000NN/<stem>.wav``."""

from functools import partial
from pathlib import Path
from zlib import crc32

import numpy as np

from ...utils.parallel import parallel_map
from .composer import compose
from .files import check_at_least, check_sample_rate, check_text, write_wav
from .genres import GENRES
from .plan import STEMS, sample_plan
from .production import brighten, level_to, limit, overdrive
from .rendering import render_parts


def write_songs(
    directory,
    *,
    songs_per_genre,
    seconds=30.0,
    seed=0,
    sr=44100,
    mono=False,
    n_jobs=None,
    advance=None,
    first_number=0,
    pool="train",
    side=None,
):
    """Compose and render songs of the ten genres, each as four 16-bit stems.

    A song depends on ``seed``, ``pool``, its genre and its number only: not on how many others
    are written, nor on ``n_jobs``. Writing again overwrites with the same bytes.

    Parameters
    ----------
    directory : str or os.PathLike
        Gets ``<genre>/<genre>.000NN/{drums,vocals,bass,other}.wav``.
    songs_per_genre : int
    seconds : float, default=30
        About how long the songs are: each is within -0.5 % and +2 %.
    seed : int, default=0
    sr : int, default=44100
        Sample rate in Hz.
    mono : bool, default=False
        One channel instead of two.
    n_jobs : int, optional
        Processes, as in joblib: None is one, -1 as many as there are cores.
    advance : callable, optional
        Called with 1 for every song done.
    first_number : int, default=0
        Number of the first song of each genre.
    pool : str, default="train"
        Songs of two pools are different, though drawn alike.
    side : {"seen", "unseen"}, optional
        Keep to the instruments and tempos of a side; see
        :func:`~stemstack.datasets.demo.plan.sample_plan`.

    Raises
    ------
    UsageError
        A parameter is not one of those expected.
    DataError
        A file cannot be written.
    MissingExtraError
        The ``demo`` extra is not installed.

    Examples
    --------
    >>> write_songs("DEMO/genres_stems", songs_per_genre=12, sr=22050)  # doctest: +SKIP
    """
    check_at_least(1, songs_per_genre=songs_per_genre)
    check_at_least(0, seed=seed, first_number=first_number)
    check_at_least(1.0, seconds=seconds)
    check_sample_rate(sr)
    check_text(pool=pool)
    numbers = range(first_number, first_number + songs_per_genre)
    write = partial(
        _write_song,
        Path(directory),
        stream=(seed, pool),
        seconds=seconds,
        sr=sr,
        n_channels=1 if mono else 2,
        side=side,
    )
    songs = [(genre, number) for genre in GENRES for number in numbers]
    for _ in parallel_map(write, *zip(*songs, strict=True), n_jobs=n_jobs, advance=advance):
        pass


def make_song(genre, number, stream, seconds, sr, n_channels, side=None):
    """Compose and render one song.

    Parameters
    ----------
    genre : str
    number : int
    stream : (int, str)
        Seed and pool.
    seconds : float
    sr : int
        Sample rate in Hz.
    n_channels : int
    side : {"seen", "unseen"}, optional
        As for :func:`~stemstack.datasets.demo.plan.sample_plan`.

    Returns
    -------
    dict of str to ndarray of shape (n_samples, n_channels), float32
        The four stems; they add up to the song.
    """
    seed, pool = stream
    # Names go in by checksum: Python's own hash of a string changes from run to run.
    rng = np.random.default_rng([seed, crc32(pool.encode()), crc32(genre.encode()), number])
    plan = sample_plan(genre, seconds, rng, side)
    score = compose(plan, rng)
    return {
        stem: _produce(
            render_parts(score.stems[stem], score.bpm, score.seconds, sr, n_channels),
            stem,
            plan,
            sr,
        )
        for stem in STEMS
    }


def _produce(audio, stem, plan, sr):
    """Take a rendered stem to its colour and level in the mix."""
    if not audio.any():
        return audio
    driven = overdrive(audio, plan.drive, sr) if stem == "other" else audio
    return limit(level_to(brighten(driven, plan.brightness, sr), plan.levels[stem], sr))


def _write_song(directory, genre, number, stream, seconds, sr, n_channels, side):
    folder = directory / genre / f"{genre}.{number:05d}"
    for stem, audio in make_song(genre, number, stream, seconds, sr, n_channels, side).items():
        write_wav(folder / f"{stem}.wav", audio, sr)
