"""``gap``: how far synthetic clips are from the test clips, and in what."""

import json

import click
from rich import box
from rich.table import Table
from rich.text import Text

from ..exceptions import UsageError
from ..utils.formatting import format_number
from ._shared.defaults import GAP_FOLDS
from ._shared.options import Names, SettingsFile, cache_option, jobs_option, option, quiet_option
from ._shared.outputs import report_skipped_clips
from ._shared.progress import make_console


@click.command("gap")
@click.argument("data")
@click.argument("other", required=False)
@option("--settings", type=SettingsFile(), default=None, help="YAML of mashup settings.")
@option("--n", type=click.IntRange(min=4), default=300, help="Clips of each side, at most.")
@option("--families", type=Names(), default="all", help="Feature families.")
@option("--permutations", type=click.IntRange(min=1), default=199, help="For the p-value.")
@option("--folds", type=int, default=GAP_FOLDS, help="Songs and noise are split into these first.")
@click.option("--picture", type=click.Path(dir_okay=False), help="PNG, SVG or PDF to draw.")
@option("--json", "as_json", is_flag=True, help="Print JSON.")
@option("--seed", type=click.IntRange(min=0), default=0, help="Root of all randomness.")
@jobs_option()
@cache_option()
@quiet_option()
def gap_command(data, other, settings, n, families, permutations, folds, picture, as_json, **rest):
    """Tell whether synthetic clips and DATA's test clips can be told apart, and by what.

    \b
    stemstack gap DATA --settings settings.yaml --picture gap.png
    stemstack gap CLIPS OTHER_CLIPS

    DATA is a data set with test.csv: mashups drawn from its stems (or its labelled clips as they
    are) are compared with its test clips. Or name two sets of clips: folders, files or manifests.
    An AUC of 0.5 means that a classifier finds no difference, 1 that it is never wrong.
    """
    from ..domain_shift.gap.figure import check_picture
    from ..domain_shift.gap.measure import measure_gap
    from ._shared.progress import make_progress

    if picture:
        check_picture(picture)
    places = {"cache": rest["cache"], "n_jobs": rest["jobs"]}
    places["progress"] = make_progress(rest["quiet"])
    seed = rest["seed"]
    drawing = {"n": n, "settings": settings, "folds": folds, "seed": seed}
    a, b = _choose(data, other, drawing, places)
    gap = measure_gap(a, b, families=families, n_permutations=permutations, seed=seed, **places)
    if picture:
        _draw(picture, gap, a.name, b.name)
    if as_json:
        click.echo(json.dumps({"a": a.name, "b": b.name} | gap.to_dict(), indent=1))
    else:
        print_gap(gap, a.name, b.name)
    report_skipped_clips([*a.problems, *b.problems], "clips were left out")


def _choose(data, other, drawing, places):
    """Choose the two sets of clips, at most ``n`` of each."""
    from ..datasets import read_data
    from ..domain_shift.gap.measure import list_clips, list_test, list_training, sample_synthetic

    n, settings, seed = drawing["n"], drawing["settings"], drawing["seed"]
    readable = {"n_jobs": places["n_jobs"], "progress": places["progress"]}
    at = {"cache": places["cache"], "progress": places["progress"]}
    if other is not None:
        dataset, pair = None, tuple(list_clips(name, **at) for name in (data, other))
    else:
        dataset = read_data(data, **at)
        pair = (None if dataset.has_stems else list_training(dataset), list_test(dataset))
    if pair[0] is not None and settings is not None:
        raise UsageError("--settings is for mashups drawn from stems; these are clips already")
    a, b = (clips and clips.sample(n, seed).usable(**readable) for clips in pair)
    if a is None:
        drawn = {"folds": drawing["folds"], "seed": seed}
        a = sample_synthetic(dataset, settings or {}, n, **drawn, **places)
    return a, b


def _draw(path, gap, a, b):
    from ..domain_shift.gap.figure import draw_gap_picture

    draw_gap_picture(
        path,
        title=f"{b} against {a}: AUC {auc_with_interval(gap)}",
        families=gap.families,
        differences=[
            (f"{b} {found.words}", found.effect, found in gap.telling) for found in gap.differences
        ],
    )


def print_gap(gap, a, b, *, full=True):
    """Print a gap as text on stdout.

    Parameters
    ----------
    gap : Gap
    a, b : str
        What the two sets are called.
    full : bool, default=True
        With the tables, not the outcome alone.
    """
    say = make_console().print
    say(f"{gap.n_a} clips of {a}, {gap.n_b} of {b}", markup=False)
    say(f"AUC {auc_with_interval(gap)}, p = {gap.p_value:.3g} ({gap.n_permutations} permutations)")
    if gap.floor is not None:
        say(f"AUC between mashups of different songs, by these same settings: {gap.floor:.3f}")
    say(_verdict(gap, a, b), markup=False)
    if not full:
        return
    if gap.differences:
        say(_differences(gap, a, b))
    say("AUC by family of features:")
    say(", ".join(f"{name} {auc:.2f}" for name, auc in gap.families.items()))


def auc_with_interval(gap):
    """Write a gap's AUC with its 95 % interval."""
    low, high = gap.interval
    return f"{gap.auc:.3f} [{low:.3f}, {high:.3f}]"


def _verdict(gap, a, b):
    """Say the outcome in a sentence, or one for each of the main differences."""
    if not gap.is_separable:
        return f"Nothing found that tells {b} from {a}."
    if not gap.telling:
        return f"A classifier tells {b} from {a}, but no readable feature does by itself."
    return "\n".join(f"{b} {_sentence(found)}" for found in gap.telling[:5])


def _sentence(found):
    unit = "" if found.unit == "×" else f" {found.unit}"
    return f"{found.words} ({format_number(found.a)} → {format_number(found.b)}{unit})"


def _differences(gap, a, b):
    """Lay the readable features out as a table."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for name in (a, b, "difference", "effect", "p"):
        table.add_column(Text(name), justify="right", overflow="fold")
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
