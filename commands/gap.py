"""``gap``: measure the domain gap between synthetic and test clips."""

import click
from rich import box
from rich.table import Table

from ..exceptions import UsageError
from ..utils.formatting import format_number
from ._shared.grouped import option
from ._shared.options import (
    GAP_FOLDS,
    cache_option,
    default_settings,
    embedding_option,
    jobs_option,
    label_separator_option,
    noise_option,
    quiet_option,
    settings_option,
)
from ._shared.outputs import report_skipped_clips
from ._shared.progress import make_console, plain
from ._shared.terminal import print_json
from ._shared.values import FOLDS, MANY, SEED, FilePath, Names


@click.command("gap")
@click.argument("data")
@click.argument("other", required=False)
@settings_option("wide")
@noise_option()
@label_separator_option()
@option("--n", type=click.IntRange(4, MANY), default=300, help="Maximum number of clips per set.")
@option("--families", type=Names(), default="all", help="Feature families.")
@embedding_option("Compare an embedding too: musicnn, for example.")
@option(
    "--permutations",
    # With fewer, no p-value is below 0.05.
    type=click.IntRange(20, MANY),
    default=199,
    help="Permutations for the p-value, 20 or more.",
)
@option("--folds", type=FOLDS, default=GAP_FOLDS, help="Folds of songs and noise clips.")
@click.option("--picture", type=FilePath(dir_okay=False), help="PNG, SVG or PDF file of a figure.")
@option("--json", "as_json", is_flag=True, help="Print JSON.")
@option("--seed", type=SEED, default=0, help="Random seed.")
@jobs_option()
@cache_option()
@quiet_option()
def gap_command(data, other, settings, n, families, permutations, folds, picture, as_json, **rest):
    """Measure the domain gap between synthetic clips and the test clips of DATA.

    \b
    stemstack gap DATA --settings settings.yaml --picture gap.png
    stemstack gap CLIPS OTHER_CLIPS

    DATA is a data set with test.csv: mashups sampled from its stems, or its labelled clips, are
    compared with its test clips. Alternatively, name two sets of clips: folders, files or
    manifests. An AUC of 0.5 means that a classifier cannot separate them, 1 that it always can.
    """
    from ..domain_shift.gap.clip_sets import measure_gap
    from ..domain_shift.gap.figure import check_figure_path
    from ._shared.progress import make_resources

    if picture:
        check_figure_path(picture)
    resources, seed = make_resources(rest["cache"], rest["jobs"], rest["quiet"]), rest["seed"]
    sampling = {"n": n, "folds": folds, "seed": seed}
    reading = {name: rest[name] for name in ("noise", "label_separator")}
    a, b = _clip_sets(data, other, settings, reading, resources, **sampling)
    options = {"families": families, "embedding": rest["embedding"], "seed": seed}
    gap = measure_gap(a, b, n_permutations=permutations, resources=resources, **options)
    if picture:
        _draw_figure(picture, gap, a.name, b.name)
    if as_json:
        print_json({"a": a.name, "b": b.name} | gap.to_dict())
    else:
        print_gap(gap, a.name, b.name)
    report_skipped_clips([*a.problems, *b.problems], "clips were left out")


def _clip_sets(data, other, settings, reading, resources, *, n, folds, seed):
    """Return the two sets of clips, at most ``n`` of each."""
    from ..datasets import read_data
    from ..domain_shift.gap.clip_sets import ClipSet, sample_synthetic

    if other is not None:
        pair = [ClipSet.from_path(path, resources=resources) for path in (data, other)]
    else:
        options = {"cache": resources.cache, "progress": resources.progress}
        dataset = read_data(data, **reading, **options)
        test = ClipSet.from_test(dataset)
        pair = [test] if dataset.has_stems else [ClipSet.from_training(dataset), test]
    if len(pair) == 2 and settings is not None:
        raise UsageError("--settings needs a data set with stems to sample mashups from; got clips")
    *a, b = (clips.sample(n, seed).usable(resources=resources) for clips in pair)
    if not a:
        sampling = {"folds": folds, "seed": seed}
        a = [
            sample_synthetic(
                dataset, default_settings(settings), n, **sampling, resources=resources
            )
        ]
    return a[0], b


def _draw_figure(path, gap, a, b):
    from ..domain_shift.gap.figure import draw_gap

    draw_gap(
        path,
        title=f"{b} compared with {a}: AUC {format_auc(gap)}",
        families=gap.families,
        differences=[
            (f"{b} {found.description}", found.effect, found in gap.significant_differences)
            for found in gap.differences
        ],
    )


def print_gap(gap, a, b, *, full=True):
    """Print a gap as text on stdout.

    Parameters
    ----------
    gap : Gap
    a, b : str
        Names of the two sets.
    full : bool, default=True
        Whether to print the tables of features and families too.
    """
    echo = make_console().print
    echo(f"{gap.n_a} clips of {a}, {gap.n_b} of {b}", markup=False)
    echo(f"AUC {format_auc(gap)}, p = {gap.p_value:.3g} ({gap.n_permutations} permutations)")
    if gap.between_songs_auc is not None:
        text = "AUC between mashups of different songs by the same settings"
        echo(f"{text}: {gap.between_songs_auc:.3f}")
    echo(_summarise(gap, a, b), markup=False)
    if not full:
        return
    if gap.differences:
        echo(_differences(gap, a, b))
    if len(gap.facets) > 1:
        echo("AUC by facet: alone, and without what the facets above it explain:")
        echo(_facets(gap))
    echo("AUC by family of features:")
    echo(", ".join(f"{name} {auc:.2f}" for name, auc in gap.families.items()))


def format_auc(gap):
    """Format the AUC of a gap with its 95 % interval."""
    low, high = gap.interval
    return f"{gap.auc:.3f} [{low:.3f}, {high:.3f}]"


def _summarise(gap, a, b):
    """Return the outcome in one sentence, or one for each of the main differences.

    At most two differences of a facet are named, so that those of other facets are not hidden.
    """
    if not gap.is_separable:
        return f"No difference between {b} and {a} found."
    if not gap.significant_differences:
        return f"A classifier separates {b} from {a}, but no interpretable feature is significant."
    named = [found for facet in gap.facets for found in facet.differences[:2]]
    return "\n".join(f"{b} {_describe(found)}" for found in named)


def _describe(found):
    unit = "" if found.unit == "×" else f" {found.unit}"
    return f"{found.description} ({format_number(found.a)} → {format_number(found.b)}{unit})"


def _facets(gap):
    """Format the facets as a table, in the order found."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("facet")
    for name in ("alone", "without the above", "95 %"):
        table.add_column(name, justify="right")
    for facet in gap.facets:
        low, high = facet.interval
        table.add_row(
            facet.name,
            f"{facet.auc:.2f}",
            f"{facet.corrected_auc:.2f}",
            f"{low:.2f} to {high:.2f}",
        )
    return table


def _differences(gap, a, b):
    """Format the interpretable features as a table."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for name in (a, b, "difference", "effect", "p"):
        table.add_column(plain(name), justify="right", overflow="fold")
    for found in gap.differences:
        ratio = found.unit == "×"
        unit = "" if ratio else f" {found.unit}"
        sign = "×" if ratio else "+" if found.difference > 0 else ""
        table.add_row(
            found.name,
            f"{format_number(found.a)}{unit}",
            f"{format_number(found.b)}{unit}",
            f"{sign}{format_number(found.difference)}{unit}",
            f"{found.effect:+.2f}",
            f"{found.p_value:.3g}",
        )
    return table
