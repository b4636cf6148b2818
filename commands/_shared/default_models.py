"""The models that ``fit`` trains, and how it blends them, where neither is named."""

from pathlib import Path

from ...exceptions import DataError, UsageError
from ...models.registry import DEFAULT_MODELS
from ...stacking.blending import DEFAULT_BLEND

_OF_CLIPS = tuple(name for name in DEFAULT_MODELS if name != "codebook")
_WITH_MUSIC = ("lr(embeddings=musicnn)", *_OF_CLIPS[1:])


def choose_default_models(data, label_separator=None):
    """Return the default models of a data set, and a note if they are not the usual ones.

    On clips of one class each, ``lr`` has the embedding of musicnn next to its features if musicnn
    is installed. On mashups of stems the embedding gains nothing for certain. Clips of any kind
    lack ``codebook``, which needs more of them than recordings usually are.

    Parameters
    ----------
    data : str or os.PathLike
        Path or URL of the data set; a URL has the usual models.
    label_separator : str, optional

    Returns
    -------
    models : tuple of str
    note : str or None
    """
    if not _has_clips(data):
        return DEFAULT_MODELS, None
    if label_separator is not None or not _has_musicnn():
        return _OF_CLIPS, None
    usual = ",".join(_OF_CLIPS)
    return (
        _WITH_MUSIC,
        f"lr has embeddings of musicnn, which is installed: --models {usual} has not",
    )


def choose_default_blend(data, label_separator=None, resumed=None):
    """Return the default blend of a data set, or that of a run to resume.

    Clips of one class each have ``vote``, since ``logistic``, with weights for each model and
    class, has too many for few recordings; others have ``logistic``.

    Parameters
    ----------
    data : str or os.PathLike
        Path or URL of the data set; a URL has the usual blend.
    label_separator : str, optional
    resumed : pathlib.Path, optional
        The run directory to resume, which need not exist.

    Returns
    -------
    str
    """
    if resumed is not None:
        from ...runs import Run

        run = Run(resumed)
        if run.config_path.exists():
            return run.config.blend
    return "vote" if label_separator is None and _has_clips(data) else DEFAULT_BLEND


def _has_clips(data):
    """Return whether a local data set has clips, not stems; an invalid one is reported later."""
    from ...datasets import is_url
    from ...datasets.layouts import STEMS, find_layout

    try:
        return not is_url(data) and find_layout(Path(data)) is not STEMS
    except DataError:
        return False


def _has_musicnn():
    from ...models.deep.embeddings.musicnn import find_package

    try:
        find_package()
    except UsageError:
        return False
    return True
