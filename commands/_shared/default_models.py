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
    from ...datasets import is_url
    from ...datasets.layouts import STEMS, find_layout

    if is_url(data) or label_separator is not None:
        return DEFAULT_MODELS, None
    try:
        if find_layout(Path(data)) is STEMS or not _has_musicnn():
            return DEFAULT_MODELS, None
    except DataError:
        # Of the data set, which is reported where it is read.
        return DEFAULT_MODELS, None
    usual = ",".join(DEFAULT_MODELS)
    return (
        _WITH_MUSIC,
        f"lr has embeddings of musicnn, which is installed: --models {usual} has not",
    )


def _has_musicnn():
    from ...models.deep.embeddings.musicnn import find_package

    try:
        find_package()
    except UsageError:
        return False
    return True
