"""Handcrafted features computed before the fits: once per clip, for all folds and models."""

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ...features import extract_batches
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


def compute_features(name, model, clips, *, client=None, resources):
    """Compute the features of a model for all clips into the cache.

    Parameters
    ----------
    name : str
    model : estimator
        Nothing is computed for a model without handcrafted features.
    clips : sequence of clips
    client : distributed.Client, optional
        A cluster to compute on, instead of worker processes on this machine.
    resources : Resources
        With a cache folder.
    """
    store, stage = resources.cache / "features", f"features for {name}"
    for extractor in find_extractors(model):
        if client is None:
            with resources.progress.stage(stage, len(clips)) as advance:
                options = {"n_jobs": resources.n_jobs, "cache": store, "advance": advance}
                for _ in extract_batches(clips, extractor, **options):
                    pass  # They are stored in the cache.
            continue
        chunks = [(start, start + _CHUNK) for start in range(0, len(clips), _CHUNK)]
        with resources.progress.stage(f"{stage} on the cluster", len(clips)) as advance:
            for n in run_on_cluster(client, (clips, extractor, store), _compute_chunk, chunks):
                advance(n)


def _compute_chunk(shared, start, stop):
    clips, extractor, store = shared
    for _ in extract_batches(clips[start:stop], extractor, cache=store):
        pass  # They are stored in the cache.
    return len(clips[start:stop])


def widest_first(models):
    """Return models ordered by their number of features, since narrower models reuse wider ones'.

    Parameters
    ----------
    models : dict of str to estimator

    Returns
    -------
    list of (str, estimator)
    """
    widths = {
        name: max((len(extractor.names) for extractor in find_extractors(model)), default=0)
        for name, model in models.items()
    }
    return sorted(models.items(), key=lambda item: -widths[item[0]])
