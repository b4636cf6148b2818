"""Windows: excerpts of audio files, as clips.

Conventions: times are in seconds from the beginning of the file, rounded to 10 ms, so that the name
of a window holds it exactly: the name of the file with a media fragment of the W3C, such as
``song.ogg#t=10.00,20.00``.
"""

import re
from dataclasses import dataclass

import numpy as np

from ..utils.hashing import content_key
from .clips import clip_key
from .reading import read_clip

_SECONDS = r"[0-9]{1,7}\.[0-9]{2}"
_NAME = re.compile(rf"(?P<recording>.+)#t=(?P<start>{_SECONDS}),(?P<stop>{_SECONDS})", re.DOTALL)
# Shortest window, in s.
MIN_WINDOW = 0.1
# Clips up to this many times as long as a window are not cut.
_TOLERANCE = 1.5
# Share of the lengths that this tolerance is relative to: few longer clips do not count.
_LONG = 0.9


@dataclass(frozen=True)
class Window:
    """Excerpt of an audio file, which models take as a clip.

    Parameters
    ----------
    path : str
    start : float
        In s.
    duration : float
        In s; shorter where the file ends.

    See Also
    --------
    load_clip : Loads clips of any type.

    Examples
    --------
    >>> from stemstack.audio import Window
    >>> Window("song.ogg", 10, 10).name("rock/song.ogg")
    'rock/song.ogg#t=10.00,20.00'
    """

    path: str
    start: float
    duration: float

    @property
    def stop(self):
        """End of the window, in s."""
        return self.start + self.duration

    @property
    def origins(self):
        """What windows on different sides of a split must not share: the recording."""
        return frozenset({("recording", str(self.path))})

    def load(self, sr):
        """Return the samples at rate ``sr``; only this part of the file is kept in memory."""
        return read_clip(self.path, sr, self.start, self.duration)

    def key(self):
        """Return a hash of the file's content and of the window in it."""
        file = clip_key(self.path)
        return content_key(file=file, start=float(self.start), duration=float(self.duration))

    def name(self, recording):
        """Return the name of the window in a recording of this name."""
        return f"{recording}#t={self.start:.2f},{self.stop:.2f}"

    @classmethod
    def from_name(cls, name, path=None):
        """Return the window that :meth:`name` named.

        Parameters
        ----------
        name : str
        path : str, optional
            Path of the recording; by default its name.

        Returns
        -------
        Window or None
            None for a name without a window of 0.1 s or more.
        """
        match = _NAME.fullmatch(name)
        if match is None:
            return None
        start, stop = float(match["start"]), float(match["stop"])
        duration = round(stop - start, 2)
        return cls(path or match["recording"], start, duration) if duration >= MIN_WINDOW else None


def recording_name(name):
    """Return the name of the recording that a window of this name is in; else the name itself.

    Parameters
    ----------
    name : str

    Returns
    -------
    str

    Examples
    --------
    >>> from stemstack.audio.windows import recording_name
    >>> recording_name("song.ogg#t=10.00,20.00"), recording_name("song.ogg")
    ('song.ogg', 'song.ogg')
    """
    match = _NAME.fullmatch(name)
    return name if match is None else match["recording"]


def is_longer(seconds, lengths):
    """Return whether a clip is longer than clips of these lengths, and has to be cut.

    Parameters
    ----------
    seconds : float or ndarray
        Length of the clip.
    lengths : array-like of shape (n_lengths,)
        In s.

    Returns
    -------
    ndarray of bool

    Examples
    --------
    >>> from stemstack.audio.windows import is_longer
    >>> is_longer([30, 12], [10, 11, 12]).tolist()
    [True, False]
    """
    return np.asarray(seconds) > _TOLERANCE * np.quantile(lengths, _LONG)


def cut_evenly(path, seconds, duration, hop=None):
    """Cut a recording into windows of one length; the last one ends where the recording does.

    Parameters
    ----------
    path : str
    seconds : float
        Length of the recording.
    duration : float
        Length of a window, in s, at most ``seconds``.
    hop : float, optional
        Time between the starts of windows, in s; by default ``duration``.

    Returns
    -------
    list of Window

    Examples
    --------
    >>> from stemstack.audio.windows import cut_evenly
    >>> [window.start for window in cut_evenly("song.ogg", 25, 10)]
    [0.0, 10.0, 15.0]
    """
    starts = np.arange(0, seconds - duration, hop or duration).round(2)
    last = np.floor(100 * (seconds - duration)) / 100
    starts = np.append(starts[starts < last], last)
    return [Window(path, float(start), round(duration, 2)) for start in starts]


def spread_windows(path, seconds, durations):
    """Spread windows evenly over a recording.

    Parameters
    ----------
    path : str
    seconds : float
        Length of the recording.
    durations : sequence of float
        Of the windows, in s; longer ones are cut to ``seconds``.

    Returns
    -------
    list of Window

    Examples
    --------
    >>> from stemstack.audio.windows import spread_windows
    >>> [(window.start, window.stop) for window in spread_windows("song.ogg", 60, [10, 12, 8])]
    [(0.0, 10.0), (24.0, 36.0), (52.0, 60.0)]
    """
    durations = np.minimum(durations, seconds)
    rests = (seconds - durations) * np.linspace(0, 1, len(durations))
    # Rounded down, so that no window ends after the recording.
    starts, durations = np.floor(100 * rests) / 100, np.floor(100 * durations) / 100
    return [Window(path, float(s), float(d)) for s, d in zip(starts, durations, strict=True)]
