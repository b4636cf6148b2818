"""Training clips nearest to clips that were predicted wrongly or without confidence."""

from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from ...features.extraction import extract_table
from ...models.deep.embeddings.tags import find_tagger, name_tags
from ...runs.nearest_clips import NearestClips
from ...runs.predictions import model_proba
from ...runs.run import STACK
from ...runs.stored_clips import find_test, find_training
from ..html.audio_player import player
from ..html.blocks import details, heading, join, paragraph, percent
from ..section import Section
from .mistakes import Excerpt, cut_excerpt, find_mistakes
from .tags import find_embedding

_N_NEAREST = 3
# Those of a run with an embedding are in the cache; others take about a second each.
_N_TRAINING = 500
_SECONDS = 5.0
_OUT_OF_FOLD = "Most confident mistakes out of fold"
_MISTAKES = "Most confident mistakes on the test clips"
_UNCERTAIN = "Test clips predicted with the least confidence"


@dataclass(frozen=True, eq=False)
class SimilarClip:
    """Clip to listen to, with the training clips nearest to it.

    Parameters
    ----------
    title : str
    excerpt : Excerpt or None
        None in a report without audio.
    tags : list of str
        The most probable tags; empty for a network without tags.
    nearest : tuple of SimilarClip, default=()
    """

    title: str
    excerpt: Excerpt | None
    tags: list
    nearest: tuple = ()


def collect(inputs, *, n_clips=4, n_training=_N_TRAINING):
    """Find the training clips nearest to the most confident mistakes, or the least certain clips.

    Parameters
    ----------
    inputs : ReportInputs
    n_clips : int, default=4
        Number of clips, at most, out of fold and of the test each.
    n_training : int, default=500
        Number of training clips to search, at most.

    Returns
    -------
    dict or None
        ``network``, its name; ``n_training``, the number of clips searched; and ``clips``, by
        heading a list of :class:`SimilarClip`. None without an embedding.
    """
    embedding = find_embedding(inputs)
    if embedding is None:
        return None
    run, resources = inputs.run, inputs.resources
    recipes, oof = run.read_recipes(), run.read_table("ledger/oof")
    fold_of = dict(zip(oof["clip"].astype(str), oof["fold"], strict=True))
    sample = oof.iloc[np.sort(np.random.default_rng(0).permutation(len(oof))[:n_training])]
    training = find_training(inputs.data_set, recipes, sample["clip"], resources=resources)
    columns = (sample["clip"], sample["label"], training)
    search = NearestClips(*columns, embedding.extractor_, resources)
    tagger, found = find_tagger(embedding), {}
    for name, titles in _select(inputs, n_clips).items():
        ids = list(titles)
        if name in (_MISTAKES, _UNCERTAIN):
            folds, clips = [None] * len(ids), find_test(inputs.data_set, ids)
        else:
            folds = [fold_of[one] for one in ids]
            clips = find_training(inputs.data_set, recipes, ids, resources=resources)
        # The models that predicted a clip out of fold have not seen the clips of its fold.
        eligible = [None if fold is None else (sample["fold"] != fold).to_numpy() for fold in folds]
        found[name] = _describe(search, tagger, inputs, titles.values(), clips, eligible)
    return {"network": embedding.model, "n_training": len(sample), "clips": found}


def _select(inputs, n_clips):
    """Return titles by the id of the clip, by heading."""
    mistakes = {_OUT_OF_FOLD: find_mistakes(inputs.run, n_mistakes=n_clips)}
    if inputs.test_labels is not None:
        mistakes[_MISTAKES] = find_mistakes(inputs.run, inputs.test_labels, n_mistakes=n_clips)
    selected = {
        name: {
            one.clip: f"{one.y_true} taken for {one.y_pred}, {percent(one.confidence)}: {one.clip}"
            for one in found
        }
        for name, found in mistakes.items()
    }
    if inputs.test_labels is None and (inputs.run.path / "ledger/test.parquet").exists():
        selected[_UNCERTAIN] = _least_certain(inputs.run, n_clips)
    return selected


def _least_certain(run, n_clips):
    test, classes = run.read_table("ledger/test"), run.metrics["classes"]
    proba = model_proba(test, STACK, classes)
    rows = np.argsort(proba.max(axis=1), kind="stable")[:n_clips]
    return {
        str(test["id"][row]): f"predicted as {classes[proba[row].argmax()]}, "
        f"{percent(proba[row].max())}: {test['id'][row]}"
        for row in rows
    }


def _describe(search, tagger, inputs, titles, clips, eligible):
    """Describe clips and the training clips nearest to each."""
    if not clips:
        return []
    rows = extract_table(clips, search.extractor, "features", resources=inputs.resources)
    nearest = [
        search.nearest(rows.iloc[[i]], _N_NEAREST, eligible=one) for i, one in enumerate(eligible)
    ]
    flat = [one for found in nearest for one in found]
    named = [f"{one.label}, distance {one.distance:.2f}: {one.clip}" for one in flat]
    others = iter(_listen(tagger, inputs, named, [search.clip(one.clip) for one in flat]))
    return [
        replace(clip, nearest=tuple(islice(others, len(found))))
        for clip, found in zip(_listen(tagger, inputs, titles, clips), nearest, strict=True)
    ]


def _listen(tagger, inputs, titles, clips):
    tags = [[]] * len(clips)
    if tagger is not None and clips:
        table = tagger.tag(clips, resources=inputs.resources)
        tags = [name_tags(proba) for _, proba in table.iterrows()]
    excerpts = [cut_excerpt(one, _SECONDS) if inputs.audio else None for one in clips]
    return [*map(SimilarClip, titles, excerpts, tags)]


def render(data):
    """Render one block per clip, the first one of each heading open."""
    body = paragraph(
        f"By the embedding of {data['network']}, among {data['n_training']} training clips; of a "
        "training clip only among those of other folds. The distance is 0 for identical "
        "directions and 1 for unrelated ones. Where the nearest clips have the predicted class, "
        "and sound like it, the label or the mixing is worth a check rather than the model."
    )
    for name, clips in data["clips"].items():
        body += heading(name)
        body += join(
            details(one.title, _render(one), open=i == 0) for i, one in enumerate(clips)
        ) or paragraph("None.")
    return body


def _render(clip):
    return _render_sound(clip) + join(
        paragraph(one.title) + _render_sound(one) for one in clip.nearest
    )


def _render_sound(clip):
    tags = paragraph(f"Sounds like: {', '.join(clip.tags)}.") if clip.tags else ""
    sound = (
        "" if clip.excerpt is None else player(clip.excerpt.samples, clip.excerpt.sr, clip.title)
    )
    return join([sound, tags])


SIMILAR = Section(
    "Nearest training clips", "nearest", collect, render, needs_data=True, one_label=True
)
