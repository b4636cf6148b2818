"""The models that ``fit`` trains where none are named."""

from pathlib import Path

from ...exceptions import DataError, UsageError

DEFAULT_MODELS = ("lr", "lgbm", "lda", "effnet")
_WITH_MUSIC = ("lr(embeddings=musicnn)", *DEFAULT_MODELS[1:])


def choose_default_models(data, label_separator=None):
    """Return the default models of a data set, and a note if they are not the usual ones.

    On clips of one class, ``lr`` has the embedding of musicnn next to its features if musicnn is
    installed. On mashups of stems the embedding gains nothing for certain.

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
    if label_separator is not None or not _has_clips(data) or not _has_musicnn():
        return DEFAULT_MODELS, None
    usual = ",".join(DEFAULT_MODELS)
    return (
        _WITH_MUSIC,
        f"lr has embeddings of musicnn, which is installed: --models {usual} has not",
    )


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
