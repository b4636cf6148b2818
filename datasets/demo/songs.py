"""Write the demo songs in the competition's layout, ``<genre>/<genre>.000NN/<stem>.wav``."""

from functools import partial
from pathlib import Path
from zlib import crc32

import numpy as np

from ...utils.parallel import parallel_map
from .composer import compose
from .files import check_parameters, write_wav
from .music import GENRES
from .plan import STEMS, sample_plan
from .rendering import brighten, level_to, limit, overdrive, render_parts


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
    domain=None,
):
    """Compose and render songs of the ten genres, each as four 16-bit stems.

    A song depends on ``seed``, ``pool``, its genre and its number only: not on how many others
    are written, nor on ``n_jobs``. A repeated call writes the same bytes.

    Parameters
    ----------
    directory : str or os.PathLike
        Receives ``<genre>/<genre>.000NN/{drums,vocals,bass,other}.wav``.
    songs_per_genre : int
    seconds : float, default=30
        Approximate length of the songs; each is within -0.5 % and +2 %.
    seed : int, default=0
    sr : int, default=44100
        Sample rate in Hz.
    mono : bool, default=False
        Whether to write one channel instead of two.
    n_jobs : int, optional
        Number of processes. None means 1, -1 all processors.
    advance : callable, optional
        Called with 1 after each song.
    first_number : int, default=0
        Number of the first song of each genre.
    pool : str, default="train"
        Songs of two pools differ, but have the same distribution.
    domain : {"seen", "unseen"}, optional
        Restrict songs to instruments and tempos that the other domain does not have.

    Raises
    ------
    UsageError
        A parameter is not allowed.
    StorageError
        A file cannot be written.
    MissingExtraError
        The ``demo`` extra is not installed.

    See Also
    --------
    write_noise : Writes noise clips.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from stemstack.datasets.demo import write_songs
    >>> with TemporaryDirectory() as folder:  # doctest: +SKIP
    ...     write_songs(folder, songs_per_genre=1, seconds=1, sr=8000, mono=True)
    ...     len(list(Path(folder).rglob("*.wav")))
    40
    """
    check_parameters(songs_per_genre=songs_per_genre, seconds=seconds, seed=seed, sr=sr)
    check_parameters(first_number=first_number, pool=pool)
    numbers = range(first_number, first_number + songs_per_genre)
    write = partial(
        _write_song,
        Path(directory),
        stream=(seed, pool),
        seconds=seconds,
        sr=sr,
        n_channels=1 if mono else 2,
        domain=domain,
    )
    songs = [(genre, number) for genre in GENRES for number in numbers]
    for _ in parallel_map(write, *zip(*songs, strict=True), n_jobs=n_jobs, advance=advance):
        pass


def make_song(genre, number, stream, seconds, sr, n_channels, domain=None):
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
    domain : {"seen", "unseen"}, optional
        Restrict the song to instruments and tempos that the other domain does not have.

    Returns
    -------
    dict of str to ndarray of shape (n_samples, n_channels), float32
        The four stems, whose sum is the song.
    """
    seed, pool = stream
    # Names are hashed by CRC: Python's own hash of a string changes from process to process.
    rng = np.random.default_rng([seed, crc32(pool.encode()), crc32(genre.encode()), number])
    plan = sample_plan(genre, seconds, rng, domain)
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
    """Apply overdrive, brightness, level and limiter to a rendered stem."""
    if not audio.any():
        return audio
    driven = overdrive(audio, plan.drive, sr) if stem == "other" else audio
    return limit(level_to(brighten(driven, plan.brightness, sr), plan.levels[stem], sr))


def _write_song(directory, genre, number, stream, seconds, sr, n_channels, domain):
    folder = directory / genre / f"{genre}.{number:05d}"
    for stem, audio in make_song(genre, number, stream, seconds, sr, n_channels, domain).items():
        write_wav(folder / f"{stem}.wav", audio, sr)
