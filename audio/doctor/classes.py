"""Checks of classes and folds: are there enough songs, and noises, to hold some out?"""

from .finding import Finding, find


def check_classes(survey, n_folds):
    """Find classes with fewer songs (or groups of clips) than folds, and data of one class.

    Yields
    ------
    Finding
        Errors where ``fit`` would refuse, and one fact: how many songs each class has.
    """
    counts = survey.songs.groupby("genre")["song"].nunique().sort_index()
    things = "songs" if survey.form == "stems" else "groups of clips"
    if len(counts) < 2:
        yield Finding(
            "error",
            "classes",
            f"{len(counts)} classes",
            f"only {counts.index[0]} has {things}" if len(counts) else f"no class has {things}",
            "put each class's audio in a folder of its name; two classes are needed",
        )
        return
    # A manifest's own folds are used as they are.
    fixed = survey.manifest is not None and "fold" in survey.manifest
    small = counts[counts < n_folds]
    if len(small) and not fixed:
        yield find(
            "error",
            "classes",
            [f"{genre} ({count})" for genre, count in small.items()],
            f"{len(small)} of {len(counts)} classes have fewer {things} than the {n_folds} folds",
            f"add songs, or use --folds {max(2, small.min())}"
            if small.min() > 1
            else "add songs: with a single one a class cannot be held out",
        )
    size = (
        f"{counts.min()}" if counts.min() == counts.max() else f"{counts.min()} to {counts.max()}"
    )
    yield Finding("info", "classes", f"{len(counts)} classes", f"{size} {things} each", "")


def check_noise_folds(survey, n_folds):
    """Find fewer noise recordings than folds, and stems without any noise.

    Yields
    ------
    Finding
    """
    if survey.form != "stems":
        return
    if not (survey.files["role"] == "noise").any():
        yield Finding(
            "warning",
            "noise",
            "ESC-50-master/audio",
            "there are no noise clips",
            "put ESC-50 there, or set noise_probability: 0 in the settings of mash and fit",
        )
    elif survey.noise is not None and survey.noise["group"].nunique() < n_folds:
        count = survey.noise["group"].nunique()
        yield Finding(
            "error",
            "noise",
            "ESC-50-master/audio",
            f"{count} noise recordings cannot be dealt out to {n_folds} folds",
            f"add noise clips, use --folds {max(2, count)}, or set noise_probability: 0",
        )
