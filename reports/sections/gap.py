"""The gap to the clips to predict, before and after mixing: how wide, by what, and in words.

Conventions: a gap is plain data, as ``Gap.to_dict`` gives it, of training
clips (A) against test clips (B).
"""

import numpy as np

from ...domain_shift.gap.measure import ClipSet, compare, describe, list_test
from ...exceptions import DataError, first_line
from ...mashups import Mashup, Settings, build_source_store, song_recipes
from ...runs.stored_clips import find_training, open_data, recipes_of
from ..html.figures import FAINT, INK, MAIN, SECOND, WIDTH, draw_svg, height, name_rows, put_legend
from ..html.section import Section, bullets, figure, heading, paragraph
from ..report_store import cached_result

_MOST = 5
_SIGNIFICANT = 0.05


def render_gap(trained_on, naive=None, *, kind="training clips"):
    """Lay the gap out.

    Parameters
    ----------
    trained_on : dict
        Of the clips that the run was trained on.
    naive : dict, optional
        Of the plain sums of single songs, which training would use that knows of no mashups.
    kind : str, default="training clips"
        What the run was trained on.

    Returns
    -------
    Section
    """
    body = paragraph(
        f"A classifier tells the {kind} of this run from the unlabelled test clips with an AUC of "
        f"{_auc(trained_on)}: 0.5 means not at all, 1 without a mistake.{_compare(naive)}"
        f"{_floor(trained_on, kind)}"
    )
    body += _figure(trained_on, naive, kind)
    body += _words(f"Test clips against the {kind}", trained_on)
    if naive is not None:
        body += _words("Test clips against plain sums of single songs", naive)
    return Section("gap", "Gap to the test clips", body)


def _auc(gap):
    low, high = gap["interval"]
    return f"{gap['auc']:.2f} ({low:.2f} to {high:.2f})"


def _compare(naive):
    if naive is None:
        return ""
    return f" Plain sums of single songs, without mixing, it tells from them with {_auc(naive)}."


def _floor(gap, kind):
    if gap["floor"] is None:
        return ""
    return (
        f" Other songs alone make a difference too: between {kind} of one fold and of the others "
        f"the AUC is {gap['floor']:.2f}, and no settings can bring it much below that."
    )


def _words(title, gap):
    telling = [found for found in gap["differences"] if found["p_value"] < _SIGNIFICANT]
    if not gap["is_separable"]:
        return heading(title) + paragraph("Nothing found that tells them apart.")
    if not telling:
        return heading(title) + paragraph(
            "A classifier tells them apart, but no readable feature does by itself."
        )
    return heading(title) + bullets([f"A test clip {d['words']}." for d in telling[:_MOST]])


def _figure(trained_on, naive, kind):
    families = dict(sorted(trained_on["families"].items(), key=lambda item: item[1]))
    before = None if naive is None else [naive["families"][name] for name in families]
    svg = draw_svg(
        lambda axes: _draw(axes, families, before, kind),
        name="gap-families",
        alt=f"AUC of {kind} against test clips from each family of features alone",
        size=(WIDTH, height(len(families), 0.17)),
    )
    moved = "" if naive is None else ", and how far mixing has moved it"
    return figure(svg, f"How well each family of features alone tells them apart{moved}.")


def _draw(axes, families, before, kind):
    places, after = np.arange(len(families)), np.array(list(families.values()))
    if before is not None:
        axes.hlines(places, before, after, color=FAINT, linewidth=2)
        axes.plot(before, places, "o", color=SECOND, markersize=5, label="plain sums of songs")
    axes.plot(after, places, "o", color=MAIN, markersize=5, label=kind)
    axes.axvline(0.5, color=INK, linewidth=0.8)
    name_rows(axes, families)
    axes.set_xlim(min(0.4, after.min() - 0.02, *(before or [1])), 1.02)
    axes.set_xlabel("AUC against the test clips")
    put_legend(axes)


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
    progress : NullProgress

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
        gaps = cached_result(run, "gap", lambda: _measure(run, **asked, **means), **asked)
    except DataError as error:
        why = paragraph(f"It cannot be measured here. {first_line(error)}")
        return Section("gap", "Gap to the test clips", why)
    kind = "training clips" if gaps["naive"] is None else "training mashups"
    return render_gap(gaps["trained_on"], gaps["naive"], kind=kind)


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
        source_store = build_source_store(
            data.root, files, cache=means["cache"], n_jobs=means["n_jobs"], advance=advance
        )
    clips = [
        Mashup.from_recipe(recipe, source_store)
        for recipe in song_recipes(songs, source_store, settings)
    ]
    return ClipSet("plain songs", clips, songs["group"].tolist())


def _some(table, n):
    """Keep ``n`` rows at random, in order; all where there are no more than that."""
    kept = np.random.default_rng(0).permutation(len(table))[:n]
    return table.iloc[np.sort(kept)]
