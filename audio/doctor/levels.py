"""Loudness by genre and stem."""

from .finding import Finding

# A model tells two classes of equal sound apart by 10 LU, twice as loud, on level alone.
LOUDNESS_APART = 10.0


def loudness_table(files):
    """Tabulate the median loudness of each genre and stem.

    Parameters
    ----------
    files : DataFrame
        Measured files.

    Returns
    -------
    DataFrame of shape (n_genres, n_stems + 1), or of shape (n_genres, 1) for clips
        In LUFS; column ``sum`` is the plain sum of a song's stems. NaN where all is silent.
    """
    known = files[files["genre"].notna()]
    column = known["stem"].where(known["stem"].notna(), known["role"])
    order = list(dict.fromkeys(column[column != "sum"])) + ["sum"] * bool((column == "sum").any())
    table = known.assign(column=column).pivot_table(
        index="genre", columns="column", values="lufs", aggfunc="median", dropna=False
    )
    return table.reindex(columns=order).rename_axis(columns=None)


def check_loudness(files):
    """Tell how far the genres' loudness lies apart.

    Yields
    ------
    Finding
        A fact: music differs so. Songs are levelled by ``mash``; clips are used as they are.
    """
    whole = files[files["role"].isin(("sum", "clip"))]
    medians = whole.groupby("genre")["lufs"].median().dropna()
    if len(medians) < 2:
        return
    quiet, loud = medians.idxmin(), medians.idxmax()
    apart = medians[loud] - medians[quiet]
    told = "level alone tells them apart" if apart >= LOUDNESS_APART else "close enough"
    yield Finding(
        "info",
        "loudness",
        f"{len(medians)} genres",
        f"{quiet} is the quietest ({medians[quiet]:.1f} LUFS), {loud} the loudest "
        f"({medians[loud]:.1f}), {apart:.1f} LU apart: {told}",
        "train on clips brought to one level, as mash does (normalize: peak)"
        if apart >= LOUDNESS_APART
        else "",
    )
