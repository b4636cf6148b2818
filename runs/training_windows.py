"""Recordings cut into training clips that are as long as the test clips.

A model that is trained on statistics of whole recordings and predicts excerpts is trained on clips
unlike the test clips. So recordings are cut into windows of the test clips' lengths.
"""

import numpy as np
import pandas as pd

from ..audio.reading import declared_seconds
from ..audio.windows import MIN_WINDOW, Window, is_longer, recording_name, spread_windows
from ..datasets.dataset import RECORDING
from ..exceptions import AudioError

# Windows of a recording: more of the same recording add cost and little else.
MAX_WINDOWS = 16
# Recordings from this length on, in s, are seldom what test clips are like.
_LONG = 60.0
# Spawn key of random streams.
_WINDOW_STAGE = 4


def window_lengths(config, test_seconds):
    """Return the lengths that windows of training recordings are drawn from.

    Parameters
    ----------
    config : Config
    test_seconds : sequence of float
        Lengths of the test clips, in s.

    Returns
    -------
    list of float, or None
        In s; None where recordings are not cut.
    """
    if config.window == "off":
        return None
    if config.window == "auto":
        seconds = np.maximum(MIN_WINDOW, list(test_seconds))
        # Those that are cut themselves are no example.
        return seconds[~is_longer(seconds, seconds)].tolist() if len(seconds) else None
    return [float(config.window)]


def cut_recordings(table, root, seconds, config, lengths):
    """Cut the recordings that are longer than test clips.

    Their windows are spread evenly, at most 16 for each recording. The lengths of a recording's
    windows are evenly spaced quantiles of those of the test clips, in random order.

    Parameters
    ----------
    table : DataFrame
        One row per recording: columns ``clip, label, group, path`` and possibly ``fold``.
    root : Path
        Folder that paths are relative to.
    seconds : sequence of float
        Lengths of the recordings, in s.
    config : Config
    lengths : list of float, or None
        As from :func:`window_lengths`.

    Returns
    -------
    table : DataFrame
        One row per clip. The name of a window is that of its recording and of its place in it.
    clips : list of (str or Window)
    """
    paths = [str(root / path) for path in table["path"]]
    if lengths is None:
        return table, paths
    positions, names, clips = [], [], []
    columns = zip(table["clip"], paths, seconds, strict=True)
    for position, (name, path, length) in enumerate(columns):
        windows = _cut(path, length, config, lengths, position)
        positions += [position] * max(1, len(windows))
        names += [window.name(name) for window in windows] or [name]
        clips += windows or [path]
    table = table.iloc[positions].reset_index(drop=True)
    return table.assign(clip=names), clips


def plan_clips(data, config, test):
    """Return about the clips that :func:`cut_recordings` makes, without decoding the files.

    What a header says may be wrong: files that cannot be read are clips as well, and windows may be
    behind the end of a file that was cut short.

    Parameters
    ----------
    data : DataSet
        Of clips.
    config : Config
    test : sequence of str
        Paths of the test clips.

    Returns
    -------
    table : DataFrame
    clips : list of (str or Window)
        As from :func:`cut_recordings`.
    """
    test_seconds = declared_lengths(test) if config.window == "auto" else np.array([])
    lengths = window_lengths(config, test_seconds[~np.isnan(test_seconds)])
    paths = [] if lengths is None else [data.root / path for path in data.train["path"]]
    return cut_recordings(data.train, data.root, declared_lengths(paths), config, lengths)


def declared_lengths(paths):
    """Return the lengths of files by their headers.

    Parameters
    ----------
    paths : sequence of (str or os.PathLike)

    Returns
    -------
    ndarray of shape (n_files,)
        In s; NaN for a file that cannot be read.
    """
    return np.array([_declared_length(path) for path in paths], dtype=float)


def _declared_length(path):
    try:
        return declared_seconds(path)
    except AudioError:
        return np.nan


def _cut(path, seconds, config, lengths, position):
    """Return the windows of one recording; none if it is not longer than test clips."""
    if not is_longer(seconds, lengths):
        return []
    duration = float(np.median(lengths))
    n_windows = int((seconds - duration) / (config.hop or duration)) + 1
    n_windows = min(max(1, n_windows), MAX_WINDOWS)
    stream = np.random.SeedSequence(config.seed, spawn_key=(_WINDOW_STAGE, position))
    quantiles = (np.arange(n_windows) + 0.5) / n_windows
    durations = np.quantile(lengths, quantiles, method="inverted_cdf")
    durations = np.random.default_rng(stream).permutation(durations)
    return spread_windows(path, seconds, durations)


def recording_lengths(recipes):
    """Return the lengths in s of mashups that are parts of one recording, with noise.

    Parameters
    ----------
    recipes : sequence of Recipe

    Returns
    -------
    list of float
        Empty for mashups of stems.
    """
    return [
        recipe.length / recipe.sr
        for recipe in recipes
        if [part.stem for part in recipe.stems] == [RECORDING]
    ]


def recording_weights(names):
    """Return weights of training clips by which recordings count equally.

    Parameters
    ----------
    names : sequence of str
        Of the clips.

    Returns
    -------
    ndarray of shape (n_clips,), or None
        With mean 1; None where every recording has the same number of windows.
    """
    recordings = pd.Series([recording_name(name) for name in names], dtype=object)
    counts = recordings.map(recordings.value_counts()).to_numpy()
    if len(set(counts)) < 2:
        return None
    return 1 / counts / np.mean(1 / counts)


def describe_windows(names, seconds, lengths):
    """Return a message on how recordings were cut, or None where there is nothing to say.

    Parameters
    ----------
    names : sequence of str
        Of the training clips.
    seconds : sequence of float
        Lengths of the recordings, in s.
    lengths : list of float, or None
        As from :func:`window_lengths`.

    Returns
    -------
    str or None
    """
    windows = list_windows(names)
    if windows:
        n_cut = len({recording_name(name) for name in names if Window.from_name(name)})
        durations = [window.duration for window in windows]
        low, high = (f"{value:.3g}" for value in (min(durations), max(durations)))
        span = low if low == high else f"{low} to {high}"
        return f"{n_cut} recordings are cut into {len(windows)} windows of {span} s"
    if lengths is None and len(seconds) and np.median(seconds) > _LONG:
        return (
            f"recordings of {np.median(seconds):.0f} s are one training clip each; if the clips to "
            "predict are shorter, use --window SECONDS"
        )
    return None


def list_windows(names):
    """Return the windows among training clips.

    Parameters
    ----------
    names : sequence of str
        Of the clips.

    Returns
    -------
    list of Window
        With names instead of paths.
    """
    found = map(Window.from_name, names)
    return [window for window in found if window is not None]
