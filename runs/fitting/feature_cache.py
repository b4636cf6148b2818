"""Handcrafted features computed ahead of the models: each clip once, whoever needs it."""

from ...features import extract_batches
from ...models.inspection import find_extractors, leading_extractor
from .cluster import run_on_cluster

# Clips a task of a cluster: some seconds' work, and one shard of the feature table.
_CHUNK = 64


def compute_features(name, model, clips, *, cache, n_jobs, client=None, progress):
    """Fill the feature table ahead of a model, in one pass that can show how far it is.

    Parameters
    ----------
    name : str
    model : estimator
        Nothing is done for one without handcrafted features.
    clips : sequence of clips
    cache : Path
    n_jobs : int or None
    client : distributed.Client, optional
        Of a cluster that does the work instead of processes here.
    progress : NullProgress
    """
    table = cache / "features"
    for extractor in find_extractors(model):
        if client:
            _compute_on_cluster(client, name, clips, extractor, table, progress)
            continue
        with progress.stage(f"features for {name}", len(clips)) as advance:
            for _ in extract_batches(clips, extractor, n_jobs=n_jobs, cache=table, advance=advance):
                pass  # Only the table is wanted.


def widest_first(models):
    """Order models by how many features they want: what one has computed serves the next.

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


def extractor_of(model):
    """Return what computes the features of a pipeline: an Extractor, or None without features."""
    return leading_extractor(model)


def _compute_on_cluster(client, name, clips, extractor, table, progress):
    starts = range(0, len(clips), _CHUNK)
    calls = [(False, (start, min(start + _CHUNK, len(clips)))) for start in starts]
    shared = (clips, extractor, table)
    with progress.stage(f"features for {name} on the cluster", len(clips)) as advance:
        for n_done in run_on_cluster(client, shared, _compute_chunk, calls):
            advance(n_done)


def _compute_chunk(shared, start, stop):
    clips, extractor, table = shared
    for _ in extract_batches(clips[start:stop], extractor, cache=table):
        pass  # Only the table is wanted.
    return stop - start
