"""The gap between a run's training clips and its test, before and after mixing, for the report."""

import numpy as np

from ..errors import DataError, first_line
from ..mashups import Mashup, Settings, build_bank, whole_songs
from ..reports.section import Section, paragraph
from ..reports.sections.gap import gap_section as lay_out
from .gap import ClipSet, compare, describe, list_test
from .report_clips import find_training, open_data, recipes_of
from .report_store import remember

# Few songs: unlike training and test clips, they have no features in the cache.
_CLIPS, _SONGS = 100, 50


def gap_section(run, *, n_clips=_CLIPS, n_songs=_SONGS, cache, n_jobs=None, progress):
    """Write of how far a run's training clips are from its test clips.

    Parameters
    ----------
    run : Run
        Gets ``gap.json``, which the next report reads.
    n_clips, n_songs : int, default=100, 50
        Clips of each side, and plain sums of songs, at most.
    cache : Path
    n_jobs : int, optional
    progress : Quiet

    Returns
    -------
    Section or None
        None for a run without test clips; the reason instead of figures where the data set is gone
        or clips are too few.
    """
    if not (run.path / "ledger/test.parquet").exists():
        return None
    means = {"cache": cache, "n_jobs": n_jobs, "progress": progress}
    asked = {"n_clips": n_clips, "n_songs": n_songs}
    try:
        gaps = remember(run, "gap", lambda: _measure(run, **asked, **means), **asked)
    except DataError as error:
        why = paragraph(f"It cannot be measured here. {first_line(error)}")
        return Section("gap", "Gap to the test clips", why)
    kind = "training clips" if gaps["naive"] is None else "training mashups"
    return lay_out(gaps["trained_on"], gaps["naive"], kind=kind)


def _measure(run, *, n_clips, n_songs, cache, n_jobs, progress):
    means = {"cache": cache, "n_jobs": n_jobs, "progress": progress}
    data, recipes = open_data(run, cache=cache, progress=progress), recipes_of(run)
    test = list_test(data).sample(n_clips, 0).usable(n_jobs=n_jobs, progress=progress)
    ours = _own_clips(run, data, recipes, n_clips, means)
    X_test, X_ours = (describe(clips, "all", **means) for clips in (test, ours))
    naive = None
    if recipes:
        songs = _plain_songs(data, n_songs, means)
        naive = compare(songs, describe(songs, "all", **means), test, X_test).to_dict()
    return {"trained_on": compare(ours, X_ours, test, X_test).to_dict(), "naive": naive}


def _own_clips(run, data, recipes, n_clips, means):
    """Take some of the training clips, in the groups that share songs."""
    table = _some(run.read_table("ledger/oof"), n_clips)
    clips = find_training(data, recipes, table["clip"], **means)
    if recipes:
        groups = (table["label"] + "/" + table["fold"].astype(str)).tolist()
    else:
        group_of = dict(zip(data.train["clip"], data.train["group"], strict=True))
        groups = [group_of[clip] for clip in table["clip"]]
    return ClipSet("training clips", clips, groups, table["fold"].tolist() if recipes else None)


def _plain_songs(data, n_songs, means):
    """Take some songs as the plain sums of their stems."""
    songs, settings = _some(data.train, n_songs), Settings(stems=data.stems)
    files = [path for stem in data.stems for path in songs[stem].dropna()]
    with means["progress"].stage("converting stems", len(files)) as advance:
        bank = build_bank(
            data.root, files, cache=means["cache"], n_jobs=means["n_jobs"], progress=advance
        )
    clips = [Mashup.of(recipe, bank) for recipe in whole_songs(songs, bank, settings)]
    return ClipSet("plain songs", clips, songs["group"].tolist())


def _some(table, n):
    """Keep ``n`` rows at random, in order; all where there are no more than that."""
    kept = np.random.default_rng(0).permutation(len(table))[:n]
    return table.iloc[np.sort(kept)]
