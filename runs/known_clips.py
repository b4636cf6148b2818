"""Every clip a data set knows, labelled or not, as one table."""

import pandas as pd

from ..mashups import Mashup, Settings, whole_songs
from .training_clips import convert_sources


def known_clips(data, *, cache, n_jobs, progress):
    """List the training clips of a data set and its test clips.

    Songs in stems come as the plain sum of their stems.

    Parameters
    ----------
    data : DataSet
    cache : Path
    n_jobs : int or None
    progress : Quiet

    Returns
    -------
    table : DataFrame
        Columns ``clip, label, split`` (``train`` or ``test``); test clips have no label.
    clips : list of clips
    """
    if data.kind == "stems":
        settings = Settings(stems=data.stems)
        bank = convert_sources(data, settings, cache=cache, n_jobs=n_jobs, progress=progress)
        recipes = whole_songs(data.train, bank, settings)
        clips = [Mashup.of(recipe, bank) for recipe in recipes]
        train = data.train[["song", "label"]].rename(columns={"song": "clip"})
    else:
        clips = [str(data.root / path) for path in data.train["path"]]
        train = data.train[["clip", "label"]]
    tables = [train.assign(split="train")]
    if data.test is not None:
        clips += [str(data.root / path) for path in data.test["path"]]
        tables.append(pd.DataFrame({"clip": data.test["path"], "label": None, "split": "test"}))
    return pd.concat(tables, ignore_index=True), clips
