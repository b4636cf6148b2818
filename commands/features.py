"""``features``: extract handcrafted features into a table."""

from itertools import compress
from pathlib import Path

import click

from ..exceptions import DataError
from ._shared.grouped import option
from ._shared.options import (
    cache_option,
    jobs_option,
    label_separator_option,
    quiet_option,
    stems_options,
)
from ._shared.outputs import report_skipped_clips
from ._shared.terminal import echo_data
from ._shared.values import FilePath, Names


@click.command("features")
@click.argument("paths", nargs=-1, required=True, type=FilePath())
@option(
    "--out",
    required=True,
    type=FilePath(path_type=Path),
    help="Table to write: .parquet or .csv.",
)
@option(
    "--families",
    type=Names(),
    default="standard",
    help="Feature families, and embeddings: all,embed(musicnn).",
)
@option(
    "--sr",
    type=click.IntRange(1000, 384_000),
    default=22050,
    help="Sample rate of analysis in Hz.",
)
@click.option(
    "--on-error",
    type=click.Choice(["skip", "raise"]),
    default="skip",
    show_default=True,
    help="Skip clips that cannot be read, or stop at the first one.",
)
@stems_options
@label_separator_option()
@jobs_option()
@cache_option()
@quiet_option()
def features_command(
    paths,
    out,
    families,
    sr,
    on_error,
    stems,
    allow_missing_stems,
    label_separator,
    jobs,
    cache,
    quiet,
):
    """Extract the features of PATHS: files, folders or one data set, or their URLs.

    \b
    stemstack features DATA --out features.parquet
    stemstack features song.wav more_songs/ --out features.parquet --families mfcc,chroma

    Writes one row per clip: for a data set the columns clip, label and split, then the features.
    Features are cached as they are computed: an interrupted command resumes from there.
    """
    from ..features import extract_batches, join_batches, write_features
    from ..features.extraction import find_writer
    from ._shared.progress import make_resources

    find_writer(out)
    resources = make_resources(cache, jobs, quiet)
    reading = {"stems": stems, "allow_missing_stems": allow_missing_stems}
    reading["label_separator"] = label_separator
    table, clips, unnamed = _list_clips(paths, reading, resources)
    if unnamed and on_error == "raise":
        raise DataError(unnamed[0])
    extractors = _make_extractors(sr, families)
    with resources.progress.stage("features", len(clips) * len(extractors)) as advance:
        options = {"n_jobs": jobs, "cache": cache / "features", "on_error": on_error}
        extractions = [
            extract_batches(clips, extractor, advance=advance, **options)
            for extractor in extractors
        ]
        problems = write_features(out, table, join_batches(*extractions))
    echo_data(out)
    report_skipped_clips([*unnamed, *problems], "clips were left out")


def _make_extractors(sr, families):
    """Return one extractor for the handcrafted families, and one for each embedding."""
    from ..features import Extractor
    from ..models import make_model
    from ..models.inspection import find_extractors

    names = [families] if isinstance(families, str) else list(families)
    embeddings = [name for name in names if name.startswith("embed")]
    handcrafted = [name for name in names if name not in embeddings]
    extractors = [Extractor(sr, handcrafted)] if handcrafted else []
    return extractors + [e for name in embeddings for e in find_extractors(make_model(name, sr=sr))]


def _list_clips(paths, reading, resources):
    """Return the clips of a data set, or of files and folders, as a table and as a list.

    And one message for each file whose name no table can hold.
    """
    import pandas as pd

    from ..datasets import is_data_set, local_data, read_data
    from ..datasets.files import find_name_problem
    from ..runs import ClipList
    from ..runs.training_clips import labelled_clips

    if len(paths) == 1:
        local = local_data(paths[0], resources.cache, progress=resources.progress)
        if is_data_set(local):
            return *labelled_clips(read_data(local, **reading), resources=resources), []
    clips = ClipList.from_paths(paths, resources=resources)
    found = [find_name_problem(name) for name in clips.ids]
    named, problems = [problem is None for problem in found], list(filter(None, found))
    if not any(named):
        raise DataError(problems[0])
    ids, files = (list(compress(part, named)) for part in (clips.ids, clips.paths))
    return pd.DataFrame({"clip": ids}), files, problems
