"""The clips of a finished run, located again in its data set.

The data set is always given by the caller: a path or URL that a run names is never opened, since
the run may be from somebody else.
"""

from collections import defaultdict
from dataclasses import replace
from itertools import takewhile
from pathlib import PurePosixPath

from ..audio.windows import Window, recording_name
from ..datasets import local_data, read_data
from ..datasets.synthetic_noise import NO_NOISE, SYNTHETIC
from ..exceptions import DataError
from ..mashups import load_mashups
from ..utils.resources import DEFAULT_RESOURCES
from .clip_list import ClipList
from .training_clips import list_sources


def describe_missing_data(run, parts):
    """Describe what a command leaves out without a data set, and which data set to give.

    Parameters
    ----------
    run : Run
    parts : str
        What is left out.

    Returns
    -------
    str
    """
    return (
        f"{parts} are left out: give the data set by --data. The run names {run.config.data}, "
        "which is not opened unasked"
    )


def data_path(data, *, resources=DEFAULT_RESOURCES):
    """Return the local path of the data set of a run.

    Parameters
    ----------
    data : str or os.PathLike
        Path or URL.
    resources : Resources
        A data set at a URL is mirrored into its cache folder.

    Returns
    -------
    Path

    Raises
    ------
    DataError
        The data set is not there.
    """
    path = local_data(data, resources.cache, progress=resources.progress)
    if not path.exists():
        raise DataError(f"The data set {path.absolute()} is not there: check the path of --data")
    return path


def open_data(run, data, *, noise=None, resources=DEFAULT_RESOURCES):
    """Read the data set of a run, as the run did.

    Parameters
    ----------
    run : Run
    data : str or os.PathLike
        Path or URL.
    noise : str or os.PathLike, optional
        The noise folder that was added, for a run with one; generated noise need not be given.
    resources : Resources

    Returns
    -------
    DataSet

    Raises
    ------
    DataError
        The data set or the noise folder is not there, or cannot be read.
    """
    config, path = run.config, data_path(data, resources=resources)
    if config.noise_folder is None:
        noise = config.noise
    elif noise in (None, NO_NOISE, SYNTHETIC):
        raise DataError(
            f"The run was trained with noise: give its folder by --noise. The run names "
            f"{config.noise}, which is not opened unasked"
        )
    options = {"cache": resources.cache, "progress": resources.progress}
    return read_data(path, **config.reading, noise=noise, **options)


def find_training(data, recipes, ids, *, resources=DEFAULT_RESOURCES):
    """Return training clips by id.

    Only the stems and noise clips that these mashups are made of are converted.

    Parameters
    ----------
    data : DataSet
    recipes : dict of str to Recipe
        As returned by :meth:`Run.read_recipes`; empty for a run on clips.
    ids : sequence of str
        As in the table of out-of-fold predictions.
    resources : Resources

    Returns
    -------
    list of clips

    Raises
    ------
    DataError
        A clip, or a file it is made of, is not there.
    """
    if not recipes:
        paths = dict(zip(data.train["clip"], data.train["path"], strict=True))
        return [_find_clip(paths, i, data) for i in ids]
    return load_recipes(data, [_find(recipes, i, data) for i in ids], resources=resources)


def load_recipes(data, recipes, *, resources=DEFAULT_RESOURCES):
    """Return the mashups of recipes, with the songs and noise clips of a data set.

    Noise clips are found by their file names: their folder may have been moved.

    Parameters
    ----------
    data : DataSet
    recipes : sequence of Recipe
    resources : Resources

    Returns
    -------
    list of Mashup

    Raises
    ------
    DataError
        A file that a recipe names is not there.
    """
    if not recipes:
        return []
    noise = _noise_by_name(data)
    moved = [_with_noise_of(recipe, noise) for recipe in recipes]
    return load_mashups(moved, data.root, allowed=set(list_sources(data)), resources=resources)


def _noise_by_name(data):
    """Return the paths of noise clips by file name, in lists."""
    by_name = defaultdict(list)
    for path in () if data.noise is None else data.noise["path"]:
        by_name[PurePosixPath(path).name].append(path)
    return by_name


def _with_noise_of(recipe, noise):
    """Return a recipe with the noise clips where they are now: their folder may have been moved."""
    noises = [
        replace(part, path=_find_moved(part.path, noise.get(PurePosixPath(part.path).name, [])))
        for part in recipe.noises
    ]
    return replace(recipe, noises=tuple(noises))


def _find_moved(path, candidates):
    """Return the candidate that has most of the end of a path; the path if several have."""
    lengths = [_common_end(path, candidate) for candidate in candidates]
    longest = max(lengths, default=0)
    return candidates[lengths.index(longest)] if lengths.count(longest) == 1 else path


def _common_end(path, other):
    """Return the number of folders and names, from the end, that two paths share."""
    ends = (reversed(PurePosixPath(name).parts) for name in (path, other))
    pairs = zip(*ends, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def find_test(data, ids):
    """Return the paths of test clips by id.

    Parameters
    ----------
    data : DataSet
    ids : sequence of str

    Returns
    -------
    list of str

    Raises
    ------
    DataError
        A clip is not in ``test.csv``.
    """
    test = ClipList.from_test_table(data)
    paths = dict(zip(test.ids, test.paths, strict=True))
    return [_find(paths, i, data) for i in ids]


def _find_clip(paths, name, data):
    """Return the path of a training clip, or the window of a recording."""
    recording = name if name in paths else recording_name(name)
    path = str(data.root / _find(paths, recording, data))
    return path if recording == name else Window.from_name(name, path)


def _find(clips, clip_id, data):
    try:
        return clips[clip_id]
    except KeyError:
        raise DataError(
            f"{data.root}: has no clip {clip_id!r}; it has changed since the fit"
        ) from None
