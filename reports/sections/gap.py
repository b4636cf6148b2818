"""Domain gap between training and test clips, before and after mixing."""

import numpy as np
import pandas as pd

from ...audio import clip_key
from ...audio.windows import recording_name
from ...domain_shift.gap.clip_sets import ClipSet, compare, describe
from ...mashups import Mashup, Settings, build_source_store, song_recipes
from ...runs.stored_clips import find_training
from ..html import figures
from ..html.blocks import bullets, figure, heading, paragraph, table
from ..section import Section, cached_result
from .tags import find_embedding

# Fewer songs: unlike training and test clips, they have no features in the cache.
_N_CLIPS, _N_SONGS = 100, 50
_MAX_DIFFERENCES = 5
_SIGNIFICANT = 0.05


def has_test(run):
    """Return whether a run has test clips to compare its training clips with."""
    return (run.path / "ledger/test.parquet").exists()


def collect(inputs, *, n_clips=_N_CLIPS, n_songs=_N_SONGS):
    """Measure the gap to the test clips.

    Parameters
    ----------
    inputs : ReportInputs
        The run gets ``gap.json``, which the next report reads.
    n_clips : int, default=100
        Number of training and of test clips, at most.
    n_songs : int, default=50
        Number of plain sums of songs, at most.

    Returns
    -------
    dict or None
        ``trained_on``, the gap as of ``Gap.to_dict`` between training and test clips; ``naive``,
        the gap between plain sums of single songs and test clips, or None for a run without
        mashups. With the embedding of the report or of a model of the run, if there is one. None
        for a run without test clips.
    """
    run = inputs.run
    if not has_test(run):
        return None
    sizes, embedding = {"n_clips": n_clips, "n_songs": n_songs}, find_embedding(inputs)
    test = ClipSet.from_test(inputs.data_set).sample(n_clips, 0)
    groups = inputs.data_set.train["group"].astype(str).tolist()
    keys = {"test": [clip_key(clip) for clip in test.clips], "groups": groups}
    if embedding is not None:
        keys["embedding"] = embedding.extractor_.store_name
    return cached_result(
        run, "gap", lambda: _measure(inputs, test, embedding, **sizes), **sizes, **keys, format=5
    )


def _measure(inputs, test, embedding, *, n_clips, n_songs):
    run, resources = inputs.run, inputs.resources
    recipes, test = run.read_recipes(), test.usable(resources=resources)
    training = _training_clips(run, inputs.data_set, recipes, n_clips, resources)
    X_test, X_training = (
        describe(clips, "all", resources, embedding) for clips in (test, training)
    )
    naive = None
    if recipes:
        songs = _plain_songs(inputs.data_set, n_songs, resources)
        X_songs = describe(songs, "all", resources, embedding)
        naive = compare(songs, X_songs, test, X_test).to_dict()
    return {"trained_on": compare(training, X_training, test, X_test).to_dict(), "naive": naive}


def _training_clips(run, data, recipes, n_clips, resources):
    """Sample training clips, with the groups that share songs."""
    table = _sample(run.read_table("ledger/oof"), n_clips)
    clips = find_training(data, recipes, table["clip"], resources=resources)
    if recipes:
        groups = (table["label"] + "/" + table["fold"].astype(str)).tolist()
    else:
        group_of = dict(zip(data.train["clip"], data.train["group"], strict=True))
        groups = [group_of[recording_name(clip)] for clip in table["clip"]]
    return ClipSet("training clips", clips, groups, table["fold"].tolist() if recipes else None)


def _plain_songs(data, n_songs, resources):
    """Sample songs as the plain sums of their stems."""
    songs, settings = _sample(data.train, n_songs), Settings(stems=data.stems)
    files = [path for stem in data.stems for path in songs[stem].dropna()]
    with resources.progress.stage("converting stems", len(files)) as advance:
        source_store = build_source_store(
            data.root, files, cache=resources.cache, n_jobs=resources.n_jobs, advance=advance
        )
    clips = [
        Mashup.from_recipe(recipe, source_store)
        for recipe in song_recipes(songs, source_store, settings)
    ]
    return ClipSet("plain songs", clips, songs["group"].tolist())


