"""Handcrafted features computed before the fits: once per clip, for all folds and models."""

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ...features.computation import source_of
from ...features.extraction import store_features
from ...models.inspection import find_extractors
from ...utils.leftovers import temporary_folder
from .cluster import run_on_cluster

# Clips per task of a cluster: some seconds of work, and one shard of the feature store.
_CHUNK = 64


@contextmanager
def ensure_cache(resources):
    """Yield resources with a cache folder: a temporary one where there is none."""
    if resources.cache is not None:
        yield replace(resources, cache=Path(resources.cache))
        return
    with temporary_folder() as folder:
        yield replace(resources, cache=folder)


def compute_features(models, clips, *, others=(), client=None, resources):
    """Compute the features of models for all clips into the cache.

    A clip is read, or rendered, once for all the features that are computed from one sample rate.

    Parameters
    ----------
    models : dict of str to estimator
        Nothing is computed for a model without features.
    clips : sequence of clips
    others : iterable of estimator
        Models whose features are computed by the way, from the same samples.
    client : distributed.Client, optional
        A cluster to compute on, instead of worker processes on this machine.
    resources : Resources
        With a cache folder.
    """
    others = [extractor for m in [*models.values(), *others] for extractor in find_extractors(m)]
    for name, model in models.items():
        own = find_extractors(model)
        for source in dict.fromkeys(source_of(extractor) for extractor in own):
            extractors = [extractor for extractor in others if source_of(extractor) == source]
            _compute(f"features for {name}", widest(extractors), clips, client, resources)


def widest(extractors):
    """Return the extractors that no other one serves as well, the widest first.

    Rows that are stored with more columns than needed serve, too.
    """
    found = []
    for extractor in sorted(extractors, key=lambda extractor: -len(extractor.names)):
        name, names = extractor.store_name, set(extractor.names)
        if not any(name == other.store_name and names <= set(other.names) for other in found):
            found.append(extractor)
    return found


def _compute(stage, extractors, clips, client, resources):
    store = resources.cache / "features"
    if client is None:
        with resources.progress.stage(stage, len(clips)) as advance:
            options = {"n_jobs": resources.n_jobs, "cache": store, "advance": advance}
            store_features(clips, extractors, **options)
        return
    chunks = [(start, start + _CHUNK) for start in range(0, len(clips), _CHUNK)]
    with resources.progress.stage(f"{stage} on the cluster", len(clips)) as advance:
        for n in run_on_cluster(client, (clips, extractors, store), _compute_chunk, chunks):
            advance(n)


def _compute_chunk(shared, start, stop):
    clips, extractors, store = shared
    store_features(clips[start:stop], extractors, cache=store)
    return len(clips[start:stop])