def _sample(table, n):
    """Sample ``n`` rows, in order; all where there are no more."""
    rows = np.random.default_rng(0).permutation(len(table))[:n]
    return table.iloc[np.sort(rows)]


def render(data):
    """Render the outcome, a figure by feature family, and the differences."""
    trained_on, naive = data["trained_on"], data["naive"]
    kind = "training clips" if naive is None else "training mashups"
    body = paragraph(_summarise(trained_on, naive, kind))
    body += _figure(trained_on, naive, kind)
    body += _facets(trained_on)
    body += _differences(f"Test clips compared with the {kind}", trained_on)
    if naive is not None:
        body += _differences("Test clips compared with plain sums of single songs", naive)
    return body


def _summarise(gap, naive, kind):
    text = (
        f"A classifier separates the {kind} of this run from the unlabelled test clips with an AUC "
        f"of {_auc(gap)}: 0.5 means no better than chance, 1 without error."
    )
    if naive is not None:
        text += f" For plain sums of single songs, without mixing, the AUC is {_auc(naive)}."
    if gap["between_songs_auc"] is not None:
        text += (
            f" Different songs alone make a difference too: between {kind} of one fold and of the "
            f"others the AUC is {gap['between_songs_auc']:.2f}, and no settings can bring it much "
            "below that."
        )
    return text


def _auc(gap):
    low, high = gap["interval"]
    return f"{gap['auc']:.2f} ({low:.2f} to {high:.2f})"


def _differences(title, gap):
    found = [one for one in gap["differences"] if one["p_value"] < _SIGNIFICANT]
    if not gap["is_separable"]:
        block = paragraph("No difference found.")
    elif not found:
        block = paragraph(
            "A classifier separates them, but no interpretable feature differs significantly."
        )
    else:
        block = bullets([f"A test clip {one['description']}." for one in found[:_MAX_DIFFERENCES]])
    return heading(title) + block


def _facets(gap):
    """Return the AUC of each facet, alone and without what the facets above it explain."""
    rows = {
        facet["name"]: {
            "AUC alone": facet["auc"],
            "without the above": facet["corrected_auc"],
            "95 %": "{:.2f} – {:.2f}".format(*facet["interval"]),
            "a test clip": "; ".join(one["description"] for one in facet["differences"][:2]),
        }
        for facet in gap["facets"]
    }
    columns = pd.DataFrame.from_dict(rows, orient="index").rename_axis("facet")
    return table(columns, "AUC of each facet, alone and without what the facets above it explain")


def _figure(gap, naive, kind):
    families = dict(sorted(gap["families"].items(), key=lambda item: item[1]))
    before = None if naive is None else [naive["families"][name] for name in families]
    svg = figures.draw_svg(
        lambda axes: _draw(axes, families, before, kind),
        name="gap-families",
        alt=f"AUC of {kind} against test clips from each family of features alone",
        height=figures.figure_height(len(families), 0.17),
    )
    mixing = "" if naive is None else ", and the effect of mixing"
    return figure(svg, f"Separation by each family of features alone{mixing}.")


def _draw(axes, families, before, kind):
    rows, after = np.arange(len(families)), np.array(list(families.values()))
    if before is not None:
        axes.hlines(rows, before, after, color=figures.FAINT, linewidth=2)
        axes.plot(
            before, rows, "o", color=figures.SECOND, markersize=5, label="plain sums of songs"
        )
    axes.plot(after, rows, "o", color=figures.MAIN, markersize=5, label=kind)
    axes.axvline(0.5, color=figures.INK, linewidth=0.8)
    figures.label_rows(axes, families)
    axes.set_xlim(min(0.4, after.min() - 0.02, *(before or [1])), 1.02)
    axes.set_xlabel("AUC against the test clips")
    figures.add_legend(axes)


GAP = Section("Gap to the test clips", "gap", collect, render, needs_data=True)
